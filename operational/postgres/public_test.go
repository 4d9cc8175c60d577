package postgres_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// enterAs opens a transaction of the api login in a role, with a context that claims a side.
func (c channel) enterAs(t *testing.T, role string, actor operational.Actor, side operational.Side) pgx.Tx {
	t.Helper()
	ctx := context.Background()
	url, err := postgres.LoginURL(c.URL, postgres.LoginAPI, pgtest.Secret)
	require.NoError(t, err)
	tx, err := connect(t, url).Begin(ctx)
	require.NoError(t, err)
	actor.Side = side
	claim, sig := postgres.NewSigner(pgtest.Secret).Sign(actor, time.Now().Add(time.Minute))
	_, err = tx.Exec(ctx, `select set_config('role', $1, true), set_config('app.ctx', $2, true), set_config('app.sig', $3, true)`, role, claim, sig)
	require.NoError(t, err)
	return tx
}

// The role that is shown the records of all partners reads those of one vendor, in one table, and only in a context
// that was signed for it; no other role takes such a context.
func TestTheRoleThatIsShownAllPartnersRecords(t *testing.T) {
	ctx := context.Background()
	c := newChannel(t, pgtest.New(t))
	_, err := c.Owner(t).Exec(ctx, `update crm.role_object set visibility = 'public' where audience = 'external' and object = 'opportunity' and org_id = $1`, c.A.Org)
	require.NoError(t, err)
	inA, inB := operational.Side("public:"+id("AP").String()), operational.Side("public:"+id("BP").String())

	var names []string
	rows, err := c.enterAs(t, "sharepartner_public", c.P, inA).Query(ctx, `select name from crm.opportunity order by name`)
	require.NoError(t, err)
	names, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{"oa", "oq"}, names, "neither the vendor's own business nor another vendor's")

	for name, refused := range map[string]struct {
		role  string
		actor operational.Actor
		side  operational.Side
		sql   string
	}{
		"a partner's own context":           {"sharepartner_public", c.P, operational.SidePartner, `select name from crm.opportunity`},
		"a vendor that is not public":       {"sharepartner_public", c.P, inB, `select name from crm.opportunity`},
		"a connection of another partner":   {"sharepartner_public", c.Q, inA, `select name from crm.opportunity`},
		"a vendor's person":                 {"sharepartner_public", c.A, inA, `select name from crm.opportunity`},
		"no connection":                     {"sharepartner_public", c.P, "public:", `select name from crm.opportunity`},
		"the vendor's field":                {"sharepartner_public", c.P, inA, `select vendor_account_id from crm.opportunity`},
		"another table":                     {"sharepartner_public", c.P, inA, `select * from crm.opportunity_line`},
		"history":                           {"sharepartner_public", c.P, inA, `select version from crm.opportunity_history`},
		"writing":                           {"sharepartner_public", c.P, inA, `update crm.opportunity set name = 'x'`},
		"the context in the partners' role": {"sharepartner_partner", c.P, inA, `select name from crm.opportunity`},
		"the context in the vendors' role":  {"sharepartner_vendor", c.P, inA, `select name from crm.opportunity`},
	} {
		rows, err := c.enterAs(t, refused.role, refused.actor, refused.side).Query(ctx, refused.sql)
		if err == nil {
			_, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (string, error) { return fmt.Sprint(r.RawValues()), nil })
		}
		require.Error(t, err, name)
	}
	url, err := postgres.LoginURL(c.URL, postgres.LoginJobs, pgtest.Secret)
	require.NoError(t, err)
	_, err = connect(t, url).Exec(ctx, `set role sharepartner_public`)
	require.Error(t, err, "no job reads for a person")
}
