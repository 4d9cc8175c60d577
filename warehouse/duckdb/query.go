package duckdb

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// query is one question being put into words: fixed fragments, and parameters that are bound by name.
type query struct {
	ask    warehouse.Ask
	who    warehouse.Scope
	source source
	params map[string]any
}

// bind adds a parameter and gives its place in the text.
func (q *query) bind(name string, value any) string {
	q.params[name] = value
	return "$" + name
}

func (q *query) args() []any {
	args := make([]any, 0, len(q.params))
	for name, value := range q.params {
		args = append(args, sql.Named(name, value))
	}
	return args
}

// period binds what a metric over a period asks for.
func (q *query) period() {
	q.bind("from", q.ask.Period.From.UTC())
	q.bind("to", q.ask.Period.To.UTC())
	q.bind("as_of", q.ask.AsOf.UTC())
}

func (q *query) knownAt() string {
	if q.ask.KnownAt.IsZero() {
		return ""
	}
	return " AND recorded_at <= " + q.bind("known_at", q.ask.KnownAt.UTC())
}

// dimension is what the answer is grouped by.
func (q *query) dimension() (string, error) {
	switch q.ask.By {
	case warehouse.ByNothing:
		return "''", nil
	case warehouse.ByPartner:
		return "partner_org_id", nil
	case warehouse.ByVendor:
		return "vendor_org_id", nil
	case warehouse.ByRegion:
		return "coalesce(region, '')", nil
	case warehouse.ByTier:
		return "coalesce(tier, '')", nil
	case warehouse.ByStage:
		return "stage_id", nil
	case warehouse.ByDay:
		return "CAST(at + to_microseconds(" + q.offset() + ") AS DATE)", nil
	}
	return "", fmt.Errorf("the dimension %q is not known", q.ask.By)
}

// offset is how far local time is from UTC at the instant "at", in microseconds.
func (q *query) offset() string {
	offset := q.bind("utc_offset", q.ask.UTCOffset.Microseconds())
	for i, s := range q.ask.Switches {
		later := q.bind(fmt.Sprintf("utc_offset_%d", i+2), s.UTCOffset.Microseconds())
		offset = "CASE WHEN at >= " + q.bind(fmt.Sprintf("switch_%d", i+2), s.At.UTC()) + " THEN " + later + " ELSE " + offset + " END"
	}
	return offset
}

// filter narrows by the caller's wishes.
func (q *query) filter() string {
	f := q.ask.Filter
	conditions := []string{"true"}
	if len(f.Partners) > 0 {
		conditions = append(conditions, q.partners(f.Partners))
	}
	if len(f.Regions) > 0 {
		conditions = append(conditions, "region IN "+bindList(q, "region", f.Regions, ""))
	}
	if len(f.Tiers) > 0 {
		conditions = append(conditions, "tier IN "+bindList(q, "tier", f.Tiers, ""))
	}
	if len(f.Processes) > 0 {
		conditions = append(conditions, "process_id IN "+bindList(q, "process", f.Processes, "::UUID"))
	}
	if f.Currency != "" {
		conditions = append(conditions, "currency = "+q.bind("currency", f.Currency))
	}
	if len(f.Products)+len(f.Families) > 0 {
		conditions = append(conditions, q.sold(f))
	}
	return strings.Join(conditions, " AND ")
}

// partners holds the rows of some partners; the nil id stands for business without one.
func (q *query) partners(ids []uuid.UUID) string {
	named := slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return id == uuid.Nil })
	var conditions []string
	if len(named) > 0 {
		conditions = append(conditions, "partner_org_id IN "+bindList(q, "partner", named, "::UUID"))
	}
	if len(named) < len(ids) {
		conditions = append(conditions, "partner_org_id IS NULL")
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}

// sold holds the opportunities with a line of some products or families.
func (q *query) sold(f warehouse.Filter) string {
	condition := "opportunity_id IN (SELECT l.opportunity_id FROM " + q.source.latest(q, "opportunity_line") + " l JOIN " +
		q.source.latest(q, "product") + " p ON p.id = l.product_id WHERE true"
	if len(f.Products) > 0 {
		condition += " AND p.id IN " + bindList(q, "product", f.Products, "::UUID")
	}
	if len(f.Families) > 0 {
		condition += " AND p.family IN " + bindList(q, "family", f.Families, "")
	}
	return condition + ")"
}

func bindList[T any](q *query, name string, values []T, cast string) string {
	places := make([]string, len(values))
	for i, value := range values {
		places[i] = q.bind(fmt.Sprintf("%s_%d", name, i+1), fmt.Sprint(value)) + cast
	}
	return "(" + strings.Join(places, ", ") + ")"
}
