package idptest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Forger is an issuer whose tokens are whatever a test makes of them.
type Forger struct {
	Issuer string

	mu     sync.Mutex
	key    *rsa.PrivateKey
	other  *rsa.PrivateKey
	change Forgery
	spent  int
	pages  map[string]any // what it says at an address in place of the truth
}

// Forgery is what is wrong with a token.
type Forgery struct {
	Header map[string]any // members of the head that are other ones
	Claims map[string]any // claims that are other ones; nil takes one away
	Alien  bool           // signed by a key that the issuer does not show
	Nonce  string         // of the question that it answers
	Leave  func(w http.ResponseWriter, r *http.Request) bool
}

// StartForger runs one.
func StartForger(t testing.TB) *Forger {
	t.Helper()
	f := &Forger{pages: map[string]any{}}
	for _, k := range []**rsa.PrivateKey{&f.key, &f.other} {
		made, err := rsa.GenerateKey(rand.Reader, 2048)
		require.NoError(t, err)
		*k = made
	}
	server := httptest.NewServer(http.HandlerFunc(f.answer))
	t.Cleanup(server.Close)
	f.Issuer = server.URL
	return f
}

// Says has the issuer answer something else at an address.
func (f *Forger) Says(path string, answer any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages[path] = answer
}

// Forge says what the next tokens are like.
func (f *Forger) Forge(x Forgery) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change = x
}

// Spent is how often a code was brought.
func (f *Forger) Spent() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.spent
}

// Document is what the issuer says of itself.
func (f *Forger) Document() map[string]any {
	return map[string]any{
		"issuer": f.Issuer, "authorization_endpoint": f.Issuer + "/auth", "token_endpoint": f.Issuer + "/token", "jwks_uri": f.Issuer + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	}
}

func (f *Forger) answer(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.change.Leave != nil && f.change.Leave(w, r) {
		return
	}
	answer := f.pages[r.URL.Path]
	switch {
	case answer != nil:
	case r.URL.Path == "/.well-known/openid-configuration":
		answer = f.Document()
	case r.URL.Path == "/keys":
		answer = map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "kid": "one", "use": "sig", "alg": "RS256", "n": encoded(f.key.N.Bytes()), "e": encoded(big.NewInt(int64(f.key.E)).Bytes()),
		}}}
	case r.URL.Path == "/token":
		f.spent++
		answer = map[string]any{"access_token": "none", "token_type": "Bearer", "expires_in": 60, "id_token": f.token()}
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// token signs by hand: no library makes bad ones.
func (f *Forger) token() string {
	now := time.Now()
	head := map[string]any{"alg": "RS256", "kid": "one", "typ": "JWT"}
	claims := map[string]any{"iss": f.Issuer, "sub": "forged", "aud": ClientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "nonce": f.change.Nonce}
	for _, c := range []struct{ into, from map[string]any }{{head, f.change.Header}, {claims, f.change.Claims}} {
		for name, value := range c.from {
			c.into[name] = value
			if value == nil {
				delete(c.into, name)
			}
		}
	}
	text := encodedJSON(head) + "." + encodedJSON(claims)
	sum := sha256.Sum256([]byte(text))
	switch head["alg"] {
	case "none":
		return text + "."
	case "HS256":
		m := hmac.New(sha256.New, []byte(Secret))
		m.Write([]byte(text))
		return text + "." + encoded(m.Sum(nil))
	}
	key := f.key
	if f.change.Alien {
		key = f.other
	}
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is a good one
	}
	return text + "." + encoded(sig)
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func encodedJSON(x any) string {
	text, err := json.Marshal(x)
	if err != nil {
		panic(err) // plain data always has a JSON
	}
	return encoded(text)
}
