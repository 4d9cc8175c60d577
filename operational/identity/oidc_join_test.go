package identity_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/identity/idptest"
)

// opened lets people of a domain join as analysts.
func (w *foreign) opened(t *testing.T, domains ...string) {
	t.Helper()
	var err error
	w.provider, err = w.ChangeProvider(t.Context(), w.ada.Actor, w.provider.ID, w.provider.Version, identity.UpdateProvider{
		Domains: operational.Set(domains), JoinRole: operational.Set("analyst"),
	})
	require.NoError(t, err)
}

func TestPeopleJoinByAVerifiedAddressOfTheDomain(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	_, err := w.by(t, "sam", "")
	requireCode(t, "identity-unknown", err, "unless the company wishes so")
	w.opened(t, "acme.example")

	w.idp.Knows(idptest.Person{ID: "eve", Name: "Eve", Mail: "eve@acme.example"})
	_, err = w.by(t, "eve", "")
	requireCode(t, "identity-unknown", err, "an address that is not shown to be hers")
	w.idp.Knows(idptest.Person{ID: "eve", Name: "Eve", Mail: "eve@evil.example", Verified: true})
	_, err = w.by(t, "eve", "")
	requireCode(t, "identity-unknown", err, "another domain")
	w.idp.Knows(idptest.Person{ID: "eve", Name: "Eve", Mail: "ADA@acme.example", Verified: true})
	_, err = w.by(t, "eve", "")
	requireCode(t, "identity-unknown", err, "an address that a member has")
	require.ErrorContains(t, err, "connect Acme login")

	sam, err := w.by(t, "sam", "")
	require.NoError(t, err)
	require.Equal(t, w.vendor, sam.Actor.Org)
	require.EqualValues(t, "analyst", sam.Actor.Role)
	me, err := w.Me(ctx, sam.Actor)
	require.NoError(t, err)
	require.Equal(t, "Sam Stone", me.Name)
	require.Equal(t, sams, me.Email)
	require.Contains(t, w.noted(t), "member.joined by another")
	require.Equal(t, `[{"is": "analyst", "subject": "role"}]`, w.decided(t, "member.joined"))
	again, err := w.by(t, "sam", "")
	require.NoError(t, err)
	require.Equal(t, sam.Actor.Membership, again.Actor.Membership, "once")

	list, err := w.Identities(ctx, sam.Actor)
	require.NoError(t, err)
	require.Len(t, list, 1)
	requireCode(t, "only-way-in", w.Unlink(ctx, sam.Actor, list[0].ID))
	_, err = w.BeginFactor(ctx, sam.Actor)
	requireCode(t, "no-password", err)

	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Sam", Email: sams, Password: password})
	require.NoError(t, err, "a provider's word takes an address from nobody")
}

func TestWhoIsKeptOutDoesNotJoinAnew(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.opened(t, "acme.example")
	sam, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Sam", Email: sams, Password: password})
	require.NoError(t, err)
	suspend := func(member uuid.UUID) {
		_, err = w.Owner(t).Exec(ctx, `update crm.membership set status = 'suspended' where id = $1`, member)
		require.NoError(t, err)
	}
	suspend(sam.Membership)
	_, err = w.by(t, "sam", "")
	requireCode(t, "identity-unknown", err, "by the address that the company has suspended")

	w.idp.Knows(idptest.Person{ID: "kim", Name: "Kim", Mail: "kim@acme.example", Verified: true})
	kim, err := w.by(t, "kim", "")
	require.NoError(t, err)
	suspend(kim.Actor.Membership)
	requireKind(t, operational.KindUnauthenticated, w.session(kim.Token))
	_, err = w.by(t, "kim", "")
	requireCode(t, "member-suspended", err)
	require.Contains(t, w.noted(t), "session.refused by sign-in")
	_, err = w.Owner(t).Exec(ctx, `update crm.membership set status = 'active' where id = $1; `, kim.Actor.Membership)
	require.NoError(t, err)
	_, err = w.by(t, "kim", "")
	require.NoError(t, err)
	_, err = w.Owner(t).Exec(ctx, `update crm.person set status = 'suspended' where id = $1`, kim.Actor.Person)
	require.NoError(t, err)
	_, err = w.by(t, "kim", "")
	requireCode(t, "member-suspended", err)
}

