package identity_test

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const password = "correct horse battery"

// world is a vendor with an administrator, and a clock in the test's hands.
type world struct {
	*pgtest.Database
	*identity.Service
	admin  *identity.Admin
	vendor uuid.UUID
	person operational.Actor
	now    *atomic.Int64
}

func newWorld(t *testing.T) world {
	t.Helper()
	ctx := context.Background()
	w := world{now: &atomic.Int64{}}
	w.now.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Unix())
	w.Database = pgtest.NewAt(t, func() time.Time { return time.Unix(w.now.Load(), 0) })
	w.Service = identity.New(w.API, pgtest.Secret)
	w.admin = identity.NewAdmin(w.Jobs)
	var err error
	w.vendor, err = w.admin.CreateVendor(ctx, identity.NewVendor{Name: "Acme", Country: "DE", TimeZone: "Europe/Berlin", FiscalMonth: 4, Currency: "EUR"})
	require.NoError(t, err)
	w.person, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAdministrator, Name: "Ada", Email: "Ada@Acme.example", Password: password})
	require.NoError(t, err)
	w.person = w.WithRights(t, w.person)
	return w
}

func (w world) pass(d time.Duration) { w.now.Add(int64(d / time.Second)) }

func (w world) signIn(t *testing.T) identity.Session {
	t.Helper()
	s, err := w.SignIn(context.Background(), identity.SignInInput{Email: " ada@acme.EXAMPLE ", Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	require.Nil(t, s.Half)
	return s.Session
}

func TestSignInAndOut(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	s := w.signIn(t)
	require.Equal(t, w.person.Person, s.Actor.Person)
	require.Equal(t, w.person.Membership, s.Actor.Membership)
	require.Equal(t, operational.SideVendor, s.Actor.Side)

	actor, err := w.ActorOfSession(ctx, s.Token)
	require.NoError(t, err)
	require.Equal(t, s.Actor, actor)

	me, err := w.Me(ctx, actor)
	require.NoError(t, err)
	require.Equal(t, identity.Me{
		PersonID: w.person.Person, MembershipID: w.person.Membership, Name: "Ada", Email: "Ada@Acme.example", Role: "administrator", Side: "vendor",
		Organisation: identity.OrganisationRef{ID: w.vendor, Name: "Acme"}, TimeZone: "Europe/Berlin", Currency: "EUR", FiscalMonth: 4, Permissions: me.Permissions,
		Workspaces: []identity.Choice{{Organisation: identity.OrganisationRef{ID: w.vendor, Name: "Acme"}, Side: "vendor", Current: true}}, Vendors: []identity.VendorChoice{},
	}, me)
	require.Contains(t, me.Permissions, "imports.run")

	var stored []byte
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select token_sha256 from sec.session`).Scan(&stored))
	sum := sha256.Sum256([]byte(s.Token))
	require.Equal(t, sum[:], stored, "the token itself is not stored")

	second, err := w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: password, Replaces: s.Token})
	require.NoError(t, err)
	require.NotEqual(t, s.Token, second.Token)
	requireKind(t, operational.KindUnauthenticated, w.session(s.Token), "signing in again ends the session before")

	require.NoError(t, w.signOut(second.Token))
	requireKind(t, operational.KindUnauthenticated, w.session(second.Token))
	require.NoError(t, w.signOut(second.Token), "twice is no fault")
	require.NoError(t, w.signOut("nonsense"))
}

func (w world) signOut(token string) error {
	_, err := w.SignOut(context.Background(), token)
	return err
}

func (w world) session(token string) error {
	_, err := w.ActorOfSession(context.Background(), token)
	return err
}

func requireKind(t *testing.T, kind operational.Kind, err error, why ...any) {
	t.Helper()
	require.Error(t, err, why...)
	require.Equal(t, kind, operational.KindOf(err), append([]any{err.Error()}, why...)...)
}

func TestSessionsExpire(t *testing.T) {
	w := newWorld(t)
	idle := w.signIn(t)
	w.pass(identity.SessionIdle - time.Minute)
	require.NoError(t, w.session(idle.Token))
	w.pass(identity.SessionIdle - time.Minute)
	require.NoError(t, w.session(idle.Token), "being seen moves the idle limit")
	w.pass(identity.SessionIdle)
	requireKind(t, operational.KindUnauthenticated, w.session(idle.Token), "idle for too long")

	busy := w.signIn(t)
	for start := w.now.Load(); w.now.Load() < start+int64((identity.SessionLife-6*time.Hour)/time.Second); w.pass(6 * time.Hour) {
		require.NoError(t, w.session(busy.Token))
	}
	require.NoError(t, w.session(busy.Token))
	w.pass(6 * time.Hour)
	requireKind(t, operational.KindUnauthenticated, w.session(busy.Token), "a week is the end, busy or not")

	n, err := w.admin.Sweep(context.Background())
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
}

func TestForeignTokensAreNone(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 100_000), "'; drop table sec.session; --", "\x00"} {
		requireKind(t, operational.KindUnauthenticated, w.session(token))
		_, err := w.ActorOfKey(context.Background(), token)
		requireKind(t, operational.KindUnauthenticated, err)
	}
}

func TestOneAnswerForAllThatFails(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	try := func(email, pass string) string {
		_, err := w.SignIn(ctx, identity.SignInInput{Email: email, Password: pass, From: "192.0.2.9"})
		requireKind(t, operational.KindUnauthenticated, err)
		return err.Error()
	}
	wrong := try("ada@acme.example", "wrong password")
	require.Equal(t, wrong, try("nobody@acme.example", password))
	require.Equal(t, wrong, try("", password))
	require.Equal(t, wrong, try("ada@acme.example", ""))
	require.Equal(t, wrong, try("ada@acme.example", strings.Repeat("x", 1_000_000)))
	_, err := w.Owner(t).Exec(ctx, `update crm.person set status = 'suspended' where id = $1`, w.person.Person)
	require.NoError(t, err)
	require.Equal(t, wrong, try("ada@acme.example", password))
}

// another is somebody else who may do everything: one such person stays.
func (w world) another(t *testing.T) {
	t.Helper()
	_, err := w.admin.AddPerson(t.Context(), identity.NewPerson{Org: w.vendor, Role: operational.RoleAdministrator, Name: "Eve", Email: "eve@acme.example", Password: password})
	require.NoError(t, err)
}

func TestSuspensionCutsAtTheNextRequest(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.another(t)
	s := w.signIn(t)
	_, secret, err := w.CreateKey(ctx, s.Actor, identity.NewKey{Name: "robot", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)
	for _, sql := range []string{
		`update crm.person set status = $2 where id = (select person_id from crm.membership where id = $1)`,
		`update crm.membership set status = $2 where id = $1`,
	} {
		_, err = w.Owner(t).Exec(ctx, sql, w.person.Membership, "suspended")
		require.NoError(t, err)
		requireKind(t, operational.KindUnauthenticated, w.session(s.Token))
		_, err = w.ActorOfKey(ctx, secret)
		requireKind(t, operational.KindUnauthenticated, err)
		_, err = w.Owner(t).Exec(ctx, sql, w.person.Membership, "active")
		require.NoError(t, err)
		require.NoError(t, w.session(s.Token))
	}
}

func TestGuessingIsLimited(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	guess := func(pass, from string) error {
		_, err := w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: pass, From: from})
		return err
	}
	for range 9 {
		requireKind(t, operational.KindUnauthenticated, guess("wrong password", "192.0.2.1"))
	}
	require.NoError(t, guess(password, "192.0.2.1"), "a success forgives")
	for range 10 {
		requireKind(t, operational.KindUnauthenticated, guess("wrong password", "192.0.2.1"))
	}
	err := guess(password, "192.0.2.1")
	requireKind(t, operational.KindLimited, err)
	var e *operational.Error
	require.ErrorAs(t, err, &e)
	require.Positive(t, e.RetryAfter)
	require.LessOrEqual(t, e.RetryAfter, time.Minute)
	require.NoError(t, guess(password, "192.0.2.2"), "others are not locked out with the guesser")
	w.pass(e.RetryAfter)
	require.NoError(t, guess(password, "192.0.2.1"), "waiting as told helps")
}

func TestSomebodyWithoutWorkspace(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.another(t)
	_, err := w.Owner(t).Exec(ctx, `update crm.membership set status = 'suspended' where id = $1`, w.person.Membership)
	require.NoError(t, err)
	_, err = w.SignIn(ctx, identity.SignInInput{Email: "ada@acme.example", Password: password})
	requireKind(t, operational.KindForbidden, err)
}

func TestThePartnersOwnPersonSignsInAsPartner(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	partner, person := plantPartner(t, w)
	members, err := w.admin.Members(ctx, partner)
	require.NoError(t, err)
	require.Len(t, members, 1)
	require.False(t, members[0].SignsIn)
	require.Nil(t, members[0].Email)

	require.NoError(t, w.admin.EnablePerson(ctx, person, "pat@partner.example", password))
	s, err := w.SignIn(ctx, identity.SignInInput{Email: "pat@partner.example", Password: password})
	require.NoError(t, err)
	require.Equal(t, operational.SidePartner, s.Actor.Side)
	require.Equal(t, partner, s.Actor.Org)

	var mail string
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select work_email from crm.external_contact where partner_org_id = $1`, partner).Scan(&mail))
	require.Equal(t, "pat@partner.example", mail)

	require.NoError(t, w.admin.EnablePerson(ctx, person, "pat@partner.example", "another password"))
	requireKind(t, operational.KindUnauthenticated, w.session(s.Token), "a new password ends the sessions")
	requireKind(t, operational.KindNotFound, w.admin.EnablePerson(ctx, uuid.New(), "x@partner.example", password))
	requireKind(t, operational.KindConflict, w.admin.EnablePerson(ctx, person, "ada@acme.example", password))
}

