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

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Problem is an error as callers see it: problem details of RFC 9457.
type Problem struct {
	Type   string        `json:"type" format:"uri-reference" example:"/problems/stale" doc:"Stable name of the sort of problem, as an address"`
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
var problemKinds = map[operational.Kind]struct {
	status int
	title  string
}{
	operational.KindNotFound:           {http.StatusNotFound, "Not found"},
	operational.KindConflict:           {http.StatusConflict, "The state of the record does not allow it"},
	operational.KindInvalid:            {http.StatusUnprocessableEntity, "The request is not valid"},
	operational.KindForbidden:          {http.StatusForbidden, "Not permitted"},
	operational.KindUnauthenticated:    {http.StatusUnauthorized, "Sign in first"},
	operational.KindStale:              {http.StatusPreconditionFailed, "The record has changed"},
	operational.KindPreconditionNeeded: {http.StatusPreconditionRequired, "If-Match is needed"},
	operational.KindLimited:            {http.StatusTooManyRequests, "Too much at once"},
	operational.KindUnavailable:        {http.StatusServiceUnavailable, "Not available at the moment"},
}

// StatusOf is the status of a kind of error, for pages that use their own words; what is no kind is an internal error.
func StatusOf(kind operational.Kind) (status int, known bool) {
	k, known := problemKinds[kind]
	if !known {
		return http.StatusInternalServerError, false
	}
	return k.status, true
}

// What Huma itself finds has a status only; these are its kinds and codes.
var problemStatuses = map[int]struct{ code, title string }{
	http.StatusBadRequest:            {"invalid-input", "The request is not valid"}, // answered as 422
	http.StatusUnprocessableEntity:   {"invalid-input", "The request is not valid"},
	http.StatusNotAcceptable:         {"not-acceptable", "None of the accepted forms is offered"},
	http.StatusRequestTimeout:        {"body-too-slow", "The body came too slowly"},
	http.StatusRequestEntityTooLarge: {"body-too-large", "The body is too large"},
	http.StatusUnsupportedMediaType:  {"unsupported-media-type", "The content type is not supported"},
	http.StatusNotFound:              {"not-found", "Not found"},
	http.StatusMethodNotAllowed:      {"method-not-allowed", "This address has no such method"},
	http.StatusForbidden:             {"cross-origin", "Refused because it came from another site"},
	http.StatusNotModified:           {"not-modified", "Not modified"},
}

// notFoundDetail is the same for "not there", "not yours" and "no such address", to the byte.
const notFoundDetail = "There is no such record, or it is not yours to see."

// maxValue bounds what of a wrong value is repeated.
const maxValue = 200

func statusProblem(status int, detail string, items ...ProblemItem) *Problem {
	if status == http.StatusBadRequest {
		status = http.StatusUnprocessableEntity
	}
	known, ok := problemStatuses[status]
	if !ok {
		return internalProblem()
	}
	if status == http.StatusNotFound {
		detail, items = notFoundDetail, nil
	}
	return &Problem{Type: "/problems/" + known.code, Title: known.title, Status: status, Code: known.code, Detail: detail, Errors: items}
}

func internalProblem() *Problem {
	return &Problem{
		Type: "/problems/internal", Title: "Something went wrong here", Status: http.StatusInternalServerError, Code: "internal",
		Detail: "This is our fault, not yours. The header X-Request-Id names the event: tell it to whoever runs this server.",
	}
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
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, warehouse.ErrViewEnded):
		e = operational.Fault(operational.KindUnavailable, "cut-off", "The request was cut off before it was done.")
	default:
		return internalProblem()
	}
	kind, ok := problemKinds[e.Kind]
	if !ok {
		return internalProblem()
	}
	p = &Problem{Type: "/problems/" + e.Code, Title: kind.title, Status: kind.status, Code: e.Code, Detail: e.Message, Errors: items(method, e.Fields)}
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
}
