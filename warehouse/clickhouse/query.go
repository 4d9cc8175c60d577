package clickhouse

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// query is one question being put into words: fixed fragments, and parameters that the server binds by name.
type query struct {
	view   *view
	shards []*shard // that have rows of it, and answered when the view was opened
	gone   []*shard // and those that did not
	ask    warehouse.Ask
	who    warehouse.Scope
	source source
	params map[string]any
	lists  map[string][]uuid.UUID // that go beside the question as tables
}

// bind adds a parameter and gives its place in the text.
func (q *query) bind(name, form string, value any) string {
	q.params[name] = value
	return "{" + name + ":" + form + "}"
}

// at binds an instant.
func (q *query) at(name string, t time.Time) string { return q.bind(name, "Int64", t.UnixMicro()) }

func (q *query) args() []any {
	args := make([]any, 0, len(q.params))
	for name, value := range q.params {
		args = append(args, named(name, value))
	}
	return args
}

// period binds what a metric over a period asks for.
func (q *query) period() {
	q.at("from", q.ask.Period.From)
	q.at("to", q.ask.Period.To)
	q.at("as_of", q.ask.AsOf)
}

func (q *query) knownAt() string {
	if q.ask.KnownAt.IsZero() {
		return ""
	}
	return " AND recorded_at <= " + q.at("known_at", q.ask.KnownAt)
}

// dimension is what the answer is grouped by. Days are counted from 1970 here, and become dates when they are read.
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
		local := "(at + " + q.offset() + ")"
		const day = "toInt64(86400000000)" // with a sign: without one the engine takes times before 1970 for large ones
		return "intDiv(" + local + " - positiveModulo(" + local + ", " + day + "), " + day + ")", nil
	}
	return "", fmt.Errorf("the dimension %q is not known", q.ask.By)
}

// order is that of the answer's keys: of days as they follow one another, else of texts.
func (q *query) order() string {
	if q.ask.By == warehouse.ByDay {
		return "k"
	}
	return "key"
}

// offset is how far local time is from UTC at the instant "at", in microseconds.
func (q *query) offset() string {
	offset := q.bind("utc_offset", "Int64", q.ask.UTCOffset.Microseconds())
	for i, s := range q.ask.Switches {
		later := q.bind(fmt.Sprintf("utc_offset_%d", i+2), "Int64", s.UTCOffset.Microseconds())
		offset = "if(at >= " + q.at(fmt.Sprintf("switch_%d", i+2), s.At) + ", " + later + ", " + offset + ")"
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
		conditions = append(conditions, "region IN "+bindList(q, "region", "String", f.Regions))
	}
	if len(f.Tiers) > 0 {
		conditions = append(conditions, "tier IN "+bindList(q, "tier", "String", f.Tiers))
	}
	if len(f.Processes) > 0 {
		conditions = append(conditions, "process_id IN "+bindList(q, "process", "UUID", f.Processes))
	}
	if f.Currency != "" {
		conditions = append(conditions, "currency = "+q.bind("currency", "String", f.Currency))
	}
	if len(f.Products)+len(f.Families) > 0 {
		conditions = append(conditions, q.sold(f))
	}
	return strings.Join(conditions, " AND ")
}

// partners holds the rows of some partners; the nil id stands for business without one.
func (q *query) partners(ids []uuid.UUID) string {
	partners := slices.DeleteFunc(slices.Clone(ids), func(id uuid.UUID) bool { return id == uuid.Nil })
	var conditions []string
	if len(partners) > 0 {
		conditions = append(conditions, "partner_org_id IN "+bindList(q, "partner", "UUID", partners))
	}
	if len(partners) < len(ids) {
		conditions = append(conditions, "partner_org_id IS NULL")
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}

// sold holds the opportunities with a line of some products or families.
func (q *query) sold(f warehouse.Filter) string {
	condition := "opportunity_id IN (SELECT l.opportunity_id FROM " + q.source.latest(q, "opportunity_line") + " AS l JOIN " +
		q.source.latest(q, "product") + " AS p ON p.id = l.product_id WHERE l.opportunity_id IS NOT NULL"
	if len(f.Products) > 0 {
		condition += " AND p.id IN " + bindList(q, "product", "UUID", f.Products)
	}
	if len(f.Families) > 0 {
		condition += " AND p.family IN " + bindList(q, "family", "String", f.Families)
	}
	return condition + ")"
}

// bindList binds a list as one parameter, so that the text of the question does not grow with it.
func bindList[T any](q *query, name, form string, values []T) string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = fmt.Sprint(value)
	}
	return "(SELECT arrayJoin(" + q.bind(name, "Array("+form+")", texts) + "))"
}
