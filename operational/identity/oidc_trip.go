package identity

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"golang.org/x/oauth2"

	"github.com/sharepartner/sharepartner/operational"
)

// Errand is what somebody is led to a provider with.
type Errand struct {
	Provider uuid.UUID
	Step     string // the step that the browser is at: a half-done sign-in that lacks this provider, or a wish to connect it; all else is of no account
	Return   string // where to go on afterwards
	Redirect string // where the provider sends the browser back to
}

// Trip is a way to a provider. The token is kept by the browser until it comes back.
type Trip struct {
	Address string
	Token   string
	EndsAt  time.Time
}

// trip is what has to be the same when the browser comes back.
type trip struct {
	Provider uuid.UUID `json:"provider"`
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"`
	Step     string    `json:"step,omitempty"`
	Return   string    `json:"return"`
	Redirect string    `json:"redirect"`
	Ends     time.Time `json:"ends"`
}

// maxReturn is the longest address that is kept on the way; longer ones are forgotten.
const maxReturn = 600

// Depart leads to a provider, with state, nonce and a proof key of its own.
func (s *Service) Depart(ctx context.Context, e Errand) (Trip, error) {
	p, err := s.toAsk(ctx, e.Provider)
	if err != nil {
		return Trip{}, err
	}
	doc, err := s.known(ctx, p.Issuer)
	if err != nil {
		return Trip{}, errUnreachable(p, err)
	}
	x := trip{
		Provider: p.ID, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Return: e.Return, Redirect: e.Redirect, Ends: s.db.Now().Add(stepLife),
	}
	if len(x.Return) > maxReturn {
		x.Return = "/"
	}
	if _, ok := s.errand(e.Step, p.ID); ok {
		x.Step = e.Step
	}
	asks := p.oauth(doc, x.Redirect, "")
	return Trip{
		Address: asks.AuthCodeURL(x.State, oidc.Nonce(x.Nonce), oauth2.S256ChallengeOption(x.Verifier)),
		Token:   seal(s.trips, x), EndsAt: x.Ends,
	}, nil
}

// errand reads a step that this provider can help with.
func (s *Service) errand(token string, provider uuid.UUID) (x step, ok bool) {
	ok = token != "" && s.openStep(token, &x) && (x.Needs == NeedProvider || x.Needs == NeedLink) && x.Provider == provider && s.db.Now().Before(x.Ends)
	return x, ok
}

func (p asked) oauth(doc document, redirect, secret string) *oauth2.Config {
	at := doc.Endpoint()
	at.AuthStyle = doc.style
	return &oauth2.Config{ClientID: p.ClientID, ClientSecret: secret, Endpoint: at, RedirectURL: redirect, Scopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}}
}

func errUnreachable(p asked, err error) error {
	return operational.Fault(operational.KindUnavailable, "provider-unreachable", "%s does not answer at the moment. Nothing was done. Try again in a moment.", p.Name).
		Because(fmt.Errorf("ask the provider %s: %w", p.ID, cause(err)))
}
