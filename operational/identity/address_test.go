package identity_test

import (
	"context"
	"regexp"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

var addressLink = regexp.MustCompile(`https://crm\.example/account/address/([\w-]{43})\n`)

// mails works on the letters about addresses that wait, and gives them.
func (w world) mails(t *testing.T) (letters []mail.Message) {
	t.Helper()
	postman := identity.NewAddressPostman(w.Jobs, pgtest.Secret, "https://crm.example", func(_ context.Context, l mail.Message) error {
		letters = append(letters, l)
		return nil
	})
	for _, worker := range postman.Workers() {
		rows, err := w.Owner(t).Query(t.Context(), `delete from crm.outbox where event_type = $1 returning record_id`, worker.Event)
		require.NoError(t, err)
		var ids []uuid.UUID
		for rows.Next() {
			var id uuid.UUID
			require.NoError(t, rows.Scan(&id))
			ids = append(ids, id)
		}
		require.NoError(t, rows.Err())
		for _, id := range ids {
			require.NoError(t, worker.Work(t.Context(), jobs.Job{Record: id}))
		}
	}
	return letters
}

// asksFor asks for another address and gives what stands behind the link.
func (w world) asksFor(t *testing.T, actor operational.Actor, email string) string {
	t.Helper()
	require.NoError(t, w.AskAddress(t.Context(), actor, identity.AddressChange{Email: email, Password: password, From: "192.0.2.1"}))
	letters := w.mails(t)
	require.Len(t, letters, 1)
	require.Equal(t, email, letters[0].To)
	link := addressLink.FindStringSubmatch(letters[0].Text)
	require.NotNil(t, link, letters[0].Text)
	return link[1]
}

func newMailing(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.Service = identity.New(w.API, pgtest.Secret, identity.SendsMail(true))
	return w
}

// Another address signs in once its link has come back: the one before is told and signs nobody in.
func TestAnotherAddressIsProvenByALink(t *testing.T) {
	ctx := t.Context()
	w := newMailing(t)
	s := w.signIn(t)
	bob, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Bob", Email: "bob@acme.example", Password: password})
	require.NoError(t, err)
	wish := identity.AddressChange{Email: "Ada@new.example", Password: "not this one", From: "192.0.2.1"}
	requireKind(t, operational.KindInvalid, w.AskAddress(ctx, s.Actor, wish))
	wish = identity.AddressChange{Email: "no address", Password: password, From: "192.0.2.1"}
	requireKind(t, operational.KindInvalid, w.AskAddress(ctx, s.Actor, wish))
	first := w.asksFor(t, s.Actor, "Ada@first.example")
	token := w.asksFor(t, s.Actor, "Ada@new.example")
	over := func(actor operational.Actor, token string) {
		t.Helper()
		require.ErrorContains(t, w.ChangeAddress(ctx, actor, token), "This link changes no mail address")
	}
	over(s.Actor, first)
	over(bob, token)
	over(s.Actor, "nonsense")
	email, err := w.AskedAddress(ctx, s.Actor, token)
	require.NoError(t, err)
	require.Equal(t, "Ada@new.example", email)
	var kept bool
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select exists (select from sec.address_change r where r::text like '%' || $1 || '%')`, token).Scan(&kept))
	require.False(t, kept, "a token is kept nowhere")
	require.NoError(t, w.ChangeAddress(ctx, s.Actor, token))
	over(s.Actor, token)
	letters := w.mails(t)
	require.Len(t, letters, 1)
	require.Equal(t, "Ada@Acme.example", letters[0].To)
	_, err = w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: password, From: "192.0.2.1"})
	requireKind(t, operational.KindUnauthenticated, err)
	_, err = w.SignIn(ctx, identity.SignInInput{Email: "ada@new.example", Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	require.Contains(t, w.noted(t), "person.address_changed by Ada of Ada")
	var named bool
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select exists (select from crm.audit_event e where e::text ilike '%example%')`).Scan(&named))
	require.False(t, named)
}

