package interconnect

import (
	"net/mail"
	"slices"
	"time"

	"github.com/sharepartner/sharepartner/operational"
)

// The states of a connection.
const (
	StatusActive    = "active"
	StatusSuspended = "suspended"
	StatusEnded     = "ended"
)

// act is what a company does with a connection.
type act struct {
	name  string
	from  []string
	to    string
	side  operational.Side // "": either company
	event string
}

// The machine of a connection. The database repeats it (crm.connection_step).
var (
	suspending = act{name: "suspended", from: []string{StatusActive}, to: StatusSuspended, side: operational.SideVendor, event: "connection.suspended"}
	resuming   = act{name: "resumed", from: []string{StatusSuspended}, to: StatusActive, side: operational.SideVendor, event: "connection.resumed"}
	ending     = act{name: "ended", from: []string{StatusActive, StatusSuspended}, to: StatusEnded, event: "connection.ended"}
)

// by says whether a side may do it at all.
func (a act) by(side operational.Side) error {
	if a.side == "" || a.side == side {
		return nil
	}
	return errVendorOnly()
}

// refused says why a connection in this state stays in it.
func (a act) refused(status string) error {
	if slices.Contains(a.from, status) {
		return operational.Stale("connection") // it was in another state a moment ago
	}
	if status == StatusEnded {
		return operational.Fault(operational.KindConflict, "connection-ended", "The connection has ended, for good. Nothing was changed. To work together again, connect anew by an invitation.")
	}
	return operational.Fault(operational.KindConflict, "connection-state", "A connection that is %s cannot be %s. Nothing was changed.", status, a.name)
}

func errVendorOnly() error {
	return operational.Fault(operational.KindForbidden, "vendor-only", "Only the vendor of a channel may do this. Nothing was saved.")
}

// How long an invitation is good for: unless said otherwise, and at most.
const (
	invitationLife = 14 * 24 * time.Hour
	longestLife    = 90 * 24 * time.Hour
)

// until checks when an invitation shall expire.
func until(f *operational.Faults, wanted *time.Time, now time.Time) time.Time {
	switch {
	case wanted == nil:
		return now.Add(invitationLife)
	case !wanted.After(now):
		f.Add("expires_at", "It must lie in the future.", *wanted)
	case wanted.After(now.Add(longestLife)):
		f.Add("expires_at", "It must lie within 90 days.", *wanted)
	}
	return *wanted
}

// optional checks a text that may be left out, but not be empty.
func optional(f *operational.Faults, field string, text *string, most int) {
	if text != nil {
		f.Text(field, *text, 1, most)
	}
}

// checkAddress checks a mail address that may be left out.
func checkAddress(f *operational.Faults, address *string) {
	if address == nil {
		return
	}
	parsed, err := mail.ParseAddress(*address)
	if err != nil || parsed.Address != *address || len(*address) > 254 {
		f.Add("email", "must be a mail address", nil)
	}
}

// reasonOf checks why something is done, in the words of who does it.
func reasonOf(text string, needed bool) (*string, error) {
	var f operational.Faults
	if text == "" && !needed {
		return nil, nil
	}
	f.Text("reason", text, 1, 500)
	return &text, f.Err()
}

func validCountry(code string) bool {
	return len(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z'
}

// checkZone checks the name of a time zone.
func checkZone(f *operational.Faults, name string) {
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		f.Add("time_zone", "must be an IANA name, for example Europe/Berlin", name)
	}
}
