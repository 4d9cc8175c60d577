package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

type ownSessions struct {
	Body struct {
		Items []identity.OwnSession `json:"items" doc:"The one seen last first"`
	}
}

type endedSessions struct {
	Body struct {
		Ended int64 `json:"ended" doc:"How many sessions ended"`
	}
}

type passwordInput struct {
	Body struct {
		Current string `json:"current_password" minLength:"1" maxLength:"256" doc:"The password of now"`
		New     string `json:"new_password" minLength:"8" maxLength:"256" doc:"The password from now on"`
	}
}

// ownCredentials are the operations by which people look after what signs them in. An API key does none of them.
func (a *API) ownCredentials() {
	s := a.deps.Identity
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "list-my-sessions", Method: http.MethodGet, Path: "/v1/me/sessions", Tags: []string{"session"},
		Summary: "List your sessions", Description: "Where you are signed in, in all of your organisations. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*ownSessions, error) {
		list, err := s.Sessions(ctx, actor)
		out := &ownSessions{}
		out.Body.Items = list
		return out, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "end-my-session", Method: http.MethodDelete, Path: "/v1/me/sessions/{id}", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "End one of your sessions", Description: "Signs that browser out at once and for good. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *idInput) (*struct{}, error) {
		return nil, s.EndSession(ctx, actor, parseID(in.ID))
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "end-my-other-sessions", Method: http.MethodPost, Path: "/v1/me/sessions/end-others", Tags: []string{"session"},
		Summary: "End your other sessions", Description: "Signs you out everywhere but here, at once and for good. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*endedSessions, error) {
		return endings(s.EndOtherSessions(ctx, actor))
	})
	// A PUT: it replaces what is there, and no digest of a body with passwords is kept to know a repetition by.
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "change-my-password", Method: http.MethodPut, Path: "/v1/me/password", Tags: []string{"session"},
		Summary: "Change your password", Description: "Needs the password of now. Your other sessions end; API keys stay. Wrong passwords are counted, and after many there is a pause. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *passwordInput) (*endedSessions, error) {
		return endings(s.ChangePassword(ctx, actor, identity.PasswordChange{
			Current: in.Body.Current, New: in.Body.New, From: a.PlaceOf(requestOf(ctx).http),
		}))
	})
}

func endings(n int64, err error) (*endedSessions, error) {
	out := &endedSessions{}
	out.Body.Ended = n
	return out, err
}
