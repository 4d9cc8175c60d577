package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// A partner keeps its own half of what it shares: by a form with a version of its own, of which a vendor sees nothing.
func TestThePartnersHalf(t *testing.T) {
	w := newWorld(t)
	account, at, _ := w.customer(t, w.partner, "Port of Gdynia, ours")
	_, err := w.db.Owner(t).Exec(t.Context(), `insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values
		(gen_random_uuid(), $1, 'opportunity', 'x_won_by', 'Won by', 'choice', '{price,trust}', now(), now()), (gen_random_uuid(), $1, 'opportunity', 'x_hush', 'Hush', 'text', '{}', now(), now())`, w.partner.Org)
	require.NoError(t, err)
	_, err = w.db.Owner(t).Exec(t.Context(), `update crm.role_object set readable = readable || '{x_won_by}'::text[], editable = editable || '{x_won_by}'::text[] where org_id = $1 and object = 'opportunity'`, w.partner.Org)
	require.NoError(t, err)
	path := "/opportunities/" + w.opportunity.ID.String()
	v := w.as(t, partnerMail)
	p := v.get(path)
	require.NotContains(t, p.text(), "Hush")
	require.Equal(t, url.Values{"version": {"0"}, "end_customer_amount": {""}, "account_id": {""}, "custom.x_won_by": {""}, "note": {""}}, p.inputs(path+"/private", nil))
	wrong := p.sends(path+"/private", url.Values{"end_customer_amount": {"much"}, "note": {"They pay late."}})
	require.Equal(t, http.StatusUnprocessableEntity, wrong.status)
	require.Contains(t, wrong.text(), "End customer price, EUR: Use digits")
	require.Equal(t, []string{"They pay late."}, wrong.inputs(path+"/private", nil)["note"], "what was typed is kept")
	saved := wrong.sends(path+"/private", url.Values{"end_customer_amount": {"500000.00"}, "account_id": {account.ID.String()}, "custom.x_won_by": {"trust"}})
	require.Equal(t, path+"?saved=private", saved.path, saved.text())
	for _, shown := range []string{"Only your company sees it.", "€500,000", "Your margin €14,000", "They pay late.", "Won by trust", "Port of Gdynia, ours"} {
		require.Contains(t, saved.text(), shown)
	}
	require.Equal(t, path+"?saved=nothing", saved.sends(path+"/private", nil).path)
	now, err := w.deps.Opportunities.Get(t.Context(), w.leader, w.opportunity.ID)
	require.NoError(t, err)
	require.Equal(t, w.opportunity.Version, now.Version, "the shared record is as it was")

	// Two people change it: the second is told.
	_, err = w.deps.Opportunities.UpdatePrivate(t.Context(), w.partner, now.ID, 1, opportunities.UpdatePrivate{Note: operational.Set("They pay early.")})
	require.NoError(t, err)
	stale := saved.sends(path+"/private", url.Values{"note": {"They pay never."}})
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.table("conflict-t"), []string{"Your note", "They pay early.", "They pay never."})
	require.Contains(t, stale.sends(path+"/private", nil).text(), "They pay never.")

	leader := w.as(t, leaderMail)
	theirs := leader.get(path)
	for _, none := range []string{"500,000", "They pay", "Your note", "Won by", "Your half", "Port of Gdynia, ours", path + "/private", path + "/link"} {
		require.NotContains(t, theirs.raw, none)
	}
	require.Equal(t, http.StatusNotFound, leader.post(path+"/private", url.Values{"version": {"0"}, "note": {"x"}}).status)
	require.Equal(t, http.StatusNotFound, leader.post(path+"/link", nil).status)

	// The account is linked with what is shared, and parted from it again, whatever the vendor keeps.
	_, theirPage, _ := w.customer(t, w.leader, "Port of Gdynia, theirs")
	linked := v.get(path).sends(path+"/link", nil)
	require.Equal(t, path+"?saved=link", linked.path, linked.text())
	require.NotContains(t, linked.raw, path+"/link")
	page := v.get(at)
	require.Contains(t, page.text(), "Shared with Halden Industrial")
	require.NotContains(t, leader.get(theirPage).text(), "Shared with")
	require.Equal(t, http.StatusNotFound, leader.post(theirPage+"/unlink", url.Values{"connection_id": {w.opportunity.ConnectionID.String()}}).status)
	page = page.sends(at+"/unlink", nil)
	require.Equal(t, at+"?saved=edit", page.path)
	require.NotContains(t, page.text(), "Shared with")
	unlinked := v.get(path).sends(path+"/private", url.Values{"account_id": {""}})
	require.NotContains(t, unlinked.raw, path+"/link", "without an account there is nothing to link")
}
