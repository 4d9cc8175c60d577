package portal_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Every page on customers in every look, of a vendor and of a partner.
func TestCustomersInEveryLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.db.Owner(t).Exec(t.Context(), `insert into crm.account (id, org_id, name, name_key, industry, country, number_of_employees, annual_revenue, created_at, updated_at)
		select gen_random_uuid(), $1, 'Works number ' || i || ' of Łódź', 'works', 'Steel', 'Poland', i * 17, i * 1250000, now(), now() from generate_series(1, 60) i`, w.vendor)
	require.NoError(t, err)
	leader := w.as(t, leaderMail)
	leader.post("/governance/fields", url.Values{"object": {"account"}, "label": {"Segment"}, "type": {"choice"}, "choices": {"Ports; Mills"}})
	account, at, person := w.customer(t, w.leader, "Port of Gdynia Authority")
	_, _, _ = w.customer(t, w.leader, evilCustomer)
	_, theirs, _ := w.customer(t, w.partner, "Port of Gdynia, ours")
	_, err = w.deps.Opportunities.Update(t.Context(), w.leader, w.opportunity.ID, w.opportunity.Version, opportunities.Update{VendorAccountID: operational.Set(account.ID)})
	require.NoError(t, err)
	w.walk(t, "customers-", []stop{
		{"accounts", leaderMail, "/accounts?sort=-annual_revenue"},
		{"accounts-filtered", leaderMail, "/accounts?name=works+60&country=Poland&owner=" + w.leader.Membership.String()},
		{"account", leaderMail, at + "?saved=edit"},
		{"account-edit", leaderMail, at + "/edit"},
		{"account-new", leaderMail, "/accounts/new"},
		{"contacts", leaderMail, "/contacts"},
		{"contact", leaderMail, person},
		{"contact-new", leaderMail, "/contacts/new?account_id=" + account.ID.String()},
		{"deal", leaderMail, "/opportunities/" + w.opportunity.ID.String()},
		{"partner-accounts", partnerMail, "/accounts"},
		{"partner-account", partnerMail, theirs},
	})
}
