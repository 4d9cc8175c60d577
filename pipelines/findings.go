package pipelines

import (
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// drifted notes how a comparison of rows stands. The last whole round stays to be seen until something new is known.
func (m *meter) drifted(round warehouse.Check, done, found bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.status.Drift
	round.Measures = slices.Clone(round.Measures) // they go on being counted
	switch {
	case done || found || before == nil || !before.Whole:
		round.Whole = done
		m.status.Drift = &round
	case before.Fault != "": // over, and the rest is as it was
		over := *before
		over.Fault, over.FaultSince = "", time.Time{}
		m.status.Drift = &over
	}
}

func (m *meter) driftFault(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Drift = m.status.Drift.Failed(err, m.clock())
}

// resyncing notes that all tables begin to be copied or compared: again, perhaps, for the same reason.
func (m *meter) resyncing(reason Reason, epoch int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := warehouse.Resyncing{Reason: string(reason), Since: m.clock().UTC(), Epoch: epoch}
	if before := m.status.Resyncing; before != nil && before.Reason == next.Reason && before.Epoch == epoch {
		next.Since = before.Since
	}
	m.status.Resyncing = &next
}

// settled notes that no copy or comparison of all tables is under way.
func (m *meter) settled() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Resyncing = nil
}

// resynced notes that all tables were copied or compared.
func (m *meter) resynced(reason Reason, rows, differed int64, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Resyncs++
	m.status.Resyncing = nil
	m.status.LastResync = &warehouse.Resync{Reason: string(reason), At: m.clock().UTC(), Seconds: took.Seconds(), Rows: rows, Differed: differed}
}

// compared notes how a comparison of the metrics came out.
func (m *meter) compared(c warehouse.Check) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Parity = &c
}

// uncompared notes that the metrics could not be compared.
func (m *meter) uncompared(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Parity = m.status.Parity.Failed(err, m.clock())
}

// aside notes how many rows are set aside.
func (m *meter) aside(open int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.DeadLetters = open
}
