package identity

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ResetPostman mails the links that were asked for.
type ResetPostman struct {
	db    *postgres.DB
	links mailedLinks
	send  func(context.Context, mail.Message) error
}

// NewResetPostman makes it on the jobs login. Address is under which people reach the program.
func NewResetPostman(jobsDB *postgres.DB, secret postgres.Secret, address string, send func(context.Context, mail.Message) error) *ResetPostman {
	return &ResetPostman{db: jobsDB, links: resetLinks(secret, address), send: send}
}

// Worker does it as a job (sec.ask_reset asks for it). A link that could not be mailed in its time is over; whoever waits
// asks again.
func (p *ResetPostman) Worker() jobs.Worker {
	return jobs.Worker{Event: "password.reset_asked", Attempts: 6, Work: p.deliver}
}

func (p *ResetPostman) deliver(ctx context.Context, job jobs.Job) error {
	var address string
	err := p.db.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select email from sec.reset_letter($1, $2)`, job.Record, p.db.Now()).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&address}, func() error { return nil })
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("read where the link %s goes to: %w", job.Record, err)
	}
	if address == "" {
		return nil // used, over, or taken back
	}
	return p.send(ctx, mail.Message{
		To: address, Subject: "Set another password", ID: "reset-" + job.Record.String(),
		Text: "Somebody, probably you, has asked for another password here. To set one, open:\n" + p.links.link(job.Record) +
			"\n\nThe link is good for half an hour and works once. If you have not asked for it, you need do nothing: your password stays as it is.\n",
	})
}
