package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// These have the members of identity's own in the same order.
type (
	providerInput struct {
		Name         string   `json:"name" minLength:"1" maxLength:"60" doc:"What people know it by" example:"Acme login"`
		Issuer       string   `json:"issuer" minLength:"8" maxLength:"300" doc:"The issuer of its tokens, exactly as it calls itself" example:"https://login.example.com"`
		ClientID     string   `json:"client_id" minLength:"1" maxLength:"300" doc:"As what it knows this program"`
		ClientSecret string   `json:"client_secret" minLength:"1" maxLength:"500" doc:"By which it knows this program; never given back"`
		Domains      []string `json:"domains,omitempty" maxItems:"20" doc:"Whoever has a verified mail address of these domains there joins your organisation by signing in" example:"example.com"`
		JoinRole     *string  `json:"join_role,omitempty" minLength:"1" maxLength:"60" doc:"The role that they join with: one that you could give, and not everything"`
	}
	providerPatch struct {
		Name         operational.Opt[string]   `json:"name,omitzero" minLength:"1" maxLength:"60" doc:"What people know it by"`
		ClientSecret operational.Opt[string]   `json:"client_secret,omitzero" minLength:"1" maxLength:"500" doc:"By which it knows this program from now on"`
		Domains      operational.Opt[[]string] `json:"domains,omitzero" maxItems:"20" doc:"Domains of mail addresses: all of them; null: nobody joins by themselves"`
		JoinRole     operational.Opt[string]   `json:"join_role,omitzero" minLength:"1" maxLength:"60" doc:"The role that people join with; null: nobody joins by themselves"`
	}
)

type ownIdentities struct {
	Body struct {
		Items []identity.OwnIdentity `json:"items" doc:"By organisation and name"`
	}
}

// providers are the operations on identity providers. An API key changes nothing about them.
func (a *API) providers() {
	s := a.deps.Identity
	what := "Identity providers (OpenID Connect) that sign your people in. A provider speaks for the people of your organisation here, and nowhere else."
	register(a, operational.WorkspaceManage, huma.Operation{
		OperationID: "list-identity-providers", Method: http.MethodGet, Path: "/v1/identity-providers", Tags: []string{"session"}, Summary: "List identity providers", Description: what,
	}, listing(a, "list-identity-providers", everybody(identity.ProviderListing), s.Providers))
	register(a, operational.WorkspaceManage, huma.Operation{
		OperationID: "read-identity-provider", Method: http.MethodGet, Path: "/v1/identity-providers/{id}", Tags: []string{"session"}, Summary: "Read an identity provider", Description: what,
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[identity.Provider], error) {
		p, err := s.Provider(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, p.Version, p)
	})
	register(a, operational.WorkspaceManage, huma.Operation{
		OperationID: "create-identity-provider", Method: http.MethodPost, Path: "/v1/identity-providers", Tags: []string{"session"}, DefaultStatus: http.StatusCreated,
		Summary: "Add an identity provider", Description: "The provider is asked who it is before it is saved; issuer and client never change. Let it send people back to /sign-in/back. Your people begin at /sign-in/with/{id}. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body providerInput }) (*created[identity.Provider], error) {
		p, err := s.AddProvider(ctx, actor, identity.NewProvider(in.Body))
		return &created[identity.Provider]{etagOf(p.Version), "/v1/identity-providers/" + p.ID.String(), p}, err
	})
	register(a, operational.WorkspaceManage, patching(huma.Operation{
		OperationID: "update-identity-provider", Path: "/v1/identity-providers/{id}", Tags: []string{"session"},
		Summary: "Change an identity provider", Description: "Changes the given members. Another issuer or client is another provider. Not for API keys.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[providerPatch]) (*record[identity.Provider], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		p, err := s.ChangeProvider(ctx, actor, parseID(in.ID), version, identity.UpdateProvider(in.Body))
		return &record[identity.Provider]{etagOf(p.Version), p}, err
	})
	register(a, operational.WorkspaceManage, huma.Operation{
		OperationID: "end-identity-provider", Method: http.MethodDelete, Path: "/v1/identity-providers/{id}", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent, Errors: onCondition,
		Summary: "End an identity provider", Description: "For good: its sessions and the connections of people with it end. Refused while your people must sign in by it. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *Changing) (*struct{}, error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		return nil, s.EndProvider(ctx, actor, parseID(in.ID), version)
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "list-my-identities", Method: http.MethodGet, Path: "/v1/me/identities", Tags: []string{"session"},
		Summary: "List your connected sign-ins", Description: "The identity providers that know you. They are connected on the pages. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*ownIdentities, error) {
		list, err := s.Identities(ctx, actor)
		out := &ownIdentities{}
		out.Body.Items = list
		return out, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "end-my-identity", Method: http.MethodDelete, Path: "/v1/me/identities/{id}", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "End one of your connected sign-ins", Description: "The identity provider signs you in no more; what it has signed you in to ends. Refused to whoever has no password. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *idInput) (*struct{}, error) {
		return nil, s.Unlink(ctx, actor, parseID(in.ID))
	})
}
