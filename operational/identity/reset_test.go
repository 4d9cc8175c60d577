package identity_test

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// lost is somebody who has lost a password, and the mail that comes.
type lost struct {
	world
	*identity.Resets
	letters []mail.Message
}

func newLost(t *testing.T) *lost {
	t.Helper()
	w := newWorld(t)
	return &lost{world: w, Resets: identity.NewResets(w.API, pgtest.Secret, true)}
}

// asked are the links that wait to be mailed.
func (w *lost) asked(t *testing.T) (list []uuid.UUID) {
	t.Helper()
	rows, err := w.Owner(t).Query(t.Context(), `select record_id from crm.outbox where event_type = 'password.reset_asked' order by created_at, id`)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		require.NoError(t, rows.Scan(&id))
		list = append(list, id)
	}
	require.NoError(t, rows.Err())
	return list
}

var resetLink = regexp.MustCompile(`https://crm\.example/sign-in/reset/([\w-]{43})\n`)

// mailed asks for a link and gives what stands behind it.
func (w *lost) mailed(t *testing.T) string {
	t.Helper()
	before := len(w.asked(t))
	require.NoError(t, w.Ask(t.Context(), " ada@ACME.example ", "192.0.2.1"))
	all := w.asked(t)
	require.Len(t, all, before+1)
	postman := identity.NewResetPostman(w.Jobs, pgtest.Secret, "https://crm.example", func(_ context.Context, l mail.Message) error {
		w.letters = append(w.letters, l)
		return nil
	})
	require.NoError(t, postman.Worker().Work(t.Context(), jobs.Job{Record: all[before]}))
	last := w.letters[len(w.letters)-1]
	require.Equal(t, "Ada@Acme.example", last.To, "as the person writes it")
	link := resetLink.FindStringSubmatch(last.Text)
	require.NotNil(t, link, last.Text)
	return link[1]
}

func (w *lost) over(t *testing.T, err error, why ...any) {
	t.Helper()
	requireKind(t, operational.KindNotFound, err, why...)
	require.ErrorContains(t, err, "This link sets no password", why...)
}

