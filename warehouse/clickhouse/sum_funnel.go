package clickhouse

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// stay is a stage of a process, in one currency.
type stay struct {
	process  uuid.UUID
	currency string
	position int64
}

// stays are how long opportunities were there, each of them.
type stays struct {
	stay
	microseconds []int64
}

// sumFunnel adds up stages. A partner's own process may be gone through with several vendors, whose rows are on different shards: then
// the days of its stages are put in order once more, as no median follows from others.
func sumFunnel(ctx context.Context, q *query, parts [][]warehouse.FunnelStage) ([]warehouse.FunnelStage, error) {
	type stage struct {
		process, stage uuid.UUID
		currency       string
	}
	var shared []uuid.UUID
	all := added(parts, func(f warehouse.FunnelStage) stage { return stage{f.ProcessID, f.StageID, f.Currency} }, func(into *warehouse.FunnelStage, f warehouse.FunnelStage) {
		shared = append(shared, f.ProcessID)
		into.Reached, into.WentOn, into.Lost, into.Disqualified = into.Reached+f.Reached, into.WentOn+f.WentOn, into.Lost+f.Lost, into.Disqualified+f.Disqualified
		into.MovedBack, into.StillHere, into.Won, into.OpenStays = into.MovedBack+f.MovedBack, into.StillHere+f.StillHere, into.Won+f.Won, into.OpenStays+f.OpenStays
		into.Amount, into.AmountWon = into.Amount.Add(f.Amount), into.AmountWon.Add(f.AmountWon)
	})
	slices.SortFunc(all, func(a, b warehouse.FunnelStage) int {
		return cmp.Or(bytes.Compare(a.ProcessID[:], b.ProcessID[:]), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Position, b.Position))
	})
	if len(shared) == 0 {
		return all, nil
	}
	return all, q.sumDays(ctx, all, shared)
}

const staysSQL = " SELECT assumeNotNull(process_id), currency, position, groupArray(assumeNotNull(microseconds)) FROM stayed WHERE process_id IN (SELECT id FROM shared) AND microseconds IS NOT NULL GROUP BY process_id, currency, position"

// sumDays gives the stages of some processes their days, over all shards.
func (q *query) sumDays(ctx context.Context, all []warehouse.FunnelStage, processes []uuid.UUID) error {
	text, err := q.finish(","+stayedSQL+staysSQL, q.source.states(q), q.source.stays(q), cohortSQL)
	if err != nil {
		return err
	}
	lists := maps.Clone(q.lists)
	lists["shared"] = processes
	if ctx, err = beside(ctx, lists); err != nil {
		return err
	}
	spent := make(map[stay][]int64)
	parts, _, err := askParts(ctx, q, text, func(rows driver.Rows) (s stays, err error) {
		err = rows.Scan(&s.process, &s.currency, &s.position, &s.microseconds)
		return s, err
	})
	for _, s := range slices.Concat(parts...) {
		spent[s.stay] = append(spent[s.stay], s.microseconds...)
	}
	for i := range all {
		f := &all[i]
		if each := spent[stay{f.ProcessID, f.Currency, int64(f.Position)}]; len(each) > 0 {
			slices.Sort(each)
			f.MedianDays, f.P90Days = days(&each[(len(each)-1)/2]), days(&each[(9*len(each)-1)/10])
		}
	}
	return err
}
