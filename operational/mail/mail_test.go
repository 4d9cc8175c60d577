package mail_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"math/big"
	"mime/quotedprintable"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	gomail "github.com/wneessen/go-mail"

	"github.com/sharepartner/sharepartner/operational/mail"
)

// server is an SMTP server that keeps what it gets.
type server struct {
	*smtp.Server
	addr string
	root *x509.CertPool

	mu   sync.Mutex
	got  []string
	who  []string
	busy bool
}

func newServer(t *testing.T, encrypted bool) *server {
	t.Helper()
	s := &server{root: x509.NewCertPool()}
	s.Server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{server: s}, nil }))
	s.Domain, s.ErrorLog, s.ReadTimeout, s.WriteTimeout = "localhost", log.New(io.Discard, "", 0), 5*time.Second, 5*time.Second
	if encrypted {
		s.TLSConfig = &tls.Config{Certificates: []tls.Certificate{s.certificate(t)}}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.addr = listener.Addr().String()
	go func() { _ = s.Serve(listener) }()
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (s *server) certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	s.root.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

type session struct {
	server *server
	user   string
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if password != "secret" {
			return errors.New("wrong")
		}
		s.user = user
		return nil
	}), nil
}

func (s *session) Mail(string, *smtp.MailOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.busy {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later"}
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.who = append(s.server.who, to+" by "+s.user)
	return nil
}

func (s *session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.got = append(s.server.got, string(text))
	return err
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

func TestMailArrives(t *testing.T) {
	plain, encrypted := newServer(t, false), newServer(t, true)
	trust := gomail.WithTLSConfig(&tls.Config{RootCAs: encrypted.root, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12})
	for name, c := range map[string]struct {
		server  *server
		address string
		more    []gomail.Option
		by      string
	}{
		"without TLS": {plain, "smtp://" + plain.addr + "?tls=off", nil, ""},
		"STARTTLS":    {encrypted, "smtp://robot:secret@" + encrypted.addr, []gomail.Option{trust}, "robot"},
	} {
		t.Run(name, func(t *testing.T) {
			sender, err := mail.New(c.address, "SharePartner <no-reply@crm.example>", c.more...)
			require.NoError(t, err)
			require.NoError(t, sender.Send(t.Context(), mail.Message{
				To: "pia@partner.example", Subject: "Größe\r\nBcc: all@example.com", Text: "Hallo Größe,\n.\nEnde\n", ID: "invitation-1",
			}))
			require.Equal(t, []string{"pia@partner.example by " + c.by}, c.server.who, "no line of the subject is a header")
			head, body, _ := strings.Cut(c.server.got[0], "\r\n\r\n")
			require.Contains(t, head, "From: \"SharePartner\" <no-reply@crm.example>")
			require.Contains(t, head, "Message-ID: <invitation-1@crm.example>")
			require.Contains(t, head, "Auto-Submitted: auto-generated")
			require.NotContains(t, head, "\r\nBcc:")
			text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
			require.NoError(t, err)
			require.Contains(t, strings.ReplaceAll(string(text), "\r\n", "\n"), "Hallo Größe,\n.\nEnde\n")
		})
	}
}

func TestMailIsNotSentAtAnyPrice(t *testing.T) {
	plain, encrypted := newServer(t, false), newServer(t, true)
	message := mail.Message{To: "pia@partner.example", Subject: "s", Text: "t", ID: "1"}
	for name, address := range map[string]string{
		"a server without TLS":       "smtp://" + plain.addr,
		"a certificate of nobody's":  "smtp://robot:secret@" + encrypted.addr,
		"nobody there":               "smtp://127.0.0.1:1?tls=off",
		"a password over plain text": "smtp://robot:wrong@" + plain.addr + "?tls=off",
	} {
		t.Run(name, func(t *testing.T) {
			sender, err := mail.New(address, "no-reply@crm.example")
			require.NoError(t, err)
			err = sender.Send(t.Context(), message)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "secret")
			require.NotContains(t, err.Error(), "pia@", "the log is no place for addresses")
		})
	}
	plain.busy = true
	sender, err := mail.New("smtp://"+plain.addr+"?tls=off", "no-reply@crm.example")
	require.NoError(t, err)
	require.ErrorContains(t, sender.Send(t.Context(), message), "later")
	require.Empty(t, plain.got)
	require.Empty(t, encrypted.got)
}

func TestAddressesAreChecked(t *testing.T) {
	for _, c := range [][2]string{{"", "a@b.example"}, {"http://mail.example", "a@b.example"}, {"smtp://", "a@b.example"}, {"smtp://mail.example", "nobody"}, {"smtp://mail.example:99999999", "a@b.example"}} {
		_, err := mail.New(c[0], c[1])
		require.Error(t, err, c)
	}
	_, err := mail.New("smtps://mail.example", "a@b.example")
	require.NoError(t, err)
}
