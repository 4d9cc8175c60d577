package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestWhatIsSealedOpensForItsPurposeAlone(t *testing.T) {
	sealer := pgtest.Secret.Sealer("one")
	sealed := sealer.Seal([]byte("a text"))
	require.NotContains(t, string(sealed), "a text")
	require.NotEqual(t, sealed, sealer.Seal([]byte("a text")))
	plain, err := sealer.Open(sealed)
	require.NoError(t, err)
	require.Equal(t, "a text", string(plain))

	for name, other := range map[string]postgres.Sealer{
		"another purpose": pgtest.Secret.Sealer("two"), "another deployment": postgres.Secret("of another deployment").Sealer("one"),
	} {
		_, err := other.Open(sealed)
		require.Error(t, err, name)
	}
	for i := range sealed {
		changed := append([]byte(nil), sealed...)
		changed[i] ^= 1
		_, err := sealer.Open(changed)
		require.Error(t, err, "byte %d", i)
	}
	for n := range sealed {
		_, err := sealer.Open(sealed[:n])
		require.Error(t, err, "cut at %d", n)
	}
}
