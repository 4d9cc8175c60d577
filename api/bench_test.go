package api_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sharepartner/sharepartner/api"
)

// BenchmarkReadOpportunity is one read through session, wall and API.
func BenchmarkReadOpportunity(b *testing.B) {
	w := newWorld(b)
	id := w.deal(b, w.pia, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	deps := w.deps
	deps.Rate, deps.Burst, deps.Log = 1e9, 1e9, slog.New(slog.DiscardHandler)
	handler := api.New(deps)
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/v1/opportunities/"+id, nil)
		r.AddCookie(&http.Cookie{Name: "sharepartner", Value: w.ada.token})
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			b.Fatal(rec.Body.String())
		}
	}
}
