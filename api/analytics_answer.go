package api

import (
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/warehouse"
)

// AnalyticsInput is a question as callers write it; all of it comes from the address, so that links can be shared.
type AnalyticsInput struct {
	Period   string   `query:"period" maxLength:"20" doc:"Fiscal quarter (2017-Q1), fiscal year (2017) or calendar month (2017-03) of the organisation's calendar; left out: the quarter of as_of"`
	AsOf     string   `query:"as_of" maxLength:"40" doc:"Business time: only what had happened by then. RFC 3339, or a date for the end of that day in the organisation's time zone; left out: now"`
	KnownAt  string   `query:"known_at" maxLength:"40" doc:"What was known then: only what had been recorded by this time. Written as as_of; left out: all that is known now"`
	By       string   `query:"by" maxLength:"20" doc:"Group the answer: partner, vendor (of a partner's questions), region, tier, stage or day, with the values they had at the event"`
	Regions  []string `query:"region,explode" maxItems:"100" doc:"Only these regions, as they were at the event"`
	Tiers    []string `query:"tier,explode" maxItems:"100" doc:"Only these partner tiers, as they were at the event"`
	Partners []string `query:"partner,explode" maxItems:"100" doc:"Only these partner organisations, by id; direct means business without a partner"`
	Products []string `query:"product,explode" maxItems:"100" doc:"Only opportunities with these products, by id"`
	Families []string `query:"family,explode" maxItems:"100" doc:"Only opportunities with products of these families"`
	Currency string   `query:"currency" maxLength:"3" doc:"Only amounts in this currency (ISO 4217)"`
}

// Answer is a metric with all that is needed to trace it.
type Answer[R any] struct {
	Metric            warehouse.Metric `json:"metric" doc:"Which metric"`
	DefinitionVersion int              `json:"definition_version" doc:"Version of the definition that was used"`
	Definition        string           `json:"definition" doc:"What it means, in words"`
	Period            *PeriodBounds    `json:"period,omitempty" doc:"The period; absent for a metric of an instant"`
	AsOf              time.Time        `json:"as_of" doc:"Business time of the answer"`
	KnownAt           time.Time        `json:"known_at" doc:"What had been recorded by then"`
	By                string           `json:"by,omitempty" doc:"How rows are grouped"`
	DimensionTime     string           `json:"dimension_time" enum:"event" doc:"Dimensions have the values that they had at the event"`
	Watermark         WatermarkNote    `json:"watermark" doc:"Up to where the data is complete"`
	Partial           *PartialNote     `json:"partial,omitempty" doc:"A part of the analytic store did not answer: rows are counted without what it holds. Absent when the answer is whole"`
	Rows              []R              `json:"rows" doc:"The answer"`
	Receipt           ReceiptNote      `json:"receipt" doc:"What traces the answer"`
}

// PartialNote says that an answer is not whole.
type PartialNote struct {
	Missing int      `json:"missing" minimum:"1" doc:"How many parts of the analytic store did not answer"`
	Names   []string `json:"names,omitempty" doc:"Which; for a vendor's people with pipelines.read"`
	Words   string   `json:"words" doc:"The same in words, with what to do"`
}

// partialFor says of answers that they are not whole, and nothing when they are.
func partialFor(actor operational.Actor, missing []string) *PartialNote {
	if len(missing) == 0 {
		return nil
	}
	missing = slices.Compact(slices.Sorted(slices.Values(missing)))
	note := &PartialNote{Missing: len(missing), Words: "A part of the analytic store does not answer at the moment, and what it holds is not counted here: companies may be missing. Nothing is lost. Ask again in a moment."}
	if watches(actor) {
		note.Names = missing
	}
	return note
}

// PeriodBounds is a half-open period.
type PeriodBounds struct {
	Label string    `json:"label" doc:"For people"`
	Text  string    `json:"text" doc:"As the parameter period takes it"`
	From  time.Time `json:"from" doc:"First instant inside"`
	To    time.Time `json:"to" doc:"First instant after"`
}

