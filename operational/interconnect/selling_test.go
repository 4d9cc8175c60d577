package interconnect_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// A company that governs a channel becomes somebody's partner. Where nobody in it is an administrator, whoever accepts and
// did everything there becomes one, so that somebody sells and lets others sell; nobody else's role is widened.
func TestSomebodySellsWhereThereWereLeadersOnly(t *testing.T) {
	ctx, w := t.Context(), newLife(t)
	org, err := identity.NewAdmin(w.Jobs).CreateVendor(ctx, identity.NewVendor{Name: "Led", TimeZone: "UTC", FiscalMonth: 1, Currency: "EUR"})
	require.NoError(t, err)
	led := operational.Actor{Org: org, Side: operational.SideVendor}
	lea, lou := w.member(t, led, "Lea", "channel_leader"), w.member(t, led, "Lou", "channel_leader")
	w.exec(t, `insert into crm.role (org_id, key, audience, name, capabilities, created_at, updated_at) values ($1, 'connects', 'internal', 'Connects', '{connections.manage,people.manage}', now(), now())`, org)
	mia := w.member(t, led, "Mia", "connects")
	made, token := w.invite(t, interconnect.NewPartnerInvitation{})
	roles := func() (now []string) {
		for _, member := range []uuid.UUID{lea.Membership, lou.Membership, mia.Membership} {
			var role string
			w.scan(t, `select role from crm.membership where id = $1`, []any{member}, &role)
			now = append(now, role)
		}
		return now
	}
	before := roles()
	var sells bool
	_, err = w.Accept(ctx, mia, token)
	require.Equal(t, "nobody-to-sell", code(t, err), "who does less cannot: nobody would be there")
	key := lea
	key.Scopes = []string{"connections.manage"}
	_, err = w.Accept(ctx, key, token)
	require.Equal(t, "session-needed", code(t, err), "nor does a program make an administrator")
	w.scan(t, `select sells from crm.workspace where org_id = $1`, []any{org}, &sells)
	require.False(t, sells)
	require.Equal(t, before, roles())
	now, err := w.PartnerInvitation(ctx, w.A, made.ID)
	require.NoError(t, err)
	require.Equal(t, interconnect.InvitationOpen, now.Status, "nothing was changed")

	invited, err := w.InviteMember(ctx, lea, interconnect.NewMemberInvitation{Email: ptr("nia@led.example"), Role: "analyst"})
	require.NoError(t, err)
	accepted, err := w.Accept(ctx, lea, token)
	require.NoError(t, err)
	require.Equal(t, []string{"administrator", "channel_leader", "connects"}, roles())
	require.Equal(t, []string{`member false {"codes": {"by": "invitation"}, "changes": [{"is": "administrator", "was": "channel_leader", "subject": "role"}]}`}, w.noted(t, org, "member.assigned"))
	require.Contains(t, w.noted(t, org, "invitation.created"), `member false {"codes": {"kind": "member"}, "changes": [{"is": "analyst", "subject": "role"}]}`)
	_, err = w.Look(ctx, tokenOf(t, invited.Link))
	require.NoError(t, err, "what she had sent stands")

	// She works on both sides from now on, and lets others sell; the others work where they did.
	selling := lea
	selling.Side, selling.Role = operational.SidePartner, "administrator"
	selling = w.as(t, selling)
	require.Len(t, selling.Rights.Links, 1)
	require.Equal(t, *accepted.ConnectionID, selling.Rights.Links[0].Connection)
	require.True(t, selling.May(operational.ActCreate, operational.ObjectOpportunity))
	_, err = w.InviteMember(ctx, selling, interconnect.NewMemberInvitation{Email: ptr("sol@led.example"), Role: "seller"})
	require.NoError(t, err)
	_, err = w.InviteMember(ctx, w.as(t, lou), interconnect.NewMemberInvitation{Email: ptr("sam@led.example"), Role: "seller"})
	require.Equal(t, "beyond-own-rights", code(t, err))

	// Where there is an administrator, a leader who accepts stays what they were.
	lio := w.member(t, w.B, "Lio", "channel_leader")
	_, token = w.invite(t, interconnect.NewPartnerInvitation{Email: ptr("two@new.example")})
	_, err = w.Accept(ctx, lio, token)
	require.NoError(t, err)
	var role string
	w.scan(t, `select role from crm.membership where id = $1`, []any{lio.Membership}, &role)
	require.Equal(t, "channel_leader", role)
	require.Empty(t, w.noted(t, w.B.Org, "member.assigned"))
}
