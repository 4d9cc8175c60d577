package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A list that is read as a whole comes in pages like every other.
func TestHistoryAndPipelinesComeInPages(t *testing.T) {
	w := newWorld(t)
	deal := "/v1/opportunities/" + w.deal(t, w.pia, w.connA1, "Paged", "10", "EUR", "2024-02-01T00:00:00Z")
	for version, name := range []string{"Two", "Three"} {
		w.must(t, 200, w.ada, "PATCH", deal, map[string]any{"name": name}, "If-Match", []string{`"v1"`, `"v2"`}[version])
	}
	type change struct {
		Version    int64
		RecordedAt string `json:"recorded_at"`
	}
	type page struct {
		Items []change
		Next  string `json:"next_cursor"`
		More  bool   `json:"has_more"`
		Total *int
	}
	first := ask[page](t, w, w.ada, deal+"/history?limit=2&count=exact")
	require.Len(t, first.Items, 2)
	require.True(t, first.More)
	require.Equal(t, 3, *first.Total)
	rest := ask[page](t, w, w.ada, deal+"/history?limit=2&cursor="+first.Next)
	require.EqualValues(t, 3, rest.Items[0].Version)
	require.False(t, rest.More)
	require.Empty(t, rest.Next)
	require.True(t, strings.HasSuffix(rest.Items[0].RecordedAt, "Z"), "times are in UTC")
	w.must(t, 422, w.ana, "GET", deal+"/history?limit=2&cursor="+first.Next, nil)
	require.Empty(t, ask[page](t, w, w.ada, deal+"/history?fields=version").Items[0].RecordedAt)

	pipelines := ask[page](t, w, w.pol, "/v1/pipelines?limit=1")
	require.Len(t, pipelines.Items, 1)
	require.False(t, pipelines.More)
}

func TestWhoAmISaysWhenNothingChanged(t *testing.T) {
	w := newWorld(t)
	tag := w.must(t, 200, w.ada, "GET", "/v1/me", nil).header.Get("ETag")
	require.NotEmpty(t, tag)
	w.must(t, 304, w.ada, "GET", "/v1/me", nil, "If-None-Match", tag)
	_, err := w.Owner(t).Exec(t.Context(), `update crm.person set display_name = 'Countess' where id = $1`, w.ada.Person)
	require.NoError(t, err)
	require.NotEqual(t, tag, w.must(t, 200, w.ada, "GET", "/v1/me", nil, "If-None-Match", tag).header.Get("ETag"))
}
