package identity_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/identity/idptest"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

const (
	backHere = "http://crm.example/sign-in/back"
	sams     = "sam@acme.example"
)

// foreign is a world in which Ada's company has a provider.
type foreign struct {
	world
	idp      *idptest.Provider
	ada      identity.Session
	provider identity.Provider
}

// atHome is a world whose providers may stand on the loopback address, at the time that they live in.
func atHome(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.now.Store(time.Now().Unix())
	w.Service = identity.New(w.API, pgtest.Secret, identity.PrivateProviders(true))
	return w
}

func withProvider(t *testing.T) foreign {
	t.Helper()
	w := foreign{world: atHome(t), idp: idptest.Start(t, backHere)}
	w.idp.Knows(idptest.Person{ID: "ada", Name: "Ada Byron", Mail: adas, Verified: true})
	w.idp.Knows(idptest.Person{ID: "sam", Name: "Sam Stone", Mail: sams, Verified: true})
	w.ada = w.signIn(t)
	w.provider = w.add(t, w.idp.Issuer)
	return w
}

func (w world) add(t *testing.T, issuer string) identity.Provider {
	t.Helper()
	p, err := w.AddProvider(t.Context(), w.signIn(t).Actor, identity.NewProvider{Name: "Acme login", Issuer: issuer, ClientID: idptest.ClientID, ClientSecret: idptest.Secret})
	require.NoError(t, err)
	return p
}

// depart begins a sign-in by the provider.
func (w world) depart(t *testing.T, provider uuid.UUID, step string) identity.Trip {
	t.Helper()
	trip, err := w.Depart(t.Context(), identity.Errand{Provider: provider, Step: step, Return: "/funnel", Redirect: backHere})
	require.NoError(t, err)
	return trip
}

// by goes to the provider as somebody and comes back.
func (w foreign) by(t *testing.T, person, step string) (identity.Arrived, error) {
	t.Helper()
	trip := w.depart(t, w.provider.ID, step)
	return w.Arrive(t.Context(), identity.Arrival{Token: trip.Token, Says: w.idp.Login(t, trip.Address, person).Query()})
}

// link connects Ada, who is signed in by her password.
func (w foreign) link(t *testing.T) {
	t.Helper()
	half, err := w.BeginLink(t.Context(), w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	trip := w.depart(t, w.provider.ID, half.Token)
	out, err := w.Arrive(t.Context(), identity.Arrival{Token: trip.Token, Says: w.idp.Login(t, trip.Address, "ada").Query(), Actor: w.ada.Actor})
	require.NoError(t, err)
	require.True(t, out.Linked)
	require.Empty(t, out.Token, "the session that there is goes on")
}

func requireCode(t *testing.T, code string, err error, why ...any) {
	t.Helper()
	var e *operational.Error
	require.ErrorAs(t, err, &e, why...)
	require.Equal(t, code, e.Code, append([]any{err.Error()}, why...)...)
}

func TestAProviderSignsInWhomItKnows(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	_, err := w.by(t, "ada", "")
	requireCode(t, "identity-unknown", err, "an address alone makes nobody known")
	w.link(t)
	require.Contains(t, w.noted(t), "identity.linked by Ada of Ada")

	out, err := w.by(t, "ada", "")
	require.NoError(t, err)
	require.Equal(t, "/funnel", out.Return)
	require.Equal(t, w.person.Membership, out.Actor.Membership)
	require.NoError(t, w.session(out.Token))
	list, err := w.Identities(ctx, w.ada.Actor)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.NotNil(t, list[0].LastUsedAt)

	w.idp.Knows(idptest.Person{ID: "ada", Name: "Ada", Mail: "other@elsewhere.example"})
	_, err = w.by(t, "ada", "")
	require.NoError(t, err, "whatever her address is by now")
	w.idp.Knows(idptest.Person{ID: "eve", Name: "Eve", Mail: adas, Verified: true})
	_, err = w.by(t, "eve", "")
	requireCode(t, "identity-unknown", err, "and whoever has it now is not Ada")
}

func TestAPersonIsLinkedByAHalfDoneSignIn(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	mine, err := w.by(t, "ada", "")
	require.NoError(t, err)
	sam, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Sam", Email: sams, Password: password})
	require.NoError(t, err)
	asSam := identity.SignInInput{Email: sams, Password: password, From: "192.0.2.2"}
	before, err := w.SignIn(ctx, asSam)
	require.NoError(t, err)

	only := identity.SignInRule{ProviderID: &w.provider.ID}
	_, err = w.SetSignInRule(ctx, w.ada.Actor, only)
	requireCode(t, "not-yours-yet", err, "who demands a provider has signed in by it")
	_, err = w.SetSignInRule(ctx, mine.Actor, only)
	require.NoError(t, err)
	requireKind(t, operational.KindUnauthenticated, w.session(before.Token), "sessions by password end")
	requireKind(t, operational.KindUnauthenticated, w.session(w.ada.Token))
	require.NoError(t, w.session(mine.Token))

	opened, err := w.SignIn(ctx, asSam)
	require.NoError(t, err)
	require.Empty(t, opened.Token)
	require.Equal(t, identity.NeedProvider, opened.Half.Needs)
	require.Equal(t, w.provider.ID, opened.Half.Provider)
	_, err = w.by(t, "ada", opened.Half.Token)
	requireCode(t, "identity-taken", err, "somebody else's account is not Sam's")
	require.Contains(t, w.noted(t), "session.refused by sign-in")
	out, err := w.by(t, "sam", opened.Half.Token)
	require.NoError(t, err)
	require.Equal(t, sam.Membership, out.Actor.Membership)
	require.NoError(t, w.session(out.Token))
	_, err = w.by(t, "sam", "")
	require.NoError(t, err, "from then on without the password")

	err = w.EndProvider(ctx, mine.Actor, w.provider.ID, w.provider.Version)
	requireCode(t, "provider-demanded", err)
	_, err = w.Enter(ctx, w.person.Membership, "")
	requireKind(t, operational.KindForbidden, err, "the table itself refuses what came by no provider")
}

func TestAHalfDoneSignInTakesTheCodeBeforeTheProvider(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	secret, _ := w.armed(t, w.ada.Actor)
	_, err := w.BeginLink(ctx, w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, From: "192.0.2.1"})
	requireKind(t, operational.KindInvalid, err)
	require.ErrorContains(t, err, "current_code")
	_, err = w.BeginLink(ctx, w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: "not the password", Current: w.code(t, secret), From: "192.0.2.1"})
	require.ErrorContains(t, err, "current_password")
	half, err := w.BeginLink(ctx, w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, Current: w.code(t, secret), From: "192.0.2.1"})
	require.NoError(t, err)

	stranger := w.ada.Actor
	stranger.Credential = uuid.New()
	trip := w.depart(t, w.provider.ID, half.Token)
	_, err = w.Arrive(ctx, identity.Arrival{Token: trip.Token, Says: w.idp.Login(t, trip.Address, "ada").Query(), Actor: stranger})
	requireCode(t, "sign-in-over", err, "only the session that began it")
	_, err = w.by(t, "ada", half.Token)
	requireCode(t, "sign-in-over", err)

	trip = w.depart(t, w.provider.ID, half.Token)
	out, err := w.Arrive(ctx, identity.Arrival{Token: trip.Token, Says: w.idp.Login(t, trip.Address, "ada").Query(), Actor: w.ada.Actor})
	require.NoError(t, err)
	require.True(t, out.Linked)
	by, err := w.by(t, "ada", "")
	require.NoError(t, err)
	require.Nil(t, by.Half, "a provider looks after second factors itself")

	_, err = w.SetSignInRule(ctx, by.Actor, identity.SignInRule{ProviderID: &w.provider.ID})
	require.NoError(t, err)
	w.pass(time.Minute)
	opened, err := w.try(ctx, "")
	require.NoError(t, err)
	require.Equal(t, identity.NeedCode, opened.Half.Needs)
	opened, err = w.FinishByCode(ctx, opened.Half.Token, w.code(t, secret), "192.0.2.1", "")
	require.NoError(t, err)
	require.Equal(t, identity.NeedProvider, opened.Half.Needs)
	out, err = w.by(t, "ada", opened.Half.Token)
	require.NoError(t, err)
	require.NotEmpty(t, out.Token)
}

