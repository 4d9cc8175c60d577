package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Problem is an error as callers see it: problem details of RFC 9457.
type Problem struct {
	Type   string        `json:"type" format:"uri-reference" example:"/problems/stale" doc:"Stable name of the sort of problem; as an address it opens a page that says what happened and what to do"`
	Title  string        `json:"title" example:"The record has changed" doc:"The sort of problem in words; always the same for a type"`
	Status int           `json:"status" example:"412" doc:"HTTP status"`
	Code   string        `json:"code" example:"stale" doc:"Stable name of the sort of problem, for programs"`
	Detail string        `json:"detail,omitempty" doc:"What happened this time, what was kept and what to do"`
	Errors []ProblemItem `json:"errors,omitempty" doc:"All values that are wrong, at once"`

	headers http.Header
}

// ProblemItem is one wrong value.
type ProblemItem struct {
	Location string `json:"location,omitempty" example:"body.close_date" doc:"Where in the request"`
	Message  string `json:"message" doc:"What is wrong with it"`
	Value    any    `json:"value,omitempty" doc:"The value, when it may be repeated"`
}

func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are headers that belong to the problem, such as Retry-After.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is that of problem details.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func (p *Problem) with(header, value string) *Problem {
	if p.headers == nil {
		p.headers = http.Header{}
	}
	p.headers.Set(header, value)
	return p
}

// The one table from kinds of errors to HTTP.
var problemKinds = map[operational.Kind]int{
	operational.KindNotFound:           http.StatusNotFound,
	operational.KindConflict:           http.StatusConflict,
	operational.KindInvalid:            http.StatusUnprocessableEntity,
	operational.KindForbidden:          http.StatusForbidden,
	operational.KindUnauthenticated:    http.StatusUnauthorized,
	operational.KindStale:              http.StatusPreconditionFailed,
	operational.KindPreconditionNeeded: http.StatusPreconditionRequired,
	operational.KindLimited:            http.StatusTooManyRequests,
	operational.KindUnavailable:        http.StatusServiceUnavailable,
}

// StatusOf is the status of a kind of error, for pages that use their own words; what is no kind is an internal error.
func StatusOf(kind operational.Kind) (status int, known bool) {
	status, known = problemKinds[kind]
	if !known {
		return http.StatusInternalServerError, false
	}
	return status, true
}

// What Huma itself finds has a status only; these are its codes.
var problemStatuses = map[int]string{
	http.StatusBadRequest:            "invalid-input", // answered as 422
	http.StatusUnprocessableEntity:   "invalid-input",
	http.StatusNotAcceptable:         "not-acceptable",
	http.StatusRequestTimeout:        "body-too-slow",
	http.StatusRequestEntityTooLarge: "body-too-large",
	http.StatusUnsupportedMediaType:  "unsupported-media-type",
	http.StatusNotFound:              "not-found",
	http.StatusMethodNotAllowed:      "method-not-allowed",
	http.StatusForbidden:             "cross-origin",
	http.StatusNotModified:           "not-modified",
}

// problem makes one of a sort; its title and the page behind its type are in the catalogue.
func problem(status int, code, detail string) *Problem {
	title := http.StatusText(status)
	if t, known := ProblemTypeOf(code); known {
		title = t.Title
	}
	return &Problem{Type: ProblemsPath + code, Title: title, Status: status, Code: code, Detail: detail}
}

// notFoundDetail is the same for "not there", "not yours" and "no such address", to the byte.
const notFoundDetail = "There is no such record, or it is not yours to see."

// maxValue bounds what of a wrong value is repeated.
const maxValue = 200

func statusProblem(status int, detail string, items ...ProblemItem) *Problem {
	if status == http.StatusBadRequest {
		status = http.StatusUnprocessableEntity
	}
	code, ok := problemStatuses[status]
	if !ok {
		return internalProblem()
	}
	if status == http.StatusNotFound {
		detail, items = notFoundDetail, nil
	}
	p := problem(status, code, detail)
	p.Errors = items
	return p
}

func internalProblem() *Problem {
	return problem(http.StatusInternalServerError, "internal",
		"This is our fault, not yours. The header X-Request-Id names the event: tell it to whoever runs this server.")
}

