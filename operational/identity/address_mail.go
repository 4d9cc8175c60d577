package identity

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// AddressPostman mails links to another address, and tells the one before that it was left.
type AddressPostman struct {
	db    *postgres.DB
	links mailedLinks
	send  func(context.Context, mail.Message) error
}

// NewAddressPostman makes it on the jobs login. Address is under which people reach the program.
func NewAddressPostman(jobsDB *postgres.DB, secret postgres.Secret, address string, send func(context.Context, mail.Message) error) *AddressPostman {
	return &AddressPostman{db: jobsDB, links: addressLinks(secret, address), send: send}
}

// Workers do it as jobs (sec.tell_address asks for them).
func (p *AddressPostman) Workers() []jobs.Worker {
	return []jobs.Worker{{Event: "address.asked", Attempts: 6, Work: p.ask}, {Event: "address.changed", Attempts: 6, Work: p.tell}}
}

// letter says where the link goes to, and whom to tell that it was used; empty: nobody.
func (p *AddressPostman) letter(ctx context.Context, change uuid.UUID) (to, before string, err error) {
	err = p.db.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select coalesce(link_to, ''), coalesce(tell, '') from sec.address_letter($1, $2)`, change, p.db.Now()).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&to, &before}, func() error { return nil })
			return err
		})
	})
	if err != nil {
		err = fmt.Errorf("read where the letter on the address %s goes to: %w", change, err)
	}
	return to, before, err
}

func (p *AddressPostman) ask(ctx context.Context, job jobs.Job) error {
	to, _, err := p.letter(ctx, job.Record)
	if err != nil || to == "" {
		return err
	}
	return p.send(ctx, mail.Message{
		To: to, Subject: "Sign in with this address", ID: "address-" + job.Record.String(),
		Text: "Somebody, probably you, wants to sign in here with this mail address. To do so, open this where you are signed in:\n" + p.links.link(job.Record) +
			"\n\nThe link is good for half an hour and works once, for whoever has asked for it. If you have not, you need do nothing.\n",
	})
}

func (p *AddressPostman) tell(ctx context.Context, job jobs.Job) error {
	_, before, err := p.letter(ctx, job.Record)
	if err != nil || before == "" {
		return err
	}
	return p.send(ctx, mail.Message{
		To: before, Subject: "Your mail address here was changed", ID: "address-told-" + job.Record.String(),
		Text: "From now on another mail address signs you in here, and this one does not any more.\n\nIf it was not you, tell an administrator of your organisation at once, or whoever runs the program: they can set it right.\n",
	})
}