// WatermarkNote says up to where answers are complete.
type WatermarkNote struct {
	LSN         string    `json:"lsn,omitempty" doc:"Place in the write-ahead log, as Postgres writes it; for a vendor's people with pipelines.read"`
	CommittedAt time.Time `json:"committed_at,omitzero" doc:"Commit time of the last transaction inside; absent before there is one. For others than a vendor's people with pipelines.read the minute"`
	LagSeconds  float64   `json:"lag_seconds" doc:"Age of the oldest change that is committed and not inside; 0 when all is. For others than a vendor's people with pipelines.read whole minutes"`
}

// shownTo leaves of a watermark what tells nothing of others: places and times in the log are those of all companies,
// and by the moment they tell how busy others are.
func (w WatermarkNote) shownTo(actor operational.Actor) WatermarkNote {
	if watches(actor) {
		return w
	}
	w.LSN, w.CommittedAt, w.LagSeconds = "", w.CommittedAt.Truncate(time.Minute), wholeMinutes(w.LagSeconds)
	return w
}

// watches says who looks after the pipeline itself.
func watches(actor operational.Actor) bool {
	return actor.Side == operational.SideVendor && actor.Allowed(operational.PipelinesRead)
}

func wholeMinutes(seconds float64) float64 { return math.Floor(seconds/60) * 60 }

// ReceiptNote traces an answer.
type ReceiptNote struct {
	ID         string         `json:"id" doc:"Signed token: open it to run the question again at the same watermark"`
	SQL        string         `json:"sql" doc:"The statement that ran"`
	Parameters map[string]any `json:"parameters" doc:"Its parameters; the scope of the caller is left out"`
	URL        string         `json:"url" doc:"Runs the question again"`
	RowsURL    string         `json:"rows_url" doc:"Lists the operational records behind the answer; take a cell by key, event, stage and part"`
}

// TallyRow is a count and an amount.
type TallyRow struct {
	Key    string            `json:"key" doc:"Value of the dimension; empty when not grouped, and for direct and own business"`
	Name   string            `json:"name" doc:"The same for people"`
	Count  int64             `json:"count" doc:"Number of opportunities"`
	Amount operational.Money `json:"amount,omitzero" doc:"Vendor net amount; absent where amounts are not shown to you"`
}

// WinRateRow is a win rate.
type WinRateRow struct {
	Key  string   `json:"key" doc:"Value of the dimension; empty when not grouped, and for direct and own business"`
	Name string   `json:"name" doc:"The same for people"`
	Won  int64    `json:"won" doc:"Won in the period"`
	Lost int64    `json:"lost" doc:"Lost in the period"`
	N    int64    `json:"n" doc:"Won plus lost"`
	Rate *float64 `json:"rate,omitempty" doc:"Won divided by n; absent when n is 0"`
	Low  *float64 `json:"low,omitempty" doc:"Lower end of the Wilson 90 % interval"`
	High *float64 `json:"high,omitempty" doc:"Upper end of the Wilson 90 % interval"`
}

// FunnelRow is one active stage.
type FunnelRow struct {
	ProcessID    uuid.UUID         `json:"process_id" doc:"Sales process"`
	StageID      uuid.UUID         `json:"stage_id" doc:"Stage"`
	Name         string            `json:"name" doc:"Name of the stage"`
	Position     int               `json:"position" doc:"Place in the process"`
	Reached      int64             `json:"reached" doc:"Entered or passed over"`
	WentOn       int64             `json:"went_on" doc:"Left to a later stage or won"`
	Lost         int64             `json:"lost" doc:"Lost from here"`
	Disqualified int64             `json:"disqualified" doc:"Disqualified from here"`
	MovedBack    int64             `json:"moved_back" doc:"Moved back from here"`
	StillHere    int64             `json:"still_here" doc:"Here at as_of"`
	Won          int64             `json:"won" doc:"Of those that reached it, won by as_of"`
	Conversion   *float64          `json:"conversion,omitempty" doc:"went_on divided by reached; absent when nobody was here"`
	Amount       operational.Money `json:"amount,omitzero" doc:"Vendor net amount of those that reached it; absent where amounts are not shown to you"`
	AmountWon    operational.Money `json:"amount_won,omitzero" doc:"Vendor net amount of those won; absent where amounts are not shown to you"`
	MedianDays   *float64          `json:"median_days,omitempty" doc:"Median of days in the stage"`
	P90Days      *float64          `json:"p90_days,omitempty" doc:"Nine of ten stay at most so many days"`
	OpenStays    int64             `json:"open_stays" doc:"Stays that have not ended, counted up to as_of"`
}

