package opportunities_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// A page must cost the same whether a company has a hundred opportunities or a million: the first page, the next one
// and the one of a stage are walks along an index that stop after a page, through the wall and for both sides.
func TestPagesAreWalksAlongAnIndex(t *testing.T) {
	w := newWorld(t)
	_, err := w.bring(w.A, w.many(4000)...)
	require.NoError(t, err)
	owner := w.db.Owner(t)
	_, err = owner.Exec(t.Context(), `analyze`)
	require.NoError(t, err)
	stage, err := operational.ParseFilter("stage eq '"+w.stage("A", "Engaging").String()+"'", w.listing(w.A).Filters)
	require.NoError(t, err)
	for _, actor := range []operational.Actor{w.A, w.P1} {
		for name, q := range map[string]operational.Query{"all": {}, "of a stage": {Filter: stage}} {
			first, err := w.s.List(t.Context(), actor, q)
			require.NoError(t, err)
			requireWalk(t, w, actor, name, q)
			q.After = first.Next
			requireWalk(t, w, actor, name+", next", q)
		}
	}
}

func requireWalk(t *testing.T, w *world, actor operational.Actor, name string, q operational.Query) {
	t.Helper()
	sql, args, err := opportunities.ListStatement(actor, q)
	require.NoError(t, err)
	var plan []string
	require.NoError(t, w.db.API.InTx(t.Context(), actor, func(tx *postgres.Tx) error {
		rows, err := tx.Query(t.Context(), "explain (analyze, costs off, timing off) "+sql, args...)
		if err != nil {
			return err
		}
		plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}))
	text := strings.Join(plan, "\n")
	require.NotContains(t, text, "Seq Scan on opportunity", "%s %s", actor.Side, name)
	for i, line := range plan {
		if strings.Contains(line, "Index Scan using opportunity_of") && strings.Contains(line, " on opportunity o") {
			require.Contains(t, line, "rows=51", "%s %s: it stops after a page", actor.Side, name)
			if len(q.After) > 0 {
				require.Contains(t, plan[i+1], "ROW(updated_at, id) <", "%s %s: it begins behind the last page", actor.Side, name)
			}
			return
		}
	}
	require.Fail(t, "no walk along an index", "%s %s:\n%s", actor.Side, name, text)
}
