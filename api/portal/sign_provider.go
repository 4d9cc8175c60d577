package portal

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

const (
	backPath       = "/sign-in/back"         // where providers send people back to
	tripCookie     = "sharepartner-away"     // keeps what has to be the same when a browser comes back from a provider
	providerCookie = "sharepartner-provider" // the provider that has signed somebody in here last
	doorCookie     = "sharepartner-door"     // what links to a provider carry, so that only pages of this program lead there
)

// doorOf is where a sign-in by a provider begins.
func doorOf(provider uuid.UUID) string { return "/sign-in/with/" + provider.String() }

// base is what the address of every page begins with.
func (p *Portal) base(r *http.Request) string {
	if p.deps.Address != "" {
		return strings.TrimRight(p.deps.Address, "/")
	}
	scheme := "http"
	if p.secure(r) {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// lastProvider is the one that has signed somebody in in this browser last, if it is still there.
func (p *Portal) lastProvider(r *http.Request) (known identity.ProviderRef, found bool) {
	id, err := uuid.Parse(cookie(r, providerCookie))
	if err == nil {
		known, err = p.deps.Identity.ProviderNamed(r.Context(), id)
	}
	return known, err == nil // one that has ended is not asked for; a password does without it
}

// remember makes a provider the last one of this browser.
func (p *Portal) remember(w http.ResponseWriter, r *http.Request, provider uuid.UUID) {
	http.SetCookie(w, &http.Cookie{
		Name: providerCookie, Value: provider.String(), Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.secure(r),
	})
}

// stillThere says to who has signed out that the provider has not heard of it.
func stillThere(provider string) *views.Note {
	return &views.Note{
		Tone: "warn", Title: "You are signed out here, but not at " + provider,
		Text: "Whoever uses this browser next can come in here by it. Sign out there too, or close the browser, if others use it.",
	}
}

// departure is a link, because browsers let no form lead to another site, as the policy of the pages says. So the key does
// what protects forms: a link on another site does not have it, and begins no sign-in that its maker has chosen.
func departure(provider uuid.UUID, key, target string) string {
	return address(doorOf(provider)+"/go", url.Values{"key": {key}, "return": {target}}.Encode())
}

// doorKey is what links to providers carry on pages for this browser; it stays until the browser is closed.
func (p *Portal) doorKey(w http.ResponseWriter, r *http.Request) string {
	c := p.sealedCookie(r, doorCookie, rand.Text(), time.Time{})
	if held := cookie(r, c.Name); len(held) == len(c.Value) {
		return held
	}
	http.SetCookie(w, c)
	return c.Value
}

// fromOwnPage says whether the link was followed on a page that was made for this browser.
func (p *Portal) fromOwnPage(r *http.Request) bool {
	held := cookie(r, p.sealedCookie(r, doorCookie, "", time.Time{}).Name)
	return held != "" && subtle.ConstantTimeCompare([]byte(held), []byte(r.URL.Query().Get("key"))) == 1
}

// providerOf is the provider in the address. What is no id is nobody's.
func providerOf(r *http.Request) uuid.UUID {
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		return uuid.Nil
	}
	return id
}

// providerDoor is the page that a provider's people begin at.
func (p *Portal) providerDoor(w http.ResponseWriter, r *http.Request) {
	known, err := p.deps.Identity.ProviderNamed(r.Context(), providerOf(r))
	if err != nil {
		p.bareFault(w, r, err)
		return
	}
	target, key := local(r.URL.Query().Get("return")), p.doorKey(w, r)
	door := views.ProviderDoor{
		Title: "Sign in", Text: "Your company's people sign in by " + known.Name + ".", Go: views.Link{Text: "Continue with " + known.Name, Href: departure(known.ID, key, target)},
	}
	half, mail, err := p.deps.Identity.LacksAs(r.Context(), p.halfOf(r))
	begun := err == nil && half.Provider == known.ID
	if begun {
		door.Go.Href = address(doorOf(known.ID)+"/go", url.Values{"key": {key}, "return": {target}, "as": {"begun"}}.Encode())
	}
	switch {
	case begun && half.Needs == identity.NeedLink:
		door.Title, door.Text = "Connect "+known.Name, "Sign in there with your own account. From then on it signs you in here, as "+mail+"."
		door.Else = []views.Link{{Text: "Cancel", Href: "/account"}}
	case begun && half.Needs == identity.NeedProvider:
		door.Title, door.Text = "One step more, "+mail, "Your company asks its people to sign in by "+known.Name+". You are connected with your account there, and need no password here from then on."
		door.Else = []views.Link{{Text: "That is not you? Begin again", Href: address("/sign-in", url.Values{"why": {"another"}, "return": {target}}.Encode())}}
	case !known.Demanded:
		door.Else = []views.Link{{Text: "Sign in with your password", Href: signInAt(target)}}
	}
	_ = render(w, r, http.StatusOK, views.Bare(bareShell(r, door.Title), false, views.ProviderDoorPage(door)))
}

func signInAt(target string) string {
	if target == "/" {
		return "/sign-in"
	}
	return address("/sign-in", url.Values{"return": {target}}.Encode())
}

// toProvider leads the browser away, with what it has to bring back.
func (p *Portal) toProvider(w http.ResponseWriter, r *http.Request) {
	id, target, step := providerOf(r), local(r.URL.Query().Get("return")), ""
	if !p.fromOwnPage(r) { // the door says where it leads, and asks
		http.Redirect(w, r, address(doorOf(id), url.Values{"return": {target}}.Encode()), http.StatusSeeOther)
		return
	}
	if r.URL.Query().Get("as") == "begun" { // only from the page that says who has begun: others may sit there by now
		step = p.halfOf(r)
	}
	trip, err := p.deps.Identity.Depart(r.Context(), identity.Errand{Provider: id, Step: step, Return: target, Redirect: p.base(r) + backPath})
	if err != nil {
		out := identity.Arrived{Return: target}
		out.Provider, _ = p.deps.Identity.ProviderNamed(r.Context(), id) // for the links of the page alone
		p.refuseProvider(w, r, out, err)
		return
	}
	http.SetCookie(w, p.sealedCookie(r, tripCookie, trip.Token, trip.EndsAt))
	http.Redirect(w, r, trip.Address, http.StatusSeeOther)
}

// fromProvider is where the browser comes back to. What it took along is good for this once.
func (p *Portal) fromProvider(w http.ResponseWriter, r *http.Request) {
	kept := p.sealedCookie(r, tripCookie, "", time.Unix(1, 0))
	token := cookie(r, kept.Name)
	http.SetCookie(w, kept)
	in := identity.Arrival{Token: token, Says: r.URL.Query(), Replaces: p.api.SessionToken(r)}
	if actor, err := p.api.Authenticate(r); err == nil {
		in.Actor = actor
	}
	out, err := p.deps.Identity.Arrive(r.Context(), in)
	out.Return = local(out.Return)
	if err != nil {
		p.refuseProvider(w, r, out, err)
		return
	}
	p.remember(w, r, out.Provider.ID)
	if out.Linked {
		http.SetCookie(w, p.stepCookie(r, "", time.Unix(1, 0)))
		http.Redirect(w, r, out.Return, http.StatusSeeOther)
		return
	}
	p.goIn(w, r, out.Opened, out.Return)
}

// refuseProvider says why a provider's word let nobody in, and what to do. The log has what was wrong.
func (p *Portal) refuseProvider(w http.ResponseWriter, r *http.Request, out identity.Arrived, err error) {
	var fault *operational.Error
	if !errors.As(err, &fault) {
		p.bareFault(w, r, err)
		return
	}
	reason := fault.Code
	if cause := errors.Unwrap(fault); cause != nil {
		reason = cause.Error()
	}
	p.log.LogAttrs(r.Context(), slog.LevelWarn, "sign-in by a provider refused", slog.String("request_id", api.RequestID(r.Context())),
		slog.String("provider", out.Provider.ID.String()), slog.String("code", fault.Code), slog.String("reason", reason))
	f := p.explain(r, err)
	if kind, known := api.ProblemTypeOf(fault.Code); known {
		f.title = kind.Title
	}
	var links []views.Link
	if out.Provider.Name != "" {
		links = append(links, views.Link{Text: "Try again", Href: address(doorOf(out.Provider.ID), url.Values{"return": {out.Return}}.Encode())})
	}
	if !out.Provider.Demanded {
		links = append(links, views.Link{Text: "Sign in with your password", Href: signInAt(out.Return)})
	} else {
		links = append(links, views.Link{Text: "Begin again with your password", Href: signInAt(out.Return)})
	}
	if render(w, r, f.status, views.Bare(bareShell(r, f.title), true, views.Fault(f.title, f.text, f.lines, links, f.ref))) != nil {
		w.WriteHeader(f.status) // to a reader who has gone
	}
}
