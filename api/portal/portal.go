package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/assets"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// Deps is what the pages are made of: the API, for who asks and for analytics, and the services behind it.
type Deps struct {
	API  *api.API
	Deps api.Deps
}

// Portal answers pages.
type Portal struct {
	api  *api.API
	deps api.Deps
	log  *slog.Logger

	spans *spans
}

// AssetsBuilt says whether charts, icons and typeface are in this program, and if not what to do.
func AssetsBuilt() error {
	if missing := assets.Default().Missing(); len(missing) > 0 {
		return fmt.Errorf("%s not built; run `make assets` and build again", strings.Join(missing, ", "))
	}
	return nil
}

// New makes the handler of all pages.
func New(d Deps) http.Handler {
	p := &Portal{api: d.API, deps: d.Deps, log: d.Deps.Log, spans: &spans{}}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.deps.Invitations == nil {
		p.deps.Invitations = interconnect.NewInvitations(d.Deps.DB, d.Deps.Identity, interconnect.NewTickets(d.Deps.Secret.Derive("invitations"), ""), false)
	}
	if p.deps.Resets == nil {
		p.deps.Resets = identity.NewResets(d.Deps.DB, d.Deps.Secret, false)
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, assets.Default())
	mux.HandleFunc("GET /sign-in", p.signInPage)
	mux.HandleFunc("POST /sign-in", p.bare(p.signIn))
	p.signSteps(mux)
	mux.HandleFunc("POST /sign-out", p.bare(p.signOut))
	mux.HandleFunc("POST /theme", p.bare(p.setTheme))
	mux.HandleFunc("POST /keys", p.bare(p.setKeys))
	mux.HandleFunc("GET /{$}", p.page(operational.SignedIn, p.home))
	mux.HandleFunc("GET "+api.ProblemsPath+"{code}", p.problem)
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("User-agent: *\nDisallow: /\n"))
	})
	mux.HandleFunc("GET /briefing", p.page(operational.AnalyticsRead, p.briefing))
	mux.HandleFunc("GET /funnel", p.page(operational.AnalyticsRead, p.funnel))
	mux.HandleFunc("GET /receipts/{token}", p.page(operational.AnalyticsRead, p.receipt))
	mux.HandleFunc("GET /opportunities", p.page(operational.OpportunitiesRead, p.list))
	mux.HandleFunc("GET /opportunities/new", p.governed(p.askDeal, operational.OpportunitiesCreate))
	mux.HandleFunc("POST /opportunities/new", p.governed(p.makeDeal, operational.OpportunitiesCreate))
	mux.HandleFunc("GET /opportunities/{id}", p.page(operational.OpportunitiesRead, p.opportunity))
	mux.HandleFunc("POST /opportunities/{id}/move", p.page(operational.OpportunitiesWrite, p.move))
	mux.HandleFunc("POST /opportunities/{id}/reopen", p.page(operational.OpportunitiesWrite, p.reopen))
	mux.HandleFunc("POST /opportunities/{id}/edit", p.page(operational.OpportunitiesWrite, p.edit))
	mux.HandleFunc("POST /opportunities/{id}/private", p.page(operational.OpportunitiesWrite, p.editHalf))
	mux.HandleFunc("POST /opportunities/{id}/link", p.page(operational.AccountsWrite, p.linkAccount))
	mux.HandleFunc("POST /accounts/{id}/unlink", p.page(operational.AccountsWrite, p.unlinkAccount))
	p.records(mux, accountBook)
	p.records(mux, contactBook)
	p.imports(mux)
	p.account(mux)
	p.governance(mux)
	p.interconnection(mux)
	mux.HandleFunc("GET /exports/{list}", p.page(operational.SignedIn, p.export))
	mux.HandleFunc("GET "+pipelinesPath, p.page(operational.PipelinesRead, p.pipelines))
	mux.HandleFunc("GET /help", p.page(operational.SignedIn, p.help))
	nowhere := p.page(operational.SignedIn, func(*visit) error { return operational.NotFound("page") })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if known := api.MethodsOf(mux, r); len(known) > 0 {
			p.otherMethods(w, r, known)
			return
		}
		nowhere(w, r)
	})
	return p.api.Logged(p.guard(mux), p.bareFault)
}

// contentPolicy allows what the program itself serves and nothing else; nothing inline executes.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const (
	maxForm  = 64 << 10
	pageTime = time.Minute // all questions of one page
)

// guard sets the headers of every answer and refuses forms of other sites.
func (p *Portal) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.bareFault(w, r, operational.Fault(operational.KindForbidden, "cross-origin", "This form was sent by another site, so nothing was done. Open the page here and send it again."))
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		if !strings.HasPrefix(r.URL.Path, assets.Prefix) {
			h.Set("Cache-Control", "private, no-store") // what one person sees is in nobody's cache
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostOf(r))
		cross.Handler(next).ServeHTTP(w, r)
	})
}

// visit is one request of a person who is signed in.
type visit struct {
	*Portal
	format
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	actor operational.Actor
	me    identity.Me
	space interconnect.Workspace
	cal   operational.Calendar
}

// page runs a page for a person who is signed in and may see it, with the form that was sent to it.
func (p *Portal) page(needs operational.Permission, show func(*visit) error) http.HandlerFunc {
	return p.visited(needs, taking(show))
}

// visited runs a page for a person who is signed in and may see it. Others are asked to sign in and come back.
func (p *Portal) visited(needs operational.Permission, show func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		actor, err := p.api.Authenticate(r)
		if operational.KindOf(err) == operational.KindUnauthenticated || err == nil && actor.IsZero() {
			p.askToSignIn(w, r, err)
			return
		}
		if err != nil {
			p.bareFault(w, r, err)
			return
		}
		api.NoteActor(r.Context(), actor)
		if err := p.api.Admit(r, actor); err != nil {
			p.bareFault(w, r, err)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), pageTime)
		defer cancel()
		v := &visit{Portal: p, w: w, r: r, ctx: ctx, actor: actor}
		if err := v.load(); err != nil {
			p.bareFault(w, r, err)
			return
		}
		if err := v.opens(needs); err != nil {
			v.fault(err)
			return
		}
		if err := show(v); err != nil {
			v.fault(err)
		}
	}
}

func (v *visit) load() (err error) {
	if v.me, err = v.deps.Identity.Me(v.ctx, v.actor); err != nil {
		return err
	}
	if v.space, err = v.deps.Interconnect.Workspace(v.ctx, v.actor); err != nil {
		return err
	}
	v.cal = v.space.Calendar()
	v.format = newFormat(v.me.TimeZone)
	return nil
}

func (v *visit) vendor() bool { return v.actor.Side == operational.SideVendor }

// render writes a page inside the frame.
func (v *visit) render(status int, s views.Shell, body templ.Component) error {
	s = v.shell(s)
	return render(v.w, v.r, status, views.Page(s, body))
}

// render sends a page when the whole of it is there: until then a fault can still take its place.
func render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var whole bytes.Buffer
	if err := page.Render(r.Context(), &whole); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	out, done := compressed(w, r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := whole.WriteTo(out)
	_ = errors.Join(err, done()) // the reader may be gone; then there is nobody left to tell
	return nil
}
