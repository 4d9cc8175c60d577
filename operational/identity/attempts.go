package identity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// allowance is how many failures are let through at once, and every how many seconds one more.
type allowance struct{ burst, seconds int }

// Allowances for a mail address at one place, for one place whatever the address (it may be a whole office), and for a mail
// address at all places where its person has not signed in lately. The last is what holds off those who guess from many
// places. A code has few digits, so whoever knows the password would find one in the end: codes have one allowance more,
// which time gives back slowly and a right code not at all, so that nobody guesses on behind the back of the holder.
var (
	ofPair    = allowance{10, 30}
	ofPlace   = allowance{100, 1}
	ofAddress = allowance{20, 45}
	ofCodes   = allowance{100, 3600}
)

const (
	sqlBeginAttempt = `select wait, known from sec.begin_attempt($1, $2, $3, $4, $5, $6, $7)`
	sqlEndAttempt   = `select sec.end_attempt($1, $2, $3, $4, $5, $6)`
)

// attempt is one sign-in that counts as a failure until it succeeds. It is counted in the database, by digests, because
// several programs may serve one deployment.
type attempt struct {
	db      *postgres.DB
	place   []byte
	keys    [][]byte
	bursts  []int
	seconds []int
}

// count has the attempt counted as something.
func (a *attempt) count(by allowance, what ...string) {
	a.keys, a.bursts, a.seconds = append(a.keys, attemptKey(what...)), append(a.bursts, by.burst), append(a.seconds, by.seconds)
}

// beginAttempt counts an attempt to sign in with an address. Whether it belongs to somebody makes no difference to the answer.
func beginAttempt(ctx context.Context, db *postgres.DB, email, from string) (attempt, error) {
	return countAttempt(ctx, db, email, email, from, nil)
}

// countAttempt counts an attempt at something, apart from others; of whoever has the address the usual places are known.
// slow is a further allowance, for each usual place and for all others together.
func countAttempt(ctx context.Context, db *postgres.DB, what, email, from string, slow *allowance) (attempt, error) {
	place := placeOf(from)
	a := attempt{db: db, place: attemptKey("place", place)}
	a.count(ofPair, "pair", what, place)
	a.count(ofPlace, "place", place)
	if slow != nil {
		a.count(*slow, "slow", what, place)
	}
	local := len(a.keys)
	a.count(ofAddress, "address", what)
	if slow != nil {
		a.count(*slow, "slow", what)
	}
	var wait time.Duration
	var known bool
	err := db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlBeginAttempt, email, a.place, a.keys, local, a.bursts, a.seconds, db.Now()).QueryRow(func(r pgx.Row) error { return r.Scan(&wait, &known) })
	})
	switch {
	case err != nil:
		return attempt{}, fmt.Errorf("count an attempt to sign in: %w", err)
	case wait > 0:
		return attempt{}, errTooMany(wait)
	case known:
		a.keys, a.seconds = a.keys[:local], a.seconds[:local]
	}
	return a, nil
}

// errTooMany says when to come back. A long wait is one for codes, which a recovery code ends.
func errTooMany(wait time.Duration) error {
	said := "Too many attempts to sign in failed. Wait a little, then try again."
	if wait > 2*time.Minute {
		said = "Too many codes were wrong, so only one an hour is taken here now. Use a recovery code, sign in where you usually do, or try again in an hour. If it was not you, change your password: somebody knows it."
	}
	return operational.Fault(operational.KindLimited, "too-many-attempts", "%s", said).In(wait.Truncate(time.Second) + time.Second)
}

// succeed takes the attempt back, forgets the failures with this mail address at this place, and remembers the place, if the
// whole of what the person signs in with was shown.
func (a attempt) succeed(ctx context.Context, person uuid.UUID, whole bool) error {
	err := a.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlEndAttempt, person, a.place, a.keys, a.seconds, whole, a.db.Now())
	})
	if err != nil {
		return fmt.Errorf("count a sign-in: %w", err)
	}
	return nil
}

// refuse notes the failure in the audit of the companies whose member has the address, if somebody has. The same rows are
// written to either way but for the note itself, so that its time tells no more than the rest.
func (a attempt) refuse(ctx context.Context, email string) error {
	err := a.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(`select sec.refuse_sign_in($1, $2, $3)`, email, a.keys[0], a.db.Now())
	})
	if err != nil {
		return fmt.Errorf("note a refused sign-in: %w", err)
	}
	return nil
}

// placeOf is where somebody asks from. Whoever has one address of IPv6 has all of its network, so that is what counts.
func placeOf(from string) string {
	at, err := netip.ParseAddr(from)
	if err != nil {
		return from
	}
	at = at.Unmap().WithZone("")
	if at.Is4() {
		return at.String()
	}
	network, err := at.Prefix(64)
	if err != nil {
		return from
	}
	return network.String()
}

func attemptKey(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:]
}
