package imports

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

const nothing = `select (select count(*) from crm.connection) + (select count(*) from crm.product) + (select count(*) from crm.sales_process) + (select count(*) from crm.account)
	+ (select count(*) from crm.opportunity) + (select count(*) from crm.opportunity_history) + (select count(*) from crm.import_finding)`

// large is an export of our own with so many opportunities that there is time to disturb it.
func large(n int) map[string][]byte {
	var b strings.Builder
	b.WriteString(pipelineHeader)
	for i := range n {
		fmt.Fprintf(&b, "L%d,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,%d\n", i, i+1)
	}
	return small("sales_pipeline.csv", b.String())
}

func (c *channel) start(t testing.TB, in NewImport) Import {
	t.Helper()
	i, err := c.service.Start(t.Context(), c.vendor, in)
	require.NoError(t, err)
	require.Equal(t, StateQueued, i.State)
	require.Equal(t, c.vendor.Membership, *i.StartedBy)
	return i
}

func (c *channel) get(t testing.TB, id uuid.UUID) Import {
	t.Helper()
	i, err := c.service.Get(t.Context(), c.vendor, id)
	require.NoError(t, err)
	return i
}

func (c *channel) working(t testing.TB) *jobs.Jobs {
	t.Helper()
	j, err := jobs.New(c.Jobs, slog.New(slog.DiscardHandler), c.runner.Worker())
	require.NoError(t, err)
	require.NoError(t, j.Start(t.Context()))
	t.Cleanup(func() { _ = j.Stop(context.Background()) })
	return j
}

func (c *channel) ends(t testing.TB, id uuid.UUID) Import {
	t.Helper()
	var i Import
	require.Eventually(t, func() bool {
		i = c.get(t, id)
		return i.FinishedAt != nil
	}, 30*time.Second, 20*time.Millisecond)
	return i
}

func TestAnImportThatIsAskedForRunsAsAJob(t *testing.T) {
	c := newChannel(t)
	c.working(t)
	done := c.ends(t, c.start(t, NewImport{Files: small()}).ID)
	require.Equal(t, StateDone, done.State)
	require.InDelta(t, 1, done.Progress, 0)
	require.Equal(t, Tally{Created: 4}, done.Summary.Opportunities)
	require.Equal(t, Outcome{1, "1900.00"}, done.Summary.Won)
	require.Equal(t, map[string]int{"Engaging": 2, "Won": 1, "Lost": 1}, done.Summary.ByStage)
	require.Equal(t, map[string]int{ruleSpelling: 2, ruleNameMatch: 1, ruleCustomerUnknown: 1, ruleListPrice: 1}, done.Summary.Cleansed)

	listed, err := c.service.List(t.Context(), c.vendor, operational.Query{})
	require.NoError(t, err)
	require.Equal(t, []Import{done}, listed.Items)
	page := operational.Query{Page: operational.Page{Limit: 2, Count: true}}
	var rules []string
	for {
		found, err := c.service.Findings(t.Context(), c.vendor, done.ID, page)
		require.NoError(t, err)
		require.EqualValues(t, 5, *found.Total)
		for _, f := range found.Items {
			rules = append(rules, f.Rule)
		}
		if found.Next == nil {
			break
		}
		page.After = found.Next
	}
	require.Equal(t, []string{ruleSpelling, ruleSpelling, ruleNameMatch, ruleCustomerUnknown, ruleListPrice}, rules)
	kept, err := c.service.Findings(t.Context(), c.vendor, done.ID, operational.Query{Filter: &operational.Filter{Field: "rule", Op: "eq", Values: []string{ruleListPrice}}})
	require.NoError(t, err)
	require.Len(t, kept.Items, 1)
	require.Equal(t, 4, kept.Items[0].Line)
}

