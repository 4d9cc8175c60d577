package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// AddressLife is how long a link to another mail address is good for.
const AddressLife = 30 * time.Minute

// AddressChange asks to sign in with another mail address.
type AddressChange struct {
	Email    string
	Password string // the one of now
	Current  string // a code, of whoever has a second factor
	From     string // the network address that asks
}

const (
	sqlAskAddress    = `select sec.ask_address($1, $2, $3, $4, $5, $6, $7)`
	sqlAddressStands = `select coalesce(sec.address_stands($1, $2, $3), '')`
	sqlChangeAddress = `select sec.change_address($1, $2, $3)`
	sqlSetAddress    = `select sec.set_address($1, $2, $3, $4, $5, $6)`
)

func addressLinks(secret postgres.Secret, address string) mailedLinks {
	return mailedLinks{key: secret.Derive("address-changes"), what: "address", path: address + "/account/address/"}
}

// MailsLinks says whether another address can be asked for.
func (s *Service) MailsLinks() bool { return s.mails }

// AskAddress has a link mailed to another address of the caller's person, who shows once more that it is they. The answer
// is the same where somebody else signs in with the address: no link goes there. Askings are counted.
func (s *Service) AskAddress(ctx context.Context, actor operational.Actor, in AddressChange) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	if !s.mails {
		return operational.Fault(operational.KindConflict, "no-mail", "This program sends no mail, so it cannot see whether the address is yours. Nothing was changed. Whoever runs the program can change it (person set-email).")
	}
	if err := s.checkAddress(ctx, actor.Person, in.Email); err != nil {
		return err
	}
	if _, _, err := s.proveBoth(ctx, actor, FactorChange{Password: in.Password, Current: in.Current, From: in.From}); err != nil {
		return err
	}
	if _, err := beginAttempt(ctx, s.db, "address of "+actor.Person.String(), in.From); err != nil {
		return err
	}
	id, now := uuid.Must(uuid.NewV7()), s.db.Now()
	err := s.program(ctx, sqlAskAddress, nil, actor.Person, id, strings.TrimSpace(in.Email), normalEmail(in.Email), digest(s.links.token(id)), now.Add(AddressLife), now)
	if err != nil {
		return fmt.Errorf("ask for another address: %w", err)
	}
	return nil
}

func (s *Service) checkAddress(ctx context.Context, person uuid.UUID, email string) error {
	f, err := s.factorsOf(ctx, person)
	if err != nil {
		return err
	}
	if f.Hash == "" {
		return operational.Fault(operational.KindConflict, "no-password", "You sign in by your company's provider alone, so no mail address signs you in: the one that is shown is what the provider told. Nothing was changed.")
	}
	var faults operational.Faults
	if checkEmail(&faults, email); len(faults) == 0 && strings.TrimSpace(email) == f.Email {
		faults.Add("email", "is the one that you have", nil)
	}
	return faults.Err()
}

// AskedAddress is the address that a link leads to. The link is of use to the person that asked for it and to nobody else.
func (s *Service) AskedAddress(ctx context.Context, actor operational.Actor, token string) (email string, err error) {
	if err := signedIn(actor); err != nil {
		return "", err
	}
	if len(token) == tokenLength {
		err = s.program(ctx, sqlAddressStands, &email, actor.Person, digest(token), s.db.Now())
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("look for another address: %w", err)
	case email == "":
		return "", errNoAddress()
	}
	return email, nil
}

// ChangeAddress signs the caller's person in by the address from now on that a link was mailed to, once. The address before
// is told, links that were mailed there to set a password lead nowhere, and all companies of the person note it.
func (s *Service) ChangeAddress(ctx context.Context, actor operational.Actor, token string) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	changed := false
	if len(token) == tokenLength {
		if err := s.program(ctx, sqlChangeAddress, &changed, actor.Person, digest(token), s.db.Now()); err != nil {
			return fmt.Errorf("change an address: %w", err)
		}
	}
	if !changed {
		return errNoAddress()
	}
	return nil
}

// errNoAddress is the one answer for a link that is wrong, used, over, or somebody else's.
func errNoAddress() error {
	return operational.Fault(operational.KindNotFound, "address-over", "This link changes no mail address: it was used, is older than half an hour, is not complete, or was asked for by somebody else. Nothing was changed. Ask for a new one on the page of your account.")
}

// SetAddress gives a person another address to sign in by; for whoever runs the program.
func (a *Admin) SetAddress(ctx context.Context, person uuid.UUID, email string) error {
	var f operational.Faults
	if checkEmail(&f, email); len(f) > 0 {
		return f.Err()
	}
	now, answer := a.jobs.Now(), ""
	err := a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(sqlSetAddress, person, uuid.Must(uuid.NewV7()), strings.TrimSpace(email), normalEmail(email), now.Add(AddressLife), now).
			QueryRow(func(r pgx.Row) error { return r.Scan(&answer) })
	})
	switch {
	case err != nil:
		return fmt.Errorf("set an address: %w", err)
	case answer == "taken":
		f.Add("email", "signs somebody else in", nil)
	case answer == "not-found":
		return operational.NotFound("person")
	}
	return f.Err()
}
