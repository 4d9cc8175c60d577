package catalog_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// A partner reads each vendor's catalogue as that vendor's role says, and its own as its own role says.
func TestEachVendorSaysWhatItsPartnersRead(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.API)
	products := map[string]catalog.Product{}
	for name, actor := range c.Actors() {
		p, err := s.CreateProduct(ctx, actor, catalog.NewProduct{Name: "Of " + name, Family: "F", ListPrice: usd("10")})
		require.NoError(t, err)
		products[name] = p
		if actor.Org == c.M.Org && name != "MV" { // one company with two hats
			continue
		}
		_, err = s.CreateProcess(ctx, actor, path)
		require.NoError(t, err)
	}
	owner := db.Owner(t)
	for _, sql := range []string{
		`update crm.role_object set readable = '{name,active}', editable = '{}' where org_id = $1 and role_key = 'dealer_personnel' and object = 'product'`,
		`update crm.role_object set readable = '{stages}', editable = '{}' where org_id = $1 and role_key = 'dealer_personnel' and object = 'sales_process'`,
	} {
		_, err := owner.Exec(ctx, sql, c.A.Org)
		require.NoError(t, err)
	}
	p1 := db.WithRights(t, c.P1)
	listed, err := s.Products(ctx, p1, operational.Query{Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.EqualValues(t, 3, *listed.Total)
	for _, p := range listed.Items {
		if p.OrganisationID == c.A.Org {
			require.Equal(t, "Of A", p.Name)
			require.True(t, p.OnSale())
			require.Empty(t, p.Family)
			require.Zero(t, p.ListPrice)
		} else {
			require.Equal(t, "F", p.Family)
		}
	}
	got, err := s.Product(ctx, p1, products["A"].ID)
	require.NoError(t, err)
	require.Empty(t, got.Family)
	require.NotContains(t, productsBy(t, s, p1).Filters, "list_price")
	require.NotContains(t, productsBy(t, s, p1).Sorts, "currency")
	require.Contains(t, productsBy(t, s, p1).Sorts, "name")
	for _, field := range []string{"family", "nonsense"} {
		_, err = s.Products(ctx, p1, operational.Query{Filter: &operational.Filter{Field: field, Op: "eq", Values: []string{"F"}}})
		require.EqualError(t, err, `The list cannot be read like this. (filter: There is no field "`+field+`" to filter by.)`)
	}
	paths, err := s.Processes(ctx, p1, operational.Query{})
	require.NoError(t, err)
	require.Len(t, paths.Items, 3)
	for i, p := range paths.Items {
		require.Equal(t, p.OrganisationID == c.A.Org, p.Name == "")
		require.NotEmpty(t, p.Stages)
		if i > 0 {
			require.Less(t, paths.Items[i-1].ID.String(), p.ID.String(), "an order by name would tell of names")
		}
	}

	// Working for one vendor, and after that vendor has suspended the connection.
	inA := p1
	inA.Connection = c.AP1
	listed, err = s.Products(ctx, inA, operational.Query{})
	require.NoError(t, err)
	require.Len(t, listed.Items, 1)
	_, err = s.Product(ctx, inA, products["B"].ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, err = owner.Exec(ctx, `update crm.connection set status = 'suspended' where id = $1`, c.AP1)
	require.NoError(t, err)
	p1 = db.WithRights(t, c.P1)
	_, err = s.Product(ctx, p1, products["A"].ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	listed, err = s.Products(ctx, p1, operational.Query{Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.EqualValues(t, 2, *listed.Total)
}

func TestTypesAndFieldsOfProducts(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	s := catalog.New(db.API)
	owner := db.Owner(t)
	kit, part := uuid.New(), uuid.New()
	for _, id := range []uuid.UUID{kit, part} {
		_, err := owner.Exec(ctx, `insert into crm.record_type (id, org_id, object, name, created_at, updated_at) values ($1, $2, 'product', $3, now(), now())`, id, c.A.Org, id.String())
		require.NoError(t, err)
	}
	_, err := owner.Exec(ctx, `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at)
		select gen_random_uuid(), $1, 'product', n, n, 'text', now(), now() from unnest('{x_open,x_closed}'::text[]) n`, c.A.Org)
	require.NoError(t, err)
	_, err = owner.Exec(ctx, `update crm.role_object set record_types = array[$2::uuid], readable = readable || '{x_open}'::text[] where org_id = $1 and role_key = 'dealer_personnel' and object = 'product'`, c.A.Org, kit)
	require.NoError(t, err)
	both := map[string]any{"x_open": "o", "x_closed": "c"}
	a, err := s.CreateProduct(ctx, c.A, catalog.NewProduct{Name: "Kit", Family: "F", ListPrice: usd("1"), RecordTypeID: &kit, Custom: both})
	require.NoError(t, err)
	b, err := s.CreateProduct(ctx, c.A, catalog.NewProduct{Name: "Part", Family: "F", ListPrice: usd("1"), RecordTypeID: &part})
	require.NoError(t, err)
	p2 := db.WithRights(t, c.P2)
	listed, err := s.Products(ctx, p2, operational.Query{Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.EqualValues(t, 1, *listed.Total)
	require.Equal(t, map[string]any{"x_open": "o"}, listed.Items[0].Custom)
	_, err = s.Product(ctx, p2, b.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))

	changed, err := s.UpdateProduct(ctx, c.A, a.ID, 1, catalog.UpdateProduct{RecordTypeID: operational.Set(part), Custom: map[string]any{"x_closed": nil}})
	require.NoError(t, err)
	require.Equal(t, part, *changed.RecordTypeID)
	require.Equal(t, map[string]any{"x_open": "o"}, changed.Custom)
	_, err = s.UpdateProduct(ctx, c.A, a.ID, 2, catalog.UpdateProduct{Active: operational.Opt[bool]{Given: true}})
	require.ErrorContains(t, err, "active")
	_, err = s.Product(ctx, p2, a.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err), "it is of a type that is not the role's any more")

	reader := c.A
	reader.Rights = &operational.Rights{Own: operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{operational.ObjectProduct: {
		Read: true, Edit: true, Visibility: operational.VisibilityPrivate, Access: "read_write", Readable: []string{"name", "family"}, Editable: []string{"family"},
	}}}}
	seen, err := s.Product(ctx, reader, b.ID)
	require.NoError(t, err, "a data scope does not narrow the catalogue")
	require.Zero(t, seen.ListPrice)
	_, err = s.UpdateProduct(ctx, reader, b.ID, 1, catalog.UpdateProduct{Name: operational.Set("x")})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	require.ErrorContains(t, err, "name")
	_, err = s.UpdateProduct(ctx, reader, b.ID, 1, catalog.UpdateProduct{ListPrice: operational.Set(usd("2"))})
	require.ErrorContains(t, err, "unexpected property")
	_, err = s.UpdateProduct(ctx, reader, b.ID, 1, catalog.UpdateProduct{Family: operational.Set("G")})
	require.NoError(t, err)
	_, err = s.CreateProduct(ctx, reader, gtx)
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	_, err = s.CreateProcess(ctx, reader, path)
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	_, err = s.Processes(ctx, reader, operational.Query{})
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
}
