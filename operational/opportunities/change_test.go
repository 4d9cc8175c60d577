package opportunities_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func TestStagesGoAndComeBack(t *testing.T) {
	w := newWorld(t)
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
	w.clock.pass(time.Hour)
	o = w.move(w.P1, o, "Negotiating")
	o = w.move(w.A, o, "Engaging")
	same := w.move(w.P1, o, "Engaging")
	require.Equal(t, o.Version, same.Version, "it is there already")

	won := w.clock.pass(time.Hour)
	w.clock.pass(time.Hour)
	o, err := w.s.MoveStage(t.Context(), w.P1, o.ID, o.Version, opportunities.MoveStage{StageID: w.stage("A", "Won"), Reason: "signed", EffectiveAt: &won})
	require.NoError(t, err)
	require.True(t, o.ClosedAt.Equal(won), "it was won when it was signed, not when somebody said so")
	_, err = w.s.MoveStage(t.Context(), w.P1, o.ID, o.Version, opportunities.MoveStage{StageID: w.stage("A", "Lost")})
	require.Equal(t, operational.KindConflict, kind(err), "from won to lost only by reopening")
	_, err = w.s.Reopen(t.Context(), w.P1, o.ID, o.Version, opportunities.Reopen{StageID: ptr(w.stage("A", "Lost"))})
	require.Equal(t, operational.KindInvalid, kind(err))
	o, err = w.s.Reopen(t.Context(), w.P1, o.ID, o.Version, opportunities.Reopen{Reason: "they changed their mind"})
	require.NoError(t, err)
	require.Nil(t, o.ClosedAt)
	require.Equal(t, "Prospecting", o.Stage.Name)
	_, err = w.s.Reopen(t.Context(), w.P1, o.ID, o.Version, opportunities.Reopen{})
	require.Equal(t, operational.KindConflict, kind(err))

	changes := w.history(w.P1, o)
	require.Equal(t, []opportunities.ChangeKind{"created", "stage_moved", "stage_moved", "stage_moved", "reopened"}, kinds(changes))
	require.Equal(t, []string{"partner", "partner", "vendor", "partner", "partner"}, sides(changes))
	require.Equal(t, "signed", changes[3].Reason)
	require.True(t, changes[3].EffectiveAt.Equal(won))
	require.Equal(t, 4, changes[3].Stage.Position)
	for name, at := range map[string]time.Time{"before the last change": won, "in the future": w.clock.read().Add(time.Second)} {
		_, err = w.s.MoveStage(t.Context(), w.P1, o.ID, o.Version, opportunities.MoveStage{StageID: w.stage("A", "Won"), EffectiveAt: &at})
		require.Equal(t, operational.KindInvalid, kind(err), name)
	}
	_, err = w.s.MoveStage(t.Context(), w.P1, o.ID, o.Version, opportunities.MoveStage{StageID: w.stage("B", "Won")})
	require.Equal(t, operational.KindInvalid, kind(err), "another vendor's stage")
}

func kinds(changes []opportunities.Change) (all []opportunities.ChangeKind) {
	for _, c := range changes {
		all = append(all, c.Kind)
	}
	return all
}

func sides(changes []opportunities.Change) (all []string) {
	for _, c := range changes {
		all = append(all, c.Side)
	}
	return all
}

