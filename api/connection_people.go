package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// peoplePatch has the members of interconnect.UpdateConnectionPeople in the same order.
type peoplePatch struct {
	Mode          operational.Opt[string]      `json:"mode,omitzero" enum:"all,chosen" doc:"all: all of your people, also who joins later; chosen: the listed ones" example:"chosen"`
	MembershipIDs operational.Opt[[]uuid.UUID] `json:"membership_ids,omitzero" maxItems:"20000" doc:"All of your people whom mode chosen lets work in the connection"`
}

type peoplePatching struct {
	Changing
	Body peoplePatch `contentType:"application/merge-patch+json" doc:"Members to change; a list that is given takes the place of the one that was"`
}

// connectionPeople are a partner's operations on which of its people work for a vendor.
func (a *API) connectionPeople() {
	s := a.deps.Interconnect
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "read-connection-people", Method: http.MethodGet, Path: "/v1/connections/{id}/people", Tags: []string{"people"},
		Summary: "Read who works for a vendor", Description: "Which of your people work in the connection, and so which of them the vendor knows. The choice is your own affair. For partners.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[interconnect.ConnectionPeople], error) {
		x, err := s.ConnectionPeople(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, x.Version, x)
	})
	register(a, operational.PeopleManage, patching(huma.Operation{
		OperationID: "update-connection-people", Path: "/v1/connections/{id}/people", Tags: []string{"people"}, MaxBodyBytes: maxScopeBody,
		Summary: "Choose who works for a vendor",
		Description: "Whoever is taken out finds nothing of the connection from their next request on, their sessions and API keys that work in it alone end, and the vendor sees them as suspended by you. " +
			"Opportunities that they own stay theirs. Whoever is not chosen and never was remains unknown to the vendor, also who joins later. For partners.",
	}), func(ctx context.Context, actor operational.Actor, in *peoplePatching) (*record[interconnect.ConnectionPeople], error) {
		seen, err := in.version()
		if err != nil {
			return nil, err
		}
		x, err := s.ChoosePeople(ctx, actor, parseID(in.ID), seen, interconnect.UpdateConnectionPeople(in.Body))
		return &record[interconnect.ConnectionPeople]{etagOf(x.Version), x}, err
	})
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "preview-connection-people", Method: http.MethodPost, Path: "/v1/connections/{id}/people/preview", Tags: []string{"people"}, MaxBodyBytes: maxScopeBody,
		Summary: "Preview who would work for a vendor", Description: "Counts whom a change would bring in and take out, and names the first hundred who would be taken out. Nothing is saved. For partners.",
	}, func(ctx context.Context, actor operational.Actor, in *struct {
		ID   string      `path:"id" maxLength:"64" doc:"Id of the record"`
		Body peoplePatch `doc:"The change, as update-connection-people takes it"`
	},
	) (*struct{ Body interconnect.PeoplePreview }, error) {
		p, err := s.PreviewPeople(ctx, actor, parseID(in.ID), interconnect.UpdateConnectionPeople(in.Body))
		return &struct{ Body interconnect.PeoplePreview }{p}, err
	})
}
