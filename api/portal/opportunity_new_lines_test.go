package portal_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Products go onto a new opportunity in rows, which come and go without script; the service adds them up.
func TestANewOpportunityTakesProducts(t *testing.T) {
	w := newWorld(t)
	get := func(id uuid.UUID) (opportunities.Opportunity, error) {
		return w.deps.Opportunities.Get(t.Context(), w.partner, id)
	}
	v := w.as(t, partnerMail)
	p := v.get(v.get("/opportunities/new").placed("Halden Industrial"))
	p.inert()
	require.Contains(t, p.text(), "Left empty, it is the sum of the products")
	choices := find(p.all(func(n *html.Node) bool { return attr(n, "id") == "f-lines-0-product" })[0], func(n *html.Node) bool { return n.Data == "option" })
	require.Equal(t, "No product", text(choices[0]))
	first, second := attr(choices[1], "value"), attr(choices[2], "value")
	rows := func(a *answer) int {
		return len(a.all(func(n *html.Node) bool { return n.Data == "fieldset" && attr(n, "class") == "p-line" }))
	}
	require.Equal(t, 2, rows(p))

	// More rows and fewer: what was typed stays, and nothing is made.
	more := p.sends("/opportunities/new", url.Values{"name": {"Pumps"}, "lines.0.product": {first}, "lines.1.product": {second}, "lines.1.quantity": {"1.5"}, "lines.1.unit_price": {"100.10"}, "add_lines": {"1"}})
	require.Equal(t, http.StatusOK, more.status, more.text())
	require.Equal(t, 3, rows(more))
	require.Contains(t, more.raw, `value="Pumps"`)
	fewer := more.sends("/opportunities/new", url.Values{"drop_line": {"lines.0.product"}})
	require.Equal(t, 2, rows(fewer))
	sent := fewer.inputs("/opportunities/new", nil)
	require.Equal(t, []string{second, "1.5", "100.10", ""}, []string{sent.Get("lines.0.product"), sent.Get("lines.0.quantity"), sent.Get("lines.0.unit_price"), sent.Get("lines.1.product")})

	// What is wrong is said at its row, also where empty rows stand before it.
	wrong := fewer.sends("/opportunities/new", url.Values{"lines.0.product": {""}, "lines.1.product": {second}, "lines.1.quantity": {"0"}, "lines.0.quantity": {""}, "lines.0.unit_price": {""}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.text(), "Quantity 2: It is not a number above zero")
	require.Len(t, wrong.all(func(n *html.Node) bool {
		return attr(n, "aria-invalid") == "true" && attr(n, "id") == "f-lines-1-quantity"
	}), 1)
	unread := fewer.sends("/opportunities/new", url.Values{"lines.0.product": {""}, "lines.1.product": {"x"}, "lines.1.unit_price": {"much"}})
	require.Contains(t, unread.text(), "Product 1: Choose a product, or empty the row.")
	require.Contains(t, unread.text(), "Product 2: Choose one from the list.")
	require.Contains(t, unread.text(), "Price for one 2: Use digits")

	o := fewer.sends("/opportunities/new", url.Values{"lines.1.product": {first}}).deal(t, get)
	require.Len(t, o.Lines, 2)
	require.Equal(t, "150.15", o.Lines[0].UnitPrice.Amount.Mul(o.Lines[0].Quantity).StringFixed(2))
	require.Equal(t, "1", o.Lines[1].Quantity.String())
	require.Equal(t, opportunities.AmountLines, o.AmountSource)
	require.Equal(t, o.Lines[1].UnitPrice.Amount.StringFixed(2), strings.TrimSpace(o.VendorNet.Amount.Sub(o.Lines[0].UnitPrice.Amount.Mul(o.Lines[0].Quantity)).StringFixed(2)))

	// Whoever may not set products finds no rows, and none are taken.
	_, err := w.db.Owner(t).Exec(t.Context(), `update crm.role_object set editable = array_remove(editable, 'lines') where org_id = $1 and audience = 'external' and object = 'opportunity'`, w.vendor)
	require.NoError(t, err)
	p = v.get(v.get("/opportunities/new").placed("Halden Industrial"))
	require.False(t, slices.ContainsFunc(keys(p.inputs("/opportunities/new", nil)), func(name string) bool { return strings.HasPrefix(name, "lines.") }))
	require.Equal(t, http.StatusForbidden, p.sends("/opportunities/new", url.Values{"name": {"Mine"}, "lines.0.product": {first}}).status)
	require.Equal(t, http.StatusUnprocessableEntity, p.sends("/opportunities/new", url.Values{"name": {"Mine"}, "add_lines": {"1"}}).status)
}

// The rows in a browser: on a phone and a wide screen, and the Enter key makes the opportunity.
func TestTheRowsOfANewOpportunityLookRight(t *testing.T) {
	w := newWorld(t)
	b := newTab(t, w).as(partnerMail)
	for _, l := range []look{looks[0], looks[len(looks)-1]} {
		b.see(l)
		b.open("/opportunities/new")
		b.shot("opportunity-new-" + l.name)
		b.fits()
		b.accessible()
	}
	b.quiet()
}
