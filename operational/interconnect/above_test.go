package interconnect_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// member adds somebody to a company, with a role.
func (w *life) member(t *testing.T, beside operational.Actor, name, role string) operational.Actor {
	t.Helper()
	a := operational.Actor{Org: beside.Org, Side: beside.Side, Person: uuid.New(), Membership: uuid.New(), Role: operational.Role(role)}
	w.exec(t, `insert into crm.person (id, display_name, created_at) values ($1, $2, now())`, a.Person, name)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, $4, now())`, a.Membership, a.Org, a.Person, role)
	return w.as(t, a)
}

// Who manages people decides over those whose role they could give, and over nobody else: to suspend, to sign out, to erase.
func TestNobodyDecidesOverWhoMayDoMore(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.exec(t, `update crm.role set capabilities = capabilities || '{people.manage}' where org_id = $1 and key = 'analyst'`, w.A.Org)
	ana, manager, other := w.member(t, w.A, "Ana", "analyst"), w.member(t, w.A, "Mia", "channel_manager"), w.member(t, w.A, "Ada", "analyst")
	session := func(of operational.Actor) string {
		s, err := w.people.Enter(ctx, of.Membership, "")
		require.NoError(t, err)
		return s.Token
	}
	hers, theirs := session(manager), session(other)
	acts := func(over operational.Actor, name string) map[string]error {
		_, signedOut := w.people.EndSessionsOf(ctx, ana, over.Membership)
		_, suspended := w.SuspendPerson(ctx, ana, over.Membership, 1)
		return map[string]error{
			"sign out": signedOut, "suspend": suspended,
			"erase": w.people.ErasePerson(ctx, ana, over.Membership, 2, identity.Erasure{Reason: "left", Confirm: name}),
		}
	}
	for what, err := range acts(manager, "Mia") {
		require.Equal(t, "beyond-own-rights", code(t, err), what)
	}
	_, err := w.people.ActorOfSession(ctx, hers)
	require.NoError(t, err)
	for what, err := range acts(other, "Ada") {
		require.NoError(t, err, what)
	}
	_, err = w.people.ActorOfSession(ctx, theirs)
	requireKind(t, operational.KindUnauthenticated, err)
	require.Equal(t, []string{`member false {"counts": {"sessions": 1}}`}, w.noted(t, w.A.Org, "member.signed_out"))

	n, err := w.people.EndSessionsOf(ctx, w.A, manager.Membership)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	_, err = w.people.ActorOfSession(ctx, hers)
	requireKind(t, operational.KindUnauthenticated, err)
	elsewhere := session(w.P1)
	_, err = w.people.EndSessionsOf(ctx, w.A, w.P1.Membership)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.people.ActorOfSession(ctx, elsewhere)
	require.NoError(t, err)
	key := w.A
	key.Scopes = []string{"people.manage"}
	_, err = w.people.EndSessionsOf(ctx, key, manager.Membership)
	require.Equal(t, "beyond-own-rights", code(t, err), "a key gives nobody anything, and decides over nobody")
}
