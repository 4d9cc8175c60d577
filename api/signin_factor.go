package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

type enrolmentOutput struct {
	Body struct {
		Token  string    `json:"token" doc:"Gives the factor back, with the first code"`
		Secret string    `json:"secret" doc:"To be typed into an authenticator, base32"`
		URI    string    `json:"uri" doc:"otpauth address, for a QR code: SHA-1, six digits, 30 seconds"`
		EndsAt time.Time `json:"ends_at" doc:"When it is too late to set it"`
	}
}

type setFactorInput struct {
	Body struct {
		Password string `json:"current_password" minLength:"1" maxLength:"256" doc:"Your password"`
		Token    string `json:"token" minLength:"1" maxLength:"4096" doc:"Of the factor that you have begun"`
		Code     string `json:"code" minLength:"1" maxLength:"40" doc:"What the authenticator shows for it"`
		Current  string `json:"current_code,omitempty" maxLength:"40" doc:"A code of the factor that you have, if you have one; a recovery code will do"`
	}
}

type dropFactorInput struct {
	Body struct {
		Password string `json:"current_password" minLength:"1" maxLength:"256" doc:"Your password"`
		Current  string `json:"current_code" minLength:"1" maxLength:"40" doc:"A code of the factor, or a recovery code"`
	}
}

type recoveryCodes struct {
	Body struct {
		Codes []string `json:"recovery_codes" doc:"Each signs in once in place of a code. Shown this once"`
	}
}

type ruleInput struct{ Body identity.SignInRule }

type ruleOutput struct{ Body identity.SignInRule }

// secondFactor are the operations about codes beside passwords. An API key does none of those that change something.
func (a *API) secondFactor() {
	s := a.deps.Identity
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "read-my-second-factor", Method: http.MethodGet, Path: "/v1/me/second-factor", Tags: []string{"session"},
		Summary: "Read your second factor", Description: "Whether signing in takes a code beside the password. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*struct{ Body identity.SecondFactor }, error) {
		f, err := s.Factor(ctx, actor)
		return &struct{ Body identity.SecondFactor }{f}, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "begin-my-second-factor", Method: http.MethodPost, Path: "/v1/me/second-factor/begin", Tags: []string{"session"},
		Summary: "Begin a second factor", Description: "Makes a secret for an authenticator (TOTP, RFC 6238). Nothing is stored until it is set. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*enrolmentOutput, error) {
		e, err := s.BeginFactor(ctx, actor)
		out := &enrolmentOutput{}
		out.Body.Token, out.Body.Secret, out.Body.URI, out.Body.EndsAt = e.Token, e.Secret, e.URI, e.EndsAt
		return out, err
	})
	// PUTs, as of passwords: they replace what is there, and no answer with recovery codes is kept for a repetition.
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "set-my-second-factor", Method: http.MethodPut, Path: "/v1/me/second-factor", Tags: []string{"session"},
		Summary: "Set your second factor", Description: "Needs the password and the first code. Your other sessions end; API keys stay. Wrong codes are counted, and after many there is a pause. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *setFactorInput) (*recoveryCodes, error) {
		codes, err := s.SetFactor(ctx, actor, identity.FactorChange{
			Password: in.Body.Password, Token: in.Body.Token, Code: in.Body.Code, Current: in.Body.Current, From: a.PlaceOf(requestOf(ctx).http),
		})
		out := &recoveryCodes{}
		out.Body.Codes = codes
		return out, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "remove-my-second-factor", Method: http.MethodPut, Path: "/v1/me/second-factor/removal", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "Take your second factor away", Description: "Needs the password and a code. Refused while a company of yours asks for a second factor. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *dropFactorInput) (*struct{}, error) {
		return nil, s.DropFactor(ctx, actor, identity.FactorChange{Password: in.Body.Password, Current: in.Body.Current, From: a.PlaceOf(requestOf(ctx).http)})
	})
	register(a, operational.WorkspaceManage, huma.Operation{
		OperationID: "read-sign-in-rule", Method: http.MethodGet, Path: "/v1/workspace/sign-in-rule", Tags: []string{"session"},
		Summary: "Read the rule of signing in", Description: "What your organisation asks of its people when they sign in.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*ruleOutput, error) {
		rule, err := s.SignInRule(ctx, actor)
		return &ruleOutput{rule}, err
	})
	register(a, operational.WorkspaceManage, huma.Operation{
		OperationID: "set-sign-in-rule", Method: http.MethodPut, Path: "/v1/workspace/sign-in-rule", Tags: []string{"session"},
		Summary: "Set the rule of signing in", Description: "Sessions of your people that do not have what it asks for end. You have it yourself before you ask everybody for it. Not for API keys.",
	}, func(ctx context.Context, actor operational.Actor, in *ruleInput) (*ruleOutput, error) {
		rule, err := s.SetSignInRule(ctx, actor, in.Body)
		return &ruleOutput{rule}, err
	})
}
