package catalog_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func productsBy(t *testing.T, s *catalog.Service, actor operational.Actor, asked ...string) operational.Listing {
	t.Helper()
	l, err := s.ProductListing(t.Context(), actor, asked...)
	require.NoError(t, err)
	return l
}

// Fields that a vendor added to its products order and narrow the lists of its own people, and of partners that read them.
func TestListsOfProductsByFieldsThatWereAdded(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.API)
	exec := func(sql string, args ...any) {
		_, err := db.Owner(t).Exec(ctx, sql, args...)
		require.NoError(t, err)
	}
	field := `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, 'product', $2, $2, $3, now(), now())`
	exec(field, c.A.Org, "x_weight", "number")
	exec(field, c.A.Org, "x_new", "boolean")
	exec(field, c.B.Org, "x_weight", "text")
	for name, weight := range map[string]any{"light": "9", "heavy": "10.5"} {
		_, err := s.CreateProduct(ctx, c.A, catalog.NewProduct{Name: name, Family: "F", ListPrice: usd("1"), Custom: map[string]any{"x_weight": weight}})
		require.NoError(t, err)
	}
	_, err := s.CreateProduct(ctx, c.A, catalog.NewProduct{Name: "unknown", Family: "F", ListPrice: usd("1")})
	require.NoError(t, err)
	names := func(actor operational.Actor, q operational.Query) (names []string) {
		t.Helper()
		found, err := s.Products(ctx, actor, q)
		require.NoError(t, err)
		for _, p := range found.Items {
			names = append(names, p.Name)
		}
		return names
	}
	byWeight := operational.Query{Sort: []operational.Sort{{Field: "x_weight"}}}
	require.Equal(t, []string{"light", "heavy", "unknown"}, names(c.A, byWeight))
	heavy := operational.Query{Filter: &operational.Filter{Field: "x_weight", Op: "gt", Values: []string{"9.5"}}}
	require.Equal(t, []string{"heavy"}, names(c.A, heavy))
	require.Contains(t, productsBy(t, s, c.A, "x_weight").Filters, "x_weight")
	require.NotContains(t, productsBy(t, s, c.A, "x_new x_none").Filters, "x_new", "yes and no are not compared")
	require.NotContains(t, productsBy(t, s, c.A, "x_none").Filters, "x_none")
	require.NotContains(t, productsBy(t, s, c.A).Filters, "x_weight", "fields are looked for when they are named")

	refused := func(actor operational.Actor, field string) string {
		t.Helper()
		_, err := s.Products(ctx, actor, operational.Query{Sort: []operational.Sort{{Field: field}}})
		require.Equal(t, operational.KindInvalid, operational.KindOf(err))
		return err.Error()
	}
	p2 := db.WithRights(t, c.P2)
	p2.Connection = c.AP2
	require.Equal(t, `The list cannot be read like this. (sort: There is no field "x_weight" to sort by.)`, refused(p2, "x_weight"))
	exec(`update crm.role_object set readable = readable || '{x_weight}'::text[] where org_id = $1 and audience = 'external' and object = 'product'`, c.A.Org)
	p2 = db.WithRights(t, c.P2)
	p2.Connection = c.AP2
	p2.Scopes = []string{}
	require.Equal(t, []string{"light", "heavy", "unknown"}, names(p2, byWeight))
}

func TestWhatALayoutAsksOfProducts(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.API)
	kind, layout := uuid.New(), uuid.New()
	for _, x := range []struct {
		sql  string
		args []any
	}{
		{`insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) values (gen_random_uuid(), $1, 'product', 'x_weight', 'Weight', 'number', now(), now())`, []any{c.A.Org}},
		{`insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values ($2, $1, 'product', 'Goods', true, now(), now())`, []any{c.A.Org, kind}},
		{`insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at)
			values ($2, $1, 'product', 'Goods', '{"sections":[{"title":"A","fields":[{"name":"active"},{"name":"x_weight","required":true,"show_if":{"field":"active","in":["Yes"]}}]}]}', now(), now())`, []any{c.A.Org, layout}},
		{`insert into crm.layout_assignment (org_id, role_key, record_type_id, layout_id) values ($1, $2, $3, $4)`, []any{c.A.Org, c.A.Role, kind, layout}},
	} {
		_, err := db.Owner(t).Exec(ctx, x.sql, x.args...)
		require.NoError(t, err)
	}
	in := catalog.NewProduct{Name: "P", Family: "F", ListPrice: usd("1")}
	_, err := s.CreateProduct(ctx, c.A, in)
	require.ErrorContains(t, err, "custom.x_weight: It is required for Goods.")
	in.Custom = map[string]any{"x_weight": "5"}
	p, err := s.CreateProduct(ctx, c.A, in)
	require.NoError(t, err)
	_, err = s.UpdateProduct(ctx, c.A, p.ID, 1, catalog.UpdateProduct{Custom: map[string]any{"x_weight": nil}})
	require.ErrorContains(t, err, "custom.x_weight: It is required for Goods.")
	p, err = s.UpdateProduct(ctx, c.A, p.ID, 1, catalog.UpdateProduct{Active: operational.Set(false), Custom: map[string]any{"x_weight": nil}})
	require.NoError(t, err, "it is asked for while the product is sold")
	_, err = s.UpdateProduct(ctx, c.A, p.ID, 2, catalog.UpdateProduct{Active: operational.Set(true)})
	require.ErrorContains(t, err, "custom.x_weight: It is required for Goods.")
}
