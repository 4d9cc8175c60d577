package opportunities

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

func TestPermit(t *testing.T) {
	const active, won, lost, out = catalog.StageActive, catalog.StageWon, catalog.StageLost, catalog.StageDisqualified
	for _, c := range []struct {
		act      act
		from, to catalog.StageType
		code     string // "" is permitted
	}{
		{move, active, active, ""},
		{move, active, won, ""},
		{move, active, lost, ""},
		{move, active, out, ""},
		{move, won, active, "opportunity-closed"},
		{move, won, won, "opportunity-closed"},
		{move, won, lost, "opportunity-closed"},
		{move, won, out, "opportunity-closed"},
		{move, lost, active, "opportunity-closed"},
		{move, lost, won, "opportunity-closed"},
		{move, out, won, "opportunity-closed"},
		{reopen, won, active, ""},
		{reopen, lost, active, ""},
		{reopen, out, active, ""},
		{reopen, active, active, "opportunity-open"},
		{reopen, active, won, "opportunity-open"},
		{reopen, won, lost, "invalid-input"},
		{reopen, lost, won, "invalid-input"},
		{reopen, won, won, "invalid-input"},
		{move, active, "unheard-of", "opportunity-closed"},
	} {
		err := permit(c.act, c.from, c.to)
		if c.code == "" {
			require.NoError(t, err, "%s from %s to %s", c.act, c.from, c.to)
			continue
		}
		var fault *operational.Error
		require.ErrorAs(t, err, &fault)
		require.Equal(t, c.code, fault.Code, "%s from %s to %s", c.act, c.from, c.to)
	}
}

func TestEffective(t *testing.T) {
	last := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	now := last.Add(time.Hour)
	ask := func(at time.Time) *time.Time { return &at }
	for name, c := range map[string]struct {
		asked *time.Time
		now   time.Time
		want  time.Time // zero: refused
	}{
		"nothing asked":            {nil, now, now},
		"a clock that is behind":   {nil, last.Add(-time.Second), last},
		"now":                      {ask(now), now, now},
		"back to the last change":  {ask(last), now, last},
		"between, in another zone": {ask(last.Add(time.Minute).In(time.FixedZone("", 3600))), now, last.Add(time.Minute)},
		"finer than Postgres":      {ask(last.Add(1500 * time.Nanosecond)), now, last.Add(time.Microsecond)},
		"before the last change":   {ask(last.Add(-time.Microsecond)), now, time.Time{}},
		"in the future":            {ask(now.Add(time.Microsecond)), now, time.Time{}},
	} {
		at, err := effective(c.asked, last, c.now)
		if c.want.IsZero() {
			require.Equal(t, operational.KindInvalid, operational.KindOf(err), name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, c.want, at, name)
	}
}

func TestEnterSetsTheEnd(t *testing.T) {
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for kind, closed := range map[catalog.StageType]bool{catalog.StageActive: false, catalog.StageWon: true, catalog.StageLost: true, catalog.StageDisqualified: true} {
		s := state{ClosedAt: &time.Time{}}.enter(catalog.Stage{ID: uuid.New(), Type: kind, Position: 3}, at)
		require.Equal(t, closed, s.ClosedAt != nil, kind)
		require.Equal(t, 3, s.StagePosition)
	}
}

func TestAmount(t *testing.T) {
	line := func(quantity, unit, list string) pricedLine {
		return pricedLine{
			NewLine: NewLine{Quantity: decimal.RequireFromString(quantity)}, Price: decimal.RequireFromString(unit),
			Product: catalog.Product{ListPrice: operational.Money{Amount: decimal.RequireFromString(list)}},
		}
	}
	given := decimal.NewFromInt(7)
	for name, c := range map[string]struct {
		given  *decimal.Decimal
		lines  []pricedLine
		want   string
		source AmountSource
	}{
		"given":                {&given, []pricedLine{line("1", "5", "5")}, "7", AmountEntered},
		"nothing":              {nil, nil, "0", AmountEntered},
		"list prices":          {nil, []pricedLine{line("2", "5", "5"), line("1", "0.5", "0.50")}, "10.5", AmountListPrice},
		"one price of its own": {nil, []pricedLine{line("2", "4", "5"), line("1", "0.5", "0.5")}, "8.5", AmountLines},
		"each line in cents":   {nil, []pricedLine{line("0.3333", "0.1", "0.1"), line("0.3333", "0.1", "0.1"), line("0.3333", "0.1", "0.1")}, "0.09", AmountListPrice},
	} {
		total, source := amount(c.given, c.lines)
		require.Equal(t, c.want, total.String(), name)
		require.Equal(t, c.source, source, name)
	}
}

// However a source and people change an opportunity, the last row of history says how it is, time decides between
// them, and what the source said before is not told twice.
func TestNewsProperties(t *testing.T) {
	stages := []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(most int) ImportedState {
			return ImportedState{
				EffectiveAt: start.Add(time.Duration(rapid.IntRange(0, most).Draw(t, "day")) * 24 * time.Hour),
				StageID:     rapid.SampledFrom(stages).Draw(t, "stage"), Amount: decimal.NewFromInt(int64(rapid.IntRange(0, 2).Draw(t, "amount"))), Kind: ChangeEdited,
			}
		}
		var history []remembered
		now := start.Add(100 * 24 * time.Hour)
		tick := func() time.Time { now = now.Add(time.Hour); return now }
		for range rapid.IntRange(1, 5).Draw(t, "rounds") {
			if len(history) > 0 && rapid.Bool().Draw(t, "person") {
				s := draw(5)
				s.EffectiveAt, s.RecordedAt = later(s.EffectiveAt, latestOf(history).EffectiveAt), tick()
				history = append(history, remembered{ImportedState: s})
			}
			var in Imported
			for range rapid.IntRange(1, 4).Draw(t, "states") {
				s := draw(9)
				if n := len(in.States); n > 0 {
					s.EffectiveAt = later(s.EffectiveAt, in.States[n-1].EffectiveAt)
				}
				in.States = append(in.States, s)
			}
			before := latestOf(history)
			added, holds := in.normal().news(history, tick())
			if len(added) == 0 {
				t.Fatal("a change without a row of history")
			}
			for i, a := range added[:len(added)-1] {
				if known, _ := compareWith(history, a.ImportedState); known {
					t.Fatalf("row %d was known", i)
				}
			}
			history = append(history, added...)
			end, _ := in.last()
			last := history[len(history)-1]
			if holds && !last.sameBut(end) || !holds && !last.sameBut(before.ImportedState) {
				t.Fatalf("the last row does not say how it is: %+v", last)
			}
			if latest := latestOf(history); !latest.sameBut(last.ImportedState) {
				t.Fatalf("in time, something else is last: %+v, not %+v", latest, last)
			}
			if !holds && before.Imported {
				t.Fatal("the source lost against itself")
			}
		}
	})
}
