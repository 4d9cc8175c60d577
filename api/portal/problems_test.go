package portal_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheTypeOfAProblemOpensAsAPage(t *testing.T) {
	v := shared(t).visitor(t)
	p := v.get("/problems/stale")
	require.Equal(t, http.StatusOK, p.status)
	require.Equal(t, "The record has changed", p.title())
	for _, says := range []string{"after you read it", "Nothing was saved", "with the new ETag"} {
		require.Contains(t, p.text(), says)
	}
	p.inert()
	require.Equal(t, http.StatusNotFound, v.get("/problems/of-nobody").status)
}
