package hashing

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHashesAreDearAndMatchTheirPassword(t *testing.T) {
	const password = "correct horse battery"
	kept, err := Hash(password)
	require.NoError(t, err)
	require.Contains(t, kept, "$argon2id$v=19$m=65536,t=1,p=2$")
	other, err := Hash(password)
	require.NoError(t, err)
	require.NotEqual(t, kept, other, "each with a salt of its own")

	before := params
	Quick()
	defer func() { params = before }()
	quick, err := Hash(password)
	require.NoError(t, err)
	for _, hash := range []string{kept, quick} {
		match, err := Matches(password, hash)
		require.NoError(t, err)
		require.True(t, match)
		match, err = Matches(password+" ", hash)
		require.NoError(t, err)
		require.False(t, match)
	}
}