func TestUpdate(t *testing.T) {
	w := newWorld(t)
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x", CustomerName: "Acme", Lines: []opportunities.NewLine{{ProductID: w.gtx["A"].ID, Quantity: decimal.NewFromInt(1)}}})
	update := func(actor operational.Actor, patch opportunities.Update) {
		t.Helper()
		w.clock.pass(time.Minute)
		var err error
		o, err = w.s.Update(t.Context(), actor, o.ID, o.Version, patch)
		require.NoError(t, err)
	}
	update(w.P1, opportunities.Update{Name: operational.Set("x"), CustomerName: operational.Set("Acme"), VendorNet: operational.Set(usd("4821.00")), OwnerContactID: operational.Set(w.ContactAP1)})
	require.EqualValues(t, 1, o.Version, "nothing changed")
	update(w.P1, opportunities.Update{Lines: operational.Set([]opportunities.NewLine{{ProductID: w.gtx["A"].ID, Quantity: decimal.NewFromInt(1)}})})
	require.EqualValues(t, 1, o.Version, "the lines are the same")
	update(w.P1, opportunities.Update{Lines: operational.Set([]opportunities.NewLine{{ProductID: w.gtx["A"].ID, Quantity: decimal.NewFromInt(2), UnitPrice: ptr(decimal.NewFromInt(4000))}})})
	require.Equal(t, "8000.00 USD", o.VendorNet.String(), "the amount follows the lines")
	require.Equal(t, opportunities.AmountLines, o.AmountSource)
	update(w.A, opportunities.Update{VendorNet: operational.Set(usd("7500")), VendorAccountID: operational.Set(w.account["A"].ID), CloseDate: operational.Set(operational.NewDate(2031, 1, 2)), Reason: "special price"})
	require.Equal(t, opportunities.AmountEntered, o.AmountSource)
	require.NotNil(t, o.VendorAccountID)
	update(w.P1, opportunities.Update{Lines: operational.Opt[[]opportunities.NewLine]{Given: true}, CustomerName: operational.Opt[string]{Given: true}})
	require.Equal(t, "7500.00 USD", o.VendorNet.String(), "an amount that somebody entered stays")
	require.Empty(t, o.Lines)
	require.Empty(t, o.CustomerName)
	update(w.A, opportunities.Update{OwnerContactID: operational.Opt[uuid.UUID]{Given: true}})
	require.Nil(t, o.Owner)
	require.Equal(t, w.account["A"].ID, *o.VendorAccountID, "the partner's changes left the vendor's field alone")
	changes := w.history(w.A, o)
	require.Equal(t, []opportunities.ChangeKind{"created", "edited", "edited", "edited", "reassigned"}, kinds(changes))
	require.Equal(t, "special price", changes[2].Reason)

	for name, patch := range map[string]opportunities.Update{
		"vendor's account":  {VendorAccountID: operational.Set(w.account["A"].ID)},
		"member as owner":   {OwnerMemberID: operational.Set(w.P1.Membership)},
		"another's contact": {OwnerContactID: operational.Set(w.ContactBP1)},
		"no name":           {Name: operational.Opt[string]{Given: true}},
		"another currency":  {VendorNet: operational.Set(operational.Money{Amount: decimal.NewFromInt(1), Currency: "EUR"})},
		"another's product": {Lines: operational.Set([]opportunities.NewLine{{ProductID: w.gtx["B"].ID, Quantity: decimal.NewFromInt(1)}})},
		"long reason":       {Name: operational.Set("y"), Reason: string(make([]byte, 501))},
	} {
		_, err := w.s.Update(t.Context(), w.P1, o.ID, o.Version, patch)
		require.Equal(t, operational.KindInvalid, kind(err), name)
	}
	for actor, want := range map[*operational.Actor]operational.Kind{&w.A: operational.KindInvalid, &w.P1: operational.KindForbidden} {
		_, err := w.s.Update(t.Context(), *actor, o.ID, o.Version, opportunities.Update{Region: operational.Set("East")})
		require.Equal(t, want, kind(err), "the connection says the region, and only the vendor may say anything about it")
	}
}

// Twenty people press save on the same version at the same moment: one wins, the others are told.
func TestOneOfManyChangesWins(t *testing.T) {
	w := newWorld(t)
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
	var saved, stale atomic.Int64
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range 20 {
		group.Go(func() {
			<-start
			actor := []operational.Actor{w.A, w.P1}[i%2]
			_, err := w.s.Update(t.Context(), actor, o.ID, 1, opportunities.Update{Name: operational.Set("change " + uuid.NewString())})
			switch {
			case err == nil:
				saved.Add(1)
			case kind(err) == operational.KindStale:
				stale.Add(1)
			}
		})
	}
	close(start)
	group.Wait()
	require.EqualValues(t, 1, saved.Load())
	require.EqualValues(t, 19, stale.Load())
	o, err := w.s.Get(t.Context(), w.A, o.ID)
	require.NoError(t, err)
	require.EqualValues(t, 2, o.Version)
	w.history(w.A, o)
}

// Many create at once in one connection: each gets a number of its own.
func TestNumbersAreNotGivenTwice(t *testing.T) {
	w := newWorld(t)
	var group sync.WaitGroup
	var numbers sync.Map
	for range 12 {
		group.Go(func() {
			o, err := w.s.Create(t.Context(), w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "x"})
			if err == nil {
				numbers.Store(o.Number, true)
			}
		})
	}
	group.Wait()
	count := 0
	numbers.Range(func(any, any) bool { count++; return true })
	require.Equal(t, 12, count)
}
