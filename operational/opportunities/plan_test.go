package opportunities_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// A page must cost the same whether a company has a hundred opportunities or a million: the first page, the next one
// and the one of a stage are walks along an index that stop after a page, through the wall and for both sides. Whoever does
// not see all fields looks at a few rows more, and goes past those of the pages before.
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

// The same holds under rights: each part of a list is walked along its own index, also where the wall's own column
// would invite the planner to take two indexes together and sort what they share.
func TestPagesUnderRightsAreWalks(t *testing.T) {
	w := newWorld(t)
	_, err := w.bring(w.A, w.many(4000)...)
	require.NoError(t, err)
	w.exec(`analyze`)
	private, company := operational.VisibilityPrivate, operational.VisibilityCompany
	role := func(v operational.Visibility) operational.RoleRights {
		return operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{deal: {Read: true, Visibility: v}}}
	}
	link := func(v operational.Visibility) []operational.Link {
		return []operational.Link{
			{Connection: w.AP1, Vendor: w.A.Org, Contact: w.ContactAP1, ConnectionStatus: "active", ContactStatus: "active", InScope: true, Role: role(v)},
			{Connection: w.BP1, Vendor: w.B.Org, Contact: w.ContactBP1, ConnectionStatus: "active", ContactStatus: "active", InScope: true, Role: role(v)},
		}
	}
	for name, c := range map[string]struct {
		actor  operational.Actor
		rights operational.Rights
	}{
		"a partner's company":      {w.P1, operational.Rights{Own: role(company), Links: link(company)}},
		"a partner's own records":  {w.P1, operational.Rights{Own: role(private), Links: link(private)}},
		"a vendor's few partners":  {w.A, operational.Rights{Own: role(private), Managed: []uuid.UUID{w.AP1, w.AP2}, Channel: 1000}},
		"a vendor's many partners": {w.A, operational.Rights{Own: role(private), Managed: []uuid.UUID{w.AP1, w.AP2}, Channel: 1}},
	} {
		c.actor.Rights = &c.rights
		text := w.plan(c.actor, operational.Query{})
		for _, slow := range []string{"Seq Scan on opportunity", "Bitmap Heap Scan on opportunity", "top-N heapsort"} {
			require.NotContains(t, text, slow, name)
		}
	}
}

func requireWalk(t *testing.T, w *world, actor operational.Actor, name string, q operational.Query) {
	t.Helper()
	text := w.plan(actor, q)
	plan := strings.Split(text, "\n")
	require.NotContains(t, text, "Seq Scan on opportunity", "%s %s", actor.Side, name)
	for i, line := range plan {
		if strings.Contains(line, "Index Scan using opportunity_of") && strings.Contains(line, " on opportunity o") {
			whole := actor.ReadableFields(deal).Whole()
			rows, err := strconv.Atoi(regexp.MustCompile(`actual rows=(\d+)`).FindStringSubmatch(line)[1])
			require.NoError(t, err)
			if whole {
				require.Equal(t, 51, rows, "%s %s: it stops after a page", actor.Side, name)
			} else { // of a part of the list, in which there may be fewer
				require.LessOrEqual(t, rows, 57, "%s %s: it stops a few rows behind a page", actor.Side, name)
			}
			if len(q.After) > 0 && whole {
				require.Contains(t, plan[i+1], "ROW(updated_at, id) <", "%s %s: it begins behind the last page", actor.Side, name)
			}
			return
		}
	}
	require.Fail(t, "no walk along an index", "%s %s:\n%s", actor.Side, name, text)
}

// plan is how the database reads a list.
func (w *world) plan(actor operational.Actor, q operational.Query) string {
	w.t.Helper()
	sql, args, err := opportunities.ListStatement(actor, q)
	require.NoError(w.t, err)
	var plan []string
	require.NoError(w.t, w.db.API.InTx(w.t.Context(), actor, func(tx *postgres.Tx) error {
		rows, err := tx.Query(w.t.Context(), "explain (analyze, costs off, timing off) "+sql, args...)
		if err != nil {
			return err
		}
		plan, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	}))
	return strings.Join(plan, "\n")
}
