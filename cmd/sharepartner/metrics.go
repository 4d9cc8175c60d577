package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/sharepartner/sharepartner/warehouse"
)

// gauges turns what the pipeline says of itself into metrics, anew for each scrape. They tell of all companies, so they
// stand on an address of their own.
type gauges struct {
	status func(context.Context) (warehouse.Status, error)
}

// measure is one metric with the values of its labels.
type measure struct {
	desc   *prometheus.Desc
	kind   prometheus.ValueType
	value  float64
	labels []string
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("cdc_"+name, help, labels, nil)
}

var (
	descUp         = desc("up", "1 when the pipeline's status could be read.")
	descState      = desc("state", "1 for the state that the pipeline is in.", "state")
	descLag        = desc("lag_seconds", "Age of the oldest change that is committed and not visible in the warehouse.")
	descLagBytes   = desc("lag_bytes", "Log of the server that the slot has not confirmed.")
	descRetained   = desc("retained_bytes", "Log that the server keeps for the slot.")
	descSafe       = desc("safe_wal_bytes", "Log that can still be written before the slot may be lost; absent where there is no limit.")
	descSpill      = desc("spill_bytes", "Large transactions that the server wrote to its disk while decoding.")
	descActive     = desc("slot_active", "1 when somebody reads from the slot.")
	descRows       = desc("rows_total", "Rows loaded, by table and kind of change.", "table", "op")
	descLoads      = desc("batches_total", "Loads with rows.")
	descBatchRows  = desc("batch_rows_total", "Rows in loads.")
	descBatchBytes = desc("batch_bytes_total", "Bytes of rows in loads, as they came over the wire.")
	descBatchTime  = desc("batch_seconds_total", "Time of loads from beginning to end.")
	descCommitTime = desc("commit_seconds_total", "Time of loads for making them durable.")
	descLetters    = desc("dead_letters", "Rows that are set aside and open.")
	descResyncs    = desc("resyncs_total", "Times that all rows were copied or compared anew.")
	descRestarts   = desc("restarts_total", "Times that the pipeline began again after a fault.")
	descProgress   = desc("progress_ratio", "Part of all rows that a copy or comparison of all tables has read, from 0 to 1, by estimates of the server; absent while there is none.")
	descDiffer     = desc("differences", "Differences that the last comparison has found and not put right.", "of")
	descUnchecked  = desc("comparison_failing", "1 while a comparison cannot be made, and what the last one found is old.", "of")
	descChecked    = desc("compared_timestamp_seconds", "When both sides were last compared.", "of")
)

// Describe says nothing before, so that what is absent need not be zero.
func (g gauges) Describe(chan<- *prometheus.Desc) {}

// Collect reads the status.
func (g gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	status, err := g.status(ctx)
	for _, m := range measures(status, err) {
		out <- prometheus.MustNewConstMetric(m.desc, m.kind, m.value, m.labels...)
	}
}

func measures(s warehouse.Status, err error) []measure {
	if err != nil {
		return []measure{{descUp, prometheus.GaugeValue, 0, nil}}
	}
	gauge, counter := prometheus.GaugeValue, prometheus.CounterValue
	b, slot := s.Batches, s.Slot
	list := []measure{
		{descUp, gauge, 1, nil},
		{descState, gauge, 1, []string{s.State}},
		{descLag, gauge, s.LagSeconds, nil},
		{descLagBytes, gauge, float64(slot.LagBytes), nil},
		{descRetained, gauge, float64(slot.RetainedBytes), nil},
		{descSpill, gauge, float64(slot.SpillBytes), nil},
		{descActive, gauge, truth(slot.Active), nil},
		{descLoads, counter, float64(b.Loads), nil},
		{descBatchRows, counter, float64(b.Rows), nil},
		{descBatchBytes, counter, float64(b.Bytes), nil},
		{descBatchTime, counter, b.Seconds, nil},
		{descCommitTime, counter, b.CommitSeconds, nil},
		{descLetters, gauge, float64(s.DeadLetters), nil},
		{descResyncs, counter, float64(s.Resyncs), nil},
		{descRestarts, counter, float64(s.Restarts), nil},
	}
	if slot.SafeBytes != nil {
		list = append(list, measure{descSafe, gauge, float64(*slot.SafeBytes), nil})
	}
	if s.Progress != nil {
		list = append(list, measure{descProgress, gauge, s.Progress.Share(), nil})
	}
	for _, t := range s.Tables {
		for op, n := range map[string]int64{"copy": t.Copied, "insert": t.Inserted, "update": t.Updated, "delete": t.Deleted, "truncate": t.Truncated, "repair": t.Repaired} {
			list = append(list, measure{descRows, counter, float64(n), []string{t.Table, op}})
		}
	}
	for of, c := range map[string]*warehouse.Check{"metrics": s.Parity, "rows": s.Drift} {
		if c == nil {
			continue
		}
		list = append(list, measure{descUnchecked, gauge, truth(c.Fault != ""), []string{of}})
		if !c.At.IsZero() { // else nothing was ever compared
			list = append(list, measure{descDiffer, gauge, float64(c.Differences - c.Repaired), []string{of}}, measure{descChecked, gauge, float64(c.At.Unix()), []string{of}})
		}
	}
	return list
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// serveMetrics answers GET /metrics on an address of its own until the server is closed.
func serveMetrics(addr string, g gauges, log *slog.Logger) (*http.Server, net.Addr, error) {
	registry := prometheus.NewRegistry()
	if err := registry.Register(g); err != nil {
		return nil, nil, fmt.Errorf("prepare metrics: %w", err)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot serve metrics on %s: %w. Choose another address with --metrics-addr", addr, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Warn("metrics are not served any more", "error", err)
		}
	}()
	return server, listener.Addr(), nil
}
