package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// accountLink says that the customer is one of those that the partner shares business of with a vendor.
type accountLink struct {
	ConnectionID uuid.UUID `json:"connection_id" doc:"Connection with the vendor"`
}

type linkInput struct {
	ID   string `path:"id" maxLength:"64" doc:"Id of your account"`
	Body struct {
		OpportunityID uuid.UUID `json:"opportunity_id" doc:"Opportunity that you share with the vendor, and whose customer this is"`
	}
}

type unlinkInput struct {
	ID           string `path:"id" maxLength:"64" doc:"Id of your account"`
	ConnectionID string `query:"connection_id" maxLength:"64" doc:"Connection with the vendor, as the list of links names it"`
}

// accountLinks are a partner's own affair: for a vendor there are none.
func (a *API) accountLinks() {
	register(a, operational.AccountsRead, huma.Operation{
		OperationID: "list-account-links", Method: http.MethodGet, Path: "/v1/accounts/{id}/links", Tags: []string{"accounts"},
		Summary: "List the vendors that you share the customer with", Description: "Vendors with whom a partner shares opportunities of its customer, as it has said itself. They learn nothing of the link.",
	}, func(ctx context.Context, actor operational.Actor, in *historyInput) (*list[accountLink], error) {
		found, err := a.deps.Accounts.Linked(ctx, actor, parseID(in.ID))
		if err == nil && actor.Side != operational.SidePartner {
			err = operational.NotFound("account")
		}
		if err != nil {
			return nil, err
		}
		links := make([]accountLink, 0, len(found))
		for _, id := range found {
			links = append(links, accountLink{id})
		}
		name := listID("list-account-links", parseID(in.ID).String())
		return sliced(a.cursors, actor, in.PageInput, name, links, func(l accountLink) string { return l.ConnectionID.String() })
	})
	register(a, operational.AccountsWrite, huma.Operation{
		OperationID: "link-account", Method: http.MethodPost, Path: "/v1/accounts/{id}/links", Tags: []string{"accounts"}, DefaultStatus: http.StatusCreated,
		Summary: "Link an account with what you share", Description: "Notes for a partner that its account is the customer of an opportunity that it shares with a vendor. The vendor learns nothing of it, nor do you what the vendor keeps of the customer.",
	}, func(ctx context.Context, actor operational.Actor, in *linkInput) (*struct{ Body accountLink }, error) {
		connection, err := a.deps.Opportunities.LinkAccount(ctx, actor, parseID(in.ID), in.Body.OpportunityID)
		return &struct{ Body accountLink }{accountLink{connection}}, err
	})
	register(a, operational.AccountsWrite, huma.Operation{
		OperationID: "unlink-account", Method: http.MethodDelete, Path: "/v1/accounts/{id}/links", Tags: []string{"accounts"}, DefaultStatus: http.StatusNoContent,
		Summary: "Remove the link of an account", Description: "Takes back that the account is the customer of what you share with the vendor.",
	}, func(ctx context.Context, actor operational.Actor, in *unlinkInput) (*struct{}, error) {
		return nil, a.deps.Accounts.Unlink(ctx, actor, parseID(in.ID), parseID(in.ConnectionID))
	})
}
