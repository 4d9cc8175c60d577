package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// These have the members of interconnect's own in the same order.
type (
	newPartnerInvitation struct {
		Email            *string    `json:"email,omitempty" maxLength:"254" doc:"Where to send it; left out: pass the link on by hand. Needed when the program sends no mail: somebody new joins with the address that you name" example:"pia@partner.example"`
		PartnerName      string     `json:"partner_name" minLength:"1" maxLength:"200" doc:"What you call the partner" example:"Kestrel Automation"`
		PartnerNumber    *string    `json:"partner_number,omitempty" minLength:"1" maxLength:"60" doc:"Your own number for the partner; left out: the next free one" example:"P-0042"`
		Tier             *string    `json:"tier,omitempty" minLength:"1" maxLength:"60" doc:"Level of the partner in your programme" example:"Gold"`
		Region           *string    `json:"region,omitempty" minLength:"1" maxLength:"60" doc:"Region that you count the partner to" example:"West"`
		ChannelManagerID *uuid.UUID `json:"channel_manager_id,omitempty" doc:"Member who will look after the partner"`
		ExternalRole     *string    `json:"external_role,omitempty" minLength:"1" maxLength:"60" doc:"Role that the partner's people get; left out: the default one. Naming one needs channel.govern" example:"dealer_personnel"`
		Message          *string    `json:"message,omitempty" minLength:"1" maxLength:"2000" doc:"What the link's page says" example:"Welcome to our channel."`
		ExpiresAt        *time.Time `json:"expires_at,omitempty" doc:"Until when it can be accepted, at most 90 days; left out: 14 days" example:"2026-12-24T00:00:00Z"`
	}
	newAdministratorInvitation struct {
		Email     *string    `json:"email,omitempty" maxLength:"254" doc:"Where to send it. Needed when the program sends no mail: somebody new joins with the address that you name" example:"ida@partner.example"`
		Message   *string    `json:"message,omitempty" minLength:"1" maxLength:"2000" doc:"What the link's page says"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Until when it can be accepted, at most 90 days; left out: 14 days"`
	}
	newMemberInvitation struct {
		Email     *string    `json:"email,omitempty" maxLength:"254" doc:"Where to send it; left out: pass the link on by hand. Needed when the program sends no mail: somebody new joins with the address that you name" example:"ana@vendor.example"`
		Role      string     `json:"role" minLength:"1" maxLength:"60" doc:"Key of the role that the person gets; none that may do what yours may not" example:"analyst"`
		Message   *string    `json:"message,omitempty" minLength:"1" maxLength:"2000" doc:"What the link's page says"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Until when it can be accepted, at most 90 days; left out: 14 days"`
	}
)

type issuedPartnerInvitation struct {
	interconnect.PartnerInvitation
	Link string `json:"link" doc:"The link that accepts it: shown this once. Whoever has it may answer"`
}

type issuedMemberInvitation struct {
	interconnect.MemberInvitation
	Link string `json:"link" doc:"The link that accepts it: shown this once. Whoever has it may answer"`
}

type intoPartner struct {
	ID   string `path:"id" maxLength:"64" doc:"Id of the connection"`
	Body newAdministratorInvitation
}

type passedOnList struct {
	Items []interconnect.PassedOn `json:"items" doc:"The invitations"`
}

type issuedAdministratorInvitation struct {
	interconnect.AdministratorInvitation
	Link string `json:"link" doc:"The link that accepts it: shown this once. Whoever has it may answer"`
}

const invitationsTag = "invitations"

