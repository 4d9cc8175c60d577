package identity_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

const other = "staple battery horse"

func TestAnotherPasswordEndsTheOtherSessions(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	here, phone := w.signInWith(t, firefox), w.signInWith(t, safari)
	_, secret, err := w.CreateKey(ctx, here.Actor, identity.NewKey{Name: "robot", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)

	n, err := w.ChangePassword(ctx, here.Actor, identity.PasswordChange{Current: password, New: other, From: "192.0.2.1"})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.NoError(t, w.session(here.Token), "who changed it stays signed in")
	requireKind(t, operational.KindUnauthenticated, w.session(phone.Token))
	_, err = w.ActorOfKey(ctx, secret)
	require.NoError(t, err, "a key is a credential of its own")

	_, err = w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: password})
	requireKind(t, operational.KindUnauthenticated, err, "the one before signs nobody in")
	_, err = w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: other})
	require.NoError(t, err)
	require.Contains(t, w.noted(t), "password.changed by Ada of Ada")
	var told bool
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select exists (select from crm.audit_event e where e::text like '%staple%' or e::text like '%argon2%')`).Scan(&told))
	require.False(t, told)
}

func TestWhatIsNoPasswordIsRefused(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s, phone := w.signInWith(t, firefox), w.signInWith(t, safari)
	for name, in := range map[string]identity.PasswordChange{
		"current_password: is not your password":          {Current: "not the password", New: other},
		"current_password: is not your password ":         {Current: "", New: other},
		"current_password: is not your password  ":        {Current: strings.Repeat("x", 10_000), New: other},
		"new_password: must have 8 to 256 characters":     {Current: password, New: "short"},
		"new_password: must have 8 to 256 characters ":    {Current: password, New: strings.Repeat("x", 257)},
		"new_password: must be another than the one of n": {Current: password, New: password},
	} {
		in.From = "192.0.2.1"
		_, err := w.ChangePassword(ctx, s.Actor, in)
		requireKind(t, operational.KindInvalid, err, name)
		require.ErrorContains(t, err, strings.TrimSpace(name))
	}
	require.NoError(t, w.session(phone.Token), "nothing was changed")
	_, err := w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: password})
	require.NoError(t, err)
}

// Whoever found an open session cannot guess on, and what they do does not keep the person from signing in.
func TestGuessingAtAnOpenSessionIsLimited(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s := w.signIn(t)
	guess := func(current string) error {
		_, err := w.ChangePassword(ctx, s.Actor, identity.PasswordChange{Current: current, New: other, From: "198.51.100.7"})
		return err
	}
	for range 10 {
		requireKind(t, operational.KindInvalid, guess("not the password"))
	}
	err := guess(password)
	requireKind(t, operational.KindLimited, err, "right or wrong")
	_, err = w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: password, From: "203.0.113.5"})
	require.NoError(t, err)
}

// Two who change it at once: one of them does.
func TestThePasswordChangesOnce(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	sessions := []identity.Session{w.signInWith(t, firefox), w.signInWith(t, safari)}
	faults := make(chan error, len(sessions))
	for i, s := range sessions {
		go func() {
			_, err := w.ChangePassword(ctx, s.Actor, identity.PasswordChange{Current: password, New: other + string(rune('a'+i)), From: "192.0.2.1"})
			faults <- err
		}()
	}
	won := 0
	for range sessions {
		if err := <-faults; err == nil {
			won++
		} else {
			requireKind(t, operational.KindInvalid, err)
		}
	}
	require.Equal(t, 1, won)
	alive := 0
	for _, s := range sessions {
		if w.session(s.Token) == nil {
			alive++
		}
	}
	require.Equal(t, 1, alive, "the other's session has ended with it")
}
