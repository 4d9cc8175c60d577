package identity

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Need is what a sign-in lacks whose password was right.
type Need string

const (
	NeedCode     Need = "code"     // a code of the person's second factor
	NeedFactor   Need = "factor"   // a second factor, because the company asks for one and the person has none yet
	NeedProvider Need = "provider" // the word of the company's identity provider
)

// stepLife is how long there is for the next step.
const stepLife = 10 * time.Minute

// Half is a sign-in that is half done. Who holds its token may finish it in time and do nothing else: it is no session. It
// is kept by the browser alone, sealed, and ends with the password that it came from.
type Half struct {
	Token    string
	Needs    Need
	Provider uuid.UUID // whose word is needed
	EndsAt   time.Time
}

// proof is what a person has shown of itself so far.
type proof struct {
	Person   uuid.UUID `json:"person"`
	Password string    `json:"password"` // digest of the hash that the password matched
	Factor   bool      `json:"factor"`   // a code was right as well
	Provider uuid.UUID `json:"-"`        // the provider that vouches, in place of both
}

// step is a proof on its way through a browser.
type step struct {
	proof
	Needs    Need      `json:"needs"`
	Provider uuid.UUID `json:"provider"`
	Session  uuid.UUID `json:"session,omitzero"` // of whoever is signed in already and connects a provider
	Ends     time.Time `json:"ends"`
}

func (s *Service) half(p proof, needs Need, provider uuid.UUID) *Half {
	ends := s.db.Now().Add(stepLife)
	return &Half{Token: s.sealStep(step{proof: p, Needs: needs, Provider: provider, Ends: ends}), Needs: needs, Provider: provider, EndsAt: ends}
}

func (s *Service) sealStep(x any) string { return seal(s.shown, x) }

func (s *Service) openStep(token string, x any) bool { return unseal(s.shown, token, x) }

// seal makes a token that only this deployment can read.
func seal(sealer postgres.Sealer, x any) string {
	text, err := json.Marshal(x)
	if err != nil {
		panic(err) // plain data always has a JSON
	}
	return base64.RawURLEncoding.EncodeToString(sealer.Seal(text))
}

func unseal(sealer postgres.Sealer, token string, x any) bool {
	if len(token) > 4096 {
		return false
	}
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return false
	}
	text, err := sealer.Open(sealed)
	return err == nil && json.Unmarshal(text, x) == nil
}

// halfDone reads a half-done sign-in that lacks just this.
func (s *Service) halfDone(token string, needs Need) (step, error) {
	var x step
	if !s.openStep(token, &x) || x.Needs != needs || !s.db.Now().Before(x.Ends) {
		return step{}, errStepOver()
	}
	return x, nil
}

// Lacks says what a half-done sign-in still needs.
func (s *Service) Lacks(token string) (Half, error) {
	var x step
	if !s.openStep(token, &x) || !s.db.Now().Before(x.Ends) {
		return Half{}, errStepOver()
	}
	return Half{Token: token, Needs: x.Needs, Provider: x.Provider, EndsAt: x.Ends}, nil
}

// LacksAs is Lacks with the mail address of whoever has begun, for who comes back to a half-done sign-in in a browser that
// others use too.
func (s *Service) LacksAs(ctx context.Context, token string) (Half, string, error) {
	var x step
	half, err := s.Lacks(token)
	if err != nil || !s.openStep(token, &x) {
		return Half{}, "", errStepOver()
	}
	f, err := s.factorsOf(ctx, x.Person)
	return half, f.Email, err
}

func errStepOver() error {
	return operational.Fault(operational.KindUnauthenticated, "sign-in-over", "The sign-in took too long, or it was finished or ended elsewhere. Begin again with mail address and password.")
}
