package opportunities_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a channel whose vendors have a sales process and products, under a clock of its own.
type world struct {
	*pgtest.Channel
	t       testing.TB
	db      *pgtest.Database
	s       *opportunities.Service
	clock   *clock
	process map[string]catalog.SalesProcess // of A, B and M
	gtx, mg map[string]catalog.Product
	account map[string]accounts.Account // of all
}

type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.Lock()
	defer c.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) time.Time {
	c.Lock()
	defer c.Unlock()
	c.now = c.now.Add(d)
	return c.now
}

func ptr[T any](v T) *T { return &v }

func usd(amount string) operational.Money {
	return operational.Money{Amount: decimal.RequireFromString(amount), Currency: "USD"}
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, clock: &clock{now: time.Now().UTC().Truncate(time.Microsecond)}, process: map[string]catalog.SalesProcess{},
		gtx: map[string]catalog.Product{}, mg: map[string]catalog.Product{}, account: map[string]accounts.Account{},
	}
	w.db = pgtest.NewAt(t, w.clock.read)
	w.Channel = w.db.Plant(t)
	w.s = opportunities.New(w.db.API)
	products := catalog.New(w.db.API)
	for _, name := range []string{"A", "B", "MV"} {
		var err error
		actor := w.Actors()[name]
		w.process[name], err = products.CreateProcess(t.Context(), actor, catalog.NewProcess{Name: "Sales of " + name, Default: true, Stages: []catalog.NewStage{
			{Name: "Prospecting", Type: catalog.StageActive},
			{Name: "Engaging", Type: catalog.StageActive},
			{Name: "Negotiating", Type: catalog.StageActive},
			{Name: "Won", Type: catalog.StageWon},
			{Name: "Lost", Type: catalog.StageLost},
			{Name: "Disqualified", Type: catalog.StageDisqualified},
		}})
		require.NoError(t, err)
		w.gtx[name], err = products.CreateProduct(t.Context(), actor, catalog.NewProduct{Name: "GTX Pro", Family: "GTX", ListPrice: usd("4821")})
		require.NoError(t, err)
		w.mg[name], err = products.CreateProduct(t.Context(), actor, catalog.NewProduct{Name: "MG Special", Family: "MG", ListPrice: usd("55")})
		require.NoError(t, err)
	}
	for name, actor := range w.Actors() {
		var err error
		w.account[name], err = accounts.New(w.db.API).CreateAccount(t.Context(), actor, accounts.NewAccount{Name: "Acme"})
		require.NoError(t, err)
	}
	return w
}

// ownProcess is the first partner's, for its own business.
func (w *world) ownProcess() uuid.UUID {
	w.t.Helper()
	if p, there := w.process["P1"]; there {
		return p.ID
	}
	p, err := catalog.New(w.db.API).CreateProcess(w.t.Context(), w.P1, catalog.NewProcess{Name: "Own", Default: true, Stages: []catalog.NewStage{
		{Name: "Talking", Type: catalog.StageActive}, {Name: "Yes", Type: catalog.StageWon}, {Name: "No", Type: catalog.StageLost},
	}})
	require.NoError(w.t, err)
	w.process["P1"] = p
	return p.ID
}

// stage finds a stage of a vendor's process.
func (w *world) stage(vendor, name string) uuid.UUID {
	w.t.Helper()
	stage, found := w.process[vendor].Named(name)
	require.True(w.t, found)
	return stage.ID
}

func (w *world) create(actor operational.Actor, in opportunities.NewOpportunity) opportunities.Opportunity {
	w.t.Helper()
	o, err := w.s.Create(w.t.Context(), actor, in)
	require.NoError(w.t, err)
	return o
}

func (w *world) move(actor operational.Actor, o opportunities.Opportunity, stage string) opportunities.Opportunity {
	w.t.Helper()
	o, err := w.s.MoveStage(w.t.Context(), actor, o.ID, o.Version, opportunities.MoveStage{StageID: w.stage("A", stage)})
	require.NoError(w.t, err)
	return o
}

func (w *world) history(actor operational.Actor, o opportunities.Opportunity) []opportunities.Change {
	w.t.Helper()
	changes, err := w.s.History(w.t.Context(), actor, o.ID)
	require.NoError(w.t, err)
	require.Len(w.t, changes, int(o.Version), "each version has its row of history")
	for i, c := range changes {
		require.EqualValues(w.t, i+1, c.Version)
		require.True(w.t, i == 0 || !c.EffectiveAt.Before(changes[i-1].EffectiveAt))
	}
	last := changes[len(changes)-1]
	require.Equal(w.t, o.Stage, last.Stage)
	require.Equal(w.t, o.VendorNet.String(), last.VendorNet.String())
	require.Equal(w.t, o.CloseDate, last.CloseDate)
	require.Equal(w.t, o.Owner, last.Owner)
	require.Equal(w.t, o.Region, last.Region)
	return changes
}

func kind(err error) operational.Kind { return operational.KindOf(err) }