func TestADryRunSaysTheSameAndLeavesNothing(t *testing.T) {
	c := newChannel(t)
	dry := c.run(t, NewImport{Files: small(), DryRun: true})
	require.Zero(t, one[int](t, c, nothing)-one[int](t, c, `select count(*) from crm.import_finding`))
	require.True(t, dry.DryRun)
	wet := c.run(t, NewImport{Files: small()})
	require.Equal(t, wet.Summary, dry.Summary)
	queued := c.start(t, NewImport{Files: small(), DryRun: true})
	before := one[string](t, c, everything)
	require.NoError(t, c.runner.Run(t.Context(), c.vendor, queued.ID, nil))
	require.Equal(t, StateDone, c.get(t, queued.ID).State)
	require.Equal(t, Tally{Unchanged: 4}, c.get(t, queued.ID).Summary.Opportunities)
	require.Equal(t, before, one[string](t, c, everything))
}

func TestADryRunForAVendorThatIsNotHereLeavesNothing(t *testing.T) {
	c := newChannel(t)
	ctx := t.Context()
	before := one[string](t, c, everything)
	wanted := identity.NewVendor{Name: "Not here", TimeZone: "UTC", FiscalMonth: 1, Currency: "USD"}
	dry, err := c.runner.TryFor(ctx, wanted, NewImport{Files: small()}, nil)
	require.NoError(t, err)
	require.True(t, dry.DryRun)
	require.Equal(t, before, one[string](t, c, everything))
	require.Zero(t, one[int](t, c, `select count(*) from crm.import`))
	_, found, err := identity.NewAdmin(c.Jobs).FindVendor(ctx, wanted.Name)
	require.NoError(t, err)
	require.False(t, found)

	org, err := identity.NewAdmin(c.Jobs).CreateVendor(ctx, wanted)
	require.NoError(t, err)
	wet, err := c.runner.Import(ctx, operational.Actor{}.As(org, operational.SideVendor, "import"), NewImport{Files: small()}, nil)
	require.NoError(t, err)
	require.Equal(t, wet.Summary, dry.Summary)
	_, err = c.runner.TryFor(ctx, identity.NewVendor{Name: "Not here", Currency: "dollars"}, NewImport{Files: small()}, nil)
	require.Equal(t, operational.KindInvalid, operational.KindOf(err))
}

func TestWhatCannotBeReadIsRefusedAtOnceAndNothingIsStored(t *testing.T) {
	c := newChannel(t)
	for _, in := range []NewImport{
		{Files: map[string][]byte{}},
		{Files: small("accounts.csv", "account\n\"x")},
		{Files: small(), Mapping: []byte("stages: []")},
	} {
		_, err := c.service.Start(t.Context(), c.vendor, in)
		require.Equal(t, operational.KindInvalid, operational.KindOf(err))
		_, err = c.runner.Import(t.Context(), c.vendor, in, nil)
		require.Equal(t, operational.KindInvalid, operational.KindOf(err))
	}
	require.Zero(t, one[int](t, c, `select (select count(*) from crm.import) + (select count(*) from crm.import_file) + (select count(*) from crm.outbox)`))
}

func TestAnImportThatIsInterruptedAnywhereLeavesNothing(t *testing.T) {
	c := newChannel(t)
	files := large(1200)
	r := rand.New(rand.NewPCG(7, uint64(time.Now().UnixNano())))
	for range 6 {
		at := r.Float64() * 0.97
		ctx, cancel := context.WithCancel(t.Context())
		_, err := c.runner.Import(ctx, c.vendor, NewImport{Files: files}, func(done float64, _ string) {
			if done >= at {
				cancel()
			}
		})
		cancel()
		require.ErrorIs(t, err, context.Canceled, "at %.2f", at)
		require.Zero(t, one[int](t, c, nothing+`+ (select count(*) from crm.import)`), "at %.2f", at)
	}
	require.Equal(t, Tally{Created: 1200}, c.run(t, NewImport{Files: files}).Summary.Opportunities)
}