func TestARoleThatIsGoneInvitesNobody(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	_, err := w.Owner(t).Exec(ctx, `insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, 'guest', 'internal', 'Guest', now(), now())`, w.vendor)
	require.NoError(t, err)
	w.provider, err = w.ChangeProvider(ctx, w.ada.Actor, w.provider.ID, w.provider.Version, identity.UpdateProvider{Domains: operational.Set([]string{" @ACME.example "}), JoinRole: operational.Set("guest")})
	require.NoError(t, err)
	require.Equal(t, []string{"acme.example"}, w.provider.Domains)
	_, err = w.Owner(t).Exec(ctx, `delete from crm.role where org_id = $1 and key = 'guest'`, w.vendor)
	require.NoError(t, err)
	_, err = w.by(t, "sam", "")
	requireCode(t, "identity-unknown", err)
}

func TestAProviderSpeaksForItsOwnCompanyAlone(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	bolt, err := w.admin.CreateVendor(ctx, identity.NewVendor{Name: "Bolt", TimeZone: "UTC", FiscalMonth: 1, Currency: "EUR"})
	require.NoError(t, err)
	// Ada is a member of Bolt as well, and was so before.
	_, err = w.Owner(t).Exec(ctx, `insert into crm.membership (id, org_id, person_id, role, created_at) values (gen_random_uuid(), $1, $2, 'administrator', '2020-01-01')`, bolt, w.person.Person)
	require.NoError(t, err)
	atBolt := w.signIn(t)
	require.Equal(t, bolt, atBolt.Actor.Org, "a password opens the first")

	by, err := w.by(t, "ada", "")
	require.NoError(t, err)
	require.Equal(t, w.vendor, by.Actor.Org, "a provider its own")
	me, err := w.Me(ctx, by.Actor)
	require.NoError(t, err)
	require.Len(t, me.Workspaces, 1, "of others the company's provider learns nothing")
	_, err = w.Switch(ctx, by.Actor, by.Token, identity.Place{Organisation: &bolt})
	requireKind(t, operational.KindInvalid, err)
	sessions, err := w.Sessions(ctx, by.Actor)
	require.NoError(t, err)
	for _, s := range sessions {
		require.Equal(t, w.vendor, s.Organisation.ID)
	}
	requireKind(t, operational.KindNotFound, w.EndSession(ctx, by.Actor, atBolt.Actor.Credential))
	require.NoError(t, w.SetProfile(ctx, by.Actor, identity.Profile{Name: me.Name, TimeZone: "Asia/Tokyo"}))
	requireCode(t, "password-session-needed", w.SetProfile(ctx, by.Actor, identity.Profile{Name: "Somebody else"}))
	_, err = w.EndOtherSessions(ctx, by.Actor)
	require.NoError(t, err)
	require.NoError(t, w.session(atBolt.Token))

	// With the password it ends what the password opened, there too, and is told of its own company alone.
	n, err := w.ChangePassword(ctx, by.Actor, identity.PasswordChange{Current: password, New: other, From: "192.0.2.1"})
	require.NoError(t, err)
	require.Zero(t, n)
	requireKind(t, operational.KindUnauthenticated, w.session(atBolt.Token))
	again, err := w.SignIn(ctx, identity.SignInInput{Email: adas, Password: other, From: "192.0.2.1"})
	require.NoError(t, err)
	atBolt = again.Session

	// Nor does the table take a session by a provider for another company, or for somebody whom it does not know.
	for _, member := range []string{`select id from crm.membership where org_id = '` + bolt.String() + `'`, `select '` + w.stranger(t).String() + `'::uuid`} {
		_, err = w.Owner(t).Exec(ctx, `insert into sec.session (id, token_sha256, membership_id, side, provider_id, created_at, last_seen_at, idle_expires_at, expires_at)
			select gen_random_uuid(), sha256('x'), m, 'vendor', $1, now(), now(), now() + '1 hour', now() + '1 hour' from (`+member+`) x (m)`, w.provider.ID)
		require.ErrorContains(t, err, "does not speak for this member")
	}

	// Whoever is signed in elsewhere does not come past what the company demands.
	_, err = w.SetSignInRule(ctx, by.Actor, identity.SignInRule{ProviderID: &w.provider.ID})
	require.NoError(t, err)
	_, err = w.Switch(ctx, atBolt.Actor, atBolt.Token, identity.Place{Organisation: &w.vendor})
	requireCode(t, "more-proof-needed", err)
	_, err = w.SetSignInRule(ctx, atBolt.Actor, identity.SignInRule{ProviderID: &w.provider.ID})
	requireCode(t, "not-yours-yet", err, "another company's provider is none of Bolt's")
	_, err = w.Owner(t).Exec(ctx, `insert into sec.sign_in_rule (org_id, second_factor, provider_id, changed_at) values ($1, false, $2, now())`, bolt, w.provider.ID)
	require.ErrorContains(t, err, "sign_in_rule_provider")
}

