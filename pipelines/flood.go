package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// kindsNamed is how many tables and columns a flood names.
const kindsNamed = 5

// flood counts the rows of a load that cannot be kept, by table and column.
type flood struct {
	kinds map[AsideKind]int
	last  warehouse.DeadLetter // without what came
	over  int                  // how many there are above what is allowed in a minute; 0: not too many
}

// AsideKind is what rows that cannot be kept have in common.
type AsideKind struct{ Table, Column string }

func (f *flood) add(l warehouse.DeadLetter) {
	if f.kinds == nil {
		f.kinds = map[AsideKind]int{}
	}
	f.kinds[AsideKind{l.Table, l.Column}]++
	f.last = l
	f.last.Raw, f.last.Relation = nil, nil
}

// FloodError says that too many rows cannot be kept. Nothing of the load that holds them is visible.
type FloodError struct {
	Limit int
	Over  int // how many there are above the limit of a minute
	Kinds map[AsideKind]int
	Last  warehouse.DeadLetter
	All   bool // all rows were read for it, and all that cannot be kept are counted
}

// Error names what cannot be kept and what to do.
func (e *FloodError) Error() string {
	last := fmt.Sprintf("%s; the last has key %s: %s", e.named(), e.Last.Key, e.Last.Reason)
	if e.All {
		return fmt.Sprintf("more than %d rows in a minute cannot be kept: in all %s. All rows were read, and nothing of that is visible; what the warehouse had stands. "+
			"Correct them in Postgres: all rows are read again from time to time. To have them set aside instead, say so: sharepartner pipelines allow-aside --rows %d, beside the running program, "+
			"which then reads again at once; or start it with a higher SHAREPARTNER_ASIDE_PER_MINUTE. %s", e.Limit, last, e.Over, laterOn)
	}
	return fmt.Sprintf("more than %d rows in a minute cannot be kept: so far %s. All before is loaded and nothing is lost. "+
		"So many are no odd rows: find what writes them and stop it. The pipeline stands still before them, also when they are corrected, since they stay in the log. "+
		"To have it set them aside and go on, say so: sharepartner pipelines allow-aside, beside the running program; or start it with a higher SHAREPARTNER_ASIDE_PER_MINUTE. %s", e.Limit, last, laterOn)
}

const laterOn = "A row that is corrected takes the place of its bad version then, and others can be replayed when they can be read"

// named lists tables and columns, those with the most rows first.
func (e *FloodError) named() string {
	kinds := slices.SortedFunc(maps.Keys(e.Kinds), func(a, b AsideKind) int {
		return cmp.Or(cmp.Compare(e.Kinds[b], e.Kinds[a]), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Column, b.Column))
	})
	var words []string
	rest := 0
	for i, k := range kinds {
		if i < kindsNamed {
			words = append(words, fmt.Sprintf("%d in table %s (column %s)", e.Kinds[k], k.Table, k.Column))
		} else {
			rest += e.Kinds[k]
		}
	}
	if rest > 0 {
		words = append(words, fmt.Sprintf("%d in others", rest))
	}
	return strings.Join(words, ", ")
}

// verdict is a FloodError if the open load had too many rows that cannot be kept. All says that there are no further ones.
func (a *aside) verdict(all bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.flood.over == 0 {
		return nil
	}
	return &FloodError{Limit: a.limit, Over: a.flood.over, Kinds: maps.Clone(a.flood.kinds), Last: a.flood.last, All: all}
}

// longest is the longest pause after all rows were read for nothing.
const longest = 10 * time.Minute

// rest waits before the next try. All rows are not read every few seconds for nothing: after a flood among them it takes as
// long as reading them took, unless somebody lets it go on.
func (p *Pipeline) rest(ctx context.Context, wait, took time.Duration, err error) {
	var flood *FloodError
	if !errors.As(err, &flood) {
		sleep(ctx, wait)
		return
	}
	if flood.All {
		wait = max(wait, min(took, longest))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.aside.said:
	case <-ctx.Done():
	}
}
