package pipelines

import (
	"fmt"

	"github.com/sharepartner/sharepartner/warehouse"
)

// progress counts the rows of a copy or comparison of all tables.
type progress struct {
	doing  string // copying or comparing
	tables []*warehouse.Table
	about  []int64 // rows of each table, as the server estimates
	read   []int64
	at     int // the furthest table; one before it may still be with another worker
}

func newProgress(doing string, tables []*warehouse.Table) *progress {
	return &progress{doing: doing, tables: tables, about: make([]int64, len(tables)), read: make([]int64, len(tables))}
}

// add notes rows of a table.
func (p *progress) add(t *warehouse.Table, rows int64) {
	for i := range p.tables {
		if p.tables[i] == t {
			p.read[i] += rows
			p.at = max(p.at, i)
		}
	}
}

// done notes that a table is read: it had as many rows as were read of it.
func (p *progress) done(t *warehouse.Table) {
	for i := range p.tables {
		if p.tables[i] == t {
			p.about[i] = p.read[i]
		}
	}
}

// now says how far it is. A table that has turned out larger than it was estimated counts as what is read of it.
func (p *progress) now() *warehouse.Progress {
	s := &warehouse.Progress{Table: p.tables[p.at].Name, Number: p.at + 1, Tables: len(p.tables)}
	for i, read := range p.read {
		s.Rows += read
		s.About += max(read, p.about[i])
	}
	return s
}

// words are now for the status.
func (p *progress) words() string {
	s := p.now()
	return fmt.Sprintf("%s %s (table %d of %d), %d of about %d rows in all", p.doing, s.Table, s.Number, s.Tables, s.Rows, s.About)
}

// progressed notes how far a copy or comparison is.
func (m *meter) progressed(p *progress, more string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.status.Detail, m.status.Progress = p.words()+more, p.now()
}

// finishing notes that all rows are read.
func (m *meter) finishing(p *progress, what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := p.now()
	all.Table, all.Number, all.About = p.tables[len(p.tables)-1].Name, len(p.tables), all.Rows
	m.status.Detail, m.status.Progress = what, all
}
