package identity_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

func TestABeliefIsProvenByEntering(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	key, secret, err := w.CreateKey(ctx, w.person, identity.NewKey{Name: "robot", Scopes: []string{"accounts.read"}})
	require.NoError(t, err)
	enter := func(a operational.Actor) error {
		return w.API.Read(ctx, a, func(b *pgx.Batch) { b.Queue(`select 1`) })
	}
	first, err := w.BelievedOfKey(ctx, secret)
	require.NoError(t, err)
	require.True(t, first.Proven(), "the database was asked")
	require.NoError(t, enter(first))

	second, err := w.BelievedOfKey(ctx, secret)
	require.NoError(t, err)
	require.False(t, second.Proven())
	require.True(t, second.As(w.vendor, operational.SideVendor, "import").IsZero(), "a belief does not change the workspace")
	third, err := w.BelievedOfKey(ctx, secret)
	require.NoError(t, err)
	require.NoError(t, enter(second))
	require.True(t, second.Proven())
	require.False(t, third.Proven(), "each request proves for itself")
	asked, err := w.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	require.True(t, asked.Proven())

	require.NoError(t, w.RevokeKey(ctx, w.person, key.ID))
	requireKind(t, operational.KindUnauthenticated, enter(third))
	require.False(t, third.Proven())
	_, err = w.ActorOfKey(ctx, secret)
	requireKind(t, operational.KindUnauthenticated, err)
	_, err = w.BelievedOfKey(ctx, secret)
	requireKind(t, operational.KindUnauthenticated, err, "it is not believed any more")
}

func TestABeliefEndsWithTheCredentialAndSoonByItself(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	until := w.API.Now().Add(65 * time.Second)
	_, secret, err := w.CreateKey(ctx, w.person, identity.NewKey{Name: "short", Scopes: []string{"accounts.read"}, ExpiresAt: &until})
	require.NoError(t, err)
	proven := func() bool {
		actor, err := w.BelievedOfKey(ctx, secret)
		require.NoError(t, err)
		return actor.Proven()
	}
	require.True(t, proven())
	require.False(t, proven())
	w.pass(time.Minute)
	require.True(t, proven(), "its use is noted again")
	w.pass(4 * time.Second)
	require.False(t, proven())
	w.pass(time.Second)
	_, err = w.BelievedOfKey(ctx, secret)
	requireKind(t, operational.KindUnauthenticated, err)
}
