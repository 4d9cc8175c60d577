package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/mail"
)

// Mail is how the program sends mail, and what the links in it begin with.
type Mail struct {
	URL  string `name:"url" help:"Address under which people reach the program, for example https://crm.example.com: links begin with it, and identity providers send people back there. Without it links begin with --addr, and providers send people back to where they came from." env:"SHAREPARTNER_URL"`
	SMTP string `name:"smtp-url" help:"Server that sends mail: smtp://user:password@host:587, or smtps:// for TLS from the beginning; ?tls=off for a server without TLS. Without it links are passed on by hand." env:"SMTP_URL"`
	From string `name:"mail-from" help:"Who mail comes from, for example \"SharePartner <no-reply@example.com>\"." env:"MAIL_FROM"`
}

func (m Mail) check() error {
	var faults []error
	if u, err := url.Parse(m.URL); m.URL != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "") {
		faults = append(faults, fmt.Errorf("--url %q is no address such as https://crm.example.com", m.URL))
	}
	if m.SMTP == "" {
		return errors.Join(faults...)
	}
	if m.URL == "" {
		faults = append(faults, errors.New("SMTP_URL needs SHAREPARTNER_URL, so that the links in mails lead here"))
	}
	if _, err := mail.New(m.SMTP, m.From); err != nil {
		faults = append(faults, fmt.Errorf("SMTP_URL and MAIL_FROM: %w", err))
	}
	return errors.Join(faults...)
}

// tickets makes the links of invitations.
func (a *App) tickets() interconnect.Tickets {
	address := a.cfg.Mail.URL
	if address == "" {
		address = "http://" + a.Addr()
	}
	return interconnect.NewTickets(a.ground.Secret.Derive("invitations"), address)
}

// postmen are the jobs that send mail, where there is a server for it.
func (a *App) postmen() ([]jobs.Worker, error) {
	if a.cfg.Mail.SMTP == "" {
		return nil, nil
	}
	sender, err := mail.New(a.cfg.Mail.SMTP, a.cfg.Mail.From)
	if err != nil {
		return nil, err
	}
	jobsDB, secret, at := a.ground.Jobs, a.ground.Secret, strings.TrimRight(a.cfg.Mail.URL, "/")
	workers := append(interconnect.NewPostman(jobsDB, a.tickets(), sender.Send).Workers(), identity.NewAddressPostman(jobsDB, secret, at, sender.Send).Workers()...)
	return append(workers, identity.NewResetPostman(jobsDB, secret, at, sender.Send).Worker()), nil
}
