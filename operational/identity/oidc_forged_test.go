package identity_test

import (
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/identity/idptest"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// forge lets an issuer make a token for a sign-in, and gives what comes of it.
func (w world) forge(t *testing.T, f *idptest.Forger, provider identity.Provider, x idptest.Forgery) error {
	t.Helper()
	trip := w.depart(t, provider.ID, "")
	at, err := url.Parse(trip.Address)
	require.NoError(t, err)
	if x.Nonce == "" {
		x.Nonce = at.Query().Get("nonce")
	}
	f.Forge(x)
	_, err = w.Arrive(t.Context(), identity.Arrival{Token: trip.Token, Says: url.Values{"state": {at.Query().Get("state")}, "code": {"a code"}}})
	require.Error(t, err, "nobody is known by this issuer")
	return err
}

func TestForgedTokensOpenNothing(t *testing.T) {
	w, f := atHome(t), idptest.StartForger(t)
	p := w.add(t, f.Issuer)
	requireCode(t, "identity-unknown", w.forge(t, f, p, idptest.Forgery{}), "a good one is read")
	claim := func(name string, value any) idptest.Forgery {
		return idptest.Forgery{Claims: map[string]any{name: value}}
	}
	for what, x := range map[string]idptest.Forgery{
		"another nonce":             {Nonce: "of another sign-in"},
		"no nonce":                  claim("nonce", nil),
		"another audience":          claim("aud", "another program"),
		"no audience":               claim("aud", nil),
		"two audiences":             claim("aud", []string{idptest.ClientID, "another program"}),
		"made for another":          claim("azp", "another program"),
		"another issuer":            claim("iss", "https://login.example"),
		"over":                      claim("exp", time.Now().Add(-time.Minute).Unix()),
		"not yet":                   claim("nbf", time.Now().Add(time.Hour).Unix()),
		"no expiry":                 claim("exp", nil),
		"nobody":                    claim("sub", ""),
		"a subject without end":     claim("sub", strings.Repeat("x", 256)),
		"a subject that is no text": claim("sub", 7),
		"another access token":      claim("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"another key":               {Alien: true},
		"an unknown key":            {Alien: true, Header: map[string]any{"kid": "two"}},
		"no signature":              {Header: map[string]any{"alg": "none"}},
		"signed with the secret":    {Header: map[string]any{"alg": "HS256"}},
	} {
		err := w.forge(t, f, p, x)
		requireCode(t, "provider-answer-void", err, what)
		requireKind(t, operational.KindUnauthenticated, err)
		require.NotContains(t, err.Error(), "nonce", "what was wrong is for the log")
	}
	before := f.Spent()
	require.Error(t, w.forge(t, f, p, idptest.Forgery{Leave: func(rw http.ResponseWriter, r *http.Request) bool {
		rw.WriteHeader(http.StatusInternalServerError)
		return r.URL.Path == "/token"
	}}))
	require.Equal(t, before, f.Spent())
	f.Says("/token", map[string]string{"access_token": "x", "token_type": "Bearer"})
	requireCode(t, "provider-answer-void", w.forge(t, f, p, idptest.Forgery{}), "no id_token")
}

func TestATokenForAnotherClientOfTheSameProvider(t *testing.T) {
	w, f := atHome(t), idptest.StartForger(t)
	second, err := w.AddProvider(t.Context(), w.signIn(t).Actor, identity.NewProvider{Name: "Other", Issuer: f.Issuer, ClientID: "another program", ClientSecret: "x"})
	require.NoError(t, err)
	requireCode(t, "provider-answer-void", w.forge(t, f, second, idptest.Forgery{}), "its audience is the first program")
}

func TestProvidersAreAskedWhoTheyAreBeforeTheyAreAdded(t *testing.T) {
	ctx := t.Context()
	w, f := atHome(t), idptest.StartForger(t)
	ada := w.signIn(t).Actor
	try := func() string {
		_, err := w.AddProvider(ctx, ada, identity.NewProvider{Name: "Login", Issuer: f.Issuer, ClientID: "x", ClientSecret: "y"})
		requireKind(t, operational.KindInvalid, err)
		var e *operational.Error
		require.ErrorAs(t, err, &e)
		require.Len(t, e.Fields, 1)
		require.Equal(t, "issuer", e.Fields[0].Field)
		return e.Fields[0].Message
	}
	const at = "/.well-known/openid-configuration"
	with := func(name string, value any) map[string]any {
		d := f.Document()
		d[name] = value
		return d
	}
	f.Says(at, with("issuer", "https://login.example"))
	require.Contains(t, try(), "calls itself by another")
	f.Says(at, with("authorization_endpoint", "javascript:alert(1)"))
	require.Contains(t, try(), "does not do all")
	f.Says(at, with("token_endpoint", ""))
	require.Contains(t, try(), "does not do all")
	f.Says(at, with("code_challenge_methods_supported", []string{"plain"}))
	require.Contains(t, try(), "does not do all")
	f.Says(at, "what is this")
	require.Contains(t, try(), "No identity provider answers")
	f.Says(at, with("padding", strings.Repeat("x", 1<<20)))
	require.Contains(t, try(), "No identity provider answers", "more than a megabyte")

	elsewhere := idptest.StartForger(t)
	elsewhere.Says(at, f.Document())
	for _, to := range []string{elsewhere.Issuer + at, strings.Replace(f.Issuer, "127.0.0.1", "localhost", 1) + at, "file:///etc/passwd"} {
		f.Forge(idptest.Forgery{Leave: func(rw http.ResponseWriter, r *http.Request) bool {
			http.Redirect(rw, r, to, http.StatusFound)
			return true
		}})
		require.Contains(t, try(), "No identity provider answers", "led to %s", to)
	}
	f.Forge(idptest.Forgery{})
	f.Says(at, nil)
	_, err := w.AddProvider(ctx, ada, identity.NewProvider{Name: "Login", Issuer: f.Issuer, ClientID: "x", ClientSecret: "y"})
	require.NoError(t, err)
}

// What stands inside one's own network is not even knocked at.
func TestNothingInsideIsAsked(t *testing.T) {
	ctx := t.Context()
	w := newWorld(t)
	ada := w.signIn(t).Actor
	var knocks atomic.Int64
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { inside.Close() })
	go func() {
		for {
			c, err := inside.Accept()
			if err != nil {
				return
			}
			knocks.Add(1)
			c.Close()
		}
	}()
	_, port, err := net.SplitHostPort(inside.Addr().String())
	require.NoError(t, err)
	var said string
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "2130706433", "127.1"} {
		_, err := w.AddProvider(ctx, ada, identity.NewProvider{Name: "Login", Issuer: "https://" + host + ":" + port, ClientID: "x", ClientSecret: "y"})
		requireKind(t, operational.KindInvalid, err, host)
		if said == "" {
			said = err.Error()
		}
		require.Equal(t, said, err.Error(), "one answer for whatever is there")
	}
	_, err = w.AddProvider(ctx, ada, identity.NewProvider{Name: "Login", Issuer: "http://" + inside.Addr().String(), ClientID: "x", ClientSecret: "y"})
	require.ErrorContains(t, err, "https://")
	require.Zero(t, knocks.Load())

	// One that was added while it was allowed is not asked any more either.
	home := identity.New(w.API, pgtest.Secret, identity.PrivateProviders(true))
	f := idptest.StartForger(t)
	p, err := home.AddProvider(ctx, ada, identity.NewProvider{Name: "Login", Issuer: f.Issuer, ClientID: "x", ClientSecret: "y"})
	require.NoError(t, err)
	_, err = w.Depart(ctx, identity.Errand{Provider: p.ID, Redirect: backHere})
	requireCode(t, "provider-unreachable", err)
}
