package interconnect

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// AskToJoin has the link to join mailed to an address, so that whoever joins by it has shown that the address is theirs.
// The answer is the same for every address, whether anybody is known by it and whether a mail goes out or not.
func (s *Invitations) AskToJoin(ctx context.Context, token, address string) error {
	var f operational.Faults
	address = strings.TrimSpace(address)
	checkAddress(&f, &address)
	if err := f.Err(); err != nil {
		return err
	}
	found, err := s.look(ctx, token)
	switch {
	case err != nil:
		return err
	case !s.mails:
		return operational.Fault(operational.KindConflict, "no-mail", "This program sends no mail. Nothing was done. Join with the mail address that the invitation was made for.")
	}
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(`select sec.ask_to_join($1, $2, $3)`, digest(token), address, s.db.Now())
	})
	if err != nil {
		return fmt.Errorf("ask to join by invitation %s: %w", found.ID, err)
	}
	return nil
}

// Invited is the mail address that the link to join was sent to.
func (s *Invitations) Invited(ctx context.Context, token, ticket string) (string, error) {
	found, err := s.look(ctx, token)
	if err != nil {
		return "", err
	}
	address, ok := s.tickets.addressOf(found.ID, found.Issue, ticket)
	if !ok {
		return "", errNoInvitation()
	}
	return address, nil
}

// proven says whether a newcomer's address is theirs by the link that they came by. Where no mail is sent there is no
// such link, and the address must be the one that whoever invited has named.
func (s *Invitations) proven(found offered, in Newcomer) (bool, error) {
	if !s.mails {
		return false, nil
	}
	address, ok := s.tickets.addressOf(found.ID, found.Issue, in.Ticket)
	if !ok {
		return false, operational.Fault(operational.KindForbidden, "ask-first", "Somebody new joins by a link that is mailed to them. Nothing was saved. Ask for it with your mail address.")
	}
	if normal(address) != normal(in.Email) {
		var f operational.Faults
		f.Add("email", "must be the address that the link to join was mailed to", nil)
		return false, f.Err()
	}
	return true, nil
}

// normal is the form in which addresses are compared.
func normal(address string) string { return strings.ToLower(strings.TrimSpace(address)) }
