package warehouse

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

// Metric names a metric of the catalogue.
type Metric string

// The metrics.
const (
	MetricWon        Metric = "won"
	MetricLost       Metric = "lost"
	MetricAmountOpen Metric = "amount_open"
	MetricWinRate    Metric = "win_rate"
	MetricFunnel     Metric = "funnel"
	MetricBriefing   Metric = "briefing"
)

// Definition says in words what a metric means. A change of meaning raises the version.
type Definition struct {
	Metric  Metric `json:"metric"`
	Version int    `json:"version"`
	Words   string `json:"definition"`
	AtZero  string `json:"at_zero"`
}

// Definitions is the catalogue.
var Definitions = map[Metric]Definition{
	MetricWon: {MetricWon, 1, "Opportunities that entered a stage of type won inside the half-open period, with the vendor net amount they had at that moment. " +
		"One that is reopened counts minus one, with the amount it was won for, in the period of the reopening; a closed period is never restated.", "0"},
	MetricLost:       {MetricLost, 1, "Opportunities that entered a stage of type lost inside the half-open period, with the vendor net amount they had at that moment; a reopened one counts minus one in the period of the reopening.", "0"},
	MetricAmountOpen: {MetricAmountOpen, 1, "Count and vendor net amount, as it was then, of the opportunities that had been created and were not closed at the instant.", "0"},
	MetricWinRate:    {MetricWinRate, 1, "Won divided by won plus lost, both closed inside the period, with the Wilson 90 % interval and n = won + lost.", "no rate, n = 0"},
	MetricFunnel: {MetricFunnel, 1, "Of the opportunities created inside the cohort period, per active stage in process order: reached (a skipped stage counts as reached), went on, lost from here, " +
		"disqualified from here, moved back, still here; reached is exactly the sum of the others. Days from first entry to last exit, or to the instant asked for where still there: median and p90 (elements of the data). Amounts as they are at the instant asked for.", "0"},
	MetricBriefing: {MetricBriefing, 1, "Opportunities new, moved forward, moved back, won, lost, disqualified and reopened inside the period, count and vendor net amount after the change; an opportunity counts once per move.", "0"},
}

// Period is half-open: From belongs to it, To does not. Bounds come from the organisation's calendar as UTC instants.
type Period struct{ From, To time.Time }

// Dimension groups an answer. Values are those at the event, not today's: for a funnel those at the creation, for what
// is open those at the instant. What a reopening takes back, it takes back where it had been counted.
type Dimension string

// The dimensions.
const (
	ByNothing Dimension = ""
	ByPartner Dimension = "partner" // key: organisation id, "" for direct business
	ByVendor  Dimension = "vendor"  // key: organisation id, "" for a partner's own business; not known to a vendor, who is always the same
	ByRegion  Dimension = "region"
	ByTier    Dimension = "tier"
	ByStage   Dimension = "stage" // key: stage id
	ByDay     Dimension = "day"   // key: YYYY-MM-DD, a day as Ask.UTCOffset and Ask.Switches say
)

// Filter narrows an answer; empty lists do not narrow. Values of one list are alternatives, lists are combined.
type Filter struct {
	Partners  []uuid.UUID // organisation ids; uuid.Nil means direct business
	Regions   []string
	Tiers     []string
	Products  []uuid.UUID
	Families  []string
	Processes []uuid.UUID
	Currency  string
}

// Ask is a question to the warehouse.
type Ask struct {
	Period    Period        // for metrics over a period; the cohort of a funnel
	AsOf      time.Time     // business time: only what had happened by then; required
	KnownAt   time.Time     // only what had been recorded by then; zero means: all that is known
	UntilLSN  uint64        // only what had been loaded up to this watermark; zero means: all
	By        Dimension     // how to group
	UTCOffset time.Duration // for ByDay: local time at the beginning of the period
	Switches  []Switch      `json:",omitempty"` // for ByDay: when it changes in the period, in order
	Filter    Filter
}

// Switch is an instant from which on local time has another offset from UTC: summer time begins or ends.
type Switch struct {
	At        time.Time
	UTCOffset time.Duration
}

// Tally is a count and an amount for one key. Amounts of several currencies are never added: a row has one currency.
type Tally struct {
	Key      string
	Currency string
	Count    int64
	Amount   decimal.Decimal
}

// WonLost is what a win rate is made of, for one key.
type WonLost struct {
	Key  string
	Won  int64
	Lost int64
}

// FunnelStage is one active stage of a process.
type FunnelStage struct {
	ProcessID    uuid.UUID
	StageID      uuid.UUID
	Name         string
	Position     int
	Currency     string
	Reached      int64
	WentOn       int64
	Lost         int64
	Disqualified int64
	MovedBack    int64
	StillHere    int64
	Won          int64           // of those that reached it, won by now
	Amount       decimal.Decimal // of those that reached it
	AmountWon    decimal.Decimal
	MedianDays   *float64 // none when nobody was there
	P90Days      *float64
	OpenStays    int64 // stays that have not ended: counted up to AsOf
}

// BriefingRow is one kind of event with its count and amount, for one currency.
type BriefingRow struct {
	Event    string // new, moved_forward, moved_back, won, lost, disqualified, reopened
	Currency string
	Count    int64
	Amount   decimal.Decimal
}

// Answer is rows with what is needed to trace them.
type Answer[T any] struct {
	Rows      []T
	Watermark Watermark
	SQL       string
	Params    map[string]any
	Missing   []string // parts of the engine that did not answer: the rows are those of the others
}

// RowRef is one event behind a number.
type RowRef struct {
	OpportunityID uuid.UUID
	Sign          int // -1 for a reopening; the amount itself is never negative
	At            time.Time
	Amount        decimal.Decimal
	Currency      string
}

// Cell names the number whose rows are asked for.
type Cell struct {
	Metric Metric
	Key    string    // of the dimension in Ask.By
	Event  string    // of a briefing
	Stage  uuid.UUID // of a funnel
	Part   string    // of a funnel stage: reached, went_on, lost, disqualified, moved_back, still_here, won; of a win rate: won, lost, or both
}

// Metrics are the questions that an engine answers.
type Metrics interface {
	Won(ctx context.Context, s Scope, a Ask) (Answer[Tally], error)
	Lost(ctx context.Context, s Scope, a Ask) (Answer[Tally], error)
	AmountOpen(ctx context.Context, s Scope, a Ask) (Answer[Tally], error)
	WinRate(ctx context.Context, s Scope, a Ask) (Answer[WonLost], error)
	Funnel(ctx context.Context, s Scope, a Ask) (Answer[FunnelStage], error)
	Briefing(ctx context.Context, s Scope, a Ask) (Answer[BriefingRow], error)
	// Rows lists the events behind one cell, newest first, at most limit after the first offset ones.
	Rows(ctx context.Context, s Scope, a Ask, c Cell, limit, offset int) (Answer[RowRef], error)
}
