package interconnect_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// added gives a company a field of opportunities; its own people all read it, of others those whose role does.
func (w *life) added(t *testing.T, org uuid.UUID, name, label, kind string, toPartners bool) {
	t.Helper()
	w.exec(t, `insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values (gen_random_uuid(), $1, 'opportunity', $2, $3, $4, '{}', now(), now())`, org, name, label, kind)
	if toPartners {
		w.exec(t, `update crm.role_object set readable = readable || $2::text, editable = editable || $2::text where org_id = $1 and role_key = 'dealer_personnel' and object = 'opportunity'`, org, name)
	}
}

// goneOn is the record in the partner's own workspace with that name, and its half.
func (w *life) goneOn(t *testing.T, name string) (opportunities.Opportunity, opportunities.Private) {
	t.Helper()
	var id uuid.UUID
	w.scan(t, `select id from crm.opportunity where partner_org_id = $1 and connection_id is null and name = $2`, []any{w.P1.Org, name}, &id)
	o, err := w.deals.Get(t.Context(), w.as(t, w.P1), id)
	require.NoError(t, err)
	half, err := w.deals.Private(t.Context(), w.as(t, w.P1), id)
	require.NoError(t, err)
	return o, half
}

// What the vendor's fields hold goes on as words, as far as the partner read them; what the partner's own hold goes on in
// the fields. Both of them may have called a field the same.
func TestAddedFieldsGoOn(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.added(t, w.A.Org, "x_size", "Size", "number", true)
	w.added(t, w.A.Org, "x_ready", "Ready", "boolean", true)
	w.added(t, w.A.Org, "x_none", "Nothing in it", "text", true)
	w.added(t, w.A.Org, "x_secret", "Secret", "text", false)
	w.added(t, w.P1.Org, "x_margin", "Margin", "number", false)
	w.added(t, w.P1.Org, "x_size", "Our size", "text", false)

	both := w.deal(t, w.A, w.AP1, opportunities.NewOpportunity{Name: "Both", OwnerContactID: &w.ContactAP1, VendorNet: ptr(money("70")), Custom: map[string]any{"x_size": "10", "x_ready": true, "x_secret": "theirs"}})
	_, err := w.deals.UpdatePrivate(ctx, w.as(t, w.P1), both.ID, 0, opportunities.UpdatePrivate{Note: operational.Set("ours"), Custom: map[string]any{"x_margin": "3", "x_size": "large"}})
	require.NoError(t, err)
	w.deal(t, w.A, w.AP1, opportunities.NewOpportunity{Name: "Theirs", VendorNet: ptr(money("1")), Custom: map[string]any{"x_size": "11", "x_secret": "theirs"}})
	ours := w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "Ours", VendorNet: ptr(money("1"))})
	_, err = w.deals.UpdatePrivate(ctx, w.as(t, w.P1), ours.ID, 0, opportunities.UpdatePrivate{Custom: map[string]any{"x_margin": "4"}})
	require.NoError(t, err)
	w.deal(t, w.A, w.AP1, opportunities.NewOpportunity{Name: "Neither", VendorNet: ptr(money("1")), Custom: map[string]any{"x_secret": "theirs"}})

	_, err = w.End(ctx, w.P1, w.AP1, 1, "we leave")
	require.NoError(t, err)
	o, half := w.goneOn(t, "Both")
	require.Equal(t, map[string]any{"x_margin": "3", "x_size": "large"}, o.Custom)
	require.Equal(t, "ours\nReady: true\nSize: 10", half.Note)
	require.Empty(t, half.Custom, "in its own business they are on the record")
	o, half = w.goneOn(t, "Theirs")
	require.Empty(t, o.Custom)
	require.Equal(t, "Size: 11", half.Note)
	o, half = w.goneOn(t, "Ours")
	require.Equal(t, map[string]any{"x_margin": "4"}, o.Custom)
	require.Empty(t, half.Note)
	o, half = w.goneOn(t, "Neither")
	require.Empty(t, o.Custom)
	require.Zero(t, half.Version, "nothing was noted, as before")

	changed, err := w.deals.Update(ctx, w.as(t, w.P1), o.ID, o.Version, opportunities.Update{Custom: map[string]any{"x_size": "huge"}})
	require.NoError(t, err, "they are fields of its own as any others are")
	require.Equal(t, map[string]any{"x_size": "huge"}, changed.Custom)
	kept, err := w.deals.Get(ctx, w.as(t, w.A), both.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]any{"x_size": "10", "x_ready": true, "x_secret": "theirs"}, kept.Custom, "the vendor keeps its copy")
	var empty int
	w.scan(t, `select count(*) from crm.opportunity_private where note = ''`, nil, &empty)
	require.Zero(t, empty, "no note is none")
}

// The note holds what it can hold: what the partner wrote is all there, and of the words behind it as much as fits. A letter
// is not cut in two.
func TestWordsThatGoOnFit(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.added(t, w.A.Org, "x_long", "Long", "text", true)
	long, note := strings.Repeat("ö", 900), strings.Repeat("ü", 3500)
	o := w.deal(t, w.A, w.AP1, opportunities.NewOpportunity{Name: "Long", VendorNet: ptr(money("1")), Custom: map[string]any{"x_long": long}})
	_, err := w.deals.UpdatePrivate(ctx, w.as(t, w.P1), o.ID, 0, opportunities.UpdatePrivate{Note: operational.Set(note)})
	require.NoError(t, err)
	_, err = w.End(ctx, w.P1, w.AP1, 1, "we leave")
	require.NoError(t, err)
	_, half := w.goneOn(t, "Long")
	require.Equal(t, []rune(note + "\nLong: " + long)[:4000], []rune(half.Note))
}

// Lines of the vendor's products become words, also where the partner has products of the same name; those of its own
// products stay lines.
func TestLinesThatGoOn(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	own, err := catalog.New(w.API).CreateProduct(ctx, w.as(t, w.P1), catalog.NewProduct{Name: "Gripper", Family: "Own", ListPrice: money("9")})
	require.NoError(t, err)
	w.added(t, w.A.Org, "x_size", "Size", "number", true)
	shared := w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "Lines", Custom: map[string]any{"x_size": "2"}, Lines: []opportunities.NewLine{{ProductID: w.product, Quantity: decimal.RequireFromString("2.5")}}})
	w.exec(t, `insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
		values (gen_random_uuid(), $1, $2, $3, $4, $4, $5, 4, 9)`, shared.ID, w.AP1, w.A.Org, w.P1.Org, own.ID)
	_, err = w.End(ctx, w.A, w.AP1, 1, "they leave")
	require.NoError(t, err)
	o, half := w.goneOn(t, "Lines")
	require.Len(t, o.Lines, 1)
	require.Equal(t, own.ID, o.Lines[0].Product.ID)
	require.Equal(t, "9.00 EUR", o.Lines[0].UnitPrice.String())
	require.Equal(t, "625.00 EUR", o.VendorNet.String())
	require.Equal(t, "2.5 × Gripper, 250.00 EUR each\nSize: 2", half.Note)
}
