package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// Names of the session cookie. The __Host- prefix makes browsers refuse it over http or from a sibling domain.
const (
	cookieSecure = "__Host-sharepartner"
	cookiePlain  = "sharepartner"
)

// Authenticate says who asks: by session cookie or by `Authorization: Bearer sp_...`. Both at once are refused, so
// that nobody acts with rights they did not mean to use. Without credential the actor is zero and there is no error.
func (a *API) Authenticate(r *http.Request) (operational.Actor, error) {
	return a.whoAsks(r, a.deps.Identity.ActorOfKey, a.deps.Identity.ActorOfSession)
}

// believe is Authenticate for operations that enter the wall before they do or tell anything: the actor may be one that
// the database has yet to confirm, which it does in the round trip of the read itself.
func (a *API) believe(r *http.Request) (operational.Actor, error) {
	return a.whoAsks(r, a.deps.Identity.BelievedOfKey, a.deps.Identity.BelievedOfSession)
}

type ask = func(context.Context, string) (operational.Actor, error)

func (a *API) whoAsks(r *http.Request, ofKey, ofSession ask) (operational.Actor, error) {
	key, hasKey, err := bearer(r)
	if err != nil {
		return operational.Actor{}, err
	}
	token := a.SessionToken(r)
	switch {
	case hasKey && token != "":
		return operational.Actor{}, operational.Fault(operational.KindUnauthenticated, "two-credentials", "Send a session cookie or an API key, not both.")
	case hasKey:
		return ofKey(r.Context(), key)
	case token != "":
		return ofSession(r.Context(), token)
	}
	return operational.Actor{}, nil
}

func bearer(r *http.Request) (key string, ok bool, err error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false, nil
	}
	scheme, key, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(key, "sp_") || len(key) > 200 {
		return "", false, operational.Fault(operational.KindUnauthenticated, "invalid-credential", "The credential is not valid. Sign in again or use another API key.")
	}
	return key, true, nil
}

func (a *API) secure(r *http.Request) bool { return a.deps.Secure || r.TLS != nil }

func (a *API) cookieName(r *http.Request) string {
	if a.secure(r) {
		return cookieSecure
	}
	return cookiePlain
}

// SessionToken is the session token that the request carries, or "".
func (a *API) SessionToken(r *http.Request) string {
	c, err := r.Cookie(a.cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

// SessionCookie is the cookie of a new session.
func (a *API) SessionCookie(r *http.Request, s identity.Session) *http.Cookie {
	return &http.Cookie{
		Name: a.cookieName(r), Value: s.Token, Path: "/", Expires: s.ExpiresAt.UTC(),
		HttpOnly: true, Secure: a.secure(r), SameSite: http.SameSiteLaxMode,
	}
}

// ClearedCookie makes the browser forget the session.
func (a *API) ClearedCookie(r *http.Request) *http.Cookie {
	return &http.Cookie{
		Name: a.cookieName(r), Path: "/", Expires: time.Unix(1, 0).UTC(), MaxAge: -1,
		HttpOnly: true, Secure: a.secure(r), SameSite: http.SameSiteLaxMode,
	}
}
