package identity_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/identity"
)

// noted are the actions of the audit in their order, with who did them; without who joined when the world was made by commands.
func (w world) noted(t *testing.T) []string {
	t.Helper()
	rows, err := w.Owner(t).Query(t.Context(), `
		select action || case when membership_id = $2 then ' by Ada' else ' by ' || coalesce(system, 'another') end || case when record_id = $2 then ' of Ada' else '' end
		from crm.audit_event where org_id = $1 and (action, coalesce(system, '')) <> ('member.joined', 'command') order by n`, w.vendor, w.person.Membership)
	require.NoError(t, err)
	actions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return actions
}

func TestSigningInAndOutIsNoted(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	for _, email := range []string{"ada@acme.example", "nobody@acme.example"} {
		_, err := w.SignIn(ctx, identity.SignInInput{Email: email, Password: "not the password at all", From: "192.0.2.1"})
		require.ErrorContains(t, err, "do not belong together")
	}
	s := w.signIn(t)
	require.NoError(t, w.signOut(s.Token))
	require.NoError(t, w.signOut(s.Token))
	require.Equal(t, []string{"session.refused by sign-in of Ada", "session.opened by Ada", "session.closed by Ada"}, w.noted(t))
}

func TestASessionThatEndsByItselfIsNoted(t *testing.T) {
	w := newWorld(t)
	w.signIn(t)
	w.pass(identity.SessionLife + 1e9)
	n, err := w.admin.Sweep(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Equal(t, []string{"session.opened by Ada", "session.ended by program"}, w.noted(t))
}

func TestKeysAreNotedAndTheirNamesAreNot(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	key, secret, err := w.CreateKey(ctx, w.person, identity.NewKey{Name: "Ada's key", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)
	actor, err := w.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	require.NoError(t, w.RevokeKey(ctx, w.person, key.ID))
	require.Error(t, w.RevokeKey(ctx, w.person, actor.Person), "no such key")
	require.Equal(t, []string{"api_key.created by Ada", "api_key.revoked by Ada"}, w.noted(t))
	var named bool
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select exists (select from crm.audit_event e where e::text like '%Ada%')`).Scan(&named))
	require.False(t, named)
	require.Equal(t, `[{"is": "accounts.read", "subject": "scope"}]`, w.decided(t, "api_key.created"))
	require.Equal(t, fmt.Sprintf(`[{"is": %q, "subject": "role"}]`, w.person.Role), w.decided(t, "member.joined"), "by which role the command made her a member")
}

// decided is what changed by the last such event.
func (w world) decided(t *testing.T, action string) (changes string) {
	t.Helper()
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select coalesce(details ->> 'changes', '') from crm.audit_event where org_id = $1 and action = $2 order by n desc limit 1`, w.vendor, action).Scan(&changes))
	return changes
}
