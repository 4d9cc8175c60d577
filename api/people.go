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

type identitiesOf struct {
	Body struct {
		Items []identity.MemberIdentity `json:"items" doc:"By name of the provider"`
	}
}

type unlinkPersonInput struct {
	ID         string `path:"id" maxLength:"64" doc:"Id of the person"`
	IdentityID string `query:"identity_id" maxLength:"64" doc:"Id of the connection, as the list names it"`
}

// people are the operations on one's own people, and on those of a vendor's partners.
func (a *API) people() {
	s := a.deps.Interconnect
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "list-people", Method: http.MethodGet, Path: "/v1/people", Tags: []string{"people"},
		Summary: "List people", Description: "The members of your own organisation, by name.",
	}, listing(a, "list-people", everybody(interconnect.PersonListing), s.People))
	standing(a, operational.PeopleManage, "person", "/v1/people/{id}", "people", "one of your people",
		"Keeps the person out: their sessions end at once, their API keys are revoked for good, and their contacts in all connections are suspended. Somebody who may do everything stays.",
		"Lets the person in again, also where their own organisation had suspended their contacts.",
		func(p interconnect.Person) int64 { return p.Version }, s.Person, s.SuspendPerson, s.ReactivatePerson)
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "end-person-sessions", Method: http.MethodPost, Path: "/v1/people/{id}/end-sessions", Tags: []string{"people"},
		Summary: "Sign one of your people out", Description: "Ends all sessions of the person in your organisation at once, of people only whose role you could give. Elsewhere, and for API keys, nothing changes. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *idInput) (*endedSessions, error) {
		return endings(a.deps.Identity.EndSessionsOf(ctx, actor, parseID(in.ID)))
	})
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "list-person-identities", Method: http.MethodGet, Path: "/v1/people/{id}/identities", Tags: []string{"people"},
		Summary: "List the connected sign-ins of one of your people", Description: "The identity providers of your organisation that know the person, by name.",
	}, func(ctx context.Context, actor operational.Actor, in *idInput) (*identitiesOf, error) {
		list, err := a.deps.Identity.IdentitiesOf(ctx, actor, parseID(in.ID))
		out := &identitiesOf{}
		out.Body.Items = list
		return out, err
	})
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "end-person-identity", Method: http.MethodDelete, Path: "/v1/people/{id}/identities", Tags: []string{"people"}, DefaultStatus: http.StatusNoContent,
		Summary: "End a connected sign-in of one of your people", Description: "The identity provider signs the person in no more, and what it has signed them in to ends; with a password they can connect it again. Of people only whose role you could give, and who have another way in. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *unlinkPersonInput) (*struct{}, error) {
		return nil, a.deps.Identity.UnlinkOf(ctx, actor, parseID(in.ID), parseID(in.IdentityID))
	})
	register(a, operational.ConnectionsRead, huma.Operation{
		OperationID: "list-external-contacts", Method: http.MethodGet, Path: "/v1/external-contacts", Tags: []string{"people"},
		Summary: "List partners' people", Description: "The people of your partners as each connection knows them, by name, with the role that counts. Vendors only.",
	}, listing(a, "list-external-contacts", everybody(interconnect.ContactListing), s.Contacts))
	standing(a, operational.ChannelGovern, "external-contact", "/v1/external-contacts/{id}", "people", "one of a partner's people",
		"From their next request on, the person sees nothing of your connection; elsewhere nothing changes. Vendors only.",
		"Lets the person in again, unless their own company has suspended them. Vendors only.",
		func(c interconnect.PartnerContact) int64 { return c.Version }, s.Contact, s.SuspendContact, s.ReactivateContact)
}

// standing adds the operations of what can be read, suspended and reactivated.
func standing[T any](a *API, permission operational.Permission, id, path, tag, whom, suspends, reactivates string, version func(T) int64,
	read func(context.Context, operational.Actor, uuid.UUID) (T, error), suspend, reactivate func(context.Context, operational.Actor, uuid.UUID, int64) (T, error),
) {
	register(a, permission, huma.Operation{
		OperationID: "read-" + id, Method: http.MethodGet, Path: path, Tags: []string{tag},
		Summary: "Read " + whom, Description: "With the role that counts, and whether the person can work.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[T], error) {
		x, err := read(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, version(x), x)
	})
	for _, act := range []struct {
		verb, title, what string
		do                func(context.Context, operational.Actor, uuid.UUID, int64) (T, error)
	}{{"suspend", "Suspend ", suspends, suspend}, {"reactivate", "Reactivate ", reactivates, reactivate}} {
		register(a, permission, huma.Operation{
			OperationID: act.verb + "-" + id, Method: http.MethodPost, Path: path + "/" + act.verb, Tags: []string{tag}, Errors: onCondition,
			Summary: act.title + whom, Description: act.what,
		}, func(ctx context.Context, actor operational.Actor, in *Changing) (*record[T], error) {
			seen, err := in.version()
			if err != nil {
				return nil, err
			}
			x, err := act.do(ctx, actor, parseID(in.ID), seen)
			return &record[T]{etagOf(version(x)), x}, err
		})
	}
}
