package api

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// wholeOpportunity is an opportunity with what only the partner knows of it.
type wholeOpportunity struct {
	opportunities.Opportunity
	Private *opportunities.Private `json:"private,omitempty"`
}

// wholeOpportunities lists opportunities, for a partner with its own half of each.
func (a *API) wholeOpportunities(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[wholeOpportunity], error) {
	found, err := a.deps.Opportunities.List(ctx, actor, q)
	if err != nil {
		return operational.Listed[wholeOpportunity]{}, err
	}
	ids := make([]uuid.UUID, 0, len(found.Items))
	for _, o := range found.Items {
		ids = append(ids, o.ID)
	}
	halves, err := a.deps.Opportunities.Halves(ctx, actor, ids)
	out := operational.Listed[wholeOpportunity]{Next: found.Next, Total: found.Total}
	for _, o := range found.Items {
		x := wholeOpportunity{Opportunity: o}
		if half, noted := halves[o.ID]; noted {
			x.Private = &half
		}
		out.Items = append(out.Items, x)
	}
	return out, err
}

// halfColumns are the columns of a partner's own half, with the fields that its company has added. A vendor has no half.
func (x *exportRun[T]) halfColumns(ctx context.Context) ([]string, error) {
	if x.half == nil || x.actor.Side != operational.SidePartner {
		return nil, nil
	}
	var setup objects.Setup
	err := x.api.deps.DB.Read(ctx, x.actor, func(b *pgx.Batch) { objects.Queue(b, x.actor.Org, x.object, x.actor.Role, &setup) })
	own := x.actor.OwnGrant(x.object)
	var added []string
	for _, f := range setup.Fields {
		if own.Read.Has(f.Name) {
			added = append(added, "private.custom."+f.Name)
		}
	}
	slices.Sort(added)
	return slices.Concat(x.half, added), err
}
