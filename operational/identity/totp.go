package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/sharepartner/sharepartner/operational"
)

// Codes change every half minute; the one before and the one after are taken too, for clocks differ.
const (
	codePeriod = 30
	codeSkew   = 1
	issuer     = "SharePartner"
)

var codeForm = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1} // what every authenticator can do

// stepOf says which half minute a code is of.
func stepOf(secret, code string, now time.Time) (step int64, right bool) {
	for step = now.Unix()/codePeriod - codeSkew; step <= now.Unix()/codePeriod+codeSkew; step++ {
		if ok, err := hotp.ValidateCustom(code, uint64(max(step, 0)), secret, codeForm); err == nil && ok {
			return step, true
		}
	}
	return 0, false
}

// Enrolment is a second factor that is not set yet: an authenticator has to learn it and to show that it has.
type Enrolment struct {
	Token  string    // gives it back, with the first code
	Secret string    // to be typed into an authenticator, by who cannot scan
	URI    string    // to be scanned
	EndsAt time.Time // when it is too late
}

type enrolment struct {
	Person  uuid.UUID  `json:"person"`
	Instead *uuid.UUID `json:"instead"` // the second factor that it takes the place of; nil: there was none
	Secret  string     `json:"secret"`
	URI     string     `json:"uri"`
	Ends    time.Time  `json:"ends"`
}

// BeginFactor thinks of a second factor for whoever is signed in. Nothing is stored yet.
func (s *Service) BeginFactor(ctx context.Context, actor operational.Actor) (Enrolment, error) {
	if err := signedIn(actor); err != nil {
		return Enrolment{}, err
	}
	return s.enrol(ctx, actor.Person)
}

// BeginFactorOf does so for a half-done sign-in that needs one.
func (s *Service) BeginFactorOf(ctx context.Context, half string) (Enrolment, error) {
	x, err := s.halfDone(half, NeedFactor)
	if err != nil {
		return Enrolment{}, err
	}
	return s.enrol(ctx, x.Person)
}

func (s *Service) enrol(ctx context.Context, person uuid.UUID) (Enrolment, error) {
	f, err := s.factorsOf(ctx, person)
	if err != nil {
		return Enrolment{}, err
	}
	if f.Hash == "" {
		return Enrolment{}, operational.Fault(operational.KindConflict, "no-password", "You sign in by your company's provider and have no password here, so there is nothing that a second factor would stand beside.")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: f.Email, Period: codePeriod})
	if err != nil {
		return Enrolment{}, fmt.Errorf("make a second factor: %w", err)
	}
	ends := s.db.Now().Add(stepLife)
	return Enrolment{Token: s.sealStep(enrolment{person, f.ID, key.Secret(), key.URL(), ends}), Secret: key.Secret(), URI: key.URL(), EndsAt: ends}, nil
}

// enrolled reads an enrolment of the person.
func (s *Service) enrolled(person uuid.UUID, token string) (enrolment, error) {
	var e enrolment
	if !s.openStep(token, &e) || e.Secret == "" || e.Person != person || !s.db.Now().Before(e.Ends) {
		var f operational.Faults
		f.Add("token", "is too old, or not one of yours: begin again", nil)
		return enrolment{}, f.Err()
	}
	return e, nil
}

// Again gives an enrolment back, for a page that has to be shown once more.
func (s *Service) Again(token string) (Enrolment, bool) {
	var e enrolment
	if !s.openStep(token, &e) || !s.db.Now().Before(e.Ends) {
		return Enrolment{}, false
	}
	return Enrolment{Token: token, Secret: e.Secret, URI: e.URI, EndsAt: e.Ends}, true
}
