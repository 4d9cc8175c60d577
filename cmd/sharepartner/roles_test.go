package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
)

// Two programs that serve and one that works behind the requests, on one Postgres and one ClickHouse. Whoever asks meets another
// program each time, and notices nothing of that.
func TestTwoThatServeAndOneThatWorks(t *testing.T) {
	t.Parallel()
	cfg := sharedConfig(t, chtest.NewURL(t))
	works := startRole(t, worker, cfg)
	one, two := startRole(t, server, cfg), startRole(t, server, cfg)
	front := inTurn(t, one, two)
	vendor := fromExportToBriefing(t, works, front) // uploads with one of them, and asks the other one how it went
	v := visitorOf(t, front, "leader@example.com", "a long enough password")
	t.Run("figures", func(t *testing.T) { answerAlike(t, v.at(one), v.at(two)) })
	t.Run("records", func(t *testing.T) { writesMeet(t, v.at(one), v.at(two)) })
	t.Run("forms", func(t *testing.T) {
		form := `{"name":"By a page","family":"Forms","list_price":{"amount":"1","currency":"USD"}}`
		require.Equal(t, http.StatusForbidden, v.send("POST", "/v1/products", form, "Origin", "https://elsewhere.example").status)
		require.Equal(t, http.StatusCreated, v.send("POST", "/v1/products", form, "Origin", front).status, "the proxy's name is the site's")
	})
	t.Run("exports", func(t *testing.T) {
		here, there := v.at(one).get("/v1/opportunities/export"), v.at(two).get("/v1/opportunities/export")
		require.Equal(t, 7136, strings.Count(string(here), "\n"))
		require.Equal(t, string(here), string(there))
	})
	t.Run("rights", func(t *testing.T) { rightsHoldEverywhere(t, works, vendor, front, one, two) })
	t.Run("pipeline", func(t *testing.T) {
		for _, app := range []*App{one, two} {
			require.Contains(t, string(v.at(app).get("/pipelines")), "ClickHouse")
			require.Equal(t, "streaming", pipelineOf(v.at(app)).State)
		}
	})
	t.Run("parity", func(t *testing.T) { require.NoError(t, (&parityCommand{Config: works.cfg}).Run(t.Context())) })
	t.Run("signed out", func(t *testing.T) {
		require.Equal(t, http.StatusNoContent, v.at(one).send("DELETE", "/v1/session", "").status)
		require.Equal(t, http.StatusUnauthorized, v.at(two).send("GET", "/v1/me", "").status)
	})
}

// answerAlike asks for the same figures here and there.
func answerAlike(t *testing.T, here, there *visitor) {
	t.Helper()
	// As of one instant: what is open grows older from one question to the next.
	for _, path := range []string{"/v1/analytics/funnel?period=2017&as_of=2018-01-01T00:00:00Z", "/v1/analytics/briefing?period=2017-Q2", "/v1/analytics/win-rate?period=2017&by=region"} {
		var answers [2]struct {
			Rows json.RawMessage `json:"rows"`
		}
		for i, v := range []*visitor{here, there} {
			require.NoError(t, json.Unmarshal(v.get(path), &answers[i]))
		}
		require.Greater(t, len(answers[0].Rows), 100, path)
		require.JSONEq(t, string(answers[0].Rows), string(answers[1].Rows), path)
	}
	receipt := getJSON[tallies](here, "/v1/analytics/won?period=2017-Q1").Receipt
	again := getJSON[struct{ Same bool }](there, receipt.URL)
	require.True(t, again.Same, "a receipt of one is answered by the other")
}

// writesMeet writes here and reads there: what makes writes safe to repeat is kept where both look.
func writesMeet(t *testing.T, here, there *visitor) {
	t.Helper()
	const product = `{"name":"Between two","family":"Proxies","list_price":{"amount":"5","currency":"USD"}}`
	made := here.send("POST", "/v1/products", product, "Idempotency-Key", "once")
	require.Equal(t, http.StatusCreated, made.status, made.body)
	again := there.send("POST", "/v1/products", product, "Idempotency-Key", "once")
	require.Equal(t, made.body, again.body)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	var p struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(made.body), &p))
	path := "/v1/products/" + p.ID
	read := there.send("GET", path, "")
	require.Equal(t, http.StatusOK, read.status)
	require.Equal(t, made.header.Get("ETag"), read.header.Get("ETag"))
	require.Equal(t, http.StatusNotModified, here.send("GET", path, "", "If-None-Match", read.header.Get("ETag")).status)
	change := func(v *visitor, name, seen string) sent {
		return v.send("PATCH", path, `{"name":"`+name+`"}`, "If-Match", seen, "Content-Type", "application/merge-patch+json")
	}
	changed := change(there, "Between both", read.header.Get("ETag"))
	require.Equal(t, http.StatusOK, changed.status, changed.body)
	require.Equal(t, http.StatusPreconditionFailed, change(here, "Lost", read.header.Get("ETag")).status)
	require.Contains(t, here.send("GET", path, "").body, "Between both")
	var page struct {
		Next string `json:"next_cursor"`
	}
	require.NoError(t, json.Unmarshal(here.get("/v1/opportunities?limit=2"), &page))
	require.Equal(t, http.StatusOK, there.send("GET", "/v1/opportunities?limit=2&cursor="+page.Next, "").status, "a list goes on anywhere")
}

