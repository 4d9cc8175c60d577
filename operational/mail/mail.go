package mail

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Message is one mail.
type Message struct {
	To      string
	Subject string
	Text    string
	ID      string // the same for the same mail sent again, so that servers can tell
}

// Sender sends mail by one server.
type Sender struct {
	from   *mail.Address
	host   string
	domain string // of the sender's address
	more   []gomail.Option
}

// attempt bounds the sending of one mail.
const attempt = 30 * time.Second

// New reads the address of a server: smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465 (TLS from
// the beginning); ?tls=off for a server without. From is who the mails come from, for example
// "SharePartner <no-reply@example.com>".
func New(address, from string, more ...gomail.Option) (*Sender, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, errors.New("the address of the mail server must read smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	sender, err := mail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("the address that mails come from (%q) is none", from)
	}
	options := []gomail.Option{gomail.WithTimeout(attempt)}
	switch off := u.Query().Get("tls") == "off"; {
	case u.Scheme == "smtps":
		options = append(options, gomail.WithSSL(), gomail.WithPort(465))
	case off:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(25))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(587))
	}
	if text := u.Port(); text != "" {
		port, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("the port of the mail server (%q) is none", text)
		}
		options = append(options, gomail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	s := &Sender{from: sender, host: u.Hostname(), more: append(options, more...)}
	_, s.domain, _ = strings.Cut(sender.Address, "@")
	_, err = gomail.NewClient(s.host, s.more...)
	return s, err
}

// Send sends one mail, over a connection of its own.
func (s *Sender) Send(ctx context.Context, m Message) error {
	msg := gomail.NewMsg()
	msg.FromMailAddress(s.from)
	if err := msg.To(m.To); err != nil {
		return fmt.Errorf("mail to an address that is none: %w", err)
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetMessageIDWithValue(m.ID + "@" + s.domain)
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	client, err := gomail.NewClient(s.host, s.more...)
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	if err := client.DialAndSendWithContext(ctx, msg); err != nil {
		return fmt.Errorf("send mail %s by %s: %w", m.ID, s.host, err)
	}
	return nil
}

// oneLine keeps what people wrote from becoming headers of its own.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
