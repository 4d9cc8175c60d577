package identity_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

const (
	firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
	safari  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)

// signInWith opens a session from a program that calls itself so.
func (w world) signInWith(t *testing.T, agent string) identity.Session {
	t.Helper()
	s, err := w.SignIn(operational.WithAgent(t.Context(), agent), identity.SignInInput{Email: "ada@acme.example", Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	return s.Session
}

func TestPeopleSeeAndEndTheirSessions(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	w.another(t)
	eve, err := w.SignIn(ctx, identity.SignInInput{Email: "eve@acme.example", Password: password})
	require.NoError(t, err)
	here := w.signInWith(t, firefox)
	w.pass(5e9)
	phone := w.signInWith(t, safari)
	w.pass(5e9)
	shell := w.signInWith(t, "<script>curl/8")

	list, err := w.Sessions(ctx, here.Actor)
	require.NoError(t, err)
	require.Len(t, list, 3, "those of others are not there")
	devices := []string{list[0].Device, list[1].Device, list[2].Device}
	require.Equal(t, []string{"A program", "Safari on iPhone", "Firefox on Windows"}, devices, "the one seen last first, and nothing of the text itself")
	require.Equal(t, []bool{false, false, true}, []bool{list[0].Current, list[1].Current, list[2].Current})
	require.Equal(t, identity.OrganisationRef{ID: w.vendor, Name: "Acme"}, list[2].Organisation)
	require.True(t, list[2].EndsAt.Equal(here.ExpiresAt))

	requireKind(t, operational.KindNotFound, w.EndSession(ctx, here.Actor, eve.Actor.Credential), "a session of somebody else")
	requireKind(t, operational.KindNotFound, w.EndSession(ctx, here.Actor, uuid.New()))
	require.NoError(t, w.EndSession(ctx, here.Actor, phone.Actor.Credential))
	requireKind(t, operational.KindUnauthenticated, w.session(phone.Token))
	requireKind(t, operational.KindNotFound, w.EndSession(ctx, here.Actor, phone.Actor.Credential), "it has ended already")

	n, err := w.EndOtherSessions(ctx, here.Actor)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	requireKind(t, operational.KindUnauthenticated, w.session(shell.Token))
	require.NoError(t, w.session(here.Token))
	require.NoError(t, w.session(eve.Token), "others stay signed in")
}

// A session that was asked about a moment ago is only believed: ending it must change what the belief is proven by.
func TestAnEndedSessionIsNotBelieved(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	here, phone := w.signInWith(t, firefox), w.signInWith(t, safari)
	require.NoError(t, w.session(phone.Token))
	believed, err := w.BelievedOfSession(ctx, phone.Token)
	require.NoError(t, err)
	require.False(t, believed.Proven())
	_, err = w.Me(ctx, believed)
	require.NoError(t, err)
	require.NoError(t, w.EndSession(ctx, here.Actor, phone.Actor.Credential))
	believed, err = w.BelievedOfSession(ctx, phone.Token)
	require.NoError(t, err)
	_, err = w.Me(ctx, believed)
	require.Error(t, err, "the statement that enters refuses")
}

func TestSessionsThatRanOutAreNotListed(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	old := w.signInWith(t, safari)
	w.pass(identity.SessionIdle)
	here := w.signInWith(t, firefox)
	list, err := w.Sessions(ctx, here.Actor)
	require.NoError(t, err)
	require.Len(t, list, 1)
	requireKind(t, operational.KindNotFound, w.EndSession(ctx, here.Actor, old.Actor.Credential))
	n, err := w.EndOtherSessions(ctx, here.Actor)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestASwitchedSessionKeepsItsDevice(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s := w.signInWith(t, firefox)
	next, err := w.Switch(ctx, s.Actor, s.Token, identity.Place{})
	require.NoError(t, err)
	list, err := w.Sessions(ctx, next.Actor)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "Firefox on Windows", list[0].Device)
	require.True(t, list[0].Current)
}

func TestKeysLookAfterNoSessions(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s := w.signIn(t)
	_, secret, err := w.CreateKey(ctx, s.Actor, identity.NewKey{Name: "robot", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)
	key, err := w.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	_, err = w.Sessions(ctx, key)
	requireKind(t, operational.KindForbidden, err)
	requireKind(t, operational.KindForbidden, w.EndSession(ctx, key, s.Actor.Credential))
	_, err = w.EndOtherSessions(ctx, key)
	requireKind(t, operational.KindForbidden, err)
	_, err = w.ChangePassword(ctx, key, identity.PasswordChange{Current: password, New: "another password"})
	requireKind(t, operational.KindForbidden, err)
	require.NoError(t, w.session(s.Token))
}
