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

// Failed sign-ins that are let through at once, and every how many seconds one more: for a mail address at one place, for
// one place whatever the address (it may be a whole office), and for a mail address at all places where its person has not
// signed in lately. The last is what holds off those who guess from many places.
var (
	attemptBursts  = []int{10, 100, 20}
	attemptSeconds = []int{30, 1, 45}
)

const (
	sqlBeginAttempt = `select wait, known from sec.begin_attempt($1, $2, $3, $4, $5, $6)`
	sqlEndAttempt   = `select sec.end_attempt($1, $2, $3, $4, $5, $6)`
)

// attempt is one sign-in that counts as a failure until it succeeds. It is counted in the database, by digests, because
// several programs may serve one deployment.
type attempt struct {
	db      *postgres.DB
	place   []byte
	keys    [][]byte
	seconds []int
}

// beginAttempt counts an attempt to sign in with an address. Whether it belongs to somebody makes no difference to the answer.
func beginAttempt(ctx context.Context, db *postgres.DB, email, from string) (attempt, error) {
	return countAttempt(ctx, db, email, email, from)
}

// countAttempt counts an attempt at something, apart from others; of whoever has the address the usual places are known.
func countAttempt(ctx context.Context, db *postgres.DB, what, email, from string) (attempt, error) {
	place := placeOf(from)
	a := attempt{
		db: db, place: attemptKey("place", place),
		keys: [][]byte{attemptKey("pair", what, place), attemptKey("place", place), attemptKey("address", what)}, seconds: attemptSeconds,
	}
	var wait time.Duration
	var known bool
	err := db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlBeginAttempt, email, a.place, a.keys, attemptBursts, a.seconds, db.Now()).QueryRow(func(r pgx.Row) error { return r.Scan(&wait, &known) })
	})
	switch {
	case err != nil:
		return attempt{}, fmt.Errorf("count an attempt to sign in: %w", err)
	case wait > 0:
		return attempt{}, operational.Fault(operational.KindLimited, "too-many-attempts", "Too many attempts to sign in failed. Wait a little, then try again.").
			In(wait.Truncate(time.Second) + time.Second)
	case known:
		a.keys, a.seconds = a.keys[:2], a.seconds[:2]
	}
	return a, nil
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
