package interconnect_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// In a company in the middle people are invited by who works on the side of their role, and decided over by nobody else.
func TestEachSideOfTheMiddleHasItsOwnPeople(t *testing.T) {
	ctx, w := t.Context(), newLife(t)
	up, down, _ := w.below(t)
	w.exec(t, `update crm.role set capabilities = capabilities || '{people.manage}' where org_id = $1 and key = 'seller'`, up.Org)
	sells, governs := w.member(t, up, "Sol", "seller"), w.member(t, down, "Gus", "channel_leader")
	for by, role := range map[*operational.Actor]string{&sells: "reviewer", &governs: "seller"} {
		_, err := w.InviteMember(ctx, *by, interconnect.NewMemberInvitation{Email: ptr("nia@two.example"), Role: role})
		require.Equal(t, "beyond-own-rights", code(t, err), role)
	}
	for by, role := range map[*operational.Actor]string{&sells: "seller", &governs: "reviewer"} {
		issued, err := w.InviteMember(ctx, *by, interconnect.NewMemberInvitation{Email: ptr(role + "@two.example"), Role: role})
		require.NoError(t, err)
		_, err = w.Look(ctx, tokenOf(t, issued.Link))
		require.NoError(t, err, "it stands, whichever side invited")
	}
	_, err := w.people.EndSessionsOf(ctx, governs, sells.Membership)
	require.Equal(t, "beyond-own-rights", code(t, err))
	require.Equal(t, "beyond-own-rights", code(t, w.people.ErasePerson(ctx, governs, up.Membership, 1, identity.Erasure{Reason: "left", Confirm: "x"})))
}
