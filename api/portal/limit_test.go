package portal_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
)

func TestPagesCountAgainstTheLimit(t *testing.T) {
	w := shared(t)
	strict := w.deps
	strict.Rate, strict.Burst = 0.001, 2
	server := httptest.NewServer(portal.New(portal.Deps{API: api.New(strict), Deps: strict}))
	t.Cleanup(server.Close)
	v := w.as(t, leaderMail) // the same session, asked by way of the strict server

	for _, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
		res, err := v.client.Get(server.URL + "/help")
		require.NoError(t, err)
		require.Equal(t, want, v.read(res).status)
	}
}