func TestAHalfDoneSignInEndsWithItsPassword(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	half, err := w.BeginLink(ctx, w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	trip := w.depart(t, w.provider.ID, half.Token)
	says := w.idp.Login(t, trip.Address, "ada").Query()
	_, err = w.ChangePassword(ctx, w.ada.Actor, identity.PasswordChange{Current: password, New: other, From: "192.0.2.1"})
	require.NoError(t, err)
	_, err = w.Arrive(ctx, identity.Arrival{Token: trip.Token, Says: says, Actor: w.ada.Actor})
	requireCode(t, "sign-in-over", err)
}

// Whoever began to connect a provider and looks as a role when they come back has changed nothing by it.
func TestNobodyConnectsAProviderWhileLooking(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	half, err := w.BeginLink(ctx, w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	arrive := func() (identity.Arrived, error) {
		actor, err := w.ActorOfSession(ctx, w.ada.Token)
		require.NoError(t, err)
		trip := w.depart(t, w.provider.ID, half.Token)
		return w.Arrive(ctx, identity.Arrival{Token: trip.Token, Says: w.idp.Login(t, trip.Address, "ada").Query(), Actor: actor})
	}
	require.NoError(t, w.LookAs(ctx, w.ada.Actor, w.ada.Token, operational.RoleAnalyst))
	_, err = arrive()
	requireCode(t, "only-looks", err)
	_, err = w.by(t, "ada", "")
	requireCode(t, "identity-unknown", err)

	looks, err := w.ActorOfSession(ctx, w.ada.Token)
	require.NoError(t, err)
	require.NoError(t, w.LookNoMore(ctx, looks, w.ada.Token))
	out, err := arrive()
	require.NoError(t, err)
	require.True(t, out.Linked)
}

func TestAnotherAccountTakesThePlaceOfTheOneBefore(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	old, err := w.by(t, "ada", "")
	require.NoError(t, err)
	w.idp.Knows(idptest.Person{ID: "ada2", Name: "Ada", Mail: adas, Verified: true})
	half, err := w.BeginLink(ctx, w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	trip := w.depart(t, w.provider.ID, half.Token)
	_, err = w.Arrive(ctx, identity.Arrival{Token: trip.Token, Says: w.idp.Login(t, trip.Address, "ada2").Query(), Actor: w.ada.Actor})
	require.NoError(t, err)
	requireKind(t, operational.KindUnauthenticated, w.session(old.Token), "what the other account opened ends with it")
	_, err = w.by(t, "ada", "")
	requireCode(t, "identity-unknown", err)
	_, err = w.by(t, "ada2", "")
	require.NoError(t, err)
}