func (a *API) invitations() {
	s := a.deps.Invitations
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "create-invitation", Method: http.MethodPost, Path: "/v1/invitations", Tags: []string{invitationsTag}, DefaultStatus: http.StatusCreated,
		Summary:     "Invite a partner",
		Description: "Invites a company into your channel, by mail or by a link to pass on. The answer is the same whether anybody here is known by the address or not. Vendors only.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body newPartnerInvitation }) (*created[issuedPartnerInvitation], error) {
		x, err := s.InvitePartner(ctx, actor, interconnect.NewPartnerInvitation(in.Body))
		i := x.Invitation
		return &created[issuedPartnerInvitation]{etagOf(i.Version), "/v1/invitations/" + i.ID.String(), issuedPartnerInvitation{i, x.Link}}, err
	})
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "create-member-invitation", Method: http.MethodPost, Path: "/v1/member-invitations", Tags: []string{invitationsTag}, DefaultStatus: http.StatusCreated,
		Summary: "Invite a colleague", Description: "Invites a person into your organisation, by mail or by a link to pass on.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body newMemberInvitation }) (*created[issuedMemberInvitation], error) {
		x, err := s.InviteMember(ctx, actor, interconnect.NewMemberInvitation(in.Body))
		i := x.Invitation
		return &created[issuedMemberInvitation]{etagOf(i.Version), "/v1/member-invitations/" + i.ID.String(), issuedMemberInvitation{i, x.Link}}, err
	})
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "list-invitations", Method: http.MethodGet, Path: "/v1/invitations", Tags: []string{invitationsTag},
		Summary: "List invitations to partners", Description: "Invitations into your channel, newest first. Vendors only.",
	}, listing(a, "list-invitations", everybody(interconnect.PartnerInvitationListing), s.PartnerInvitations))
	register(a, operational.PeopleManage, huma.Operation{
		OperationID: "list-member-invitations", Method: http.MethodGet, Path: "/v1/member-invitations", Tags: []string{invitationsTag},
		Summary: "List invitations to colleagues", Description: "Invitations into your organisation, newest first.",
	}, listing(a, "list-member-invitations", everybody(interconnect.MemberInvitationListing), s.MemberInvitations))
	invitationOperations(a, operational.ConnectionsManage, "invitation", "/v1/invitations/{id}", "into your channel", interconnect.KindPartner,
		s.PartnerInvitation, func(i interconnect.PartnerInvitation) int64 { return i.Version },
		func(i interconnect.PartnerInvitation, link string) issuedPartnerInvitation {
			return issuedPartnerInvitation{i, link}
		})
	invitationOperations(a, operational.PeopleManage, "member-invitation", "/v1/member-invitations/{id}", "into your organisation", interconnect.KindMember,
		s.MemberInvitation, func(i interconnect.MemberInvitation) int64 { return i.Version },
		func(i interconnect.MemberInvitation, link string) issuedMemberInvitation {
			return issuedMemberInvitation{i, link}
		})
	a.administratorInvitations()
	a.answering()
}

// administratorInvitations are the operations by which a partner that nobody looks after gets somebody who does, and by
// which a partner's people see what was passed on to them.
func (a *API) administratorInvitations() {
	s := a.deps.Invitations
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "create-administrator-invitation", Method: http.MethodPost, Path: "/v1/connections/{id}/administrator-invitations", Tags: []string{invitationsTag}, DefaultStatus: http.StatusCreated,
		Summary: "Invite an administrator of a partner",
		Description: "For a partner where nobody looks after the workspace, as in those that an import has made. The answer is the same whoever works there: where the partner has people of its own here, or other vendors, the invitation is passed on to its own people, " +
			"and one of them answers it. Who works there is the partner's own affair, so that you learn of it only when it is accepted. Vendors only.",
	}, func(ctx context.Context, actor operational.Actor, in *intoPartner) (*created[issuedAdministratorInvitation], error) {
		x, err := s.InviteAdministrator(ctx, actor, parseID(in.ID), interconnect.NewAdministratorInvitation(in.Body))
		i := x.Invitation
		return &created[issuedAdministratorInvitation]{etagOf(i.Version), "/v1/administrator-invitations/" + i.ID.String(), issuedAdministratorInvitation{i, x.Link}}, err
	})
	register(a, operational.ConnectionsRead, huma.Operation{
		OperationID: "list-passed-on-invitations", Method: http.MethodGet, Path: "/v1/connections/{id}/passed-on-invitations", Tags: []string{invitationsTag},
		Summary: "What has this vendor passed on to us?", Description: "Open invitations to look after your workspace, newest first, at most 20. Somebody from outside cannot answer them: your own people can while your organisation has no administrator, and whoever manages people can invite whom the vendor names. For partners.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[passedOnList], error) {
		list, err := s.PassedOn(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asSeen(*in, passedOnList{list})
	})
	register(a, operational.ConnectionsManage, huma.Operation{
		OperationID: "list-administrator-invitations", Method: http.MethodGet, Path: "/v1/administrator-invitations", Tags: []string{invitationsTag},
		Summary: "List invitations to administrators of partners", Description: "Those that you have made, newest first. Vendors only.",
	}, listing(a, "list-administrator-invitations", everybody(interconnect.AdministratorInvitationListing), s.AdministratorInvitations))
	invitationOperations(a, operational.ConnectionsManage, "administrator-invitation", "/v1/administrator-invitations/{id}", "to an administrator of a partner", interconnect.KindAdministrator,
		s.AdministratorInvitation, func(i interconnect.AdministratorInvitation) int64 { return i.Version },
		func(i interconnect.AdministratorInvitation, link string) issuedAdministratorInvitation {
			return issuedAdministratorInvitation{i, link}
		})
}

