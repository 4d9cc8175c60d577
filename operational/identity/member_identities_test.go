package identity_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// known is the only provider that knows a member, as whoever manages people sees it.
func (w foreign) known(t *testing.T, member uuid.UUID) identity.MemberIdentity {
	t.Helper()
	list, err := w.IdentitiesOf(t.Context(), w.ada.Actor, member)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, w.provider.ID, list[0].ProviderID)
	require.Equal(t, "Acme login", list[0].Name)
	return list[0]
}

// Whoever manages people ends the connection of one of them to a provider; nobody else does, and nobody is locked out by it.
func TestAnAdministratorEndsAPersonsConnection(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.opened(t, "acme.example")
	sam, err := w.by(t, "sam", "")
	require.NoError(t, err)
	una, err := w.Enter(ctx, w.stranger(t), "")
	require.NoError(t, err)
	half, err := w.BeginLink(ctx, una.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	trip := w.depart(t, w.provider.ID, half.Token)
	_, err = w.Arrive(ctx, identity.Arrival{Token: trip.Token, Says: w.idp.Login(t, trip.Address, "ada").Query(), Actor: una.Actor})
	require.NoError(t, err, "Una says that Ada's account there is hers")
	hers, err := w.by(t, "ada", "")
	require.NoError(t, err)
	require.Equal(t, una.Actor.Membership, hers.Actor.Membership)
	_, err = w.BelievedOfSession(ctx, hers.Token)
	require.NoError(t, err)
	believed, err := w.BelievedOfSession(ctx, hers.Token)
	require.NoError(t, err)
	require.False(t, believed.Proven())

	link := w.known(t, una.Actor.Membership)
	require.False(t, link.OnlyWayIn)
	require.NotNil(t, link.LastUsedAt)
	only := w.known(t, sam.Actor.Membership)
	require.True(t, only.OnlyWayIn)
	err = w.UnlinkOf(ctx, w.ada.Actor, sam.Actor.Membership, only.ID)
	requireCode(t, "only-way-in", err)
	require.ErrorContains(t, err, "Nothing was changed")

	// A stranger of another company finds nobody, whatever they name; nor does a link go under somebody else's name.
	bolt, err := w.admin.CreateVendor(ctx, identity.NewVendor{Name: "Bolt", TimeZone: "UTC", FiscalMonth: 1, Currency: "EUR"})
	require.NoError(t, err)
	bob, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: bolt, Role: operational.RoleAdministrator, Name: "Bob", Email: "bob@bolt.example", Password: password})
	require.NoError(t, err)
	stranger, err := w.Enter(ctx, bob.Membership, "")
	require.NoError(t, err)
	for _, member := range []uuid.UUID{una.Actor.Membership, uuid.New(), bob.Membership} {
		requireKind(t, operational.KindNotFound, w.UnlinkOf(ctx, stranger.Actor, member, link.ID))
	}
	for _, member := range []uuid.UUID{una.Actor.Membership, uuid.New()} {
		_, err = w.IdentitiesOf(ctx, stranger.Actor, member)
		requireKind(t, operational.KindNotFound, err)
	}
	requireKind(t, operational.KindNotFound, w.UnlinkOf(ctx, w.ada.Actor, sam.Actor.Membership, link.ID))
	requireKind(t, operational.KindNotFound, w.UnlinkOf(ctx, w.ada.Actor, una.Actor.Membership, uuid.New()))

	// Nor does who may do less, or a program.
	requireCode(t, "beyond-own-rights", w.UnlinkOf(ctx, una.Actor, w.person.Membership, link.ID))
	program := w.ada.Actor
	program.Scopes = []string{"people.manage"}
	requireCode(t, "beyond-own-rights", w.UnlinkOf(ctx, program, una.Actor.Membership, link.ID))
	require.NoError(t, w.session(hers.Token), "nothing has happened so far")
	require.NotContains(t, w.noted(t), "identity.unlinked")

	require.NoError(t, w.UnlinkOf(ctx, w.ada.Actor, una.Actor.Membership, link.ID))
	requireKind(t, operational.KindUnauthenticated, w.session(hers.Token), "what came of it ends")
	requireKind(t, operational.KindUnauthenticated, w.API.Read(ctx, believed, func(b *pgx.Batch) { b.Queue(`select 1`) }), "nor is it believed a moment longer")
	require.NoError(t, w.session(una.Token), "her password goes on")
	require.Contains(t, w.noted(t), "identity.unlinked by Ada")
	var of, by uuid.UUID
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select record_id, (details #>> '{ids,provider_id}')::uuid from crm.audit_event where action = 'identity.unlinked' and object = 'membership'`).Scan(&of, &by))
	require.Equal(t, []uuid.UUID{una.Actor.Membership, w.provider.ID}, []uuid.UUID{of, by})
	list, err := w.IdentitiesOf(ctx, w.ada.Actor, una.Actor.Membership)
	require.NoError(t, err)
	require.Empty(t, list)
	requireKind(t, operational.KindNotFound, w.UnlinkOf(ctx, w.ada.Actor, una.Actor.Membership, link.ID))
	w.link(t) // the account is free for whose it is
}

// Of two providers each is enough alone, unless the company asks for the other one.
func TestTheLastOfTwoProvidersStays(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.opened(t, "acme.example")
	sam, err := w.by(t, "sam", "")
	require.NoError(t, err)
	second := uuid.New()
	_, err = w.Owner(t).Exec(ctx, `insert into sec.identity_provider (id, org_id, name, issuer, client_id, client_secret, created_at, updated_at) values ($1, $2, 'Other login', 'https://other.example', 'x', 'x', now(), now())`, second, w.vendor)
	require.NoError(t, err)
	_, err = w.Owner(t).Exec(ctx, `insert into sec.identity (id, provider_id, subject, person_id, linked_at) values (gen_random_uuid(), $1, 'sam', $2, now())`, second, sam.Actor.Person)
	require.NoError(t, err)
	links := func() []identity.MemberIdentity {
		list, err := w.IdentitiesOf(ctx, w.ada.Actor, sam.Actor.Membership)
		require.NoError(t, err)
		return list
	}
	require.Len(t, links(), 2)
	for _, x := range links() {
		require.False(t, x.OnlyWayIn, x.Name)
	}
	_, err = w.Owner(t).Exec(ctx, `insert into sec.sign_in_rule (org_id, second_factor, provider_id, changed_at) values ($1, false, $2, now())`, w.vendor, w.provider.ID)
	require.NoError(t, err)
	require.True(t, links()[0].OnlyWayIn, "the other one is not enough here")
	require.False(t, links()[1].OnlyWayIn)
	_, err = w.Owner(t).Exec(ctx, `delete from sec.sign_in_rule`)
	require.NoError(t, err)
	ends := make(chan error, 2)
	for _, x := range links() {
		go func() { ends <- w.UnlinkOf(ctx, w.ada.Actor, sam.Actor.Membership, x.ID) }()
	}
	one, other := <-ends, <-ends
	if one == nil {
		one, other = other, one
	}
	requireCode(t, "only-way-in", one, "of two at once one is refused")
	require.NoError(t, other)
	require.Len(t, links(), 1)
}
