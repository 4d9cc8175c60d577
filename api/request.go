package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// request is what is known of a request while it is at work; the log line at its end tells it.
type request struct {
	id    string
	http  *http.Request
	actor operational.Actor
	fault error // internal, for the log only

	unseen []string // members of the body that are there for others and not for the caller

	prove func() error // asks about a credential that the actor was only believed by, and admits its holder anew
}

type requestKey struct{}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// recorder sees the answer pass: its status and size for the log, its bytes when the answer is to be kept.
type recorder struct {
	http.ResponseWriter
	status int
	size   int
	keep   *bytes.Buffer
}

func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	if w.keep != nil {
		w.keep.Write(b)
	}
	n, err := w.ResponseWriter.Write(b)
	w.size += n
	return n, err
}

// Logged is around everything, of the API and of the pages: the request gets an id, its end a line in the log, and no
// panic leaves it; fail answers after one, if nothing has been sent.
func (a *API) Logged(next http.Handler, fail func(http.ResponseWriter, *http.Request, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now() // for the log line only: how long, never when
		id := uuid.New()
		req := &request{id: id.String()}
		r = r.WithContext(context.WithValue(operational.WithAgent(operational.WithRequest(r.Context(), id), r.UserAgent()), requestKey{}, req))
		req.http = r
		rec := &recorder{ResponseWriter: w}
		rec.Header().Set("X-Request-Id", req.id)
		defer func() { a.logRequest(r, rec, req, time.Since(started)) }()
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p) // somebody's way to cut the connection
			}
			req.fault = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			if rec.status == 0 {
				fail(rec, r, req.fault)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// RequestID is the id of a request inside Logged.
func RequestID(ctx context.Context) string { return requestOf(ctx).id }

// NoteActor says who asks, for the log line.
func NoteActor(ctx context.Context, actor operational.Actor) { requestOf(ctx).actor = actor }

// NoteFault says what went wrong inside, for the log line.
func NoteFault(ctx context.Context, err error) { requestOf(ctx).fault = err }

// outermost is around the operations: the log line, headers and the cross-origin check.
func (a *API) outermost(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	guarded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.setHeaders(w, r)
		// An API key is never sent by a browser on its own; everything else might be.
		if r.Header.Get("Authorization") == "" && crossOrigin.Check(r) != nil {
			writeProblem(w, statusProblem(http.StatusForbidden, "A change must come from this site's own pages, or carry an API key. Nothing was saved."))
			return
		}
		next.ServeHTTP(w, r)
	})
	return a.Logged(guarded, func(w http.ResponseWriter, _ *http.Request, _ error) { writeProblem(w, internalProblem()) })
}

func (a *API) setHeaders(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", "Cookie, Authorization, Accept")
	if a.secure(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

func (a *API) logRequest(r *http.Request, rec *recorder, req *request, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", req.id), slog.String("method", r.Method), slog.String("route", r.Pattern),
		slog.Int("status", rec.status), slog.Int("bytes", rec.size), slog.Duration("took", took),
	}
	if !req.actor.IsZero() {
		attrs = append(attrs, slog.String("org", req.actor.Org.String()), slog.String("credential", req.actor.Credential.String()))
	}
	level := slog.LevelInfo
	if req.fault != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("fault", req.fault.Error()))
	}
	a.deps.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// MethodsOf lists the methods that an address has. What takes the addresses that nothing else takes has the pattern "/".
func MethodsOf(mux *http.ServeMux, r *http.Request) []string {
	var known []string
	for _, method := range methods {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := mux.Handler(probe); pattern != "/" {
			known = append(known, method)
		}
	}
	return known
}

// elsewhere answers for addresses and methods that no operation has, with a problem like everything else.
func (a *API) elsewhere(w http.ResponseWriter, r *http.Request) {
	known := MethodsOf(a.mux, r)
	if len(known) == 0 {
		writeProblem(w, statusProblem(http.StatusNotFound, ""))
		return
	}
	allow := strings.Join(known, ", ")
	w.Header().Set("Allow", allow)
	writeProblem(w, statusProblem(http.StatusMethodNotAllowed, "This address knows "+allow+" only."))
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	for name, values := range p.headers {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	if p.Status != http.StatusNotModified {
		_ = json.NewEncoder(w).Encode(p) // the caller may be gone
	}
}