// invitationOperations are those on one invitation of either kind.
func invitationOperations[T, I any](a *API, permission operational.Permission, id, path, where, kind string,
	read func(context.Context, operational.Actor, uuid.UUID) (T, error), version func(T) int64, issued func(T, string) I,
) {
	s := a.deps.Invitations
	register(a, permission, huma.Operation{
		OperationID: "read-" + id, Method: http.MethodGet, Path: path, Tags: []string{invitationsTag},
		Summary: "Read an invitation " + where, Description: "What was offered, and what came of it. The link is not shown again; send it again for a new one.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[T], error) {
		x, err := read(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, version(x), x)
	})
	register(a, permission, huma.Operation{
		OperationID: "send-" + id + "-again", Method: http.MethodPost, Path: path + "/send-again", Tags: []string{invitationsTag}, Errors: onCondition,
		Summary: "Send an invitation " + where + " again", Description: "Makes a new link, good for 14 days, and mails it where the first one was mailed. The link before leads nowhere from now on. An invitation that has expired is open again.",
	}, func(ctx context.Context, actor operational.Actor, in *Changing) (*record[I], error) {
		seen, err := in.version()
		if err != nil {
			return nil, err
		}
		link, err := s.SendAgain(ctx, actor, kind, parseID(in.ID), seen)
		if err != nil {
			return nil, err
		}
		x, err := read(ctx, actor, parseID(in.ID))
		return &record[I]{etagOf(version(x)), issued(x, link)}, err
	})
	register(a, permission, huma.Operation{
		OperationID: "revoke-" + id, Method: http.MethodPost, Path: path + "/revoke", Tags: []string{invitationsTag}, Errors: onCondition,
		Summary: "Take back an invitation " + where, Description: "Its link leads nowhere from now on. The invitation stays in the list.",
	}, func(ctx context.Context, actor operational.Actor, in *Changing) (*record[T], error) {
		seen, err := in.version()
		if err != nil {
			return nil, err
		}
		if err := s.Revoke(ctx, actor, kind, parseID(in.ID), seen); err != nil {
			return nil, err
		}
		x, err := read(ctx, actor, parseID(in.ID))
		return &record[T]{etagOf(version(x)), x}, err
	})
}

type (
	tokenInput struct {
		Token string `json:"token" minLength:"1" maxLength:"100" doc:"The last part of the link"`
	}
	askInput struct {
		Token string `json:"token" minLength:"1" maxLength:"100" doc:"The last part of the link"`
		Email string `json:"email" minLength:"3" maxLength:"254" doc:"Your mail address" example:"pia@partner.example"`
	}
	rejectInput struct {
		Token  string `json:"token" minLength:"1" maxLength:"100" doc:"The last part of the link"`
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for whoever invited" example:"We sell for others."`
	}
	// newCompany has the members of interconnect's own in the same order.
	newCompany struct {
		Name        string  `json:"name" minLength:"1" maxLength:"200" doc:"Name of your company" example:"Kestrel Automation"`
		CountryCode *string `json:"country_code,omitempty" pattern:"^[A-Z]{2}$" doc:"ISO 3166 code of its country" example:"DE"`
		TimeZone    string  `json:"time_zone,omitempty" maxLength:"64" doc:"Time zone that its days are counted in, an IANA name; left out: UTC" example:"Europe/Berlin"`
		FiscalMonth int     `json:"fiscal_month,omitempty" minimum:"1" maximum:"12" doc:"Month that its fiscal year begins with; left out: January" example:"4"`
		Currency    string  `json:"currency" pattern:"^[A-Z]{3}$" doc:"Currency of its reports" example:"EUR"`
	}
	joinInput struct {
		Token        string      `json:"token" minLength:"1" maxLength:"100" doc:"The last part of the link"`
		Name         string      `json:"name" minLength:"1" maxLength:"200" doc:"Your name" example:"Pia Keller"`
		Email        string      `json:"email" minLength:"3" maxLength:"254" doc:"Mail address that you will sign in with: the one that the link to join was mailed to, or that the invitation was made for" example:"pia@partner.example"`
		Ticket       string      `json:"ticket,omitempty" maxLength:"500" doc:"What follows the token in the link that was mailed to you; needed where ask_first says so"`
		Password     string      `json:"password" minLength:"8" maxLength:"256" doc:"Password of your choice"`
		Organisation *newCompany `json:"organisation,omitempty" doc:"Your company, when the invitation is to a partner"`
	}
)