// plantPartner makes a partner as an import does: one person, who cannot sign in yet.
func plantPartner(t *testing.T, w world) (partner, person uuid.UUID) {
	t.Helper()
	ctx := context.Background()
	partner, person = uuid.New(), uuid.New()
	membership := uuid.New()
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`insert into crm.organisation (id, name, created_at) values ($1, 'Partner', now())`, []any{partner}},
		{`insert into crm.workspace (org_id, governs, sells, reporting_currency) values ($1, false, true, 'EUR')`, []any{partner}},
		{`insert into crm.person (id, display_name, created_at) values ($1, 'Pat', now())`, []any{person}},
		{`insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'seller', now())`, []any{membership, partner, person}},
	} {
		_, err := w.Owner(t).Exec(ctx, step.sql, step.args...)
		require.NoError(t, err)
	}
	_, err := w.admin.Connect(ctx, identity.NewConnection{Vendor: w.vendor, Partner: partner, PartnerNumber: "P-1", Tier: "Gold"})
	require.NoError(t, err)
	return partner, person
}

func TestAdminRefusesWhatCannotBe(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	_, err := w.admin.CreateVendor(ctx, identity.NewVendor{TimeZone: "Mars/Olympus", FiscalMonth: 13, Currency: "euro", Country: "Germany"})
	var e *operational.Error
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Fields, 5)
	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleDealerPersonnel, Name: "Dan", Email: "dan@acme.example", Password: password})
	requireKind(t, operational.KindInvalid, err, "a vendor has no dealer personnel")
	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: uuid.New(), Role: operational.RoleAnalyst, Name: "Dan", Email: "dan@acme.example", Password: password})
	requireKind(t, operational.KindNotFound, err)
	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Email: "not a mail address", Password: "short"})
	require.ErrorAs(t, err, &e)
	require.Len(t, e.Fields, 3)
	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Ada again", Email: "ADA@acme.example", Password: password})
	requireKind(t, operational.KindConflict, err)

	id, found, err := w.admin.FindVendor(ctx, "Acme")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, w.vendor, id)
	_, found, err = w.admin.FindVendor(ctx, "Nobody")
	require.NoError(t, err)
	require.False(t, found)
}
