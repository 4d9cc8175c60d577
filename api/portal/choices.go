package portal

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/warehouse"
)

// The most choices that a menu shows; the list of opportunities can be searched for the others.
const mostChoices = 200

// choices are the values that a person can filter by.
type choices struct {
	connections               []interconnect.Connection
	partners, regions, levels []option
	products                  []option
	first, last               time.Time // of the data; zero when there is none
}

// choices reads what there is to filter by: what the person may see, and nothing else.
func (v *visit) choices() (choices, error) {
	var c choices
	found, err := v.deps.Interconnect.Connections(v.ctx, v.actor, operational.Query{Page: operational.Page{Limit: mostChoices}})
	if err != nil {
		return c, err
	}
	c.connections = found.Items
	regions, levels := map[string]bool{}, map[string]bool{}
	for _, x := range found.Items {
		if x.Region != nil {
			regions[*x.Region] = true
		}
		if x.Tier != nil {
			levels[*x.Tier] = true
		}
		c.partners = append(c.partners, option{x.PartnerOrgID.String(), x.PartnerName})
	}
	slices.SortFunc(c.partners, byText)
	c.regions, c.levels = sortedOptions(regions), sortedOptions(levels)
	products, err := v.deps.Catalog.Products(v.ctx, v.actor, operational.Query{Page: operational.Page{Limit: mostChoices}})
	if err != nil {
		return c, err
	}
	for _, x := range products.Items {
		c.products = append(c.products, option{x.ID.String(), x.Name})
	}
	slices.SortFunc(c.products, byText)
	return c, v.span(&c)
}

func byText(a, b option) int {
	return strings.Compare(strings.ToLower(a.text), strings.ToLower(b.text))
}

func sortedOptions(set map[string]bool) []option {
	var out []option
	for value := range set {
		out = append(out, option{value, value})
	}
	slices.SortFunc(out, byText)
	return out
}

// spans remembers for a while from when to when a person sees data: finding it reads all its opportunities.
type spans struct {
	mu   sync.Mutex
	data map[spanKey]span
}

// spanKey is who sees the data: another person, or one who sees other rows of it, has another span.
type spanKey struct {
	org, membership, connection uuid.UUID
	scope                       string
}

type span struct{ first, last, until time.Time }

// How long a span is believed. It only decides which periods a menu offers.
const spanLife = 5 * time.Minute

func (s *spans) get(k spanKey, now time.Time) (span, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.data[k]
	return x, ok && now.Before(x.until)
}

// put keeps a span; of an organisation without data it keeps none, so that the first row is seen at once.
func (s *spans) put(k spanKey, x span) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.data == nil || len(s.data) > 10_000 {
		s.data = map[spanKey]span{}
	}
	if !x.first.IsZero() {
		s.data[k] = x
	}
}

func (v *visit) span(c *choices) error {
	now, key := v.deps.Clock(), spanKey{v.actor.Org, v.actor.Membership, v.actor.Connection, api.ScopeOf(v.actor).Fingerprint()}
	if x, ok := v.spans.get(key, now); ok {
		c.first, c.last = x.first, x.last
		return nil
	}
	if err := v.findSpan(c); err != nil {
		return err
	}
	v.spans.put(key, span{c.first, c.last, now.Add(spanLife)})
	return nil
}

// findSpan looks for the first creation and the last creation or end of an opportunity.
func (v *visit) findSpan(c *choices) error {
	edge := func(field string, desc bool) (*time.Time, error) {
		found, err := v.deps.Opportunities.List(v.ctx, v.actor, operational.Query{Page: operational.Page{Limit: 1}, Sort: []operational.Sort{{Field: field, Desc: desc}}})
		if err != nil || len(found.Items) == 0 {
			return nil, err
		}
		if field == "created_at" {
			return &found.Items[0].CreatedAt, nil
		}
		return found.Items[0].ClosedAt, nil
	}
	known, err := v.deps.Opportunities.Listing(v.ctx, v.actor)
	if err != nil {
		return err
	}
	for _, e := range []struct {
		field string
		desc  bool
	}{{"created_at", false}, {"created_at", true}, {"closed_at", true}} {
		if !slices.Contains(known.Sorts, e.field) {
			continue // hidden from this reader
		}
		at, err := edge(e.field, e.desc)
		if err != nil {
			return err
		}
		if at == nil {
			continue
		}
		if c.first.IsZero() || at.Before(c.first) {
			c.first = *at
		}
		if at.After(c.last) {
			c.last = *at
		}
	}
	return nil
}