func TestAnImportWhoseConnectionsAreKilledIsDoneByTheNextRunOnce(t *testing.T) {
	c := newChannel(t)
	queued := c.start(t, NewImport{Files: large(1500)})
	conn, err := pgx.Connect(t.Context(), pgtest.Server(t).SuperURL)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	database := one[string](t, c, `select current_database()`)
	for _, at := range []float64{0, 0.2, 0.5, 0.9} {
		var once sync.Once
		err := c.runner.Run(t.Context(), c.vendor, queued.ID, func(done float64, _ string) {
			if done >= at {
				once.Do(func() { killImports(t, conn, database) })
			}
		})
		require.Equal(t, operational.KindUnavailable, operational.KindOf(err), "at %.1f: %v", at, err)
		require.Zero(t, one[int](t, c, nothing), "at %.1f", at)
		require.Equal(t, StateQueued, c.get(t, queued.ID).State)
	}
	require.NoError(t, c.runner.Run(t.Context(), c.vendor, queued.ID, nil))
	done := c.get(t, queued.ID)
	require.Equal(t, StateDone, done.State)
	require.Equal(t, Tally{Created: 1500}, done.Summary.Opportunities)
	require.NoError(t, c.runner.Run(t.Context(), c.vendor, queued.ID, nil))
	require.Equal(t, done, c.get(t, queued.ID), "what is done is not done again")
}

// killImports ends the jobs login's connections, as a crash of either side would.
func killImports(t *testing.T, conn *pgx.Conn, database string) {
	t.Helper()
	var n int
	require.NoError(t, conn.QueryRow(t.Context(), `select count(pg_terminate_backend(pid)) from pg_stat_activity
		where datname = $1 and usename = 'sharepartner_jobs'`, database).Scan(&n))
	require.NotZero(t, n)
}

func TestAnImportCanBeCancelledWhileItWaitsAndWhileItRuns(t *testing.T) {
	c := newChannel(t)
	ctx := t.Context()
	waiting := c.start(t, NewImport{Files: small()})
	cancelled, err := c.service.Cancel(ctx, c.vendor, waiting.ID)
	require.NoError(t, err)
	require.Equal(t, StateCancelled, cancelled.State)
	require.NoError(t, c.runner.Run(ctx, c.vendor, waiting.ID, nil))
	require.Equal(t, StateCancelled, c.get(t, waiting.ID).State)

	running := c.start(t, NewImport{Files: large(1500)})
	var once sync.Once
	require.NoError(t, c.runner.Run(ctx, c.vendor, running.ID, func(done float64, _ string) {
		if done > 0.3 {
			once.Do(func() {
				_, err := c.service.Cancel(ctx, c.vendor, running.ID)
				require.NoError(t, err)
			})
		}
	}))
	require.Equal(t, StateCancelled, c.get(t, running.ID).State)
	require.Zero(t, one[int](t, c, nothing))

	_, err = c.service.Cancel(ctx, c.vendor, running.ID)
	require.Equal(t, operational.KindConflict, operational.KindOf(err))
	_, err = c.service.Cancel(ctx, c.vendor, uuid.New())
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
}

func TestAStopPutsARunningImportBackForTheNextStart(t *testing.T) {
	c := newChannel(t)
	first := c.working(t)
	i := c.start(t, NewImport{Files: large(4000)})
	require.Eventually(t, func() bool { return c.get(t, i.ID).Progress > 0.1 }, 20*time.Second, 5*time.Millisecond)
	require.NoError(t, first.Stop(t.Context()))
	require.Equal(t, StateQueued, c.get(t, i.ID).State)
	require.Zero(t, one[int](t, c, nothing))
	c.working(t)
	require.Equal(t, Tally{Created: 4000}, c.ends(t, i.ID).Summary.Opportunities)
}

