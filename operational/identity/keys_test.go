package identity_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

func TestKeysActAsTheirMakerWithinTheirScopes(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	key, secret, err := w.CreateKey(ctx, w.person, identity.NewKey{Name: " robot ", Scopes: []string{"opportunities.read", "accounts.read", "accounts.read"}})
	require.NoError(t, err)
	require.Equal(t, "robot", key.Name)
	require.Equal(t, []string{"accounts.read", "opportunities.read"}, key.Scopes)
	require.Contains(t, secret, key.Prefix+"_")

	actor, err := w.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	require.Equal(t, w.person.Org, actor.Org)
	require.Equal(t, key.ID, actor.Credential)
	require.True(t, actor.Allowed(operational.AccountsRead))
	require.False(t, actor.Allowed(operational.AccountsWrite), "the role could, the key may not")
	require.False(t, actor.Allowed(operational.KeysManage))

	listed, err := w.Keys(ctx, w.person, operational.Query{})
	require.NoError(t, err)
	require.Len(t, listed.Items, 1)
	require.NotNil(t, listed.Items[0].LastUsedAt)

	require.NoError(t, w.RevokeKey(ctx, w.person, key.ID))
	_, err = w.ActorOfKey(ctx, secret)
	requireKind(t, operational.KindUnauthenticated, err)
	require.NoError(t, w.RevokeKey(ctx, w.person, key.ID), "twice is no fault")
	requireKind(t, operational.KindNotFound, w.RevokeKey(ctx, w.person, uuid.New()))
}

func TestKeysExpire(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	until := w.API.Now().Add(time.Hour)
	_, secret, err := w.CreateKey(ctx, w.person, identity.NewKey{Name: "short", Scopes: []string{"accounts.read"}, ExpiresAt: &until})
	require.NoError(t, err)
	_, err = w.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	w.pass(time.Hour)
	_, err = w.ActorOfKey(ctx, secret)
	requireKind(t, operational.KindUnauthenticated, err)
}

func TestKeysHoldNoMoreThanTheirMaker(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	analyst, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Ann", Email: "ann@acme.example", Password: password})
	require.NoError(t, err)
	analyst = w.WithRights(t, analyst)
	past := w.API.Now()
	_, _, err = w.CreateKey(ctx, analyst, identity.NewKey{Name: "", Scopes: []string{"accounts.write", "nonsense", "signed_in", "public", "accounts.read"}, ExpiresAt: &past})
	var e *operational.Error
	require.ErrorAs(t, err, &e)
	fields := []string{}
	for _, f := range e.Fields {
		fields = append(fields, f.Field)
	}
	require.Equal(t, []string{"name", "scopes[0]", "scopes[1]", "scopes[2]", "scopes[3]", "expires_at"}, fields, "all at once")

	_, secret, err := w.CreateKey(ctx, analyst, identity.NewKey{Name: "narrow", Scopes: []string{"api_keys.manage"}})
	require.NoError(t, err)
	narrow, err := w.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	_, _, err = w.CreateKey(ctx, narrow, identity.NewKey{Name: "wide", Scopes: []string{"accounts.read"}})
	requireKind(t, operational.KindForbidden, err, "a key makes no key: it would outlive the one that made it")
}

func TestKeysOfOthersAreTheAdministratorsAffair(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	analyst, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: w.vendor, Role: operational.RoleAnalyst, Name: "Ann", Email: "ann@acme.example", Password: password})
	require.NoError(t, err)
	analyst = w.WithRights(t, analyst)
	theirs, _, err := w.CreateKey(ctx, analyst, identity.NewKey{Name: "ann's", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)
	mine, _, err := w.CreateKey(ctx, w.person, identity.NewKey{Name: "ada's", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)

	listed, err := w.Keys(ctx, analyst, operational.Query{Page: operational.Page{Count: true}})
	require.NoError(t, err)
	require.Len(t, listed.Items, 1)
	require.Equal(t, theirs.ID, listed.Items[0].ID)
	require.EqualValues(t, 1, *listed.Total)
	listed, err = w.Keys(ctx, w.person, operational.Query{})
	require.NoError(t, err)
	require.Len(t, listed.Items, 2)

	requireKind(t, operational.KindNotFound, w.RevokeKey(ctx, analyst, mine.ID))
	require.NoError(t, w.RevokeKey(ctx, w.person, theirs.ID))

	stranger, err := w.admin.CreateVendor(ctx, identity.NewVendor{Name: "Other", Currency: "EUR"})
	require.NoError(t, err)
	other, err := w.admin.AddPerson(ctx, identity.NewPerson{Org: stranger, Role: operational.RoleAdministrator, Name: "Eve", Email: "eve@other.example", Password: password})
	require.NoError(t, err)
	other = w.WithRights(t, other)
	listed, err = w.Keys(ctx, other, operational.Query{})
	require.NoError(t, err)
	require.Empty(t, listed.Items)
	requireKind(t, operational.KindNotFound, w.RevokeKey(ctx, other, mine.ID))
}