// The most quarters that the menu offers; any other period can be typed.
const mostQuarters = 12

// periodMenu offers the quarters and years in which there is data, newest first, and the present one.
func (v *visit) periodMenu(b *bar, f filters, c choices, title string) {
	now := v.deps.Clock()
	usual := v.cal.Quarter(now)
	end := now
	if !c.last.IsZero() && !v.cal.Quarter(c.last).Contains(now) && c.last.Before(now) {
		end = c.last
	}
	begin := c.first
	if begin.IsZero() {
		begin = now
	}
	var quarters, years []option
	if !v.cal.Quarter(end).Contains(now) {
		quarters = append(quarters, option{usual.Text, usual.Label})
	}
	for p := v.cal.Quarter(end); len(quarters) < mostQuarters && p.To.After(begin); p = v.cal.Previous(p) {
		quarters = append(quarters, option{p.Text, p.Label})
	}
	for p := v.cal.Year(end); len(years) < 4 && p.To.After(begin); p = v.cal.Previous(p) {
		years = append(years, option{p.Text, p.Label})
	}
	m := b.one("period", title, append(slices.Clone(quarters), years...), f.Period, usual.Label)
	if p, err := v.cal.Period(f.Period); err == nil {
		m.Value = p.Label
	}
	// A period is always there; choosing one is not a filter to be cleared.
	b.out.Active = slices.DeleteFunc(b.out.Active, func(l views.Link) bool { return strings.HasPrefix(l.Text, title+": ") })
	m.On = false
	m.Choices = slices.Insert(m.Choices, len(quarters), views.Choice{Text: "Years", Heading: true})
	m.Choices = slices.Insert(m.Choices, 0, views.Choice{Text: "Quarters", Heading: true})
	for i := range m.Choices {
		if f.Period == "" && m.Choices[i].Text == usual.Label {
			m.Choices[i].On = true
		}
	}
	b.form(m, "period", "Another period", "A quarter as 2017-Q1, a month as 2017-03 or a year as 2017", f.Period)
}

// asOfMenu lets one look back: what had happened by a day.
func (v *visit) asOfMenu(b *bar, f filters) {
	m := b.one("as_of", "As of", nil, f.AsOf, "now")
	if f.AsOf != "" {
		m.Choices = append(m.Choices, views.Choice{Text: "Now", Href: b.with("as_of")})
	}
	m.Note = "Only what had happened by the end of that day."
	b.form(m, "as_of", "Day", "All figures are as they were then.", f.AsOf)
	m.Form.Kind = "date"
	if f.KnownAt != "" {
		b.out.Active = append(b.out.Active, views.Link{Text: "Known at: " + clip(f.KnownAt, 40), Href: b.with("known_at")})
	}
}

// dashboardBar makes the menus of a dashboard.
func (v *visit) dashboardBar(path, title string, f filters, c choices) views.Filters {
	b := newBar(path, f.query())
	v.periodMenu(b, f, c, title)
	if v.counts(warehouse.FieldRegion) {
		b.many("region", "Region", c.regions, f.Regions)
	}
	if v.counts(warehouse.FieldTier) {
		b.many("tier", "Tier", c.levels, f.Tiers)
	}
	if v.vendor() {
		b.many("partner", "Partner", append(c.partners, option{"direct", "Direct business"}), f.Partners)
	}
	if v.counts(warehouse.FieldLines) {
		b.many("product", "Product", c.products, f.Products)
	}
	if v.counts(warehouse.FieldHistory) {
		v.asOfMenu(b, f)
	}
	return b.filters("period")
}
