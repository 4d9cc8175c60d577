package pgtest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Planted is a database that a test program fills once; each test that asks gets a copy of its own. To copy takes a
// fraction of the time of filling through the services again.
type Planted struct {
	once sync.Once
	from string
}

// New copies the database, which plant has filled when the first test asked. What plant opens by its test ends with it,
// for nothing may be connected to what is copied.
func (p *Planted) New(t testing.TB, plant func(testing.TB, *Database)) *Database {
	t.Helper()
	p.once.Do(func() {
		planting := &planting{TB: t}
		defer planting.end()
		d := New(planting)
		plant(planting, d)
		p.from = nameOf(planting, d.URL)
	})
	require.NotEmpty(t, p.from, "the database to be copied could not be filled; see the first failure")
	return at(t, copyOf(t, p.from), time.Now)
}

// planting is a test while it fills a database for others: what is to be cleaned up is cleaned up right after.
type planting struct {
	testing.TB
	ends []func()
}

func (p *planting) Cleanup(f func()) { p.ends = append(p.ends, f) }

func (p *planting) end() {
	for _, f := range slices.Backward(p.ends) {
		f()
	}
}