// answering are the operations of those who have been invited. A token that is wrong, used, expired or revoked gets one
// answer from all of them.
func (a *API) answering() {
	s := a.deps.Invitations
	gone := []int{http.StatusNotFound}
	register(a, operational.Public, huma.Operation{
		OperationID: "look-at-invitation", Method: http.MethodPost, Path: "/v1/invitations/look", Tags: []string{invitationsTag}, Errors: gone,
		Summary: "Look at an invitation", Description: "What the page behind a link shows: who invites, what they say, and until when.",
	}, func(ctx context.Context, _ operational.Actor, in *struct{ Body tokenInput }) (*struct{ Body interconnect.Offer }, error) {
		offer, err := s.Look(ctx, in.Body.Token)
		return &struct{ Body interconnect.Offer }{offer}, err
	})
	register(a, operational.Public, huma.Operation{
		OperationID: "ask-to-join", Method: http.MethodPost, Path: "/v1/invitations/ask", Tags: []string{invitationsTag}, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary:     "Ask for the link to join",
		Description: "For somebody who is new here: mails the link to join to your address, which shows that it is yours. The answer is the same for every address. An invitation bears a few such mails only.",
	}, func(ctx context.Context, _ operational.Actor, in *struct{ Body askInput }) (*struct{}, error) {
		return nil, s.AskToJoin(ctx, in.Body.Token, in.Body.Email)
	})
	register(a, operational.Public, huma.Operation{
		OperationID: "reject-invitation", Method: http.MethodPost, Path: "/v1/invitations/reject", Tags: []string{invitationsTag}, Errors: gone, DefaultStatus: http.StatusNoContent,
		Summary: "Turn an invitation down", Description: "For good. Whoever has the link may; who invited reads the reason.",
	}, func(ctx context.Context, _ operational.Actor, in *struct{ Body rejectInput }) (*struct{}, error) {
		return nil, s.Reject(ctx, in.Body.Token, in.Body.Reason)
	})
	register(a, operational.Public, huma.Operation{
		OperationID: "join-by-invitation", Method: http.MethodPost, Path: "/v1/invitations/join", Tags: []string{invitationsTag}, Errors: gone, DefaultStatus: http.StatusCreated,
		Summary:     "Join by an invitation",
		Description: "For somebody who is new here: makes your person, and your company when the invitation is to a partner, and signs you in. Who has signed in here before signs in and accepts the invitation instead.",
	}, a.join)
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "accept-invitation", Method: http.MethodPost, Path: "/v1/invitations/accept", Tags: []string{invitationsTag}, Errors: gone,
		Summary:     "Accept an invitation",
		Description: "For somebody who is signed in. An invitation to a partner is accepted for your organisation, which begins to sell if it did not, and needs connections.manage; if it has no administrator then, whoever accepts and does everything there becomes one. One to a colleague is accepted for yourself.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body tokenInput }) (*struct{ Body interconnect.Accepted }, error) {
		x, err := s.Accept(ctx, actor, in.Body.Token)
		return &struct{ Body interconnect.Accepted }{x}, err
	})
}

func (a *API) join(ctx context.Context, _ operational.Actor, in *struct{ Body joinInput }) (*signInOutput, error) {
	who := interconnect.Newcomer{
		Name: in.Body.Name, Email: in.Body.Email, Password: in.Body.Password, Ticket: in.Body.Ticket, Company: (*interconnect.NewCompany)(in.Body.Organisation),
		Replaces: a.SessionToken(requestOf(ctx).http),
	}
	session, err := a.deps.Invitations.Join(ctx, in.Body.Token, who)
	if err != nil {
		return nil, err
	}
	return a.signedIn(ctx, session)
}

// signedIn answers with a session that has just begun.
func (a *API) signedIn(ctx context.Context, session identity.Session) (*signInOutput, error) {
	me, err := a.deps.Identity.Me(ctx, session.Actor)
	if err != nil {
		return nil, err
	}
	out := &signInOutput{SetCookie: a.SessionCookie(requestOf(ctx).http, session).String()}
	out.Body.ExpiresAt, out.Body.Me = session.ExpiresAt, me
	return out, nil
}