// A taken address is not told of: no link goes there, and one that was mailed before leads nowhere.
func TestATakenAddressIsNotToldOf(t *testing.T) {
	ctx := t.Context()
	w := newMailing(t)
	s := w.signIn(t)
	_, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Bob", Email: "bob@acme.example", Password: password})
	require.NoError(t, err)
	require.NoError(t, w.AskAddress(ctx, s.Actor, identity.AddressChange{Email: "BOB@acme.example", Password: password, From: "192.0.2.1"}))
	require.Empty(t, w.mails(t))
	token := w.asksFor(t, s.Actor, "carl@acme.example")
	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Carl", Email: "carl@acme.example", Password: password})
	require.NoError(t, err)
	require.ErrorContains(t, w.ChangeAddress(ctx, s.Actor, token), "This link changes no mail address")
	token = w.asksFor(t, s.Actor, "ada@late.example")
	w.pass(identity.AddressLife)
	require.ErrorContains(t, w.ChangeAddress(ctx, s.Actor, token), "This link changes no mail address")
	token = w.asksFor(t, s.Actor, "ada@other.example")
	require.NoError(t, w.admin.SetPassword(ctx, w.person.Person, other))
	require.ErrorContains(t, w.ChangeAddress(ctx, s.Actor, token), "This link changes no mail address", "another password ends what the one before has asked for")
	_, err = w.admin.Sweep(ctx)
	require.NoError(t, err)
}

// Where no mail is sent whoever runs the program does it.
func TestWhoeverRunsTheProgramSetsAnAddress(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	s := w.signIn(t)
	require.ErrorContains(t, w.AskAddress(ctx, s.Actor, identity.AddressChange{Email: "ada@new.example", Password: password, From: "192.0.2.1"}), "sends no mail")
	_, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Bob", Email: "bob@acme.example", Password: password})
	require.NoError(t, err)
	require.ErrorContains(t, w.admin.SetAddress(ctx, w.person.Person, "Bob@acme.example"), "signs somebody else in")
	requireKind(t, operational.KindNotFound, w.admin.SetAddress(ctx, uuid.New(), "x@acme.example"))
	require.NoError(t, w.admin.SetAddress(ctx, w.person.Person, "Ada@new.example"))
	require.NoError(t, w.session(s.Token), "sessions stay")
	_, err = w.SignIn(ctx, identity.SignInInput{Email: "ada@new.example", Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	require.Contains(t, w.noted(t), "person.address_changed by command of Ada")
	require.Equal(t, "Ada@Acme.example", w.mails(t)[0].To, "told where mail is sent")
}

// A name follows to vendors while their connection lives, and a time zone is one that there is.
func TestPeopleChangeTheirNameAndTimeZone(t *testing.T) {
	ctx := t.Context()
	w := newMailing(t)
	s := w.signIn(t)
	for _, wrong := range []identity.Profile{{Name: " "}, {Name: "Ada", TimeZone: "Local"}, {Name: "Ada", TimeZone: "Mars/Olympus"}} {
		requireKind(t, operational.KindInvalid, w.SetProfile(ctx, s.Actor, wrong))
	}
	require.NoError(t, w.SetProfile(ctx, s.Actor, identity.Profile{Name: " Ada Lovelace ", TimeZone: "Asia/Tokyo"}))
	require.NoError(t, w.SetProfile(ctx, s.Actor, identity.Profile{Name: "Ada Lovelace", TimeZone: "Asia/Tokyo"}))
	me, err := w.Me(ctx, s.Actor)
	require.NoError(t, err)
	require.Equal(t, []string{"Ada Lovelace", "Asia/Tokyo"}, []string{me.Name, me.TimeZone})
	require.NoError(t, w.SetProfile(ctx, s.Actor, identity.Profile{Name: "Ada Lovelace"}))
	me, err = w.Me(ctx, s.Actor)
	require.NoError(t, err)
	require.Equal(t, "Europe/Berlin", me.TimeZone, "that of the company")
	require.Equal(t, 2, count(w.noted(t), "person.edited by Ada of Ada"), "what changes nothing is not noted")

	c := w.Plant(t)
	_, err = w.Owner(t).Exec(ctx, `update crm.connection set status = 'ended', ended_at = now() where id = $1`, c.BP1)
	require.NoError(t, err)
	require.NoError(t, w.SetProfile(ctx, c.P1, identity.Profile{Name: "Pia Newly"}))
	for contact, name := range map[uuid.UUID]string{c.ContactAP1: "Pia Newly", c.ContactBP1: "Person of Partner One"} {
		var known string
		require.NoError(t, w.Owner(t).QueryRow(ctx, `select display_name from crm.external_contact where id = $1`, contact).Scan(&known))
		require.Equal(t, name, known)
	}
}

func count(list []string, of string) (n int) {
	for _, x := range list {
		if x == of {
			n++
		}
	}
	return n
}
