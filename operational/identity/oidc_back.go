package identity

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/sharepartner/sharepartner/operational"
)

// Arrival is what a browser brings back from a provider, and what it had been given to take along.
type Arrival struct {
	Token    string            // of the trip
	Says     url.Values        // what the provider wrote into the address
	Replaces string            // the session that the browser still holds, if any
	Actor    operational.Actor // whose session that is; zero: nobody's
}

// Arrived is what came of it. Provider and Return are told with faults as well, as far as they are known.
type Arrived struct {
	Opened
	Provider ProviderRef
	Return   string
	Linked   bool // connected to whoever is signed in, whose session goes on
}

// vouched is what a provider says of somebody, after all that can be checked was.
type vouched struct {
	Subject  string
	Mail     string
	Verified bool // the address is theirs, says the provider
	Name     string

	further func(context.Context) (vouched, error) // asks for what the token did not say; nil: there is nothing to ask
}

// Arrive finishes what Depart began.
func (s *Service) Arrive(ctx context.Context, in Arrival) (out Arrived, err error) {
	var x trip
	if !unseal(s.trips, in.Token, &x) || !s.db.Now().Before(x.Ends) {
		return Arrived{Return: "/"}, errTripOver()
	}
	out.Return, out.Provider.ID = x.Return, x.Provider
	p, err := s.toAsk(ctx, x.Provider)
	if err != nil {
		return out, err
	}
	out.Provider = ProviderRef{ID: p.ID, Name: p.Name, Demanded: p.Demanded}
	if subtle.ConstantTimeCompare([]byte(in.Says.Get("state")), []byte(x.State)) != 1 {
		return out, errTripOver()
	}
	doc, err := s.known(ctx, p.Issuer)
	if err != nil {
		return out, errUnreachable(p, err)
	}
	if err := doc.spoke(p, in.Says); err != nil {
		return out, err
	}
	v, err := s.redeem(ctx, p, doc, x, in.Says.Get("code"))
	if err != nil {
		return out, err
	}
	return s.admit(ctx, p, v, x, in, out)
}

// spoke checks that it was this provider that sent the browser back, and that it did not say no.
func (d document) spoke(p asked, says url.Values) error {
	if iss := says.Get("iss"); iss != p.Issuer && (iss != "" || d.saysIssuer) {
		return errVoid(p, errors.New("another provider answered"))
	}
	if code := says.Get("error"); code != "" {
		return operational.Fault(operational.KindUnauthenticated, "provider-declined", "%s has not signed you in: you may have stopped there, or may not use this program. Try again, or ask your administrator.", p.Name).
			Because(cause(fmt.Errorf("the provider answered %s: %s", code, says.Get("error_description"))))
	}
	if says.Get("code") == "" {
		return errVoid(p, errors.New("there is no code"))
	}
	return nil
}

// redeem takes the code to the provider, once, and checks what it gives for it.
func (s *Service) redeem(ctx context.Context, p asked, doc document, x trip, code string) (vouched, error) {
	secret, err := s.secrets.Open(p.ClientSecret)
	if err != nil {
		return vouched{}, fmt.Errorf("read the secret of provider %s: %w", p.ID, err)
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, s.client), 3*providerTime)
	defer cancel()
	token, err := p.oauth(doc, x.Redirect, string(secret)).Exchange(ctx, code, oauth2.VerifierOption(x.Verifier))
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered) && answered.Response.StatusCode < 500:
		return vouched{}, errVoid(p, err)
	case err != nil:
		return vouched{}, errUnreachable(p, err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return vouched{}, errVoid(p, errors.New("there is no id_token"))
	}
	id, err := doc.VerifierContext(oidc.ClientContext(ctx, s.client), &oidc.Config{ClientID: p.ClientID, Now: s.db.Now}).Verify(ctx, raw)
	if err != nil {
		return vouched{}, errVoid(p, err)
	}
	v, err := p.read(id, x.Nonce, token.AccessToken)
	if err != nil {
		return vouched{}, errVoid(p, err)
	}
	if v.Mail == "" && doc.UserInfoEndpoint() != "" {
		v.further = func(ctx context.Context) (vouched, error) { return s.furtherOf(ctx, v, doc, token) }
	}
	return v, nil
}

// claims are what a provider says of somebody beside who it is.
type claims struct {
	AuthorizedParty string `json:"azp"`
	Email           string `json:"email"`
	Verified        any    `json:"email_verified"` // some say it in quotes
	Name            string `json:"name"`
}

// read checks what the library does not: that the token answers this very question, and was made for this program.
func (p asked) read(id *oidc.IDToken, nonce, access string) (vouched, error) {
	var c claims
	if err := id.Claims(&c); err != nil {
		return vouched{}, err
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return vouched{}, errors.New("the nonce is of another sign-in")
	case c.AuthorizedParty != "" && c.AuthorizedParty != p.ClientID, c.AuthorizedParty == "" && len(id.Audience) > 1:
		return vouched{}, errors.New("the token was made for another program")
	case id.Subject == "" || len(id.Subject) > 255 || strings.ContainsRune(id.Subject, 0):
		return vouched{}, errors.New("the subject is none")
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(access); err != nil {
			return vouched{}, err
		}
	}
	return vouched{Subject: id.Subject, Mail: c.Email, Verified: c.Verified == true || c.Verified == "true", Name: c.Name}, nil
}

// furtherOf adds what the provider tells only on a further question.
func (s *Service) furtherOf(ctx context.Context, v vouched, doc document, token *oauth2.Token) (vouched, error) {
	info, err := doc.UserInfo(oidc.ClientContext(ctx, s.client), oauth2.StaticTokenSource(token))
	if err != nil {
		return vouched{}, err
	}
	if info.Subject != v.Subject {
		return vouched{}, errors.New("the provider told of somebody else")
	}
	var c claims
	if err := info.Claims(&c); err != nil {
		return vouched{}, err
	}
	v.Mail, v.Verified = info.Email, info.EmailVerified
	if v.Name == "" {
		v.Name = c.Name
	}
	return v, nil
}

func errTripOver() error {
	return operational.Fault(operational.KindUnauthenticated, "sign-in-over", "The sign-in took too long, was finished or ended elsewhere, or was begun in another browser. Begin again.")
}

// errVoid tells nothing of what was wrong: whoever made it up would learn from it. The log has it.
func errVoid(p asked, err error) error {
	return operational.Fault(operational.KindUnauthenticated, "provider-answer-void", "What %s answered cannot be relied on, so you are not signed in. Begin again; if it stays so, tell your administrator.", p.Name).
		Because(fmt.Errorf("the answer of provider %s: %w", p.ID, cause(err)))
}
