package api_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPostHappensOnce(t *testing.T) {
	w := newWorld(t)
	body := `{"name":"Initech"}`
	first := w.must(t, 201, w.ada, "POST", "/v1/accounts", body, "Idempotency-Key", "k1")
	second := w.must(t, 201, w.ada, "POST", "/v1/accounts", body, "Idempotency-Key", "k1")
	require.Equal(t, first.body, second.body)
	require.Equal(t, "true", second.header.Get("Idempotency-Replayed"))
	require.Empty(t, first.header.Get("Idempotency-Replayed"))
	for _, name := range []string{"Etag", "Location", "Content-Type"} {
		require.NotEmpty(t, first.header.Get(name))
		require.Equal(t, first.header.Get(name), second.header.Get(name))
	}
	other := w.must(t, 422, w.ada, "POST", "/v1/accounts", `{"name":"Other"}`, "Idempotency-Key", "k1")
	require.Contains(t, other.body, "idempotency-key-reused")
	w.must(t, 422, w.ada, "POST", "/v1/contacts", body, "Idempotency-Key", "k1")
	mine := w.must(t, 201, w.bob, "POST", "/v1/accounts", body, "Idempotency-Key", "k1")
	require.NotEqual(t, first.text(t, "id"), mine.text(t, "id"), "another credential's keys are its own")

	refused := w.must(t, 422, w.ada, "POST", "/v1/accounts", `{"name":""}`, "Idempotency-Key", "k2")
	again := w.must(t, 422, w.ada, "POST", "/v1/accounts", `{"name":""}`, "Idempotency-Key", "k2")
	require.Equal(t, refused.body, again.body)
	require.Equal(t, "application/problem+json", again.header.Get("Content-Type"))
}

func TestFiftyAtOnceMakeOneRow(t *testing.T) {
	w := newWorld(t)
	answers := make([]answer, 50)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i] = w.call(t, w.ada, http.MethodPost, "/v1/accounts", `{"name":"Hooli"}`, "Idempotency-Key", "one")
		})
	}
	all.Wait()
	replayed := 0
	for _, got := range answers {
		require.Equal(t, 201, got.status, got.body)
		require.Equal(t, answers[0].body, got.body)
		if got.header.Get("Idempotency-Replayed") == "true" {
			replayed++
		}
	}
	require.Equal(t, 49, replayed)
	var n int
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select count(*) from crm.account where name = 'Hooli'`).Scan(&n))
	require.Equal(t, 1, n)
}

func TestFailuresDoNotStick(t *testing.T) {
	w := newWorld(t)
	owner := w.Owner(t)
	_, err := owner.Exec(t.Context(), `alter table crm.account rename to gone`)
	require.NoError(t, err)
	failed := w.must(t, 500, w.ada, "POST", "/v1/accounts", `{"name":"Umbrella"}`, "Idempotency-Key", "k")
	require.NotContains(t, failed.body, "crm.account", "the text of an internal error stays inside")
	require.Contains(t, w.log.String(), failed.header.Get("X-Request-Id"))
	_, err = owner.Exec(t.Context(), `alter table crm.gone rename to account`)
	require.NoError(t, err)
	w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Umbrella"}`, "Idempotency-Key", "k")
	w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Umbrella"}`, "Idempotency-Key", "k")

	// The first request died between its work and its answer: nobody knows, so nothing is done again.
	_, err = owner.Exec(t.Context(), `update crm.idempotency_key set status = null, created_at = now() - interval '1 hour'`)
	require.NoError(t, err)
	lost := w.must(t, 409, w.ada, "POST", "/v1/accounts", `{"name":"Umbrella"}`, "Idempotency-Key", "k")
	require.Contains(t, lost.body, "outcome-unknown")
}
