package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
)

type askResetInput struct {
	Body struct {
		Email string `json:"email" format:"email" maxLength:"254" doc:"The mail address that you sign in with" example:"ada@example.com"`
	}
}

type resetInput struct {
	Token string `path:"token" maxLength:"200" doc:"What the link ends with"`
	Body  struct {
		New string `json:"new_password" minLength:"8" maxLength:"256" doc:"The password from now on"`
	}
}

// resets are the operations for whoever has lost a password.
func (a *API) resets() {
	register(a, operational.Public, huma.Operation{
		OperationID: "ask-password-reset", Method: http.MethodPost, Path: "/v1/password-resets", Tags: []string{"session"}, DefaultStatus: http.StatusAccepted,
		Errors:  []int{http.StatusConflict, http.StatusTooManyRequests},
		Summary: "Ask for a link to set a lost password", Description: "If somebody signs in with the address by a password, a link is mailed there that is good for half an hour and works once. The answer is the same for every address. Where the program sends no mail there is none: ask an administrator, or whoever runs the program.",
	}, func(ctx context.Context, _ operational.Actor, in *askResetInput) (*struct{}, error) {
		return nil, a.deps.Resets.Ask(ctx, in.Body.Email, a.PlaceOf(requestOf(ctx).http))
	})
	register(a, operational.Public, huma.Operation{
		OperationID: "reset-password", Method: http.MethodPut, Path: "/v1/password-resets/{token}", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "Set a lost password", Description: "Sets another password by a link that was mailed. All sessions of the person end; a second factor stays and is asked for as before. API keys stay, which are credentials of their own.",
	}, func(ctx context.Context, _ operational.Actor, in *resetInput) (*struct{}, error) {
		return nil, a.deps.Resets.Set(ctx, in.Token, in.Body.New)
	})
}
