package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// In a company with two sides a role says on which it works, and is made for one, or for both.
func TestRolesSayOnWhichSideTheyWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	one := w.as(t, ownerMail)
	require.NotContains(t, one.get("/governance/new-role").text(), "Works on", "a company with one side has nothing to choose")
	require.NotContains(t, one.get("/governance/roles/analyst").text(), "Works on")

	v := w.as(t, chiefMail)
	v.get("/settings").sends("/settings/channel", nil)
	v.post("/workspace", url.Values{"room": {"company:" + w.partner.Org.String() + ":vendor"}, "return": {"/settings"}})
	for key, side := range map[string]string{"administrator": "Works on Both sides", "seller": "Works on The partner's side", "channel_leader": "On the vendor's side it has every right"} {
		require.Contains(t, v.get("/governance/roles/"+key).text(), side)
	}
	require.NotContains(t, v.get("/governance/roles/dealer_personnel").text(), "Works on", "partners' people are none of its own")
	require.Contains(t, v.get("/governance/roles?audience=internal").text(), "2 people The partner's side")

	p := v.get("/governance/new-role?audience=internal&copy=seller")
	require.Equal(t, "partner", p.inputs("/governance/new-role", nil).Get("hat"), "as the role that it is a copy of")
	p = v.post("/governance/new-role", p.inputs("/governance/new-role", url.Values{"name": {"All round"}, "hat": {"both"}}))
	require.Equal(t, "/governance/roles/all_round?saved=created", p.path, p.text())
	require.Contains(t, p.text(), "Works on Both sides")
	require.Contains(t, v.get("/governance/roles/all_round?with=seller").text(), "Works on Both sides The partner's side")
	p = v.post("/governance/new-role", url.Values{"audience": {"external"}, "name": {"Theirs"}, "hat": {"partner"}})
	require.Equal(t, "/governance/roles/theirs?saved=created", p.path, "only roles for the own people have a side")

	// Who does everything on one side makes roles for that one, and gives no other.
	people := v.get("/settings/people")
	require.Equal(t, http.StatusOK, people.status)
	require.Contains(t, v.get("/settings/invitations/new").text(), "Sales (the partner's side)")
	_, err := w.db.Owner(t).Exec(t.Context(), `update crm.membership set role = 'channel_leader' where id = $1`, w.partner.Membership)
	require.NoError(t, err)
	leader := w.as(t, partnerMail)
	p = leader.get("/governance/new-role?audience=internal")
	require.Contains(t, p.text(), "Works on (your own people only)")
	require.NotContains(t, p.text(), "Both sides")
	p = leader.post("/governance/new-role", url.Values{"audience": {"internal"}, "name": {"Sneaky"}, "hat": {"both"}})
	require.Equal(t, http.StatusForbidden, p.status)
	require.Contains(t, p.text(), "Side: It works on a side of your organisation on which you do not.")
}
