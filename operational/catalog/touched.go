package catalog

import (
	"maps"
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ChangedAt is when the product was last changed, for whom it is shown.
func (p Product) ChangedAt() time.Time { return p.UpdatedAt }

// ChangedAt is when the process was last changed, for whom it is shown.
func (p SalesProcess) ChangedAt() time.Time { return p.UpdatedAt }

// differs are the fields, as roles call them, in which a product holds something else than the other one does.
func (p Product) differs(o Product) []string {
	same := map[string]bool{
		"name": p.Name == o.Name, "family": p.Family == o.Family, "active": p.OnSale() == o.OnSale(), "record_type": sameID(p.RecordTypeID, o.RecordTypeID),
		"list_price": p.ListPrice.Currency == o.ListPrice.Currency && p.ListPrice.Amount.Equal(o.ListPrice.Amount),
	}
	for _, custom := range []map[string]any{p.Custom, o.Custom} {
		for name := range custom {
			value, has := p.Custom[name]
			old, had := o.Custom[name]
			same[name] = has == had && value == old
		}
	}
	maps.DeleteFunc(same, func(_ string, same bool) bool { return same })
	return slices.Sorted(maps.Keys(same))
}

// after is the product as the one change later that made it from what it was.
func (p Product) after(was Product, at time.Time) Product {
	p.touched = was.touched.With(was.Version, was.UpdatedAt, p.differs(was), at)
	p.Version, p.UpdatedAt = was.Version+1, at
	return p
}

// after is the process as the one change later that made it from what it was. Which one is usual and which are retired is
// hidden from nobody who sees processes.
func (p SalesProcess) after(was SalesProcess, fields []string, at time.Time) SalesProcess {
	if p.Active != was.Active || p.Default != was.Default {
		fields = nil
	}
	p.touched = was.touched.With(was.Version, was.UpdatedAt, fields, at)
	p.Version, p.UpdatedAt = was.Version+1, at
	return p
}

// changedAt gives a list the column by which the actor asks when records were last changed: in what it sees of them.
func changedAt(actor operational.Actor, object operational.Object, l postgres.List) postgres.List {
	if actor.ReadableFields(object).Whole() {
		return l
	}
	const of = "p.updated_at"
	seen := "case"
	for _, g := range actor.Grants(object) {
		seen += " when p.org_id = '" + companyOf(actor, g).String() + "' then " + postgres.SeenAt("p", g.Read, nil)
	}
	if seen == "case" {
		return l
	}
	return l.With(map[string]postgres.Column{"updated_at": {SQL: seen + " else " + of + " end", Type: postgres.Time, Walk: of}})
}

// seen is the version of the product by the fields that the grant shows.
func (p Product) seen(g operational.Grant) int64 {
	version, _ := p.touched.Seen(g.Read, p.Version, p.UpdatedAt)
	return version
}

// seen is the version of the process by the fields that the grant shows.
func (p SalesProcess) seen(g operational.Grant) int64 {
	version, _ := p.touched.Seen(g.Read, p.Version, p.UpdatedAt)
	return version
}