// stranger is a member whom the provider does not know.
func (w world) stranger(t *testing.T) uuid.UUID {
	t.Helper()
	a, err := w.admin.AddPerson(t.Context(), identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Una", Email: "una@acme.example", Password: password})
	require.NoError(t, err)
	return a.Membership
}

func TestWhatAProviderVouchedForEndsWithIt(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	by, err := w.by(t, "ada", "")
	require.NoError(t, err)
	_, err = w.BelievedOfSession(ctx, by.Token)
	require.NoError(t, err)
	believed, err := w.BelievedOfSession(ctx, by.Token)
	require.NoError(t, err)
	require.False(t, believed.Proven())
	requireKind(t, operational.KindStale, w.EndProvider(ctx, w.ada.Actor, w.provider.ID, 99))
	require.NoError(t, w.EndProvider(ctx, w.ada.Actor, w.provider.ID, w.provider.Version))
	requireKind(t, operational.KindUnauthenticated, w.session(by.Token))
	err = w.API.Read(ctx, believed, func(b *pgx.Batch) { b.Queue(`select 1`) })
	requireKind(t, operational.KindUnauthenticated, err, "nor is it believed a moment longer")
	require.NoError(t, w.session(w.ada.Token), "a session by password goes on")
	_, err = w.Depart(ctx, identity.Errand{Provider: w.provider.ID, Redirect: backHere})
	requireCode(t, "no-such-provider", err)
	list, err := w.Identities(ctx, w.ada.Actor)
	require.NoError(t, err)
	require.Empty(t, list)
	require.Contains(t, w.noted(t), "identity_provider.ended by Ada")
}

func TestAProviderThatEndsOnTheWay(t *testing.T) {
	w := withProvider(t)
	w.link(t)
	trip := w.depart(t, w.provider.ID, "")
	says := w.idp.Login(t, trip.Address, "ada").Query()
	require.NoError(t, w.EndProvider(t.Context(), w.ada.Actor, w.provider.ID, w.provider.Version))
	_, err := w.Arrive(t.Context(), identity.Arrival{Token: trip.Token, Says: says})
	requireCode(t, "no-such-provider", err)
}

func TestPeopleEndTheirConnection(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	by, err := w.by(t, "ada", "")
	require.NoError(t, err)
	list, err := w.Identities(ctx, w.ada.Actor)
	require.NoError(t, err)
	require.Equal(t, "Acme", list[0].Organisation.Name)
	una, err := w.Enter(ctx, w.stranger(t), "")
	require.NoError(t, err)
	requireKind(t, operational.KindNotFound, w.Unlink(ctx, una.Actor, list[0].ID), "somebody else's is not there")
	require.NoError(t, w.Unlink(ctx, w.ada.Actor, list[0].ID))
	requireKind(t, operational.KindUnauthenticated, w.session(by.Token), "what came of it ends")
	require.NoError(t, w.session(w.ada.Token))
	requireKind(t, operational.KindNotFound, w.Unlink(ctx, w.ada.Actor, list[0].ID))
	require.Contains(t, w.noted(t), "identity.unlinked by Ada of Ada")
	_, err = w.by(t, "ada", "")
	requireCode(t, "identity-unknown", err)
}

func TestErasureTakesWhatProvidersKnowAlong(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	w.another(t)
	w.opened(t, "acme.example")
	_, err := w.by(t, "sam", "")
	require.NoError(t, err)
	count := func() (n int) {
		require.NoError(t, w.Owner(t).QueryRow(ctx, `select count(*) from sec.identity`).Scan(&n))
		return n
	}
	require.Equal(t, 2, count())
	_, err = w.Owner(t).Exec(ctx, `select sec.erase_membership(m.id, now()) from crm.membership m join crm.person p on p.id = m.person_id where p.email = $1`, sams)
	require.NoError(t, err)
	require.Equal(t, 1, count())

	// Ada works elsewhere too and goes on there; this company's provider knows her no more.
	bolt, err := w.admin.CreateVendor(ctx, identity.NewVendor{Name: "Bolt", TimeZone: "UTC", FiscalMonth: 1, Currency: "EUR"})
	require.NoError(t, err)
	_, err = w.Owner(t).Exec(ctx, `insert into crm.membership (id, org_id, person_id, role, created_at) values (gen_random_uuid(), $1, $2, 'administrator', now())`, bolt, w.person.Person)
	require.NoError(t, err)
	_, err = w.Owner(t).Exec(ctx, `select sec.erase_membership($1, now())`, w.person.Membership)
	require.NoError(t, err)
	require.Zero(t, count())
}