// problemOf is the only map from errors to HTTP. What is no error of the business rules is internal: its text stays here.
func problemOf(method string, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	var e *operational.Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, warehouse.ErrNotReady):
		e = operational.Fault(operational.KindUnavailable, "warehouse-not-ready", "The analytic store is still taking its first copy of the data. Try again in a moment; GET /v1/pipelines shows how far it is.")
	case errors.Is(err, warehouse.ErrRefused):
		e = operational.Fault(operational.KindUnavailable, "warehouse-refused", "This program cannot sign in to the analytic store. Nothing is lost, and records can be read and changed meanwhile. Figures come back by themselves when it can; tell whoever runs this server, whose log says what to do.")
	case errors.Is(err, warehouse.ErrBusy):
		e = operational.Fault(operational.KindUnavailable, "warehouse-busy", "The analytic store answers as many questions as it takes at a time, and some of them take long. Try again in a moment.")
	case errors.Is(err, warehouse.ErrUnable):
		e = operational.Fault(operational.KindUnavailable, "warehouse-unable", "The analytic store could not answer this as it is set up: it lacks memory, time, room or a right. Nothing is lost, and records can be read and changed meanwhile. A shorter period or a narrower filter asks less of it; if it stays, tell whoever runs this server, whose log says what to do.")
	case errors.Is(err, warehouse.ErrAway):
		e = operational.Fault(operational.KindUnavailable, "warehouse-away", "The analytic store does not answer at the moment. Nothing is lost, and records can be read and changed meanwhile. Try again in a moment.")
	case errors.Is(err, warehouse.ErrPartAway):
		e = operational.Fault(operational.KindUnavailable, "warehouse-part-away", "The part of the analytic store that has these figures does not answer at the moment. Nothing is lost, and records can be read and changed meanwhile. Try again in a moment.")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, warehouse.ErrViewEnded):
		e = operational.Fault(operational.KindUnavailable, "cut-off", "The request was cut off before it was done.")
	default:
		return internalProblem()
	}
	status, ok := problemKinds[e.Kind]
	if !ok {
		return internalProblem()
	}
	p = problem(status, e.Code, e.Message)
	p.Errors = items(method, e.Fields)
	switch e.Kind {
	case operational.KindNotFound:
		return statusProblem(http.StatusNotFound, "")
	case operational.KindUnauthenticated:
		p = p.with("WWW-Authenticate", `Bearer realm="sharepartner"`)
	case operational.KindLimited, operational.KindUnavailable:
		p = p.with("Retry-After", retryAfter(e.RetryAfter))
	}
	return p
}

// retryAfter writes a wait in whole seconds, never too short.
func retryAfter(wait time.Duration) string {
	if wait <= 0 {
		wait = 2 * time.Second
	}
	return strconv.Itoa(int((wait + time.Second - 1) / time.Second))
}

func items(method string, fields []operational.FieldFault) []ProblemItem {
	var out []ProblemItem
	for _, f := range fields {
		location := f.Field
		if base, _, _ := strings.Cut(location, "."); base != "query" && base != "body" && base != "path" && base != "header" {
			location = "body." + f.Field
			if method == http.MethodGet || method == http.MethodHead {
				location = "query." + f.Field
			}
		}
		out = append(out, ProblemItem{Location: location, Message: f.Message, Value: shortened(f.Value)})
	}
	return out
}

// shortened repeats a value as far as that helps: scalars, short ones.
func shortened(v any) any {
	switch v := v.(type) {
	case nil, bool, int, int64, float64:
		return v
	case string:
		return cut(v)
	case fmt.Stringer:
		return cut(v.String())
	}
	return nil
}

func cut(s string) string {
	if len(s) > maxValue {
		return strings.ToValidUTF8(s[:maxValue], "") + "…"
	}
	return s
}

func init() {
	// Huma makes its own errors (validation, media types) by this one function; the document describes its type.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status == 0 {
			return &Problem{} // asked for its type only
		}
		var found []ProblemItem
		for _, err := range errs {
			var d *huma.ErrorDetail
			switch {
			case errors.As(err, &d):
				found = append(found, ProblemItem{Location: d.Location, Message: d.Message, Value: shortened(d.Value)})
			case err != nil:
				found = append(found, ProblemItem{Message: cut(err.Error())})
			}
		}
		if message == "validation failed" {
			message = "Some values are not valid. Nothing was saved."
		}
		return statusProblem(status, message, found...)
	}
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	humago.MultipartMaxMemory = maxImport // the guard has the whole form in memory already
}
