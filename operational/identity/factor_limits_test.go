package identity_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// Slow guesses find a code in the end, so the pause grows to an hour; who has a recovery code, or comes from the usual
// place, does not wait for it.
func TestWhoGuessesCodesForLongHasOneAnHour(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	secret, recovery := w.armed(t, w.signIn(t).Actor)
	far := 0
	place := func() string {
		w.pass(46 * time.Second) // as slowly as the other allowances ask for, each time from another place
		far++
		return fmt.Sprintf("198.51.%d.%d", far/200, far%200)
	}
	with := func(code string) error {
		from := place()
		opened, err := w.SignIn(ctx, identity.SignInInput{Email: adas, Password: password, From: from})
		require.NoError(t, err)
		_, err = w.FinishByCode(ctx, opened.Half.Token, code, from, "")
		return err
	}
	from, taken := w.now.Load(), 0
	for range 200 {
		if w.AttemptCode(ctx, w.person.Person, place()) == nil {
			taken++
		}
	}
	hours := int(w.now.Load()-from) / 3600
	require.InDelta(t, 100+hours, taken, 1)
	err := with(w.code(t, secret))
	requireKind(t, operational.KindLimited, err, "a right code waits like the others")
	require.ErrorContains(t, err, "recovery code")
	require.NoError(t, with(recovery[0]), "a recovery code does not")

	_, err = w.try(ctx, w.code(t, secret))
	require.NoError(t, err, "nor does a code at the usual place")
	requireKind(t, operational.KindLimited, with("000000"), "which gives nobody else new guesses")
	w.pass(time.Hour)
	require.NoError(t, with(w.code(t, secret)), "after an hour the next one is taken")

	for range 130 { // somebody at the usual place who knows the password, as colleagues may
		w.pass(31 * time.Second)
		err = w.AttemptCode(ctx, w.person.Person, "192.0.2.1")
	}
	requireKind(t, operational.KindLimited, err)
	_, err = w.try(ctx, recovery[1])
	require.NoError(t, err)
	w.pass(time.Hour)
	_, err = w.try(ctx, w.code(t, secret))
	require.NoError(t, err)
	w.pass(time.Minute)
	_, err = w.try(ctx, "000000")
	requireKind(t, operational.KindInvalid, err)
	w.pass(time.Minute)
	_, err = w.try(ctx, w.code(t, secret))
	requireKind(t, operational.KindLimited, err, "a right code has given nothing back: it was the holder's")
}

func TestOfTwoFactorsThatAreSetAtOnceTheFirstStays(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s := w.signIn(t)
	var recovery []string
	begin := func(current string) identity.FactorChange {
		e, err := w.BeginFactor(ctx, s.Actor)
		require.NoError(t, err)
		return identity.FactorChange{Password: password, Token: e.Token, Code: w.code(t, e.Secret), Current: current, From: "192.0.2.1"}
	}
	// race has both look at what is there before either of them may set it.
	race := func(two ...identity.FactorChange) {
		t.Helper()
		sees := w.Owner(t)
		tx, err := w.Owner(t).Begin(ctx)
		require.NoError(t, err)
		_, err = tx.Exec(ctx, `select from sec.password for update`)
		require.NoError(t, err)
		var lost []error
		var all sync.WaitGroup
		var mu sync.Mutex
		for _, in := range two {
			all.Go(func() {
				codes, err := w.SetFactor(ctx, s.Actor, in)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					lost = append(lost, err)
				} else {
					recovery = codes
				}
			})
		}
		require.Eventually(t, func() bool {
			var waiting int
			return sees.QueryRow(ctx, `select count(*) from pg_locks l join pg_stat_activity a using (pid) where a.datname = current_database() and not l.granted`).Scan(&waiting) == nil && waiting == 2
		}, 20*time.Second, 10*time.Millisecond)
		require.NoError(t, tx.Commit(ctx))
		all.Wait()
		require.Len(t, lost, 1, "the second is told")
		requireKind(t, operational.KindConflict, lost[0])
		require.ErrorContains(t, lost[0], "another tab")
	}
	race(begin(""), begin(""))
	late := begin("")
	race(begin(recovery[0]), begin(recovery[1]))
	_, err := w.SetFactor(ctx, s.Actor, late)
	requireKind(t, operational.KindConflict, err, "begun beside one that is gone")
	_, err = w.try(ctx, recovery[0])
	require.NoError(t, err, "the codes that were shown are those that are kept")
}
