package api

import (
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/warehouse"
)

// question is an AnalyticsInput read by the caller's calendar.
type question struct {
	ask       warehouse.Ask
	period    operational.Period
	calendar  operational.Calendar
	workspace interconnect.Workspace
	now       time.Time
}

// direct is how callers write business without a partner.
const direct = "direct"

// read understands the question; everything that is wrong with it is told at once. Groups that the metric cannot
// make are refused. What depends on a hidden field is answered as what is not there at all.
func (v *AnalyticsView) read(in AnalyticsInput, metric warehouse.Metric, groups ...warehouse.Dimension) (question, error) {
	q := question{calendar: v.space.Calendar(), workspace: v.space, now: v.now}
	if !v.scope.IsZero() && !v.Measures(metric) {
		return q, operational.NotFound("metric")
	}
	var faults operational.Faults
	v.refuse(&faults, in)
	q.ask.AsOf = instant(&faults, "query.as_of", in.AsOf, q.calendar)
	if q.ask.AsOf.IsZero() {
		q.ask.AsOf = q.now
	}
	q.ask.KnownAt = instant(&faults, "query.known_at", in.KnownAt, q.calendar)
	q.period = q.calendar.Quarter(q.ask.AsOf)
	if in.Period != "" {
		q.period = period(&faults, in.Period, q.calendar)
	}
	q.ask.Period = warehouse.Period{From: q.period.From.UTC(), To: q.period.To.UTC()}
	q.ask.UTCOffset, q.ask.Switches = localTime(q.period, locationOf(q.calendar))
	q.ask.By = warehouse.Dimension(in.By)
	if q.ask.By != warehouse.ByNothing && (!slices.Contains(groups, q.ask.By) || !v.scope.IsZero() && !v.scope.Divides(q.ask.By)) {
		faults.Add("query.by", "this metric is not grouped by that", in.By)
	}
	q.ask.Filter = filterOf(&faults, in)
	if !v.Reads(warehouse.FieldHistory) && !v.scope.IsZero() {
		for _, bound := range []struct {
			name string
			at   time.Time
		}{{"as_of", q.ask.AsOf}, {"known_at", q.ask.KnownAt}} {
			if !bound.at.IsZero() && bound.at.Before(q.now) {
				unknownParameter(&faults, bound.name)
			}
		}
	}
	return q, faults.Err()
}

// refuse adds the filters that need a hidden field.
func (v *AnalyticsView) refuse(faults *operational.Faults, in AnalyticsInput) {
	if v.scope.IsZero() {
		return // nothing is there to be told of
	}
	for _, f := range []struct {
		name  string
		used  bool
		field warehouse.Field
	}{
		{"region", len(in.Regions) > 0, warehouse.FieldRegion},
		{"tier", len(in.Tiers) > 0, warehouse.FieldTier},
		{"partner", len(in.Partners) > 0, warehouse.FieldPartner},
		{"product", len(in.Products) > 0, warehouse.FieldLines},
		{"family", len(in.Families) > 0, warehouse.FieldLines},
		{"currency", in.Currency != "", warehouse.FieldAmount},
	} {
		if f.used && !v.Reads(f.field) {
			unknownParameter(faults, f.name)
		}
	}
	if len(in.Families) > 0 && v.Reads(warehouse.FieldLines) && !v.actor.ReadableFields(operational.ObjectProduct).Has("family") {
		unknownParameter(faults, "family") // the figures would tell of which family hidden products are
	}
}

// unknownParameter is what everybody is told of a parameter that there is not.
func unknownParameter(faults *operational.Faults, name string) {
	faults.Add("query."+name, "unknown query parameter", "")
}

// localTime says how far local time is from UTC when a period begins, and when that changes inside it.
func localTime(p operational.Period, loc *time.Location) (time.Duration, []warehouse.Switch) {
	begin := p.From.In(loc)
	last := offsetOf(begin)
	var switches []warehouse.Switch
	for _, at := begin.ZoneBounds(); !at.IsZero() && at.Before(p.To); _, at = at.ZoneBounds() {
		if offset := offsetOf(at); offset != last {
			switches = append(switches, warehouse.Switch{At: at.UTC(), UTCOffset: offset})
			last = offset
		}
	}
	return offsetOf(begin), switches
}

func offsetOf(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// instant reads RFC 3339, or a date as the end of that day where the organisation is.
func instant(faults *operational.Faults, field, text string, c operational.Calendar) time.Time {
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if day, noDay := time.ParseInLocation(time.DateOnly, text, locationOf(c)); noDay == nil {
		at, err = day.AddDate(0, 0, 1).Add(-time.Microsecond), nil
	}
	at = at.UTC().Truncate(time.Microsecond)
	switch {
	case err != nil:
		faults.Add(field, "must be a time as 2017-06-30T12:00:00Z or a date as 2017-06-30", text)
		return time.Time{}
	case at.Before(firstInstant) || !at.Before(lastInstant):
		faults.Add(field, "must lie in the years 1900 to 2200", text)
		return time.Time{}
	}
	return at
}

// Answers are for times within these: no business lies beyond, and arithmetic with days stays exact.
var (
	firstInstant = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	lastInstant  = time.Date(2201, 1, 1, 0, 0, 0, 0, time.UTC)
)

func locationOf(c operational.Calendar) *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

func period(faults *operational.Faults, text string, c operational.Calendar) operational.Period {
	p, err := c.Period(text)
	var e *operational.Error
	switch {
	case errors.As(err, &e) && len(e.Fields) > 0:
		faults.Add("query.period", e.Fields[0].Message, e.Fields[0].Value)
	case err != nil:
		faults.Add("query.period", err.Error(), text)
	}
	return p
}

func filterOf(faults *operational.Faults, in AnalyticsInput) warehouse.Filter {
	f := warehouse.Filter{Regions: in.Regions, Tiers: in.Tiers, Families: in.Families, Currency: in.Currency}
	for _, text := range in.Partners {
		if text == direct {
			f.Partners = append(f.Partners, uuid.Nil)
			continue
		}
		f.Partners = append(f.Partners, idOf(faults, "query.partner", text))
	}
	for _, text := range in.Products {
		f.Products = append(f.Products, idOf(faults, "query.product", text))
	}
	if in.Currency != "" && !operational.ValidCurrency(in.Currency) {
		faults.Add("query.currency", "must be an ISO 4217 code, as EUR", in.Currency)
	}
	return f
}

func idOf(faults *operational.Faults, field, text string) uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		faults.Add(field, "must be an id", text)
	}
	return id
}

func boundsOf(p operational.Period) PeriodBounds {
	return PeriodBounds{Label: p.Label, Text: p.Text, From: p.From.UTC(), To: p.To.UTC()}
}

// knownAt is what the answer says of known_at: what was asked for, or now.
func (q question) knownAt() time.Time {
	if q.ask.KnownAt.IsZero() {
		return q.now
	}
	return q.ask.KnownAt
}
