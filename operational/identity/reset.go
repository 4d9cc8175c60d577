package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ResetLife is how long a link to set a lost password is good for.
const ResetLife = 30 * time.Minute

// Resets lets people who have lost their password set another one, by a link that is mailed to their address.
type Resets struct {
	db    *postgres.DB
	links mailedLinks
	mails bool
}

// mailedLinks make the tokens behind links that are mailed. A token is a keyed digest of the asking's id, so that the
// program can make it again when it is mailed, and neither the database nor a job ever holds one.
type mailedLinks struct {
	key  []byte
	what string
	path string // what a link begins with
}

func resetLinks(secret postgres.Secret, address string) mailedLinks {
	return mailedLinks{key: secret.Derive("password-resets"), what: "reset", path: address + "/sign-in/reset/"}
}

func (l mailedLinks) token(id uuid.UUID) string {
	m := hmac.New(sha256.New, l.key)
	fmt.Fprintf(m, "%s|%s", l.what, id)
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (l mailedLinks) link(id uuid.UUID) string { return l.path + l.token(id) }

// NewResets makes it on the api login. Without a way to send mail nobody can ask for a link.
func NewResets(db *postgres.DB, secret postgres.Secret, mails bool) *Resets {
	return &Resets{db: db, links: resetLinks(secret, ""), mails: mails}
}

// SendsMail says whether a link can be asked for.
func (r *Resets) SendsMail() bool { return r.mails }

const (
	sqlAskReset      = `select sec.ask_reset($1, $2, $3, $4, $5)`
	sqlResetStands   = `select sec.reset_stands($1, $2)`
	sqlResetPassword = `select sec.reset_password($1, $2, $3)`
)

// Ask has a link mailed to an address, if somebody signs in with it by a password. The answer is the same for every
// address. Askings are counted like failed sign-ins: for the address at this place, the place, and the address anywhere.
func (r *Resets) Ask(ctx context.Context, email, from string) error {
	if !r.mails {
		return operational.Fault(operational.KindConflict, "no-mail", "This program sends no mail. Nothing was done. Ask an administrator of your organisation, or whoever runs the program, for another password.")
	}
	var f operational.Faults
	checkEmail(&f, email)
	if err := f.Err(); err != nil {
		return err
	}
	email = normalEmail(email)
	if _, err := beginAttempt(ctx, r.db, "reset "+email, from); err != nil {
		return err
	}
	id, now := uuid.Must(uuid.NewV7()), r.db.Now()
	err := r.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlAskReset, email, id, digest(r.links.token(id)), now.Add(ResetLife), now)
	})
	if err != nil {
		return fmt.Errorf("ask for another password: %w", err)
	}
	return nil
}

// Stands says whether a link still sets a password.
func (r *Resets) Stands(ctx context.Context, token string) error {
	stands, err := r.yes(ctx, token, sqlResetStands, r.db.Now())
	if err == nil && !stands {
		return errNoReset()
	}
	return err
}

// Set sets another password by a link, once. All sessions of the person end, its second factor and its API keys stay, and
// all of its companies note it.
func (r *Resets) Set(ctx context.Context, token, password string) error {
	if err := r.Stands(ctx, token); err != nil { // hashing is dear
		return err
	}
	hash, err := hashNew(ctx, password)
	if err != nil {
		return err
	}
	set, err := r.yes(ctx, token, sqlResetPassword, hash, r.db.Now())
	if err == nil && !set {
		return errNoReset()
	}
	return err
}

func (r *Resets) yes(ctx context.Context, token, sql string, args ...any) (yes bool, err error) {
	if len(token) != tokenLength {
		return false, nil
	}
	err = r.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sql, append([]any{digest(token)}, args...)...).QueryRow(func(row pgx.Row) error { return row.Scan(&yes) })
	})
	if err != nil {
		return false, fmt.Errorf("set a lost password: %w", err)
	}
	return yes, nil
}

// hashNew checks a password that somebody chooses, and hashes it.
func hashNew(ctx context.Context, password string) (string, error) {
	var f operational.Faults
	checkPassword(&f, password)
	for i := range f {
		f[i].Field = "new_password"
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	hash, err := hashOf(ctx, password)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// errNoReset is the one answer for a link that is wrong, used or over.
func errNoReset() error {
	return operational.Fault(operational.KindNotFound, "reset-over", "This link sets no password: it was used, is older than half an hour, or is not complete. Nothing was changed. Ask for a new one.")
}

// SetPassword gives a person another password and ends all of its sessions; for whoever runs the program.
func (a *Admin) SetPassword(ctx context.Context, person uuid.UUID, password string) error {
	hash, err := hashNew(ctx, password)
	if err != nil {
		return err
	}
	found := false
	err = a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select sec.set_password($1, $2, $3)`, person, hash, a.jobs.Now()).QueryRow(func(r pgx.Row) error { return r.Scan(&found) })
	})
	if err == nil && !found {
		err = operational.NotFound("person")
	}
	return err
}
