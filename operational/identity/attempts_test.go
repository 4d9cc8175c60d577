package identity_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

const adas = "ada@acme.example"

// guessed makes a person's address the aim of guesses from many places, until a new place is turned away.
func (w world) guessed(t *testing.T, email string) error {
	t.Helper()
	for n := range 20 {
		require.NoError(t, w.Attempt(t.Context(), email, fmt.Sprintf("198.51.100.%d", n)), n)
	}
	return w.Attempt(t.Context(), email, "203.0.113.1")
}

func TestGuessingFromManyPlacesIsLimitedAndLocksNobodyOut(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	usual := w.signIn(t)
	err := w.guessed(t, adas)
	requireKind(t, operational.KindLimited, err)
	var limited *operational.Error
	require.ErrorAs(t, err, &limited)
	require.InDelta(t, 45, limited.RetryAfter.Seconds(), 1)
	stranger := w.guessed(t, "nobody@acme.example")
	require.Equal(t, err, stranger, "the answer does not tell whether the address is somebody's")

	_, err = w.SignIn(ctx, identity.SignInInput{Email: adas, Password: password, From: "203.0.113.1"})
	requireKind(t, operational.KindLimited, err)
	require.NoError(t, w.session(usual.Token), "who is signed in stays so")
	for range 9 {
		require.NoError(t, w.Attempt(ctx, adas, "192.0.2.1"), "the usual place keeps its own allowance")
	}
	w.signIn(t)
	requireKind(t, operational.KindLimited, w.Attempt(ctx, adas, "203.0.113.1"))

	w.pass(limited.RetryAfter)
	_, err = w.SignIn(ctx, identity.SignInInput{Email: adas, Password: password, From: "203.0.113.1"})
	require.NoError(t, err, "waiting as told helps")
	w.pass(31 * 24 * time.Hour)
	requireKind(t, operational.KindLimited, w.guessed(t, adas))
	requireKind(t, operational.KindLimited, w.Attempt(ctx, adas, "192.0.2.1"))
}

func TestGuessingManyAddressesFromOnePlaceIsLimited(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	for n := range 100 {
		require.NoError(t, w.Attempt(ctx, fmt.Sprintf("person%d@acme.example", n), "192.0.2.7"))
	}
	requireKind(t, operational.KindLimited, w.Attempt(ctx, adas, "192.0.2.7"))
	require.NoError(t, w.Attempt(ctx, adas, "192.0.2.8"))
	w.pass(time.Second)
	require.NoError(t, w.Attempt(ctx, adas, "192.0.2.7"))
}

func TestANetworkOfIPv6IsOnePlace(t *testing.T) {
	w := newWorld(t)
	for n := range 10 {
		require.NoError(t, w.Attempt(t.Context(), adas, fmt.Sprintf("2001:db8:1:2::%x", n)))
	}
	requireKind(t, operational.KindLimited, w.Attempt(t.Context(), adas, "2001:db8:1:2:ffff::1"))
	require.NoError(t, w.Attempt(t.Context(), adas, "2001:db8:1:3::1"))
	require.NoError(t, w.Attempt(t.Context(), adas, "::ffff:192.0.2.1"))
}

func TestProgramsSideBySideCountTogether(t *testing.T) {
	w := newWorld(t)
	other := identity.New(w.API, pgtest.Secret)
	var through atomic.Int32
	var all sync.WaitGroup
	for n := range 40 {
		all.Go(func() {
			program := w.Service
			if n%2 == 0 {
				program = other
			}
			if program.Attempt(context.Background(), adas, "192.0.2.1") == nil {
				through.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 10, through.Load())
}

func TestWhatTimeHasForgivenIsSweptAway(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	w.signIn(t)
	require.NoError(t, w.Attempt(ctx, adas, "198.51.100.1"))
	rows := func() (attempts, places int) {
		require.NoError(t, w.Owner(t).QueryRow(ctx, `select (select count(*) from sec.attempt where counts_until > $1), (select count(*) from sec.known_place)`,
			time.Unix(0, 0)).Scan(&attempts, &places))
		return attempts, places
	}
	sweep := func() {
		_, err := w.admin.Sweep(ctx)
		require.NoError(t, err)
	}
	sweep()
	attempts, places := rows()
	require.Equal(t, 3, attempts, "of the failure; the success has left none")
	require.Equal(t, 1, places)
	w.pass(time.Minute)
	sweep()
	attempts, places = rows()
	require.Zero(t, attempts)
	require.Equal(t, 1, places)
	w.pass(30 * 24 * time.Hour)
	sweep()
	_, places = rows()
	require.Zero(t, places)
}
