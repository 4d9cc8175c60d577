package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// workspacePatch has the members of interconnect.UpdateWorkspace in the same order.
type workspacePatch struct {
	Name        operational.Opt[string] `json:"name,omitzero" minLength:"1" maxLength:"200" doc:"Name of the organisation, as companies that it is connected with see it too" example:"Kestrel Automation"`
	CountryCode operational.Opt[string] `json:"country_code,omitzero" pattern:"^[A-Z]{2}$" doc:"ISO 3166 code of its country" example:"DE"`
	TimeZone    operational.Opt[string] `json:"time_zone,omitzero" maxLength:"64" doc:"Time zone that its days are counted in, an IANA name" example:"Europe/Berlin"`
	FiscalMonth operational.Opt[int]    `json:"fiscal_month,omitzero" minimum:"1" maximum:"12" doc:"Month that its fiscal year begins with" example:"4"`
	Currency    operational.Opt[string] `json:"currency,omitzero" pattern:"^[A-Z]{3}$" doc:"Currency of its reports" example:"EUR"`
}

// readingOne and changingOne are for what there is one of, so that no id names it.
type readingOne struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETag that you have: 304 when it is still the same"`
	FieldsInput
}

type changingOne[P any] struct {
	IfMatch string `header:"If-Match" doc:"ETag of the record as you read it; required" example:"\"v3\""`
	Body    P      `contentType:"application/merge-patch+json" doc:"Members to change; null clears one; what is left out stays"`
}

type openChannelInput struct {
	IfMatch string `header:"If-Match" doc:"ETag of the workspace as you read it; required" example:"\"v3\""`
}

type switchInput struct {
	Body struct {
		OrganisationID *uuid.UUID        `json:"organisation_id,omitempty" doc:"One of the organisations that you are a member of; left out: where the session works now"`
		Side           *operational.Side `json:"side,omitempty" enum:"vendor,partner" doc:"The side to work on; left out: as now, or the one that your role wears"`
		ConnectionID   *uuid.UUID        `json:"connection_id,omitempty" doc:"On the partner side: the only connection to work in; left out: all of your business"`
	}
}

func (a *API) workspaces() {
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "switch-workspace", Method: http.MethodPost, Path: "/v1/session/workspace", Tags: []string{"session"},
		Summary: "Work elsewhere",
		Description: "Takes the session into another organisation of yours, to its other side, into the connection with one vendor or back to all business. GET /v1/me lists the choices. " +
			"The session gets a new token, and the one before ends. For sessions only: an API key works where it was made for.",
	}, func(ctx context.Context, actor operational.Actor, in *switchInput) (*signInOutput, error) {
		to := identity.Place{Organisation: in.Body.OrganisationID, Side: in.Body.Side, Connection: in.Body.ConnectionID}
		session, err := a.deps.Identity.Switch(ctx, actor, a.SessionToken(requestOf(ctx).http), to)
		if err != nil {
			return nil, err
		}
		return a.signedIn(ctx, session)
	})
	s := a.deps.Interconnect
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "read-workspace", Method: http.MethodGet, Path: "/v1/workspace", Tags: []string{"organisations"},
		Summary: "Read the workspace", Description: "Your own organisation and how its days, years and money are counted.",
	}, func(ctx context.Context, actor operational.Actor, in *readingOne) (*record[interconnect.Workspace], error) {
		w, err := s.Workspace(ctx, actor)
		if err != nil {
			return nil, err
		}
		return asRecord(Reading{IfNoneMatch: in.IfNoneMatch}, w.Version, w)
	})
	register(a, operational.WorkspaceManage, patching(huma.Operation{
		OperationID: "update-workspace", Path: "/v1/workspace", Tags: []string{"organisations"},
		Summary: "Change the workspace", Description: "Changes the given members; null clears the country. What is stored stays as it is; reports count anew.",
	}), func(ctx context.Context, actor operational.Actor, in *changingOne[workspacePatch]) (*record[interconnect.Workspace], error) {
		seen, err := Changing{IfMatch: in.IfMatch}.version()
		if err != nil {
			return nil, err
		}
		w, err := s.UpdateWorkspace(ctx, actor, seen, interconnect.UpdateWorkspace(in.Body))
		return &record[interconnect.Workspace]{etagOf(w.Version), w}, err
	})
	register(a, operational.WorkspaceManage, huma.Operation{
		OperationID: "open-channel", Method: http.MethodPost, Path: "/v1/workspace/channel", Tags: []string{"organisations"}, Errors: onCondition,
		Summary: "Open a channel of your own",
		Description: "For an organisation that sells for others and has partners of its own as well: it gets the roles, the default role for partners' people and the access scope that come with a channel, " +
			"and its people work on either side (POST /v1/session/workspace). What it does for its vendors stays as it is, and none of them learns of it. It is not undone.",
	}, func(ctx context.Context, actor operational.Actor, in *openChannelInput) (*record[interconnect.Workspace], error) {
		seen, err := Changing{IfMatch: in.IfMatch}.version()
		if err != nil {
			return nil, err
		}
		w, err := s.OpenChannel(ctx, actor, seen)
		return &record[interconnect.Workspace]{etagOf(w.Version), w}, err
	})
}
