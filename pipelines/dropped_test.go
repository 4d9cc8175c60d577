package pipelines_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// A column is dropped while writes go on. The program of before stops where rows come without it; the next one goes on from
// there, nothing of any log is rewritten, and what was in the column stays known.
func TestAColumnIsDroppedWhileWritesGoOn(t *testing.T) {
	t.Parallel()
	b := newBed(t)
	owner := b.owner()
	weight := warehouse.Column{Name: "weight", Kind: warehouse.KindInt}
	earlier := mirror(map[string]func([]warehouse.Column) []warehouse.Column{"product": with(weight)})
	gone := weight
	gone.Gone = true
	later := mirror(map[string]func([]warehouse.Column) []warehouse.Column{"product": with(gone)})
	b.migrate(9001, strings.Join([]string{
		`alter table crm.product add column weight int not null default 3`,
		publish(earlier),
		`grant select (weight) on crm.product to sharepartner_cdc`,
	}, ";\n"))
	b.spareWriters()
	b.plant(owner, 20)
	written := b.keepWriting(2)
	p, stop, store := b.runWith(earlier, 9001)
	b.catchUp(p)
	b.migrate(9002, strings.Join([]string{publish(later), `alter table crm.product drop column weight`}, ";\n"))
	_, err := owner.Exec(context.Background(), `update crm.product set active = not active where name = 'Product 1'`)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "failed" && assertContains(s.Detail, "crm.product", "not sent: weight", "migration 9002 changed it and this program knows those up to 9001: start the new version of the program")
	}, time.Minute, 20*time.Millisecond)
	stop()
	require.NoError(t, store.Close())
	before := b.logRows(earlier)

	p, stop, store = b.runWith(later, 9002)
	require.Eventually(t, func() bool {
		s, err := p.Status(context.Background())
		return err == nil && s.State == "streaming" && s.Schema.Version == 9002
	}, time.Minute, 20*time.Millisecond)
	_, err = owner.Exec(context.Background(), `update crm.product set active = not active where name = 'Product 2'`)
	require.NoError(t, err)
	written()
	b.catchUp(p)
	s, err := p.Status(context.Background())
	require.NoError(t, err)
	require.Empty(t, s.Schema.Altered)
	require.Zero(t, s.DeadLetters)
	stop()
	require.NoError(t, store.Close())
	for name, rows := range b.logRows(earlier) {
		require.Empty(t, difference(before[name], rows), "%s_log: rows that were there are there as they were", name)
	}
	db := b.read()
	require.Equal(t, []string{"Product 1 -", "Product 2 -", "Product 3 3"},
		duckRows(t, db, `select name || ' ' || coalesce(weight::text, '-') from product where name in ('Product 1', 'Product 2', 'Product 3') order by 1`), "null in rows that came without it")
	require.Equal(t, []string{"3"}, duckRows(t, db, `select distinct weight::text from product_log where name = 'Product 1' and weight is not null`))
	b.requireMirror(owner, db, mirror(nil))
}
