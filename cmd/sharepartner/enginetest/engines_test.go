// Package enginetest holds the engines of the warehouse against each other, over a channel that is too large to be worked out
// by hand: the same changes in the same loads, then the same questions.
//
//	go test ./cmd/sharepartner/enginetest -timeout 1h -args -questions 1000 -seed 7
//
// Decided: all tests together put few questions, as loading 100,000 opportunities into both is 20 seconds of a processor, and a
// question with the events behind one of its numbers most of one. Each metric is asked after each kind of load.
package enginetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

var (
	seed      = flag.Uint64("seed", uint64(time.Now().UnixNano())%10_000, "what the channel and the questions are made from; default by chance")
	deals     = flag.Int("deals", 100_000, "how many opportunities the first copy has")
	questions = flag.Int("questions", 12, "how many questions are put to both engines")
)

func TestMain(m *testing.M) { chtest.Main(m) }

// engines are the two, in the order in which they are named.
type engines [2]warehouse.Store

func open(t *testing.T) engines {
	t.Helper()
	duck, err := duckdb.Open(t.Context(), duckdb.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, duck.Close()) })
	house, err := clickhouse.Open(t.Context(), clickhouse.Options{URL: chtest.NewURL(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, house.Close()) })
	return engines{duck, house}
}

// load brings the same to both.
func (e engines) load(t *testing.T, l load) {
	t.Helper()
	both, ctx := errgroup.WithContext(t.Context())
	for _, s := range e {
		both.Go(func() error { return l.into(ctx, s) })
	}
	require.NoError(t, both.Wait())
}

// agree puts questions to both.
func (e engines) agree(t *testing.T, c *channel, from, to int) {
	t.Helper()
	var all errgroup.Group
	all.SetLimit(4)
	for i := from; i < to; i++ {
		all.Go(func() error {
			q := c.question(*seed, i)
			duck, house := q.put(t.Context(), e[0]), q.put(t.Context(), e[1])
			if duck == house {
				return nil
			}
			ask, _ := json.Marshal(q.ask)
			return fmt.Errorf("question %d of seed %d: %s of %+v\n%s\n%s", i, *seed, q.metric, q.who, ask, difference(duck, house))
		})
	}
	require.NoError(t, all.Wait())
}

// difference is where two answers part.
func difference(a, b string) string {
	one, other := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := 0; i < len(one) && i < len(other); i++ {
		if one[i] != other[i] {
			return fmt.Sprintf("line %d is\n%s\nand\n%s", i, one[i], other[i])
		}
	}
	return fmt.Sprintf("one has %d lines and the other %d", len(one), len(other))
}

// TestEnginesAgree asks between the loads, too: what a load leaves to be derived otherwise shows there.
func TestEnginesAgree(t *testing.T) {
	t.Logf("seed %d", *seed)
	e, c := open(t), newChannel(*seed)
	loaded := func(loads ...load) {
		for _, l := range loads {
			e.load(t, l)
		}
		c.ends = append(c.ends, c.lsn)
	}
	loaded(c.copied(*deals, 2)...)
	e.agree(t, c, 0, *questions/4)
	var last load
	for _, n := range []int{1, 30, *deals / 100, *deals / 20} {
		last = c.streamed(n)
		loaded(last)
	}
	loaded(last) // sent again
	loaded(c.catalogue())
	e.agree(t, c, *questions/4, *questions/2)
	loaded(c.emptied())
	loaded(c.compared())
	e.agree(t, c, *questions/2, *questions)
	e.hold(t)
}

// hold compares what the engines keep, row by row, and what they derive with what the history says.
func (e engines) hold(t *testing.T) {
	t.Helper()
	span := warehouse.KeySpan{From: uuid.UUID{0x40}, To: uuid.UUID{0x44}}
	kept := func(s warehouse.Store) []string {
		v, err := s.View(t.Context())
		require.NoError(t, err)
		defer func() { require.NoError(t, v.Close()) }()
		wrong, err := v.Misderived(t.Context(), span)
		require.NoError(t, err)
		require.Empty(t, wrong)
		var all []string
		for _, table := range warehouse.Tables {
			within := warehouse.KeySpan{}
			if table.Name == "opportunity" || table.Name == "opportunity_history" || table.Name == "opportunity_line" {
				within = span
			}
			require.NoError(t, v.Scan(t.Context(), table, within, func(b *warehouse.Batch) error {
				for i := range b.Len() {
					all = append(all, fmt.Sprint(table.Name, " ", b.RecordLSN[i], rowText(b, i)))
				}
				return nil
			}))
			recent, err := v.Recent(t.Context(), table, 1<<20)
			require.NoError(t, err)
			slices.SortFunc(recent, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
			all = append(all, fmt.Sprint("changed in ", table.Name, ": ", recent))
		}
		return all
	}
	duck, house := kept(e[0]), kept(e[1])
	require.NotEmpty(t, duck)
	require.Equal(t, duck, house)
}

func rowText(b *warehouse.Batch, i int) (text string) {
	for c := range b.Columns {
		d := &b.Columns[c]
		switch {
		case d.State[i] != warehouse.Present:
			text += fmt.Sprint(" ", d.State[i], "-")
		case d.Kind == warehouse.KindUUID:
			text += " " + uuid.UUID(d.UUIDs[i]).String()
		case d.Kind == warehouse.KindText:
			text += fmt.Sprintf(" %q", d.Text(i))
		default:
			text += fmt.Sprint(" ", d.Ints[i])
		}
	}
	return text
}
