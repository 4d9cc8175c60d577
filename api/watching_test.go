package api_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// What the pipeline tells of its work tells of all companies: a vendor's people see it, partners do not, and of
// differences in numbers each vendor sees its own.
func TestThePipelineTellsOfItsWork(t *testing.T) {
	w := newWorld(t)
	w.mirror(t)
	ctx := t.Context()
	status, err := w.store.Status(ctx)
	require.NoError(t, err)
	status.Tables = []warehouse.TableCount{{Table: "opportunity", Inserted: 7}}
	status.Slot = warehouse.SlotFigures{Name: "sharepartner_crm", Exists: true, RetainedBytes: 5, Guard: warehouse.GuardOK}
	status.Parity = &warehouse.Check{At: time.Now(), Compared: 9, Differences: 2, Found: []warehouse.Difference{
		{Name: "won", Vendor: w.ada.Org.String(), Source: "1", Warehouse: "2"}, {Name: "won", Vendor: "another", Source: "3", Warehouse: "4"},
	}}
	require.NoError(t, w.store.SaveStatus(ctx, status))
	require.NoError(t, w.store.SaveLag(ctx, warehouse.LagSample{At: time.Now(), Seconds: 1.5, LagBytes: 8}))
	at, _, err := w.store.Checkpoint(ctx)
	require.NoError(t, err)
	load, err := w.store.Begin(ctx)
	require.NoError(t, err)
	for _, key := range []string{"4711", "4712", "4713"} {
		require.NoError(t, load.SetAside(ctx, []warehouse.DeadLetter{{CommitLSN: at.LSN, Op: warehouse.OpUpdate, Table: "crm.product", Key: key, Column: "list_price", Reason: "NaN", Raw: []byte("a secret of somebody")}}))
	}
	require.NoError(t, load.Commit(ctx, at))

	work := func(of person) any {
		return w.must(t, 200, of, "GET", "/v1/pipelines", nil).json(t)["items"].([]any)[0].(map[string]any)["work"]
	}
	require.Nil(t, work(w.pia), "a partner learns how fresh its figures are")
	seen := work(w.ada).(map[string]any)
	require.Equal(t, "ok", seen["slot"].(map[string]any)["guard"])
	require.InDelta(t, 7, seen["tables"].([]any)[0].(map[string]any)["inserted"], 0)
	for _, path := range []string{"lag", "parity", "dead-letters"} {
		w.must(t, 403, w.pia, "GET", "/v1/pipelines/"+path, nil)
	}
	samples := w.must(t, 200, w.ada, "GET", "/v1/pipelines/lag", nil).json(t)["samples"].([]any)
	require.InDelta(t, 1.5, samples[0].(map[string]any)["lag_seconds"], 0)
	parity := w.must(t, 200, w.ada, "GET", "/v1/pipelines/parity", nil).json(t)
	require.NotContains(t, parity, "rows", "not compared yet")
	metrics := parity["metrics"].(map[string]any)
	require.InDelta(t, 2, metrics["differences"], 0)
	require.Len(t, metrics["found"], 1, "another vendor's numbers are its own")

	first := w.must(t, 200, w.ada, "GET", "/v1/pipelines/dead-letters?limit=2&count=exact&state=open", nil).json(t)
	require.Len(t, first["items"], 2)
	require.InDelta(t, 3, first["total"], 0)
	require.NotContains(t, first["items"].([]any)[0], "raw")
	rest := w.must(t, 200, w.ada, "GET", "/v1/pipelines/dead-letters?limit=2&state=open&cursor="+first["next_cursor"].(string), nil).json(t)
	require.Len(t, rest["items"], 1)
	require.Equal(t, "4713", rest["items"].([]any)[0].(map[string]any)["key"])
	none := w.must(t, 200, w.ada, "GET", "/v1/pipelines/dead-letters?state=replayed", nil).json(t)
	require.Empty(t, none["items"])
}
