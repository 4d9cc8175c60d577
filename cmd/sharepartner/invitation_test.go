package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"log/slog"
	"mime/quotedprintable"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// mailbox is an SMTP server for one test.
type mailbox struct{ got chan string }

func (m mailbox) Mail(string, *smtp.MailOptions) error { return nil }
func (m mailbox) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (m mailbox) Reset()                               {}
func (m mailbox) Logout() error                        { return nil }

func (m mailbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	m.got <- string(text)
	return err
}

func newMailbox(t *testing.T) (address string, got chan string) {
	t.Helper()
	m := mailbox{got: make(chan string, 10)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return m, nil }))
	server.Domain, server.ErrorLog = "localhost", log.New(io.Discard, "", 0)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return "smtp://" + listener.Addr().String() + "?tls=off", m.got
}

// mailing starts the program with a mailbox for all that it sends, and a vendor whose people by name and address may do
// everything.
func mailing(t *testing.T, people map[string]string) (app *App, cfg Config, got chan string) {
	t.Helper()
	address, got := newMailbox(t)
	cfg = testConfig(t)
	cfg.Mail = Mail{URL: "https://crm.example/", SMTP: address, From: "SharePartner <no-reply@crm.example>"}
	require.NoError(t, cfg.check())
	app, err := Start(t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	require.NoError(t, err)
	t.Cleanup(app.Stop)
	admin := identity.NewAdmin(app.ground.Jobs)
	vendor, err := admin.CreateVendor(t.Context(), identity.NewVendor{Name: "Acme", Currency: "EUR"})
	require.NoError(t, err)
	for name, email := range people {
		_, err = admin.AddPerson(t.Context(), identity.NewPerson{Org: vendor, Role: operational.RoleAdministrator, Name: name, Email: email, Password: "correct horse battery"})
		require.NoError(t, err)
	}
	return app, cfg, got
}

// An invitation goes out by mail, and whoever gets it joins by what stands in it.
func TestInvitedByMail(t *testing.T) {
	app, _, got := mailing(t, map[string]string{"Ada": "ada@acme.example"})
	ada := newVisitor(t, app, "ada@acme.example", "correct horse battery")
	post := func(client *http.Client, path string, body any, status int) map[string]any {
		t.Helper()
		text, err := json.Marshal(body)
		require.NoError(t, err)
		res, err := client.Post("http://"+app.Addr()+path, "application/json", bytes.NewReader(text))
		require.NoError(t, err)
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, status, res.StatusCode, string(answer))
		var v map[string]any
		require.NoError(t, json.Unmarshal(answer, &v))
		return v
	}
	made := post(ada.http, "/v1/invitations", map[string]string{"partner_name": "Nia Ltd", "email": "nia@new.example"}, 201)
	require.Equal(t, "waiting", made["mail"])
	var text string
	select {
	case text = <-got:
	case <-time.After(20 * time.Second):
		require.FailNow(t, "no mail came")
	}
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	require.NoError(t, err)
	link := regexp.MustCompile(`https://crm\.example/invitations/([^/\s]{43})/(\S+)`).FindStringSubmatch(string(plain))
	require.NotNil(t, link, string(plain))
	post(http.DefaultClient, "/v1/invitations/join", map[string]any{
		"token": link[1], "name": "Nia", "email": "nia@new.example", "password": "correct horse battery", "organisation": map[string]string{"name": "Nia Ltd", "currency": "EUR"},
	}, 403) // by the link alone, which whoever invited has as well
	joined := post(http.DefaultClient, "/v1/invitations/join", map[string]any{
		"token": link[1], "ticket": link[2], "name": "Nia", "email": "nia@new.example", "password": "correct horse battery", "organisation": map[string]string{"name": "Nia Ltd", "currency": "EUR"},
	}, 201)
	require.Equal(t, "partner", joined["me"].(map[string]any)["side"])
}

func TestMailSettings(t *testing.T) {
	for fault, m := range map[string]Mail{
		"":                 {URL: "https://crm.example"},
		"no address":       {URL: "crm.example"},
		"SHAREPARTNER_URL": {SMTP: "smtp://mail.example", From: "a@b.example"},
		"MAIL_FROM":        {URL: "https://crm.example", SMTP: "smtp://mail.example"},
		"smtp://":          {URL: "https://crm.example", SMTP: "mail.example", From: "a@b.example"},
	} {
		if err := m.check(); fault == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, fault)
		}
	}
}
