package api

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

func TestOneOrganisationCannotTakeAllUploads(t *testing.T) {
	u := uploads{busy: map[uuid.UUID]bool{}}
	one, other := uuid.New(), uuid.New()
	leave, err := u.enter(one)
	require.NoError(t, err)

	_, err = u.enter(one)
	require.Equal(t, operational.KindUnavailable, operational.KindOf(err))
	_, err = u.enter(other)
	require.NoError(t, err)

	leave()
	_, err = u.enter(one)
	require.NoError(t, err)
}

func TestUploadsAreBoundedInAll(t *testing.T) {
	u := uploads{busy: map[uuid.UUID]bool{}}
	for range maxUploads {
		_, err := u.enter(uuid.New())
		require.NoError(t, err)
	}
	_, err := u.enter(uuid.New())
	require.Equal(t, operational.KindUnavailable, operational.KindOf(err))
}
