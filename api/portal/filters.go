package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
)

// filters is what an address asks a dashboard for. Lists are kept sorted, so that one question has one address.
type filters struct {
	Period, AsOf, KnownAt               string
	Regions, Tiers, Partners, Products  []string
	Status, Stage, Search, Sort, Cursor string // of the list only
}

func readFilters(r *http.Request) filters {
	q := r.URL.Query()
	return filters{
		Period: q.Get("period"), AsOf: q.Get("as_of"), KnownAt: q.Get("known_at"),
		Regions: values(q, "region"), Tiers: values(q, "tier"), Partners: values(q, "partner"), Products: values(q, "product"),
		Status: q.Get("status"), Stage: q.Get("stage"), Search: strings.TrimSpace(q.Get("q")), Sort: q.Get("sort"), Cursor: q.Get("cursor"),
	}
}

func values(q url.Values, name string) []string {
	list := slices.DeleteFunc(slices.Clone(q[name]), func(s string) bool { return s == "" })
	slices.Sort(list)
	return slices.Compact(list)
}

// query is what holds on every dashboard.
func (f filters) query() url.Values {
	q := f.dimensions()
	for name, value := range map[string]string{"period": f.Period, "as_of": f.AsOf, "known_at": f.KnownAt} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// listQuery is what holds on the list of opportunities as well.
func (f filters) listQuery() url.Values { return f.dimensions() }

func (f filters) dimensions() url.Values {
	q := url.Values{}
	for name, list := range map[string][]string{"region": f.Regions, "tier": f.Tiers, "partner": f.Partners, "product": f.Products} {
		if len(list) > 0 {
			q[name] = list
		}
	}
	return q
}

// full is the whole address of a list.
func (f filters) full() url.Values {
	q := f.dimensions()
	for name, value := range map[string]string{"status": f.Status, "stage": f.Stage, "q": f.Search, "sort": f.Sort} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// ask is the question to analytics.
func (f filters) ask() api.AnalyticsInput {
	return api.AnalyticsInput{Period: f.Period, AsOf: f.AsOf, KnownAt: f.KnownAt, Regions: f.Regions, Tiers: f.Tiers, Partners: f.Partners, Products: f.Products}
}

// toggled is a list with a value put in or taken out.
func toggled(list []string, value string) []string {
	if i := slices.Index(list, value); i >= 0 {
		return slices.Delete(slices.Clone(list), i, i+1)
	}
	return append(slices.Clone(list), value)
}

// bar makes the menus of a page. Each choice is the page's address with one thing changed.
type bar struct {
	path  string
	query url.Values
	out   views.Filters
}

func newBar(path string, query url.Values) *bar { return &bar{path: path, query: query} }

func (b *bar) with(name string, list ...string) string {
	q := url.Values{}
	for k, v := range b.query {
		q[k] = v
	}
	if len(list) == 0 || len(list) == 1 && list[0] == "" {
		q.Del(name)
	} else {
		q[name] = list
	}
	return address(b.path, q.Encode())
}

// option is a value of a filter with its name.
type option struct{ value, text string }

func textOf(options []option, value string) string {
	for _, o := range options {
		if o.value == value {
			return o.text
		}
	}
	return clip(value, 40)
}

// many adds a filter of which several values can be chosen.
func (b *bar) many(name, title string, options []option, chosen []string) {
	if len(options) < 2 && len(chosen) == 0 {
		return // nothing to choose
	}
	m := views.Menu{ID: "f-" + name, Name: title, Value: "All", On: len(chosen) > 0}
	switch len(chosen) {
	case 0:
	case 1:
		m.Value = textOf(options, chosen[0])
	default:
		m.Value = views.Number(len(chosen)) + " chosen"
	}
	for _, o := range options {
		m.Choices = append(m.Choices, views.Choice{Text: o.text, Href: b.with(name, toggled(chosen, o.value)...), On: slices.Contains(chosen, o.value)})
	}
	for _, c := range chosen {
		b.out.Active = append(b.out.Active, views.Link{Text: title + ": " + textOf(options, c), Href: b.with(name, toggled(chosen, c)...)})
	}
	b.out.Menus = append(b.out.Menus, m)
}

// one adds a filter of which one value holds; usual is what it is when nothing is said.
func (b *bar) one(name, title string, options []option, chosen, usual string) *views.Menu {
	m := views.Menu{ID: "f-" + name, Name: title, Value: usual, On: chosen != ""}
	if chosen != "" {
		m.Value = textOf(options, chosen)
		b.out.Active = append(b.out.Active, views.Link{Text: title + ": " + m.Value, Href: b.with(name)})
	}
	for _, o := range options {
		m.Choices = append(m.Choices, views.Choice{Text: o.text, Href: b.with(name, o.value), On: o.value == chosen})
	}
	b.out.Menus = append(b.out.Menus, m)
	return &b.out.Menus[len(b.out.Menus)-1]
}

// form lets a value be typed into a menu.
func (b *bar) form(m *views.Menu, field, label, hint, value string) {
	f := &views.MenuForm{Action: b.path, Field: field, Label: label, Hint: hint, Value: value, Kind: "text"}
	for name, list := range b.query {
		if name == field {
			continue
		}
		for _, v := range list {
			f.Keep = append(f.Keep, views.Field{Name: name, Value: v})
		}
	}
	slices.SortFunc(f.Keep, func(a, b views.Field) int { return strings.Compare(a.Name+a.Value, b.Name+b.Value) })
	m.Form = f
}

// filters gives the menus; clear is the address without any filter but what keep holds.
func (b *bar) filters(keep ...string) views.Filters {
	q := url.Values{}
	for _, name := range keep {
		if v, ok := b.query[name]; ok {
			q[name] = v
		}
	}
	b.out.Clear = address(b.path, q.Encode())
	return b.out
}

// chosen names all that is filtered by, for the empty state.
func chosen(f views.Filters) string {
	texts := make([]string, len(f.Active))
	for i, a := range f.Active {
		texts[i] = a.Text
	}
	return strings.Join(texts, ", ")
}
