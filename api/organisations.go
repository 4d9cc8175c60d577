package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

func (a *API) organisations() {
	register(a, operational.OrganisationsRead, huma.Operation{
		OperationID: "list-organisations", Method: http.MethodGet, Path: "/v1/organisations", Tags: []string{"organisations"},
		Summary: "List organisations", Description: "Your own organisation and those that it is connected with.",
	}, listing(a, "list-organisations", everybody(interconnect.OrganisationListing), a.deps.Interconnect.Organisations))
	register(a, operational.OrganisationsRead, huma.Operation{
		OperationID: "read-organisation", Method: http.MethodGet, Path: "/v1/organisations/{id}", Tags: []string{"organisations"},
		Summary: "Read an organisation", Description: "Your own organisation or one that it is connected with.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[interconnect.Organisation], error) {
		o, err := a.deps.Interconnect.Organisation(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asSeen(*in, o)
	})
	register(a, operational.ConnectionsRead, huma.Operation{
		OperationID: "list-connections", Method: http.MethodGet, Path: "/v1/connections", Tags: []string{"organisations"},
		Summary: "List connections", Description: "A vendor's partners, or a partner's vendors.",
	}, listing(a, "list-connections", bySide(interconnect.ConnectionListing), a.deps.Interconnect.Connections))
	register(a, operational.ConnectionsRead, huma.Operation{
		OperationID: "read-connection", Method: http.MethodGet, Path: "/v1/connections/{id}", Tags: []string{"organisations"},
		Summary: "Read a connection", Description: "The pair of a vendor and a partner.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[interconnect.Connection], error) {
		c, err := a.deps.Interconnect.Connection(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, c.Version, c)
	})
}
