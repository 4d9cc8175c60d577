package portal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/warehouse"
)

// failing is a warehouse in which every question for what was won goes wrong.
type failing struct {
	warehouse.Store
	err error
}

func (f failing) View(ctx context.Context) (warehouse.View, error) {
	v, err := f.Store.View(ctx)
	return failingView{v, f.err}, err
}

type failingView struct {
	warehouse.View
	err error
}

func (f failingView) Won(context.Context, warehouse.Scope, warehouse.Ask) (warehouse.Answer[warehouse.Tally], error) {
	return warehouse.Answer[warehouse.Tally]{}, f.err
}

func (f failing) Status(ctx context.Context) (warehouse.Status, error) {
	if errors.Is(f.err, warehouse.ErrNotReady) || errors.Is(f.err, warehouse.ErrBusy) || errors.Is(f.err, warehouse.ErrUnable) {
		return f.Store.Status(ctx)
	}
	if errors.Is(f.err, warehouse.ErrAway) {
		return warehouse.Status{}, f.err
	}
	return warehouse.Status{}, errors.New("the file /srv/secret is gone")
}

// A fault of ours is told as one, under a reference, without a word of its cause; lists go on working.
func TestFaultsOfTheWarehouse(t *testing.T) {
	w := shared(t)
	for name, c := range map[string]struct {
		err    error
		status int
		title  string
	}{
		"broken":    {errors.New("disk image /srv/secret is malformed"), http.StatusInternalServerError, "Something went wrong here"},
		"away":      {fmt.Errorf("ask: %w: dial secret:9000", warehouse.ErrAway), http.StatusServiceUnavailable, "The figures are away at the moment"},
		"refused":   {fmt.Errorf("ask: %w: %w: secret", warehouse.ErrAway, warehouse.ErrRefused), http.StatusServiceUnavailable, "The figures are away at the moment"},
		"busy":      {fmt.Errorf("ask: %w: secret", warehouse.ErrBusy), http.StatusServiceUnavailable, "Many ask for figures at the moment"},
		"unable":    {fmt.Errorf("ask: %w: secret", warehouse.ErrUnable), http.StatusServiceUnavailable, "These figures could not be worked out"},
		"not ready": {warehouse.ErrNotReady, http.StatusServiceUnavailable, "The figures are being loaded for the first time"},
	} {
		t.Run(name, func(t *testing.T) {
			deps := w.deps
			deps.Warehouse = failing{w.deps.Warehouse, c.err}
			mux := http.NewServeMux()
			handler := api.New(deps)
			mux.Handle("/", portal.New(portal.Deps{API: handler, Deps: deps}))
			other := *w
			other.api, other.deps, other.server = handler, deps, httptest.NewServer(mux)
			t.Cleanup(other.server.Close)
			v := other.as(t, leaderMail)
			p := v.get("/briefing")
			require.Equal(t, c.status, p.status, p.text())
			require.Equal(t, c.title, p.title())
			require.Equal(t, name == "refused", strings.Contains(p.text(), "cannot sign in to the store"))
			require.NotContains(t, p.raw, "secret")
			require.NotContains(t, p.raw, "malformed")
			require.Contains(t, p.text(), "Ingrid Solberg", "the frame stays")
			if c.status == http.StatusInternalServerError {
				require.Regexp(t, `Reference [0-9a-f]{8}`, p.text())
			} else {
				require.Equal(t, "2", p.header.Get("Retry-After"))
			}
			list := v.get("/opportunities")
			require.Equal(t, http.StatusOK, list.status)
			require.Equal(t, c.status == http.StatusInternalServerError, strings.Contains(list.text(), "The state of the data is not known"))
			require.Equal(t, name == "away" || name == "refused", strings.Contains(list.text(), "The figures are away at the moment Records are not concerned"))
		})
	}
}
