package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

// These have the members of governance's own in the same order.
type (
	connectionAssignmentPatch struct {
		Role             operational.Opt[string]    `json:"role,omitzero" maxLength:"60" doc:"Key of an external role; null: the default one" example:"dealer_personnel"`
		ChannelManagerID operational.Opt[uuid.UUID] `json:"channel_manager_id,omitzero" doc:"Member who looks after the partner; null: nobody"`
	}
	contactAssignmentPatch struct {
		Role operational.Opt[string] `json:"role,omitzero" maxLength:"60" doc:"Key of an external role; null: that of the company" example:"dealer_personnel"`
	}
	memberAssignmentPatch struct {
		Role    operational.Opt[string]   `json:"role,omitzero" minLength:"1" maxLength:"60" doc:"Key of an internal role" example:"channel_manager"`
		Regions operational.Opt[[]string] `json:"regions,omitzero" maxItems:"100" doc:"All regions that the member looks after; a vendor's people only" example:"[\"West\"]"`
	}
	scopePatch struct {
		Mode          operational.Opt[string]      `json:"mode,omitzero" enum:"all,companies,contacts" doc:"all: every partner's people; companies: those of the listed connections; contacts: the listed contacts only" example:"companies"`
		ConnectionIDs operational.Opt[[]uuid.UUID] `json:"connection_ids,omitzero" maxItems:"20000" doc:"All connections that mode companies lets in"`
		ContactIDs    operational.Opt[[]uuid.UUID] `json:"contact_ids,omitzero" maxItems:"20000" doc:"All contacts that mode contacts lets in"`
	}
)

// assignment adds the two operations of one sort of assignment.
func assignment[T any, P any](a *API, permission operational.Permission, id, path, whose, what string, version func(T) int64,
	read func(context.Context, operational.Actor, uuid.UUID) (T, error), change func(context.Context, operational.Actor, uuid.UUID, int64, P) (T, error),
) {
	register(a, permission, huma.Operation{
		OperationID: "read-" + id + "-assignment", Method: http.MethodGet, Path: path, Tags: []string{governanceTag},
		Summary: "Read what " + whose + " has", Description: what,
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[T], error) {
		x, err := read(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, version(x), x)
	})
	register(a, permission, patching(huma.Operation{
		OperationID: "update-" + id + "-assignment", Path: path, Tags: []string{governanceTag},
		Summary: "Change what " + whose + " has", Description: what + " It holds from the next request on. Nobody gives rights that they do not have themselves.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[P]) (*record[T], error) {
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		x, err := change(ctx, actor, parseID(in.ID), v, in.Body)
		return &record[T]{etagOf(version(x)), x}, err
	})
}

func (a *API) assignments(s *governance.Service) {
	assignment(a, operational.ChannelGovern, "connection", "/v1/connections/{id}/assignment", "a partner",
		"The external role of a partner's people, and the member who looks after the partner.",
		func(x governance.ConnectionAssignment) int64 { return x.Version }, s.ConnectionAssignment,
		func(ctx context.Context, actor operational.Actor, id uuid.UUID, v int64, p connectionAssignmentPatch) (governance.ConnectionAssignment, error) {
			return s.AssignConnection(ctx, actor, id, v, governance.UpdateConnectionAssignment(p))
		})
	assignment(a, operational.ChannelGovern, "external-contact", "/v1/external-contacts/{id}/assignment", "a partner's person",
		"The external role of one of a partner's people, which comes before that of the company.",
		func(x governance.ContactAssignment) int64 { return x.Version }, s.ContactAssignment,
		func(ctx context.Context, actor operational.Actor, id uuid.UUID, v int64, p contactAssignmentPatch) (governance.ContactAssignment, error) {
			return s.AssignContact(ctx, actor, id, v, governance.UpdateContactAssignment(p))
		})
	assignment(a, operational.PeopleManage, "person", "/v1/people/{id}/assignment", "a member",
		"The role of one of your own people, and the regions that they look after. One administrator at least stays.",
		func(x governance.MemberAssignment) int64 { return x.Version }, s.MemberAssignment,
		func(ctx context.Context, actor operational.Actor, id uuid.UUID, v int64, p memberAssignmentPatch) (governance.MemberAssignment, error) {
			return s.AssignMember(ctx, actor, id, v, governance.UpdateMemberAssignment(p))
		})
}

type scopeReading struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETag that you have: 304 when it is still the same"`
	FieldsInput
}

type scopePatching struct {
	IfMatch string     `header:"If-Match" doc:"ETag of the scope as you read it; required" example:"\"v3\""`
	Body    scopePatch `contentType:"application/merge-patch+json" doc:"Members to change; a list that is given takes the place of the one that was"`
}

// maxScopeBody has room for two full lists of ids.
const maxScopeBody = 2 << 20

func (a *API) accessScope(s *governance.Service) {
	register(a, operational.ChannelGovern, huma.Operation{
		OperationID: "read-access-scope", Method: http.MethodGet, Path: "/v1/access-scope", Tags: []string{governanceTag},
		Summary: "Read who may come in", Description: "Which of your partners' people may see anything of what you share with their company.",
	}, func(ctx context.Context, actor operational.Actor, in *scopeReading) (*record[governance.AccessScope], error) {
		x, err := s.AccessScope(ctx, actor)
		if err != nil {
			return nil, err
		}
		return asRecord(Reading{IfNoneMatch: in.IfNoneMatch}, x.Version, x)
	})
	register(a, operational.ChannelGovern, patching(huma.Operation{
		OperationID: "update-access-scope", Path: "/v1/access-scope", Tags: []string{governanceTag}, MaxBodyBytes: maxScopeBody,
		Summary: "Change who may come in", Description: "Whoever is shut out finds nothing of what you share from their next request on; their own company's records stay theirs.",
	}), func(ctx context.Context, actor operational.Actor, in *scopePatching) (*record[governance.AccessScope], error) {
		version, err := Changing{IfMatch: in.IfMatch}.version()
		if err != nil {
			return nil, err
		}
		x, err := s.UpdateAccessScope(ctx, actor, version, governance.UpdateAccessScope(in.Body))
		return &record[governance.AccessScope]{etagOf(x.Version), x}, err
	})
	register(a, operational.ChannelGovern, huma.Operation{
		OperationID: "preview-access-scope", Method: http.MethodPost, Path: "/v1/access-scope/preview", Tags: []string{governanceTag}, MaxBodyBytes: maxScopeBody,
		Summary: "Preview who would come in", Description: "Counts whom a change would let in and shut out, and names the first hundred who would be shut out. Nothing is saved.",
	}, func(ctx context.Context, actor operational.Actor, in *struct {
		Body scopePatch `doc:"The change, as update-access-scope takes it"`
	},
	) (*struct{ Body governance.ScopePreview }, error) {
		p, err := s.PreviewAccessScope(ctx, actor, governance.UpdateAccessScope(in.Body))
		return &struct{ Body governance.ScopePreview }{p}, err
	})
}
