package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// connectionPatch has the members of interconnect.UpdateConnection in the same order.
type connectionPatch struct {
	PartnerNumber operational.Opt[string] `json:"partner_number,omitzero" minLength:"1" maxLength:"60" doc:"Your own number for the partner" example:"P-0042"`
	Tier          operational.Opt[string] `json:"tier,omitzero" minLength:"1" maxLength:"60" doc:"Level of the partner in your programme" example:"Gold"`
	Region        operational.Opt[string] `json:"region,omitzero" minLength:"1" maxLength:"60" doc:"Region that you count the partner to" example:"West"`
}

type reasonInput struct {
	Changing
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why; the other company reads it too" example:"The contract has ended."`
	}
}

type resumeInput struct {
	Changing
	Body struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"Why; the other company reads it too"`
	}
}

// onCondition are the faults of an act that asks for If-Match.
var onCondition = []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}

// connections are the operations on the life of a connection.
func (a *API) connections() {
	s := a.deps.Interconnect
	type step = func(context.Context, operational.Actor, uuid.UUID, int64, string) (interconnect.Connection, error)
	done := func(ctx context.Context, actor operational.Actor, in Changing, reason string, do step) (*record[interconnect.Connection], error) {
		seen, err := in.version()
		if err != nil {
			return nil, err
		}
		x, err := do(ctx, actor, parseID(in.ID), seen, reason)
		return &record[interconnect.Connection]{etagOf(x.Version), x}, err
	}
	register(a, operational.ConnectionsManage, patching(huma.Operation{
		OperationID: "update-connection", Path: "/v1/connections/{id}", Tags: []string{"organisations"},
		Summary: "Change what you say of a partner", Description: "Changes number, tier or region of a partner; null clears tier or region. New opportunities take them up, old ones keep theirs. Vendors only.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[connectionPatch]) (*record[interconnect.Connection], error) {
		seen, err := in.version()
		if err != nil {
			return nil, err
		}
		x, err := s.UpdateConnection(ctx, actor, parseID(in.ID), seen, interconnect.UpdateConnection(in.Body))
		return &record[interconnect.Connection]{etagOf(x.Version), x}, err
	})
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "suspend-connection", Method: http.MethodPost, Path: "/v1/connections/{id}/suspend", Tags: []string{"organisations"}, Errors: onCondition,
		Summary: "Suspend a connection", Description: "From their next request on, the partner's people see nothing of the connection, until it is resumed. Vendors only.",
	}, func(ctx context.Context, actor operational.Actor, in *reasonInput) (*record[interconnect.Connection], error) {
		return done(ctx, actor, in.Changing, in.Body.Reason, s.Suspend)
	})
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "resume-connection", Method: http.MethodPost, Path: "/v1/connections/{id}/resume", Tags: []string{"organisations"}, Errors: onCondition,
		Summary: "Resume a connection", Description: "Takes a suspended connection up again, as it was. Vendors only.",
	}, func(ctx context.Context, actor operational.Actor, in *resumeInput) (*record[interconnect.Connection], error) {
		return done(ctx, actor, in.Changing, in.Body.Reason, s.Resume)
	})
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "end-connection", Method: http.MethodPost, Path: "/v1/connections/{id}/end", Tags: []string{"organisations"}, Errors: onCondition,
		Summary: "End a connection",
		Description: "For good, in one step, for either company. What was shared stays with the vendor as it is and can be read there, not changed. Each open opportunity goes on in the partner's own workspace as a " +
			"record of its own, with what the partner may read of it and with its private half. Sessions and API keys that work in the connection alone end. Look at its ending first. Connected anew, the companies have a new connection.",
	}, func(ctx context.Context, actor operational.Actor, in *reasonInput) (*record[interconnect.Connection], error) {
		return done(ctx, actor, in.Changing, in.Body.Reason, s.End)
	})
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "preview-connection-ending", Method: http.MethodGet, Path: "/v1/connections/{id}/ending", Tags: []string{"organisations"},
		Summary: "What the end of a connection would do", Description: "Counts what would stay, go on and end. Does nothing.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[interconnect.Ending], error) {
		x, err := s.Ending(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asSeen(*in, x)
	})
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "read-disclosure", Method: http.MethodGet, Path: "/v1/connections/{id}/disclosure", Tags: []string{"organisations"},
		Summary: "What does this vendor see of us?", Description: "All that crosses the connection: your people as the vendor knows them, the opportunities that you share and what it sees of each, what it says of you. Nothing else of your workspace does. For partners.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[interconnect.Disclosure], error) {
		x, err := s.Disclosure(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asSeen(*in, x)
	})
}
