package pipelines

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// meter knows how the pipeline is doing. Times of changes are the server's, so that clocks that differ make no lag.
type meter struct {
	clock func() time.Time

	mu      sync.Mutex
	moved   chan struct{} // closed and made anew whenever through moves
	status  warehouse.Status
	through uint64 // everything committed before is visible, or was nothing of ours
	filling int64  // commit time of the oldest change in the batch that is being filled, microseconds; 0: none
	loading int64  // the same for the batch that the loader has
	offset  time.Duration

	probe   uint64    // a place that the server's log has reached and we have not
	probeAt time.Time // on our clock
	inStep  time.Time // when we last knew that everything was loaded, on our clock; zero: nothing ever was
}

func newMeter(clock func() time.Time) *meter {
	return &meter{clock: clock, moved: make(chan struct{})}
}

// begin notes from when the program runs, where it cannot know yet how old the data is.
func (m *meter) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status.Since.IsZero() {
		m.status.Since = m.clock().UTC()
	}
}

// recall takes over from the last run what outlives it: how old the store's data is, what went wrong last, and what was
// found out about the data. At is up to where the store is filled.
func (m *meter) recall(before warehouse.Status, at warehouse.Watermark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := &m.status
	s.Since = m.clock().UTC()
	s.LastFault, s.LastFaultAt = before.LastFault, before.LastFaultAt
	s.Resyncing, s.LastResync, s.DeadLetters, s.Schema = before.Resyncing, before.LastResync, before.DeadLetters, before.Schema
	s.Drift, s.Parity = before.Drift, before.Parity
	if at.LSN == 0 {
		return // nothing that could be old
	}
	m.offset = time.Duration(before.ClockAhead * float64(time.Second)) // until the server is asked
	m.complete(before.InStepAt)
	m.committed(at.CommittedAt)
}

// committed notes the commit time of the last transaction that the store holds. It holds all that committed before.
func (m *meter) committed(at time.Time) {
	if at.Unix() <= 0 {
		at = time.Time{} // not known
	}
	if m.status.LastCommit = at; !at.IsZero() {
		m.complete(at.Add(-m.offset))
	}
}

// complete notes a time at which everything was loaded.
func (m *meter) complete(at time.Time) {
	if now := m.clock(); at.After(now) {
		at = now
	}
	if at.After(m.inStep) {
		m.inStep = at
	}
}

// move changes the state. It gives the state before, to be told when it is another.
func (m *meter) move(to, detail string) (from string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	from = m.status.State
	if !mayMove(from, to) {
		return from, fmt.Errorf("a pipeline cannot go from %q to %q", from, to)
	}
	m.status.State, m.status.Detail, m.status.Progress = to, detail, nil
	if to == stateStarting {
		m.filling, m.loading, m.probe = 0, 0, 0
	}
	return from, nil
}

// watched notes the slot's figures. It gives the grade before.
func (m *meter) watched(f warehouse.SlotFigures) (before warehouse.Guard) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before = m.status.Slot.Guard
	m.status.Slot = f
	return before
}

func (m *meter) detail(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Detail = text
}

func (m *meter) fault(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.LastFault, m.status.LastFaultAt = err.Error(), m.clock().UTC()
	m.status.Restarts++
}

// noted tells of something that is over.
func (m *meter) noted(text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.LastFault, m.status.LastFaultAt = text, m.clock().UTC()
}

// clocks notes what the server's clock says, before anything comes from it, and gives how far that is ahead of ours.
func (m *meter) clocks(at time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.offset = at.Sub(m.clock())
	return m.offset
}

// resume begins at a checkpoint, which may also lie behind the place before. How old the data is stays as it is known.
func (m *meter) resume(c warehouse.Checkpoint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.through, m.status.ReceivedLSN = c.LSN, c.LSN
	m.committed(c.CommittedAt)
	m.passed()
}

// forget is resume for a store that was emptied: nothing in it is old.
func (m *meter) forget() {
	m.mu.Lock()
	m.inStep = time.Time{}
	m.mu.Unlock()
	m.resume(warehouse.Checkpoint{})
}

// gathering notes a batch being filled: the commit time of its oldest change, and how far we have read.
func (m *meter) gathering(oldest int64, received uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.filling, m.status.ReceivedLSN = oldest, max(m.status.ReceivedLSN, received)
}

// handed notes that the batch went to the loader.
func (m *meter) handed() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.loading == 0 {
		m.loading = m.filling
	}
	m.filling = 0
}

// loaded notes a committed load.
func (m *meter) loaded(c warehouse.Checkpoint, t *tally) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loading = 0
	m.status.Rows += int64(t.rows)
	sum(&m.status.Tables, t.tables)
	if t.rows > 0 {
		m.status.Batches.Add(t.batched(time.Now(), m.clock().UTC()))
	}
	m.committed(c.CommittedAt)
	m.through = max(m.through, c.LSN)
	m.passed()
}

// idle notes that nothing of ours lies before lsn that is not loaded.
func (m *meter) idle(lsn uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.ReceivedLSN = max(m.status.ReceivedLSN, lsn)
	if lsn > m.through {
		m.through = lsn
		m.passed()
	}
}

// probed notes where the server's log stands and what its clock says.
func (m *meter) probed(lsn uint64, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	m.offset = at.Sub(now)
	if m.probe != 0 {
		return // the older one is not reached yet
	}
	m.probe, m.probeAt = lsn, now
	m.reached()
}

func (m *meter) passed() {
	m.reached()
	close(m.moved)
	m.moved = make(chan struct{})
}

func (m *meter) reached() {
	if m.probe != 0 && m.through >= m.probe {
		m.probe = 0
		m.complete(m.probeAt)
	}
}

// grace is how long a silent source is taken to have nothing new: two probes and a margin.
const grace = 2*probeEvery + 500*time.Millisecond

// lag is the age of the oldest change that is committed and not visible. While the source cannot be asked it is the
// time since we last knew that there was none.
func (m *meter) lag() time.Duration {
	oldest := m.filling
	if m.loading != 0 {
		oldest = m.loading
	}
	if oldest != 0 {
		return max(0, m.clock().Add(m.offset).Sub(time.UnixMicro(oldest)))
	}
	since := m.inStep
	if since.IsZero() {
		since = m.status.Since // nothing was ever loaded
	}
	if unknown := m.clock().Sub(since); m.status.State != stateStreaming || unknown > grace {
		return max(0, unknown)
	}
	return 0
}

func (m *meter) snapshot() warehouse.Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.status.Clone()
	s.UpdatedAt, s.LoadedLSN = m.clock().UTC(), m.through
	s.LagSeconds, s.InStepAt = m.lag().Seconds(), m.inStep.UTC()
	if ahead := m.offset.Round(time.Second); ahead.Abs() > time.Second {
		s.ClockAhead = ahead.Seconds()
	}
	return s
}

// reaches waits until through is at lsn or beyond.
func (m *meter) reaches(ctx context.Context, lsn uint64) error {
	for {
		m.mu.Lock()
		through, moved := m.through, m.moved
		m.mu.Unlock()
		if through >= lsn && through > 0 {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