// Tallied is a count and an amount for one currency.
type Tallied struct {
	Count  int64             `json:"count" doc:"Number of events"`
	Amount operational.Money `json:"amount,omitzero" doc:"Vendor net amount; absent where amounts are not shown to you"`
}

// BriefingRow is one kind of event with its comparisons.
type BriefingRow struct {
	Event      string            `json:"event" enum:"new,moved_forward,moved_back,won,lost,disqualified,reopened" doc:"Kind of event"`
	Count      int64             `json:"count" doc:"Number of events"`
	Amount     operational.Money `json:"amount,omitzero" doc:"Vendor net amount after the change; absent where amounts are not shown to you"`
	Previous   Tallied           `json:"previous" doc:"The period before"`
	YearBefore Tallied           `json:"year_before" doc:"The same period last year"`
}

// Comparison is a period that the briefing is compared with.
type Comparison struct {
	Period  PeriodBounds `json:"period" doc:"The period"`
	Receipt ReceiptNote  `json:"receipt" doc:"What traces its numbers"`
}

// BriefingAnswer is the Sales Briefing with its two comparisons.
type BriefingAnswer struct {
	Answer[BriefingRow]
	Previous   Comparison `json:"previous" doc:"The period before"`
	YearBefore Comparison `json:"year_before" doc:"The same period last year"`
}

// CellInput names the number inside an answer whose records are asked for.
type CellInput struct {
	Key   string `query:"key" maxLength:"100" doc:"Key of the row, when the answer is grouped"`
	Event string `query:"event" maxLength:"20" doc:"Event of a briefing"`
	Stage string `query:"stage" maxLength:"36" doc:"Stage of a funnel, by id"`
	Part  string `query:"part" maxLength:"20" doc:"Part of a funnel stage: reached, went_on, lost, disqualified, moved_back, still_here, won; of a win rate: won, lost"`
}

// ReceiptRow is one event behind a number with its operational record.
type ReceiptRow struct {
	Sign        int                       `json:"sign" doc:"-1 for a reopening, else 1"`
	At          time.Time                 `json:"at" doc:"When it happened"`
	Amount      operational.Money         `json:"amount,omitzero" doc:"Amount at the event; absent where amounts are not shown to you"`
	Opportunity opportunities.Opportunity `json:"opportunity" doc:"The record as it is today"`
}

// ReceiptRows is a page of the records behind a number.
type ReceiptRows struct {
	Items   []ReceiptRow `json:"items" doc:"Newest first"`
	Hidden  int          `json:"hidden" doc:"Rows of this page that you may not see any more"`
	Partial *PartialNote `json:"partial,omitempty" doc:"A part of the analytic store did not answer: its rows are not listed. Absent when the list is whole"`
	Next    string       `json:"next_cursor,omitempty" doc:"Give it back as cursor for the next page"`
	HasMore bool         `json:"has_more" doc:"There is another page"`
}

// Recomputed says whether a receipt still gives the same answer.
type Recomputed struct {
	Metric            warehouse.Metric `json:"metric" doc:"Which metric"`
	DefinitionVersion int              `json:"definition_version" doc:"Version of the definition on the receipt"`
	Engine            string           `json:"engine" doc:"Engine that answered"`
	Same              bool             `json:"same" doc:"The question run again at the same watermark gives the same rows"`
	Why               string           `json:"why" doc:"Why it is the same or why it cannot be"`
	Watermark         WatermarkNote    `json:"watermark" doc:"Watermark of the receipt"`
	Period            *PeriodBounds    `json:"period,omitempty" doc:"The period that was asked for"`
	AsOf              time.Time        `json:"as_of" doc:"Business time that was asked for"`
	KnownAt           time.Time        `json:"known_at,omitzero" doc:"What was known then, when it was asked for"`
	SQL               string           `json:"sql" doc:"The statement that ran"`
	Parameters        map[string]any   `json:"parameters" doc:"Its parameters"`
	RowsURL           string           `json:"rows_url" doc:"Lists the operational records behind the answer"`
}
