package portal

import (
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/warehouse"
)

// What is hidden from a person is absent from the pages: no column without values, no chart, no filter that is refused.

// counts says whether figures may depend on the field: it is read on all opportunities in sight.
func (v *visit) counts(f warehouse.Field) bool { return api.ScopeOf(v.actor).Reads(f) }

// reads says whether the field is read on some opportunity in sight.
func (v *visit) reads(field string) bool {
	return slices.ContainsFunc(v.actor.Grants(operational.ObjectOpportunity), func(g operational.Grant) bool { return g.Read.Has(field) })
}

// readsOf are the fields that are read of one opportunity, which is there with or without values.
func (v *visit) readsOf(o opportunities.Opportunity) operational.FieldSet { return v.grantOf(o).Read }

// grantOf is what the person may do with an opportunity that it sees.
func (v *visit) grantOf(o opportunities.Opportunity) operational.Grant {
	if g, public := v.actor.PublicGrant(operational.ObjectOpportunity); public && o.ConnectionID == nil {
		return g.ToOthers()
	}
	for _, g := range v.actor.Grants(operational.ObjectOpportunity) {
		own := g.Connection == uuid.Nil && (v.vendor() || o.ConnectionID == nil)
		if own || o.ConnectionID != nil && g.Connection == *o.ConnectionID {
			return g
		}
	}
	return operational.Grant{}
}

// titleOf is what an opportunity is called by those who do not read its name.
func titleOf(o opportunities.Opportunity) string {
	switch {
	case o.Name != "":
		return o.Name
	case o.Number != "":
		return o.Number
	}
	return "Opportunity " + o.ID.String()[:8]
}

// joinedWith puts texts side by side; what is empty leaves no gap.
func joinedWith(text, between, more string) string {
	if text == "" || more == "" {
		return text + more
	}
	return text + between + more
}

// drop takes values at some places out of a list.
func drop[T any](list []T, places ...int) []T {
	out := make([]T, 0, len(list))
	for i, x := range list {
		if !slices.Contains(places, i) {
			out = append(out, x)
		}
	}
	return out
}
