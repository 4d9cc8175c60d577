package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

const governanceTag = "governance"

// What governs roles of both audiences says itself which of two permissions a call needs.
const needsEither = "Roles for people of your own company need `roles.manage` (to read: or `people.manage`), those for people of a vendor's partners `channel.govern`."

func (a *API) governance() {
	s := governance.New(a.deps.DB)
	a.roles(s)
	a.assignments(s)
	a.accessScope(s)
	a.customFields(s)
	a.recordTypes(s)
	a.layouts(s)
	a.explain(s)
}

type permissionsOutput struct {
	Body struct {
		Capabilities []operational.Permission `json:"capabilities" doc:"Permissions that are a right to no object: what a role of your company can list"`
		Acts         []operational.Act        `json:"acts" doc:"What can be done with records"`
		Visibilities []operational.Visibility `json:"visibilities" doc:"Data scopes, from narrow to wide"`
		Fields       []governance.Governed    `json:"fields" doc:"Fields that roles and layouts can name, by object"`
	}
}

type explainInput struct {
	Body struct {
		ContactID    *uuid.UUID         `json:"contact_id,omitempty" doc:"One of a partner's people; needs channel.govern" example:"0193b0c4-7c1e-7a52-9d1c-3f5b8a0e4d21"`
		MembershipID *uuid.UUID         `json:"membership_id,omitempty" doc:"Instead of it: one of your own people; needs roles.manage"`
		Object       operational.Object `json:"object" enum:"account,contact,product,sales_process,opportunity" doc:"Kind of the record" example:"opportunity"`
		RecordID     uuid.UUID          `json:"record_id" doc:"The record; you must see it yourself" example:"0193b0c4-91aa-7d03-b0a4-5d2c1f9e8b77"`
		Act          operational.Act    `json:"act" enum:"read,edit,delete,export" doc:"What the person would do with it" example:"edit"`
		Field        string             `json:"field,omitempty" maxLength:"60" doc:"Field that it would read or write; left out: the record as a whole" example:"vendor_net"`
	}
}

func (a *API) explain(s *governance.Service) {
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "explain-decision", Method: http.MethodPost, Path: "/v1/explain", Tags: []string{governanceTag}, Errors: []int{http.StatusNotFound},
		Summary: "Explain a decision", Description: "Says whether a person may do something with a record or with one of its fields, and which rule decides: every rule that was asked, in order. " +
			"About one of a partner's people it says what the vendor's side gives; what the partner's own company lets them do is its own affair and can only be less. " +
			"A record that you do not see yourself is not there. Needs `channel.govern` for a contact, `roles.manage` for a member. That it was asked is noted in the audit.",
	}, func(ctx context.Context, actor operational.Actor, in *explainInput) (*struct{ Body governance.Explanation }, error) {
		q := governance.Question{Object: in.Body.Object, RecordID: in.Body.RecordID, Act: in.Body.Act, Field: in.Body.Field}
		if in.Body.ContactID != nil {
			q.ContactID = *in.Body.ContactID
		}
		if in.Body.MembershipID != nil {
			q.MembershipID = *in.Body.MembershipID
		}
		e, err := s.Explain(ctx, actor, q)
		return &struct{ Body governance.Explanation }{e}, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "list-permissions", Method: http.MethodGet, Path: "/v1/permissions", Tags: []string{governanceTag},
		Summary: "List what can be given", Description: "Everything that roles and layouts of your company can name. Needs `roles.manage` or `channel.govern`.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*permissionsOutput, error) {
		fields, err := s.Governed(ctx, actor)
		out := &permissionsOutput{}
		out.Body.Capabilities, out.Body.Fields = operational.CapabilitiesOf(actor.Side), fields
		out.Body.Acts = operational.Acts
		out.Body.Visibilities = []operational.Visibility{operational.VisibilityPrivate, operational.VisibilityCompany, operational.VisibilityPublic}
		return out, err
	})
}
