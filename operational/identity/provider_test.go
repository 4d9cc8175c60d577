package identity_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/identity/idptest"
)

func TestProvidersAreTheCompanysOwn(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	wish := identity.NewProvider{Name: " ", Issuer: "ftp://x", ClientID: "", ClientSecret: "", Domains: []string{"not a domain"}}
	_, err := w.AddProvider(ctx, w.ada.Actor, wish)
	requireKind(t, operational.KindInvalid, err)
	for _, field := range []string{"name", "issuer", "client_id", "client_secret", "domains", "join_role"} {
		require.ErrorContains(t, err, field+":")
	}
	wish = identity.NewProvider{Name: "Again", Issuer: w.idp.Issuer, ClientID: idptest.ClientID, ClientSecret: "x"}
	_, err = w.AddProvider(ctx, w.ada.Actor, wish)
	requireKind(t, operational.KindConflict, err, "one of an issuer and a client")
	wish.ClientID, wish.Domains = "second", []string{"acme.example"}
	for role, kind := range map[string]operational.Kind{"administrator": operational.KindInvalid, "channel_leader": operational.KindInvalid, "nobody": operational.KindInvalid, "dealer_personnel": operational.KindInvalid} {
		wish.JoinRole = &role
		_, err = w.AddProvider(ctx, w.ada.Actor, wish)
		requireKind(t, kind, err, role)
		require.ErrorContains(t, err, "join_role", role)
	}
	_, secret, err := w.CreateKey(ctx, w.ada.Actor, identity.NewKey{Name: "k", Scopes: []string{"workspace.manage"}})
	require.NoError(t, err)
	robot, err := w.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	_, err = w.AddProvider(ctx, robot, wish)
	requireCode(t, "session-needed", err)

	var kept []byte
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select client_secret from sec.identity_provider`).Scan(&kept))
	require.NotContains(t, string(kept), idptest.Secret)
	changed, err := w.ChangeProvider(ctx, w.ada.Actor, w.provider.ID, 1, identity.UpdateProvider{Name: operational.Set("Login"), ClientSecret: operational.Set("wrong from now on")})
	require.NoError(t, err)
	require.EqualValues(t, 2, changed.Version)
	_, err = w.ChangeProvider(ctx, w.ada.Actor, w.provider.ID, 1, identity.UpdateProvider{Name: operational.Set("Other")})
	requireKind(t, operational.KindStale, err)
	same, err := w.ChangeProvider(ctx, w.ada.Actor, w.provider.ID, 2, identity.UpdateProvider{Name: operational.Set("Login")})
	require.NoError(t, err)
	require.EqualValues(t, 2, same.Version)
	_, err = w.by(t, "ada", "")
	requireCode(t, "provider-answer-void", err, "the provider does not know us by that")
	require.Contains(t, w.noted(t), "identity_provider.edited by Ada")
	_, err = w.ChangeProvider(ctx, w.ada.Actor, w.provider.ID, 2, identity.UpdateProvider{Domains: operational.Set([]string{"acme.example"}), JoinRole: operational.Set("analyst")})
	require.NoError(t, err)
	require.Equal(t, `[{"is": "analyst", "subject": "join_role"}, {"is": "acme.example", "subject": "domain"}]`, w.decided(t, "identity_provider.edited"), "whom it lets in by themselves")

	bolt, err := w.admin.CreateVendor(ctx, identity.NewVendor{Name: "Bolt", TimeZone: "UTC", FiscalMonth: 1, Currency: "EUR"})
	require.NoError(t, err)
	bob, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: bolt, Role: operational.RoleAdministrator, Name: "Bob", Email: "bob@bolt.example", Password: password})
	require.NoError(t, err)
	bob = w.WithRights(t, bob)
	_, err = w.Provider(ctx, bob, w.provider.ID)
	requireKind(t, operational.KindNotFound, err)
	_, err = w.ChangeProvider(ctx, bob, w.provider.ID, 2, identity.UpdateProvider{Name: operational.Set("Mine")})
	requireKind(t, operational.KindNotFound, err)
	requireKind(t, operational.KindNotFound, w.EndProvider(ctx, bob, w.provider.ID, 2))
	_, err = w.BeginLink(ctx, bob, identity.LinkWish{Provider: w.provider.ID, Password: password})
	requireKind(t, operational.KindNotFound, err)
	found, err := w.Providers(ctx, bob, operational.Query{Page: operational.Page{Limit: 10}})
	require.NoError(t, err)
	require.Empty(t, found.Items)
}

// Whoever looks after the company's name and nothing else brings no provider, which could vouch for an administrator.
func TestNobodyVouchesForThoseWhoMayMore(t *testing.T) {
	ctx := t.Context()
	w := atHome(t)
	idp := idptest.Start(t, backHere)
	_, err := w.Owner(t).Exec(ctx, `insert into crm.role (org_id, key, audience, name, capabilities, created_at, updated_at) values ($1, 'office', 'internal', 'Office', '{workspace.manage}', now(), now())`, w.vendor)
	require.NoError(t, err)
	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: "office", Name: "Otto", Email: "otto@acme.example", Password: password})
	require.NoError(t, err)
	otto, err := w.SignIn(ctx, identity.SignInInput{Email: "otto@acme.example", Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	require.True(t, otto.Actor.Allowed(operational.WorkspaceManage))
	_, err = w.AddProvider(ctx, otto.Actor, identity.NewProvider{Name: "Otto's own", Issuer: idp.Issuer, ClientID: idptest.ClientID, ClientSecret: idptest.Secret})
	requireCode(t, "beyond-own-rights", err)

	// Nor does, in a company with two sides, who may do everything on one of them.
	_, err = w.Owner(t).Exec(ctx, `select crm.begin_to_sell($1, now())`, w.vendor)
	require.NoError(t, err)
	_, err = w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleChannelLeader, Name: "Lea", Email: "lea@acme.example", Password: password})
	require.NoError(t, err)
	lea, err := w.SignIn(ctx, identity.SignInInput{Email: "lea@acme.example", Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	require.True(t, lea.Actor.Giving().Everything)
	_, err = w.AddProvider(ctx, lea.Actor, identity.NewProvider{Name: "Lea's own", Issuer: idp.Issuer, ClientID: idptest.ClientID, ClientSecret: idptest.Secret})
	requireCode(t, "beyond-own-rights", err)
}
