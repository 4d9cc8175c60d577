package operational

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what sort of fault happened; callers decide by kind, people by code.
type Kind string

// The kinds. Everything that is not an *Error is internal: logged, never shown.
const (
	KindNotFound           Kind = "not_found"           // not there, or not yours: the same answer for both
	KindConflict           Kind = "conflict"            // the state of the record does not allow it
	KindInvalid            Kind = "invalid"             // the input is wrong; Fields says where
	KindForbidden          Kind = "forbidden"           // the object is visible, the act is not allowed
	KindUnauthenticated    Kind = "unauthenticated"     // no valid credential
	KindStale              Kind = "stale"               // the record changed since it was read (If-Match)
	KindPreconditionNeeded Kind = "precondition_needed" // a change without If-Match
	KindLimited            Kind = "limited"             // too many or too much
	KindUnavailable        Kind = "unavailable"         // try again later
)

// FieldFault is one wrong input value.
type FieldFault struct {
	Field   string // path in the input, for example "close_date"
	Message string
	Value   any // what was given; nil when it must not be repeated
}

// Error is the one error type of the business rules.
type Error struct {
	Kind    Kind
	Code    string // stable, kebab-case, for example "stage-not-in-process"
	Message string // a sentence for people: what happened, what was kept, what to do
	Fields  []FieldFault
	// RetryAfter says when trying again makes sense (limited, unavailable); zero: not known.
	RetryAfter time.Duration
	cause      error
}

func (e *Error) Error() string {
	parts := make([]string, 0, len(e.Fields))
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+f.Message)
	}
	if len(parts) == 0 {
		return e.Message
	}
	return e.Message + " (" + strings.Join(parts, "; ") + ")"
}

func (e *Error) Unwrap() error { return e.cause }

// Because keeps the technical cause for the log.
func (e *Error) Because(err error) *Error {
	e.cause = err
	return e
}

// In says when trying again makes sense.
func (e *Error) In(wait time.Duration) *Error {
	e.RetryAfter = wait
	return e
}

// Fault makes an Error.
func Fault(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// NotFound is the one answer for "not there" and "not yours".
func NotFound(object string) *Error {
	return Fault(KindNotFound, "not-found", "There is no such %s, or it is not yours to see.", object)
}

// Stale says that a record changed since the caller read it.
func Stale(object string) *Error {
	return Fault(KindStale, "stale", "The %s has changed since you read it. Nothing was saved. Read it again and repeat your change.", object)
}

// Faults collects wrong input values, so that all are reported at once.
type Faults []FieldFault

// Add notes a wrong value.
func (f *Faults) Add(field, message string, value any) {
	*f = append(*f, FieldFault{Field: field, Message: message, Value: value})
}

// Err is nil when nothing was added.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: KindInvalid, Code: "invalid-input", Message: "Some values are not valid. Nothing was saved.", Fields: f}
}

// KindOf returns the kind of an error, or "" when it is internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
