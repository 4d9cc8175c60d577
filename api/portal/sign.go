package portal

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// local lets only paths of this program through as an address to go on to: nobody is led elsewhere after signing in.
func local(target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil, u.IsAbs(), u.Host != "", u.User != nil, !strings.HasPrefix(u.Path, "/"):
		return "/"
	case strings.HasPrefix(target, "//"), strings.ContainsAny(target, "\\\r\n\t"):
		return "/"
	case u.Path == "/sign-in", strings.HasPrefix(u.Path, "/sign-in/"), u.Path == "/sign-out":
		return "/"
	}
	return target
}

// askToSignIn leads to the form and back. A form that was sent with an expired session is not repeated by itself.
func (p *Portal) askToSignIn(w http.ResponseWriter, r *http.Request, err error) {
	q := url.Values{"return": {here(r)}}
	switch {
	case p.api.SessionToken(r) != "":
		http.SetCookie(w, p.api.ClearedCookie(r))
		q.Set("why", "expired")
		if r.Method != http.MethodGet {
			q.Set("why", "unsaved")
		}
	case err != nil:
		q.Set("why", "expired")
	}
	if q.Get("return") == "/" || q.Get("return") == "/briefing" && q.Get("why") == "" {
		q.Del("return")
	}
	http.Redirect(w, r, address("/sign-in", q.Encode()), http.StatusSeeOther)
}

func (p *Portal) signInPage(w http.ResponseWriter, r *http.Request) {
	if actor, err := p.api.Authenticate(r); err == nil && !actor.IsZero() {
		http.Redirect(w, r, local(r.URL.Query().Get("return")), http.StatusSeeOther)
		return
	}
	if r.URL.Query().Get("why") == "another" { // somebody else sits there than the one who has begun
		http.SetCookie(w, p.stepCookie(r, "", time.Unix(1, 0)))
	}
	form := views.SignInForm{Return: local(r.URL.Query().Get("return"))}
	switch r.URL.Query().Get("why") {
	case "expired":
		form.Notice = &views.Note{Title: "Your session has ended", Text: "Sign in again; you come back to the page you were on."}
	case "over":
		form.Notice = &views.Note{Title: "Begin again", Text: "It took too long, or the sign-in was finished elsewhere."}
	case "reset":
		form.Notice = &views.Note{Tone: "good", Title: "Your new password is set", Text: "Sign in with it."}
	case "joined":
		form.Notice = &views.Note{Tone: "good", Title: "You are a member now", Text: "Sign in with the password that you have chosen: your company asks for more than that, and the next page helps you with it."}
	case "provider":
		if known, found := p.lastProvider(r); found {
			form.Notice = stillThere(known.Name)
		}
	case "unsaved":
		form.Notice = &views.Note{Tone: "warn", Title: "Your session had ended, so nothing was saved", Text: "Sign in again; you come back to the page you were on and can repeat the change."}
	}
	p.showSignIn(w, r, http.StatusOK, form)
}

func (p *Portal) showSignIn(w http.ResponseWriter, r *http.Request, status int, form views.SignInForm) {
	form.Fields = signInFields(form.Email, form.Fault != nil)
	var provider *views.Link
	if known, found := p.lastProvider(r); found {
		provider = &views.Link{Text: "Continue with " + known.Name, Href: departure(known.ID, p.doorKey(w, r), form.Return)}
	}
	_ = render(w, r, status, views.Bare(bareShell(r, "Sign in"), false, views.SignInBy(form, provider)))
}

func signInFields(email string, failed bool) []views.Input {
	mail := views.Input{ID: "email", Name: "email", Label: "Mail address", Value: email, Kind: "email", Auto: "username", Max: 254, Required: true}
	password := views.Input{ID: "password", Name: "password", Label: "Password", Kind: "password", Auto: "current-password", Max: 200, Required: true}
	if failed {
		password.Fault = "Type the password again"
	}
	return []views.Input{mail, password}
}

// signIn checks the form. The answer to a wrong address and to a wrong password is the same.
func (p *Portal) signIn(w http.ResponseWriter, r *http.Request) {
	email, target := strings.TrimSpace(r.PostFormValue("email")), local(r.PostFormValue("return"))
	opened, err := p.deps.Identity.SignIn(r.Context(), identity.SignInInput{Email: email, Password: r.PostFormValue("password"), From: p.api.PlaceOf(r), Replaces: p.api.SessionToken(r)})
	if err != nil {
		p.refuseSignIn(w, r, views.SignInForm{Email: clip(email, 254), Return: target}, err)
		return
	}
	p.goIn(w, r, opened, target)
}

func (p *Portal) refuseSignIn(w http.ResponseWriter, r *http.Request, form views.SignInForm, err error) {
	note := views.Note{Tone: "bad", Focus: true}
	status := http.StatusUnprocessableEntity
	switch operational.KindOf(err) {
	case operational.KindUnauthenticated, operational.KindInvalid:
		note.Title, note.Text = "Mail address or password is wrong", "Check both and try again."
	case operational.KindLimited:
		status = http.StatusTooManyRequests
		note.Title, note.Text = "Too many attempts", messageOf(err)
	default:
		p.bareFault(w, r, err)
		return
	}
	form.Fault = &note
	p.showSignIn(w, r, status, form)
}

func (p *Portal) signOut(w http.ResponseWriter, r *http.Request) {
	next := "/sign-in"
	if token := p.api.SessionToken(r); token != "" {
		by, err := p.deps.Identity.SignOut(r.Context(), token)
		if err != nil {
			p.bareFault(w, r, err)
			return
		}
		if by != uuid.Nil {
			p.remember(w, r, by)
			next = "/sign-in?why=provider"
		}
	}
	http.SetCookie(w, p.api.ClearedCookie(r))
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// setTheme and setKeys keep a preference in the browser for a year.
func (p *Portal) setTheme(w http.ResponseWriter, r *http.Request) {
	value := r.PostFormValue("theme")
	if value != "light" && value != "dark" {
		value = ""
	}
	p.prefer(w, r, themeCookie, value)
}

func (p *Portal) setKeys(w http.ResponseWriter, r *http.Request) {
	value := ""
	if r.PostFormValue("keys") == "off" {
		value = "off"
	}
	p.prefer(w, r, keysCookie, value)
}

func (p *Portal) prefer(w http.ResponseWriter, r *http.Request, name, value string) {
	age := 365 * 24 * 3600
	if value == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.secure(r)})
	if r.Header.Get("Accept") == "text/plain" { // the script has changed the page already
		w.WriteHeader(http.StatusNoContent)
		return
	}
	http.Redirect(w, r, local(r.PostFormValue("return")), http.StatusSeeOther)
}
