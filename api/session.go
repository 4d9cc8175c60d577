package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

type signInInput struct {
	Body struct {
		Email    string `json:"email" minLength:"3" maxLength:"254" doc:"Mail address"`
		Password string `json:"password" minLength:"1" maxLength:"200" doc:"Password"`
		Code     string `json:"code,omitempty" maxLength:"40" doc:"Code of the second factor, or a recovery code, for whoever has one"`
	}
}

type signInOutput struct {
	SetCookie string `header:"Set-Cookie" doc:"The session: HttpOnly, SameSite=Lax, with https also Secure under a __Host- name"`
	Body      struct {
		ExpiresAt time.Time   `json:"expires_at" doc:"When the session ends by itself at the latest"`
		Me        identity.Me `json:"me" doc:"Who is signed in"`
	}
}

type signOutOutput struct {
	SetCookie string `header:"Set-Cookie" doc:"Makes the browser forget the session"`
}

type meInput struct {
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETag that you have: 304 when it is still the same"`
	FieldsInput
}

type newKeyInput struct{ Body identity.NewKey }

type issuedKey struct {
	identity.Key
	Secret string `json:"secret" doc:"The key itself: shown this once, kept nowhere"`
}

type idInput struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the record"`
}

func (a *API) sessions() {
	register(a, operational.Public, huma.Operation{
		OperationID: "sign-in", Method: http.MethodPost, Path: "/v1/session", Tags: []string{"session"}, Errors: []int{http.StatusUnauthorized},
		Summary: "Sign in", Description: "Opens a session for a browser. Programs use API keys instead. Whoever has a second factor sends its code as well.",
	}, a.signIn)
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "sign-out", Method: http.MethodDelete, Path: "/v1/session", Tags: []string{"session"},
		Summary: "Sign out", Description: "Ends the session that the request carries, at once and for good.", DefaultStatus: http.StatusNoContent,
	}, a.signOut)
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "read-me", Method: http.MethodGet, Path: "/v1/me", Tags: []string{"session"},
		Summary: "Who am I", Description: "The caller, its organisation and what the credential may do.",
	}, func(ctx context.Context, actor operational.Actor, in *meInput) (*record[identity.Me], error) {
		me, err := a.deps.Identity.Me(ctx, actor)
		if err != nil {
			return nil, err
		}
		return asSeen(Reading{IfNoneMatch: in.IfNoneMatch}, me)
	})
}

func (a *API) signIn(ctx context.Context, _ operational.Actor, in *signInInput) (*signInOutput, error) {
	r := requestOf(ctx).http
	opened, err := a.deps.Identity.SignIn(ctx, identity.SignInInput{
		Email: in.Body.Email, Password: in.Body.Password, Code: in.Body.Code, From: a.PlaceOf(r), Replaces: a.SessionToken(r),
	})
	if err != nil {
		return nil, err
	}
	if opened.Half != nil {
		return nil, errHalf(opened.Half.Needs)
	}
	return a.signedIn(ctx, opened.Session)
}

// errHalf says what a sign-in lacks whose password is right.
func errHalf(needs identity.Need) error {
	switch needs {
	case identity.NeedFactor:
		return operational.Fault(operational.KindForbidden, "second-factor-missing", "Your organisation asks its people for a second factor and you have none yet. Sign in on the pages; they help to set one up.")
	case identity.NeedProvider:
		return operational.Fault(operational.KindForbidden, "provider-needed", "Your organisation asks its people to sign in by its identity provider. Sign in on the pages; they lead there.")
	}
	return operational.Fault(operational.KindUnauthenticated, "second-factor-needed", "A code of your second factor is needed. Send it as code.")
}

func (a *API) signOut(ctx context.Context, _ operational.Actor, _ *struct{}) (*signOutOutput, error) {
	r := requestOf(ctx).http
	if token := a.SessionToken(r); token != "" {
		if _, err := a.deps.Identity.SignOut(ctx, token); err != nil {
			return nil, err
		}
	}
	return &signOutOutput{SetCookie: a.ClearedCookie(r).String()}, nil
}

func (a *API) keys() {
	register(a, operational.KeysManage, huma.Operation{
		OperationID: "create-api-key", Method: http.MethodPost, Path: "/v1/api-keys", Tags: []string{"session"}, DefaultStatus: http.StatusCreated,
		Summary: "Make an API key", Description: "A credential for a program: `Authorization: Bearer sp_...`. It can do no more than its maker.",
	}, a.createKey)
	register(a, operational.KeysManage, huma.Operation{
		OperationID: "list-api-keys", Method: http.MethodGet, Path: "/v1/api-keys", Tags: []string{"session"},
		Summary: "List API keys", Description: "The organisation's API keys, newest first, without their secrets.",
	}, listing(a, "list-api-keys", everybody(identity.KeyListing), a.deps.Identity.Keys))
	register(a, operational.KeysManage, huma.Operation{
		OperationID: "revoke-api-key", Method: http.MethodDelete, Path: "/v1/api-keys/{id}", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "Revoke an API key", Description: "Ends the key at once. It stays in the list, marked as revoked.",
	}, func(ctx context.Context, actor operational.Actor, in *idInput) (*struct{}, error) {
		return nil, a.deps.Identity.RevokeKey(ctx, actor, parseID(in.ID))
	})
}

func (a *API) createKey(ctx context.Context, actor operational.Actor, in *newKeyInput) (*struct{ Body issuedKey }, error) {
	key, secret, err := a.deps.Identity.CreateKey(ctx, actor, in.Body)
	if err != nil {
		return nil, err
	}
	return &struct{ Body issuedKey }{issuedKey{key, secret}}, nil
}