// diesInItsLastAttempt leaves an import as a program does that is killed in the last of five attempts.
func (c *channel) diesInItsLastAttempt(t *testing.T, files map[string][]byte, cancelled bool) Import {
	t.Helper()
	i := c.start(t, NewImport{Files: files})
	relay, err := jobs.New(c.Jobs, slog.New(slog.DiscardHandler), jobs.Worker{Event: EventRequested, Work: func(ctx context.Context, _ jobs.Job) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	require.NoError(t, err)
	require.NoError(t, relay.Start(t.Context()))
	require.Eventually(t, func() bool {
		return one[int](t, c, `select count(*) from river.river_job where state = 'running' and args->>'record' = $1`, i.ID.String()) == 1
	}, 20*time.Second, 20*time.Millisecond)
	require.NoError(t, relay.Stop(t.Context()))
	_, err = c.Owner(t).Exec(t.Context(), `update river.river_job set state = 'running', attempt = 5, attempted_at = now(), attempted_by = '{sharepartner-1}' where args->>'record' = $1`, i.ID.String())
	require.NoError(t, err)
	_, err = c.Owner(t).Exec(t.Context(), `update crm.import set state = 'running', started_at = now(), progress = 0.4, cancel_requested = $2 where id = $1`, i.ID, cancelled)
	require.NoError(t, err)
	return i
}

func TestAnImportWhoseProgramDiesInTheLastAttemptFails(t *testing.T) {
	c := newChannel(t)
	stuck := c.diesInItsLastAttempt(t, small(), false)
	c.working(t)
	failed := c.ends(t, stuck.ID)
	require.Equal(t, StateFailed, failed.State)
	require.Contains(t, *failed.Fault, "Nothing was imported")
	require.Contains(t, *failed.Fault, "Send the files again")
	require.Zero(t, one[int](t, c, nothing))
	again := c.ends(t, c.start(t, NewImport{Files: small()}).ID)
	require.Equal(t, Tally{Created: 4}, again.Summary.Opportunities)
}

func TestAnImportThatWasToBeCancelledWhenItsProgramDiedIsCancelled(t *testing.T) {
	c := newChannel(t)
	unwanted := c.diesInItsLastAttempt(t, small(), true)
	c.working(t)
	require.Equal(t, StateCancelled, c.ends(t, unwanted.ID).State)
}

func TestAnImportThatWasPutBackCanFail(t *testing.T) {
	c := newChannel(t)
	queued := c.start(t, NewImport{Files: small()})
	require.NoError(t, c.runner.giveUp(t.Context(), c.vendor, queued.ID))
	failed := c.get(t, queued.ID)
	require.Equal(t, StateFailed, failed.State)
	require.NoError(t, c.runner.Run(t.Context(), c.vendor, queued.ID, nil))
	require.Equal(t, failed, c.get(t, queued.ID), "what has failed is not taken up again")
	require.NoError(t, c.runner.giveUp(t.Context(), c.vendor, queued.ID))
	require.Equal(t, failed, c.get(t, queued.ID), "nor given up twice")
	require.NoError(t, c.runner.giveUp(t.Context(), c.vendor, uuid.New()))
}

func TestTwoRunsOfOneImportDoItOnce(t *testing.T) {
	c := newChannel(t)
	i := c.start(t, NewImport{Files: large(1000)})
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { require.NoError(t, c.runner.Run(t.Context(), c.vendor, i.ID, nil)) })
	}
	both.Wait()
	require.Equal(t, Tally{Created: 1000}, c.get(t, i.ID).Summary.Opportunities)
	require.Equal(t, 1000, one[int](t, c, `select count(*) from crm.opportunity`))
}

func TestAnotherVendorsImportIsNotThere(t *testing.T) {
	c := newChannel(t)
	other := c.newVendor(t, "Other")
	i := c.start(t, NewImport{Files: small()})
	ctx := t.Context()
	_, err := c.service.Get(ctx, other, i.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, err = c.service.Findings(ctx, other, i.ID, operational.Query{})
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
	_, err = c.service.Cancel(ctx, other, i.ID)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err), err)
	require.NoError(t, c.runner.Run(ctx, other, i.ID, nil))
	require.Equal(t, StateQueued, c.get(t, i.ID).State)
	listed, err := c.service.List(ctx, other, operational.Query{})
	require.NoError(t, err)
	require.Empty(t, listed.Items)
	partner := operational.Actor{}.As(c.vendor.Org, operational.SidePartner, "test")
	_, err = c.service.Start(ctx, partner, NewImport{Files: small()})
	require.Error(t, err)
}
