package identity

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
)

// Profile is what people say of themselves.
type Profile struct {
	Name     string
	TimeZone string // an IANA name; empty: that of the company that one works in
}

func (p Profile) check() error {
	var f operational.Faults
	checkName(&f, "name", p.Name, 200)
	if p.TimeZone != "" {
		checkZone(&f, p.TimeZone)
	}
	return f.Err()
}

const sqlSetProfile = `select sec.set_profile($1, $2, $3, nullif($4, ''), $5)`

// OwnProfile is what the caller's person says of itself.
func (s *Service) OwnProfile(ctx context.Context, actor operational.Actor) (p Profile, err error) {
	err = s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(`select display_name, coalesce(time_zone, '') from crm.person where id = $1`, actor.Person).QueryRow(func(r pgx.Row) error { return r.Scan(&p.Name, &p.TimeZone) })
	})
	if err != nil {
		err = fmt.Errorf("read a profile: %w", err)
	}
	return p, err
}

// SetProfile gives the caller's person another name and time zone, in all of its companies, which note it. Vendors whose
// connection lives know them by the new name.
func (s *Service) SetProfile(ctx context.Context, actor operational.Actor, in Profile) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	if err := in.check(); err != nil {
		return err
	}
	var answer string
	err := s.program(ctx, sqlSetProfile, &answer, actor.Person, actor.Credential, strings.TrimSpace(in.Name), in.TimeZone, s.db.Now())
	switch {
	case err != nil:
		return fmt.Errorf("change a profile: %w", err)
	case answer == "bound":
		return operational.Fault(operational.KindForbidden, "password-session-needed", "You are signed in by your company's provider, which speaks for you there alone, and your name is shown wherever you work. Nothing was saved. Sign in with your password and change it there.")
	case answer == "gone":
		return errSignInAgain()
	}
	return nil
}