// rightsHoldEverywhere changes what somebody may do, whom both programs know already.
func rightsHoldEverywhere(t *testing.T, works *App, vendor uuid.UUID, front string, one, two *App) {
	t.Helper()
	admin := identity.NewAdmin(works.ground.Jobs)
	add := func(email string, role operational.Role) operational.Actor {
		p, err := admin.AddPerson(t.Context(), identity.NewPerson{Org: vendor, Role: role, Name: email, Email: email, Password: "a long enough password"})
		require.NoError(t, err)
		return p
	}
	add("head@example.com", operational.RoleAdministrator)
	assignment := "/v1/people/" + add("analyst@example.com", operational.RoleAnalyst).Membership.String() + "/assignment"
	head, analyst := visitorOf(t, front, "head@example.com", "a long enough password"), visitorOf(t, front, "analyst@example.com", "a long enough password")
	statuses := func() (found [4]int) {
		for i := range found { // each of them twice, as they remember whom they have just seen
			found[i] = analyst.at([]*App{one, two}[i%2]).send("GET", "/v1/people", "").status
		}
		return found
	}
	require.Equal(t, [4]int{403, 403, 403, 403}, statuses())
	for _, role := range []string{"administrator", "analyst"} {
		want := map[string]int{"administrator": 200, "analyst": 403}[role]
		seen := head.send("GET", assignment, "").header.Get("ETag")
		given := head.send("PATCH", assignment, `{"role":"`+role+`"}`, "If-Match", seen, "Content-Type", "application/merge-patch+json")
		require.Equal(t, http.StatusOK, given.status, given.body)
		require.Equal(t, [4]int{want, want, want, want}, statuses())
	}
}

type pipelineNote struct {
	State     string `json:"state"`
	LastFault string `json:"last_fault"`
	Work      struct {
		LastResync *warehouse.Resync `json:"last_resync"`
	} `json:"work"`
}

func pipelineOf(v *visitor) pipelineNote {
	v.t.Helper()
	items := getJSON[struct{ Items []pipelineNote }](v, "/v1/pipelines").Items
	require.Len(v.t, items, 1)
	return items[0]
}

// Of two that work one moves the data; the other keeps quiet in the store of both, and knows what was kept there when it takes
// over. Commands that write are for the one that works.
func TestOneWorksAndOneStandsBy(t *testing.T) {
	t.Parallel()
	cfg := sharedConfig(t, chtest.NewURL(t))
	first := startRole(t, worker, cfg)
	require.NoError(t, first.WaitLoaded(t.Context(), time.Minute))
	second := startRole(t, worker, cfg)
	until := func(app *App, state string) {
		require.Eventually(t, func() bool {
			s, err := app.pipeline.Status(t.Context())
			return err == nil && s.State == state
		}, time.Minute, 20*time.Millisecond, state)
	}
	until(second, "standby")
	until(first, "streaming")
	kept := func() (s warehouse.Status) {
		store, err := cfg.openWarehouse(t.Context(), quietLog())
		require.NoError(t, err)
		defer store.Close()
		s, err = store.Status(t.Context())
		require.NoError(t, err)
		return s
	}
	require.Eventually(t, func() bool { return kept().State == "streaming" }, time.Minute, 20*time.Millisecond)
	before := kept()
	require.Eventually(t, func() bool { // some words of the one that works later
		now := kept()
		require.Equal(t, "streaming", now.State, "who stands by says nothing")
		return now.UpdatedAt.After(before.UpdatedAt.Add(10 * time.Second))
	}, 2*time.Minute, 100*time.Millisecond)

	command := cfg
	command.Data = t.TempDir() // as on another machine
	require.NoError(t, (&statusCommand{Config: command}).Run(t.Context()))
	for _, refused := range []error{(&replayCommand{Config: command, All: true}).Run(t.Context()), (&parityCommand{Config: command}).Run(t.Context())} {
		require.ErrorContains(t, refused, "another program moves the data: process ")
		require.ErrorContains(t, refused, "Nothing was done")
	}

	first.Stop()
	require.NoError(t, second.WaitLoaded(t.Context(), time.Minute))
	until(second, "streaming")
	after, err := second.pipeline.Status(t.Context())
	require.NoError(t, err)
	require.NotNil(t, after.LastResync, "what the first one knew is known")
	require.Equal(t, before.LastResync.At, after.LastResync.At)
	second.Stop()
	require.NoError(t, (&replayCommand{Config: command, All: true}).Run(t.Context()))
	require.NoError(t, (&parityCommand{Config: command}).Run(t.Context()))
}

func TestARoleSaysWhatItNeeds(t *testing.T) {
	for _, as := range []role{server, worker} {
		_, err := startAs(t.Context(), as, testConfig(t), quietLog())
		require.ErrorContains(t, err, "sharepartner "+as.name)
		require.ErrorContains(t, err, "has no DATABASE_URL, WAREHOUSE_URL, SHAREPARTNER_SECRET. Nothing was started")
		require.ErrorContains(t, err, "sharepartner up")
	}
}
