// Package idptest gives tests identity providers: a real one, whose login form somebody has to fill in, and a forger, which
// says and signs whatever a test wants. Both stand on the loopback address and end with the test.
package idptest

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// What the provider knows this program by, and what all of its people type.
const (
	ClientID = "sharepartner"
	Secret   = "a secret between two programs"
	Password = "verysecure"
)

// Person is somebody whom the provider knows.
type Person struct {
	ID, Name, Mail string
	Verified       bool
}

// Provider is a whole OpenID provider.
type Provider struct {
	Issuer string

	server  *httptest.Server
	store   *keeper
	mu      sync.Mutex
	people  map[string]Person
	forward string // the address that codes are sent to
}

// Start runs one that sends people back to an address.
func Start(t testing.TB, redirect string) *Provider {
	t.Helper()
	p := &Provider{people: map[string]Person{}, forward: redirect}
	mux := http.NewServeMux()
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	p.Issuer = p.server.URL
	client := storage.WebClient(ClientID, Secret, redirect)
	p.store = &keeper{Storage: storage.NewStorageWithClients(p, map[string]*storage.Client{ClientID: client})}
	p.Rotate(t)
	provider, err := op.NewProvider(&op.Config{CryptoKey: [32]byte{1}, CodeMethodS256: true, AuthMethodPost: true}, p.store, op.StaticIssuer(p.Issuer),
		op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	require.NoError(t, err)
	back := op.AuthCallbackURL(provider)
	issuer := op.NewIssuerInterceptor(provider.IssuerFromRequest)
	mux.Handle("/", provider)
	mux.HandleFunc("GET /login/username", p.form)
	mux.HandleFunc("POST /login/username", issuer.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.PostFormValue("id")
		if err := p.store.CheckUsernamePassword(r.PostFormValue("username"), r.PostFormValue("password"), id); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		http.Redirect(w, r, back(r.Context(), id), http.StatusFound)
	}))
	return p
}

func (p *Provider) form(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Log in</title><link rel="icon" href="data:,"><form method="post" action="/login/username"><input type="hidden" name="id" value="%s">
<input name="username" autocomplete="username" aria-label="Name"><input name="password" type="password" autocomplete="current-password" aria-label="Password"><button>Log in</button></form></html>`, html.EscapeString(r.FormValue("authRequestID")))
}

// Knows adds somebody, or changes what the provider says of them.
func (p *Provider) Knows(person Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.people[person.ID] = person
}

// Rotate has the provider sign with another key from now on, and show no other.
func (p *Provider) Rotate(t testing.TB) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	p.store.key = signing{id: rand.Text(), key: key}
}

// Stop ends the provider before its time.
func (p *Provider) Stop() { p.server.Close() }

// Login goes where a browser was sent, logs in as somebody, and gives the address that the provider sends it back to.
func (p *Provider) Login(t testing.TB, address, person string) *url.URL {
	t.Helper()
	client := &http.Client{CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), p.forward) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	at := visit(t, client, http.MethodGet, address, nil)
	require.Equal(t, "/login/username", at.Path, "the provider shows its form")
	id := at.Query().Get("authRequestID")
	return visit(t, client, http.MethodPost, p.Issuer+"/login/username", url.Values{"id": {id}, "username": {person}, "password": {Password}})
}

// visit gives where a request has led: to a page, or back.
func visit(t testing.TB, client *http.Client, method, address string, form url.Values) *url.URL {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := client.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Less(t, res.StatusCode, 400, string(text))
	if to, err := res.Location(); err == nil {
		return to
	}
	return res.Request.URL
}

// GetUserByID is how the storage asks for somebody.
func (p *Provider) GetUserByID(id string) *storage.User {
	p.mu.Lock()
	defer p.mu.Unlock()
	x, known := p.people[id]
	if !known {
		return nil
	}
	first, last, _ := strings.Cut(x.Name, " ")
	return &storage.User{ID: x.ID, Username: x.ID, Password: Password, FirstName: first, LastName: last, Email: x.Mail, EmailVerified: x.Verified}
}

// GetUserByUsername is the same: people log in by their ids.
func (p *Provider) GetUserByUsername(name string) *storage.User { return p.GetUserByID(name) }

// ExampleClientID is of no use here.
func (p *Provider) ExampleClientID() string { return "" }

// keeper is the storage with a key that can change.
type keeper struct {
	*storage.Storage
	mu  sync.Mutex
	key signing
}

// SigningKey is what tokens are signed with.
func (k *keeper) SigningKey(context.Context) (op.SigningKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.key, nil
}

// KeySet is what the provider shows of it.
func (k *keeper) KeySet(context.Context) ([]op.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return []op.Key{shown{k.key}}, nil
}
