package portal

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// stepCookie keeps a half-done sign-in between its steps. With https its name begins with __Host-, so that browsers refuse
// it over http or from a sibling domain.
const stepCookie = "sharepartner-step"

func (p *Portal) secure(r *http.Request) bool { return p.deps.Secure || r.TLS != nil }

func (p *Portal) stepCookie(r *http.Request, token string, ends time.Time) *http.Cookie {
	return p.sealedCookie(r, stepCookie, token, ends)
}

// sealedCookie keeps a sealed token for a while; "" ends it.
func (p *Portal) sealedCookie(r *http.Request, name, token string, ends time.Time) *http.Cookie {
	if p.secure(r) {
		name = "__Host-" + name
	}
	c := &http.Cookie{Name: name, Value: token, Path: "/", Expires: ends.UTC(), HttpOnly: true, Secure: p.secure(r), SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// halfOf is the token of the half-done sign-in that the request carries, or "".
func (p *Portal) halfOf(r *http.Request) string {
	c, err := r.Cookie(p.stepCookie(r, "", time.Time{}).Name)
	if err != nil {
		return ""
	}
	return c.Value
}

// goIn goes on with what a proof has opened: into the workspace, or to the next step.
func (p *Portal) goIn(w http.ResponseWriter, r *http.Request, opened identity.Opened, target string) {
	if opened.Half == nil {
		http.SetCookie(w, p.stepCookie(r, "", time.Unix(1, 0)))
		http.SetCookie(w, p.api.SessionCookie(r, opened.Session))
		http.Redirect(w, r, target, http.StatusSeeOther)
		return
	}
	http.SetCookie(w, p.stepCookie(r, opened.Half.Token, opened.Half.EndsAt))
	http.Redirect(w, r, address(pathOfStep(*opened.Half), url.Values{"return": {target}}.Encode()), http.StatusSeeOther)
}

func pathOfStep(half identity.Half) string {
	switch half.Needs {
	case identity.NeedFactor:
		return "/sign-in/factor"
	case identity.NeedProvider:
		return doorOf(half.Provider)
	}
	return "/sign-in/code"
}

// signSteps are the pages of a sign-in after the password.
func (p *Portal) signSteps(mux *http.ServeMux) {
	p.resets(mux)
	mux.HandleFunc("GET /sign-in/code", p.codePage)
	mux.HandleFunc("POST /sign-in/code", p.bare(p.checkCode))
	mux.HandleFunc("GET /sign-in/factor", p.factorPage)
	mux.HandleFunc("POST /sign-in/factor", p.bare(p.setFactorAndGoIn))
	mux.HandleFunc("GET /sign-in/with/{id}", p.providerDoor)
	mux.HandleFunc("GET /sign-in/with/{id}/go", p.toProvider)
	mux.HandleFunc("GET "+backPath, p.fromProvider)
}

// begun says whether the half-done sign-in lacks this; if not, the visitor begins anew.
func (p *Portal) begun(w http.ResponseWriter, r *http.Request, needs identity.Need) bool {
	half, err := p.deps.Identity.Lacks(p.halfOf(r))
	if err == nil && half.Needs == needs {
		return true
	}
	p.beginAgain(w, r)
	return false
}

func (p *Portal) beginAgain(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, p.stepCookie(r, "", time.Unix(1, 0)))
	http.Redirect(w, r, address("/sign-in", url.Values{"why": {"over"}, "return": {local(r.FormValue("return"))}}.Encode()), http.StatusSeeOther)
}

func (p *Portal) codePage(w http.ResponseWriter, r *http.Request) {
	if p.begun(w, r, identity.NeedCode) {
		p.askCode(w, r, http.StatusOK, "")
	}
}

func (p *Portal) askCode(w http.ResponseWriter, r *http.Request, status int, fault string, notes ...views.Note) {
	step := views.SignStep{
		Title: "Your code", Text: "Open your authenticator app and type the six digits that it shows, or use a recovery code.", Notes: notes,
		Action: "/sign-in/code", Return: local(r.FormValue("return")), Fields: []views.Input{codeField("code", "Code", fault)}, Submit: "Sign in",
	}
	_ = render(w, r, status, views.Bare(bareShell(r, "Your code"), false, views.SignInStep(step)))
}

func codeField(name, label, fault string) views.Input {
	return views.Input{ID: name, Name: name, Label: label, Auto: "one-time-code", Max: 20, Required: true, Fault: fault}
}

func (p *Portal) checkCode(w http.ResponseWriter, r *http.Request) {
	opened, err := p.deps.Identity.FinishByCode(r.Context(), p.halfOf(r), r.PostFormValue("code"), p.api.PlaceOf(r), p.api.SessionToken(r))
	switch operational.KindOf(err) {
	case operational.KindInvalid:
		p.askCode(w, r, http.StatusUnprocessableEntity, faultsOf(err)["code"], views.Note{Tone: "bad", Title: "The code is not right", Text: "Each works once and for half a minute. Type the one that is shown now.", Focus: true})
	case operational.KindLimited:
		p.askCode(w, r, http.StatusTooManyRequests, "", views.Note{Tone: "bad", Title: "Too many attempts", Text: messageOf(err), Focus: true})
	default:
		p.stepped(w, r, opened, err)
	}
}

// stepped goes on after a step, or says why there is no going on.
func (p *Portal) stepped(w http.ResponseWriter, r *http.Request, opened identity.Opened, err error) {
	var fault *operational.Error
	switch {
	case err == nil:
		p.goIn(w, r, opened, local(r.FormValue("return")))
	case errors.As(err, &fault) && fault.Code == "sign-in-over":
		p.beginAgain(w, r)
	default:
		p.bareFault(w, r, err)
	}
}

func (p *Portal) factorPage(w http.ResponseWriter, r *http.Request) {
	if !p.begun(w, r, identity.NeedFactor) {
		return
	}
	e, err := p.deps.Identity.BeginFactorOf(r.Context(), p.halfOf(r))
	if err != nil {
		p.stepped(w, r, identity.Opened{}, err)
		return
	}
	p.askFactor(w, r, http.StatusOK, e, "")
}

func (p *Portal) askFactor(w http.ResponseWriter, r *http.Request, status int, e identity.Enrolment, fault string, notes ...views.Note) {
	step := views.SignStep{
		Title: "Set up your second factor", Text: "Your company asks its people for a code beside the password. It takes a minute, once.", Notes: notes,
		Action: "/sign-in/factor", Return: local(r.FormValue("return")), Setup: setupOf(e),
		Fields: []views.Input{codeField("code", "Code that the app shows", fault)}, Submit: "Set up and sign in",
	}
	_ = render(w, r, status, views.Bare(bareShell(r, step.Title), false, views.SignInStep(step)))
}

func setupOf(e identity.Enrolment) *views.FactorSetup {
	return &views.FactorSetup{Token: e.Token, Secret: e.Secret, URI: e.URI}
}

func (p *Portal) setFactorAndGoIn(w http.ResponseWriter, r *http.Request) {
	token := r.PostFormValue("token")
	opened, codes, err := p.deps.Identity.FinishByFactor(r.Context(), p.halfOf(r), identity.FactorChange{Token: token, Code: r.PostFormValue("code")}, p.api.SessionToken(r))
	if operational.KindOf(err) == operational.KindInvalid {
		e, good := p.deps.Identity.Again(token)
		if !good {
			p.beginAgain(w, r)
			return
		}
		p.askFactor(w, r, http.StatusUnprocessableEntity, e, faultsOf(err)["code"], views.Note{Tone: "bad", Title: "The code is not right", Text: "Scan the picture again and type the code that the app shows now.", Focus: true})
		return
	}
	if err != nil || opened.Half != nil {
		p.stepped(w, r, opened, err)
		return
	}
	http.SetCookie(w, p.stepCookie(r, "", time.Unix(1, 0)))
	http.SetCookie(w, p.api.SessionCookie(r, opened.Session))
	next := views.Link{Text: "I have kept them, go on", Href: local(r.PostFormValue("return"))}
	_ = render(w, r, http.StatusOK, views.Bare(bareShell(r, "Your recovery codes"), false, views.Recovered(codes, next)))
}
