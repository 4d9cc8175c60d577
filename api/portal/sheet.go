package portal

import (
	"net/url"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
)

// sheet writes a page of cards that belongs to an entry of the rail; the links lead to it.
func (v *visit) sheet(status int, section string, page views.Sheet, links ...views.Link) error {
	crumbs := append([]views.Link{{Text: v.me.Organisation.Name}}, links...)
	return v.render(status, views.Shell{Title: page.Title, Section: section, Crumbs: crumbs}, views.SheetPage(page))
}

// pathID is the id in the address; one that is none is nobody's.
func (v *visit) pathID(object string) (uuid.UUID, error) {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return id, operational.NotFound(object)
	}
	return id, nil
}

// simpleBar is a filter with one choice of several.
func (v *visit) simpleBar(path, name, title string, options []option) views.Filters {
	q := url.Values{}
	for _, keep := range []string{"name", "status", "tier", "region"} {
		if value := v.r.URL.Query().Get(keep); value != "" {
			q.Set(keep, value)
		}
	}
	b := newBar(path, q)
	b.choose(name, title, options, q.Get(name))
	return b.filters()
}

// choose adds a menu with a choice for all.
func (b *bar) choose(name, title string, options []option, chosen string) {
	if len(options) == 0 {
		return
	}
	m := b.one(name, title, options, chosen, "All")
	m.Choices = slices.Insert(m.Choices, 0, views.Choice{Text: "All", Href: b.with(name), On: chosen == ""})
}

// paged says where in a list the reader is.
func (v *visit) paged(b *views.Block, path string, here int, next []string, total *int64, one, many string) {
	q := v.r.URL.Query()
	if total != nil {
		b.Count = v.counted(*total, one, many)
	} else {
		b.Count = v.counted(int64(here), one, many) + " on this page"
	}
	if q.Get("cursor") != "" {
		q.Del("cursor")
		b.First = address(path, q.Encode())
	}
	if next != nil {
		q.Set("cursor", encodeCursor(next))
		b.Next = address(path, q.Encode())
	}
}
