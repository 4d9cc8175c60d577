package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

type profileInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200" doc:"Name as others see it"`
		TimeZone string `json:"time_zone,omitempty" maxLength:"64" doc:"Time zone that times are shown in, an IANA name; left out: that of the organisation" example:"Europe/Berlin"`
	}
}

type addressInput struct {
	Body struct {
		Email    string `json:"email" minLength:"3" maxLength:"254" doc:"Mail address that is to sign in from then on"`
		Password string `json:"current_password" minLength:"1" maxLength:"256" doc:"The password of now"`
		Code     string `json:"current_code,omitempty" maxLength:"40" doc:"Code of the second factor, or a recovery code, of whoever has one"`
	}
}

type addressLinkInput struct {
	Token string `path:"token" maxLength:"64" doc:"What the link ends with"`
}

// profile are the operations by which people change what they are called and what address signs them in.
func (a *API) profile() {
	s := a.deps.Identity
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "change-my-profile", Method: http.MethodPut, Path: "/v1/me/profile", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "Change your name and time zone", Description: "Both in all of your organisations, which note it; vendors that you work with know you by the new name. A session by an identity provider changes no name that other organisations see too. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *profileInput) (*struct{}, error) {
		return nil, s.SetProfile(ctx, actor, identity.Profile{Name: in.Body.Name, TimeZone: in.Body.TimeZone})
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "ask-my-address", Method: http.MethodPut, Path: "/v1/me/address", Tags: []string{"session"}, DefaultStatus: http.StatusAccepted,
		Errors:  []int{http.StatusConflict, http.StatusTooManyRequests},
		Summary: "Ask to sign in with another mail address", Description: "Needs the password of now, and a code where there is a second factor. A link is mailed to the new address that is good for half an hour and works once, for you alone; until then nothing changes. The answer is the same for an address that somebody else has, where no link goes. Where the program sends no mail, whoever runs it changes the address. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *addressInput) (*struct{}, error) {
		return nil, s.AskAddress(ctx, actor, identity.AddressChange{Email: in.Body.Email, Password: in.Body.Password, Current: in.Body.Code, From: a.PlaceOf(requestOf(ctx).http)})
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "change-my-address", Method: http.MethodPut, Path: "/v1/me/address/{token}", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "Sign in with another mail address from now on", Description: "By a link that was mailed there, for whoever asked for it. The address before is told; sessions and API keys stay. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *addressLinkInput) (*struct{}, error) {
		return nil, s.ChangeAddress(ctx, actor, in.Token)
	})
}