// A lost password is set anew by a link to the person's address, once and in time. It ends what was signed in, and not the
// second factor.
func TestALostPasswordIsSetByALink(t *testing.T) {
	ctx := t.Context()
	w := newLost(t)
	here := w.signIn(t)
	_, recovery := w.armed(t, here.Actor)
	_, key, err := w.CreateKey(ctx, here.Actor, identity.NewKey{Name: "robot", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)
	half, err := w.SignIn(ctx, identity.SignInInput{Email: adas, Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	token, second := w.mailed(t), w.mailed(t)
	require.NoError(t, w.Stands(ctx, token))
	var kept bool
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select exists (select from sec.password_reset r where r::text like '%' || $1 || '%') or exists (select from crm.outbox o where o::text like '%' || $1 || '%')`, token).Scan(&kept))
	require.False(t, kept, "a token is kept nowhere")

	err = w.Set(ctx, token, "short")
	requireKind(t, operational.KindInvalid, err)
	require.ErrorContains(t, err, "new_password")
	require.NoError(t, w.session(here.Token), "nothing was changed")
	require.NoError(t, w.Set(ctx, token, other))
	requireKind(t, operational.KindUnauthenticated, w.session(here.Token))
	w.over(t, w.Set(ctx, token, "yet another one"), "once")
	w.over(t, w.Set(ctx, second, "yet another one"), "other links end with it")
	w.over(t, w.Stands(ctx, second))
	_, err = w.ActorOfKey(ctx, key)
	require.NoError(t, err, "a key is a credential of its own")
	_, err = w.FinishByCode(ctx, half.Half.Token, recovery[0], "192.0.2.1", "")
	requireKind(t, operational.KindUnauthenticated, err, "what was half done is over")
	opened, err := w.SignIn(ctx, identity.SignInInput{Email: adas, Password: other, From: "192.0.2.1"})
	require.NoError(t, err)
	require.Equal(t, identity.NeedCode, opened.Half.Needs, "the second factor stays")
	_, err = w.FinishByCode(ctx, opened.Half.Token, recovery[1], "192.0.2.1", "")
	require.NoError(t, err)
	require.Contains(t, w.noted(t), "password.reset by reset of Ada")
}

func TestALinkToSetAPasswordIsOver(t *testing.T) {
	ctx := t.Context()
	w := newLost(t)
	token := w.mailed(t)
	w.pass(identity.ResetLife)
	w.over(t, w.Set(ctx, token, other), "after half an hour")
	w.over(t, w.Set(ctx, "nonsense", other))
	w.over(t, w.Set(ctx, token[1:]+"A", other))
	token = w.mailed(t)
	s := w.signIn(t)
	_, err := w.ChangePassword(ctx, s.Actor, identity.PasswordChange{Current: password, New: other, From: "192.0.2.1"})
	require.NoError(t, err)
	w.over(t, w.Set(ctx, token, "yet another one"), "the password has become another meanwhile")
	token = w.mailed(t)
	require.NoError(t, w.admin.EnablePerson(ctx, w.person.Person, "ada@elsewhere.example", password))
	w.over(t, w.Set(ctx, token, "yet another one"), "the address has become another meanwhile")
	var waits int
	w.pass(identity.ResetLife)
	_, err = w.admin.Sweep(ctx)
	require.NoError(t, err)
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select count(*) from sec.password_reset`).Scan(&waits))
	require.Zero(t, waits)
}

// Of many who send one link at once, one sets the password.
func TestALinkIsUsedOnceByManyAtOnce(t *testing.T) {
	w := newLost(t)
	token := w.mailed(t)
	var wg sync.WaitGroup
	results := make(chan error, 6)
	for i := range 6 {
		wg.Go(func() { results <- w.Set(context.Background(), token, fmt.Sprintf("another password %d", i)) })
	}
	wg.Wait()
	close(results)
	set := 0
	for err := range results {
		if err == nil {
			set++
			continue
		}
		w.over(t, err)
	}
	require.Equal(t, 1, set)
}

// Asking says the same of every address, is counted, and mails nobody often.
func TestAskingForALinkTellsNothing(t *testing.T) {
	ctx := t.Context()
	w := newLost(t)
	require.NoError(t, w.Ask(ctx, "nobody@acme.example", "192.0.2.9"))
	require.Empty(t, w.asked(t))
	for range 5 {
		require.NoError(t, w.Ask(ctx, adas, "192.0.2.9"))
	}
	require.Len(t, w.asked(t), 3, "three are good at once")
	w.pass(identity.ResetLife)
	for _, email := range []string{adas, "nobody@acme.example"} {
		limited := 0
		for range 15 {
			err := w.Ask(ctx, email, "203.0.113.5")
			if err != nil {
				requireKind(t, operational.KindLimited, err)
				limited++
			}
		}
		require.Equal(t, 5, limited, email)
	}
	require.NoError(t, w.Ask(ctx, adas, "203.0.113.6"), "elsewhere it is counted apart")
	_, err := w.SignIn(ctx, identity.SignInInput{Email: adas, Password: password, From: "203.0.113.5"})
	require.NoError(t, err, "nobody is kept out by it")
	requireKind(t, operational.KindInvalid, w.Ask(ctx, "no address", "192.0.2.9"))
	requireKind(t, operational.KindConflict, identity.NewResets(w.API, pgtest.Secret, false).Ask(ctx, adas, "192.0.2.9"))

	w.pass(time.Hour)
	w.another(t)
	_, err = w.Owner(t).Exec(ctx, `update crm.membership set status = 'suspended' where id = $1`, w.person.Membership)
	require.NoError(t, err)
	before := len(w.asked(t))
	require.NoError(t, w.Ask(ctx, adas, "192.0.2.9"))
	require.Len(t, w.asked(t), before, "nobody works anywhere by it")
}

// Whoever runs the program helps where no mail is sent.
func TestAnOperatorSetsAPassword(t *testing.T) {
	ctx := t.Context()
	w := newLost(t)
	here, token := w.signIn(t), w.mailed(t)
	requireKind(t, operational.KindInvalid, w.admin.SetPassword(ctx, w.person.Person, "short"))
	requireKind(t, operational.KindNotFound, w.admin.SetPassword(ctx, uuid.New(), other))
	require.NoError(t, w.admin.SetPassword(ctx, w.person.Person, other))
	requireKind(t, operational.KindUnauthenticated, w.session(here.Token))
	w.over(t, w.Set(ctx, token, "yet another one"))
	_, err := w.SignIn(ctx, identity.SignInInput{Email: adas, Password: other, From: "192.0.2.1"})
	require.NoError(t, err)
	require.Contains(t, w.noted(t), "password.reset by command of Ada")
}
