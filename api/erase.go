package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/identity"
)

type eraseInput struct {
	Changing
	Body struct {
		Reason  string `json:"reason" enum:"requested,left,mistake,order" doc:"Why: the person asked for it, has left, was entered by mistake, or an authority ordered it. It stays in the audit"`
		Confirm string `json:"confirm" maxLength:"401" doc:"The name exactly as it is shown, typed once more: nothing brings it back" example:"Ada Lovelace"`
	}
}

func (in eraseInput) erasure() identity.Erasure {
	return identity.Erasure{Reason: in.Body.Reason, Confirm: in.Body.Confirm}
}

type erasedOutput struct {
	Body struct {
		MembershipID uuid.UUID `json:"membership_id" doc:"By this id everything still refers to the person"`
	}
}

const erased = " What they did, its history and the audit stay, by ids. Values in the findings of imports are gone after 30 days at the latest. It cannot be undone."

func (a *API) erasure() {
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "erase-person", Method: http.MethodPost, Path: "/v1/people/{id}/erase", Tags: []string{"people"}, Errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired},
		Summary: "Erase one of your people", Description: "Takes out name and addresses, ends sessions and API keys and whatever signs the person in; " +
			"vendors see the contact without its name. Who is a member of other companies goes on there." + erased,
	}, func(ctx context.Context, actor operational.Actor, in *eraseInput) (*erasedOutput, error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		out := &erasedOutput{}
		out.Body.MembershipID = parseID(in.ID)
		return out, a.deps.Identity.ErasePerson(ctx, actor, out.Body.MembershipID, version, in.erasure())
	})
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "erase-contact", Method: http.MethodPost, Path: "/v1/contacts/{id}/erase", Tags: []string{"accounts"}, Errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired},
		Summary: "Erase a contact", Description: "Takes out everything that names a person at a customer. Needs the right to delete contacts as well. The contact stays, for what refers to it." + erased,
	}, func(ctx context.Context, actor operational.Actor, in *eraseInput) (*record[accounts.Contact], error) {
		version, err := in.versionSeen(actor, operational.ObjectContact)
		if err != nil {
			return nil, err
		}
		x, err := a.deps.Accounts.EraseContact(ctx, actor, parseID(in.ID), version, in.erasure())
		return &record[accounts.Contact]{tagOfOwn(actor, operational.ObjectContact, x.Version), x}, err
	})
}
