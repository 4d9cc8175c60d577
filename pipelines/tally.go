package pipelines

import (
	"slices"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/warehouse"
)

// tally counts what one load brings.
type tally struct {
	began, ending time.Time // of the load; of making it durable
	rows, bytes   int
	tables        []warehouse.TableCount
}

func (t *tally) add(b *warehouse.Batch) {
	t.rows += b.Len()
	c := countOf(&t.tables, b.Table.Name)
	for i, from := 1, 0; i <= len(b.Ops); i++ { // changes of one kind come in runs
		if i == len(b.Ops) || b.Ops[i] != b.Ops[from] {
			c.Add(b.Ops[from], int64(i-from))
			from = i
		}
	}
}

// batched is the load as the status shows it, done at a time.
func (t *tally) batched(at, shown time.Time) warehouse.Batched {
	return warehouse.Batched{
		At: shown, Rows: int64(t.rows), Bytes: int64(t.bytes), Seconds: at.Sub(t.began).Seconds(), CommitSeconds: at.Sub(t.ending).Seconds(),
	}
}

// countOf finds the count of a table, or makes it; they are kept in the order of their names.
func countOf(counts *[]warehouse.TableCount, table string) *warehouse.TableCount {
	i, found := slices.BinarySearchFunc(*counts, table, func(c warehouse.TableCount, name string) int { return strings.Compare(c.Table, name) })
	if !found {
		*counts = slices.Insert(*counts, i, warehouse.TableCount{Table: table})
	}
	return &(*counts)[i]
}

// sum adds the counts of a load to those of all.
func sum(all *[]warehouse.TableCount, load []warehouse.TableCount) {
	for _, c := range load {
		to := countOf(all, c.Table)
		to.Copied += c.Copied
		to.Inserted += c.Inserted
		to.Updated += c.Updated
		to.Deleted += c.Deleted
		to.Truncated += c.Truncated
		to.Repaired += c.Repaired
	}
}
