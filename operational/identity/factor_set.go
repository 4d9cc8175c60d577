package identity

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

const (
	sqlSetTOTP  = `select sec.set_totp($1, $2, $3, $4, $5, $6, $7, $8)`
	sqlDropTOTP = `select sec.drop_totp($1, $2, $3)`
)

// SecondFactor is what a person knows of its own.
type SecondFactor struct {
	Set           bool       `json:"set" doc:"There is one: signing in takes a code beside the password"`
	SetAt         *time.Time `json:"set_at,omitempty" doc:"Since when"`
	RecoveryCodes int64      `json:"recovery_codes" doc:"How many recovery codes are left"`
	Possible      bool       `json:"possible" doc:"You have a password that a second factor can stand beside"`
}

// Factor says whether the caller's person has a second factor.
func (s *Service) Factor(ctx context.Context, actor operational.Actor) (SecondFactor, error) {
	if err := signedIn(actor); err != nil {
		return SecondFactor{}, err
	}
	f, err := s.factorsOf(ctx, actor.Person)
	return SecondFactor{Set: f.TOTP != nil, SetAt: f.SetAt, RecoveryCodes: f.CodesLeft, Possible: f.Hash != ""}, err
}

// FactorChange sets a second factor, in place of another if there is one, or takes it away.
type FactorChange struct {
	Password string // the one of now
	Token    string // of the enrolment
	Code     string // the first one that the authenticator shows
	Current  string // a code of the factor that there is, to take it away or to put another in its place
	From     string // the network address that asks
}

// SetFactor gives the caller's person a second factor and ends its other sessions. The recovery codes are shown this once.
func (s *Service) SetFactor(ctx context.Context, actor operational.Actor, in FactorChange) ([]string, error) {
	if err := signedIn(actor); err != nil {
		return nil, err
	}
	e, err := s.enrolled(actor.Person, in.Token)
	if err != nil {
		return nil, err
	}
	f, err := s.factorsOf(ctx, actor.Person)
	if err != nil {
		return nil, err
	}
	if f.ID != nil && (e.Instead == nil || *e.Instead != *f.ID) { // told before a code of the other one is asked for
		return nil, errOvertaken()
	}
	was, _, err := s.proveBoth(ctx, actor, in)
	if err != nil {
		return nil, err
	}
	return s.setFactor(ctx, e, was, actor.Credential, in.Code)
}

// proveBoth has the person of a session say its password once more, and show a code if it has a second factor.
func (s *Service) proveBoth(ctx context.Context, actor operational.Actor, in FactorChange) (hash string, factor bool, err error) {
	if hash, err = s.provePassword(ctx, actor, in.Password, in.From); err != nil {
		return "", false, err
	}
	shown := proof{Person: actor.Person, Password: markOf(hash)}
	err = s.spendCode(ctx, &shown, in.Current, in.From)
	return hash, shown.Factor, asOf(err, "code", "current_code")
}

// asOf names the input that a fault is of as the caller knows it.
func asOf(err error, was, is string) error {
	var e *operational.Error
	if errors.As(err, &e) {
		for i := range e.Fields {
			if e.Fields[i].Field == was {
				e.Fields[i].Field = is
			}
		}
	}
	return err
}

// setFactor sets what was begun, once a code shows that the authenticator has learnt it.
func (s *Service) setFactor(ctx context.Context, e enrolment, was string, keep uuid.UUID, code string) ([]string, error) {
	step, right := stepOf(e.Secret, plainCode(code), s.db.Now())
	if !right {
		return nil, errWrongCode()
	}
	shown, kept := s.newRecoveryCodes(e.Person)
	var answer string
	if err := s.program(ctx, sqlSetTOTP, &answer, e.Person, was, e.Instead, s.kept.Seal([]byte(e.Secret)), step, kept, keep, s.db.Now()); err != nil {
		return nil, fmt.Errorf("set a second factor: %w", err)
	}
	switch answer {
	case "password": // it has just become another
		return nil, errWrongCurrent()
	case "taken":
		return nil, errOvertaken()
	}
	return shown, nil
}

func errOvertaken() error {
	return operational.Fault(operational.KindConflict, "second-factor-overtaken", "Another second factor was set after this one was begun, perhaps in another tab, and it stays. This one was not saved. Delete it from the authenticator; to use it after all, begin again.")
}

// DropFactor takes the second factor away; it needs the password and a code.
func (s *Service) DropFactor(ctx context.Context, actor operational.Actor, in FactorChange) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	_, had, err := s.proveBoth(ctx, actor, in)
	if err != nil || !had {
		return err
	}
	dropped := false
	err = s.program(ctx, sqlDropTOTP, &dropped, actor.Person, actor.Credential, s.db.Now())
	switch {
	case err != nil:
		return fmt.Errorf("take a second factor away: %w", err)
	case !dropped:
		return operational.Fault(operational.KindConflict, "second-factor-demanded", "A company of yours asks its people for a second factor, so yours stays. To use another authenticator, set it up in place of this one.")
	}
	return nil
}

// FinishByCode finishes a sign-in that lacks a code.
func (s *Service) FinishByCode(ctx context.Context, half, code, from, replaces string) (Opened, error) {
	x, err := s.halfDone(half, NeedCode)
	if err != nil {
		return Opened{}, err
	}
	if err := s.spendCode(ctx, &x.proof, code, from); err != nil {
		return Opened{}, err
	}
	return s.enter(ctx, x.proof, replaces)
}

// FinishByFactor finishes a sign-in that lacks a second factor, by setting one. The recovery codes are shown this once.
func (s *Service) FinishByFactor(ctx context.Context, half string, in FactorChange, replaces string) (Opened, []string, error) {
	x, err := s.halfDone(half, NeedFactor)
	if err != nil {
		return Opened{}, nil, err
	}
	f, err := s.factors(ctx, x.proof)
	if err != nil {
		return Opened{}, nil, err
	}
	if f.TOTP != nil { // set meanwhile, elsewhere
		return Opened{}, nil, errStepOver()
	}
	e, err := s.enrolled(x.Person, in.Token)
	if err != nil {
		return Opened{}, nil, err
	}
	codes, err := s.setFactor(ctx, e, f.Hash, uuid.Nil, in.Code)
	if err != nil {
		return Opened{}, nil, err
	}
	x.Factor = true
	opened, err := s.enter(ctx, x.proof, replaces)
	return opened, codes, err
}
