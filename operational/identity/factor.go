package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const (
	sqlFactorsOf       = `select email, hash, factor_id, totp, last_step, set_at, codes_left from sec.factors_of($1)`
	sqlUseStep         = `select sec.use_step($1, $2)`
	sqlUseRecoveryCode = `select sec.use_recovery_code($1, $2, $3)`
	sqlRefuseCode      = `select sec.refuse_code($1, $2)`
)

// factors are what a person signs in with.
type factors struct {
	Email     string
	Hash      string     // of the password
	ID        *uuid.UUID // of the second factor
	TOTP      []byte     // sealed; nil: no second factor
	LastStep  int64
	SetAt     *time.Time
	CodesLeft int64
}

// factors looks what a half-done sign-in is of; one whose password is another by now is over.
func (s *Service) factors(ctx context.Context, p proof) (factors, error) {
	f, err := s.factorsOf(ctx, p.Person)
	if err == nil && p.Provider == uuid.Nil && markOf(f.Hash) != p.Password {
		err = errStepOver()
	}
	return f, err
}

func (s *Service) factorsOf(ctx context.Context, person uuid.UUID) (f factors, err error) {
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlFactorsOf, person).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&f.Email, &f.Hash, &f.ID, &f.TOTP, &f.LastStep, &f.SetAt, &f.CodesLeft}, func() error { return nil })
			return err
		})
	})
	if err != nil {
		return factors{}, fmt.Errorf("look how a person signs in: %w", err)
	}
	return f, nil
}

// spendCode takes a code of the authenticator or a recovery code, each once, and notes in the proof that it was right.
// Wrong ones are counted, for a person and wherever they come from.
func (s *Service) spendCode(ctx context.Context, p *proof, code, from string) error {
	f, err := s.factors(ctx, *p)
	if err != nil || f.TOTP == nil {
		return err
	}
	attempt, err := s.countCode(ctx, p.Person, f, code, from)
	if err != nil {
		return err
	}
	right, err := s.takeCode(ctx, p.Person, f, code)
	if err != nil {
		return err
	}
	if !right {
		if err := s.program(ctx, sqlRefuseCode, nil, p.Person, s.db.Now()); err != nil {
			return fmt.Errorf("note a wrong code: %w", err)
		}
		return errWrongCode()
	}
	p.Factor = true
	return attempt.succeed(ctx, p.Person, true)
}

// countCode counts an attempt at a code. Recovery codes are counted apart, because nobody guesses one: they help also where
// somebody has guessed codes of the authenticator for long.
func (s *Service) countCode(ctx context.Context, person uuid.UUID, f factors, code, from string) (attempt, error) {
	if isRecovery(plainCode(code)) {
		return countAttempt(ctx, s.db, "recovery code of "+person.String(), normalEmail(f.Email), from, nil)
	}
	return countAttempt(ctx, s.db, "code of "+person.String(), normalEmail(f.Email), from, &ofCodes)
}

func (s *Service) takeCode(ctx context.Context, person uuid.UUID, f factors, code string) (taken bool, err error) {
	code = plainCode(code)
	if isRecovery(code) {
		err = s.program(ctx, sqlUseRecoveryCode, &taken, person, s.recoveryDigest(person, code), s.db.Now())
		return taken, err
	}
	secret, err := s.kept.Open(f.TOTP)
	if err != nil {
		return false, fmt.Errorf("read a second factor: %w", err)
	}
	step, right := stepOf(string(secret), code, s.db.Now())
	if !right || step <= f.LastStep {
		return false, nil
	}
	err = s.program(ctx, sqlUseStep, &taken, person, step)
	return taken, err
}

// program has the database do one thing for the sign-in and takes its answer, if there is one to take.
func (s *Service) program(ctx context.Context, sql string, answer any, args ...any) error {
	return s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		q := b.Queue(sql, args...)
		if answer != nil {
			q.QueryRow(func(r pgx.Row) error { return r.Scan(answer) })
		}
	})
}

// Recovery codes: ten of fifty bits, kept as keyed digests, so that a stolen database does not help to guess them.
const (
	recoveryCodes  = 10
	recoveryLength = 10
)

func isRecovery(plain string) bool { return len(plain) == recoveryLength }

// codeLetters hold no 0, 1, 8 and 9, which are easily taken for letters.
var codeLetters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567")

// newRecoveryCodes makes them: as they are shown, and as they are kept.
func (s *Service) newRecoveryCodes(person uuid.UUID) (shown []string, kept [][]byte) {
	for range recoveryCodes {
		var random [10]byte
		_, _ = rand.Read(random[:]) // never fails: the program ends before it would
		code := codeLetters.EncodeToString(random[:])[:recoveryLength]
		shown = append(shown, code[:recoveryLength/2]+"-"+code[recoveryLength/2:])
		kept = append(kept, s.recoveryDigest(person, code))
	}
	return shown, kept
}

func (s *Service) recoveryDigest(person uuid.UUID, code string) []byte {
	m := hmac.New(sha256.New, s.codes)
	m.Write(person[:])
	m.Write([]byte(code))
	return m.Sum(nil)
}

// plainCode is a code without what people put between its parts.
func plainCode(text string) string {
	if len(text) > 40 {
		return ""
	}
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(strings.ToLower(strings.TrimSpace(text)))
}

func errWrongCode() error {
	var f operational.Faults
	f.Add("code", "is not right, or was used already; take the one that is shown now", nil)
	return f.Err()
}
