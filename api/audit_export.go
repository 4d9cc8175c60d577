package api

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

// auditLine is an event as a row of a file: its details are texts.
type auditLine struct {
	audit.Event
	Changes string `json:"changes"`
	Fields  string `json:"fields"`
	IDs     string `json:"ids"`
	Codes   string `json:"codes"`
	Counts  string `json:"counts"`
}

var auditColumns = []string{
	"seq", "at", "side", "actor_name", "membership_id", "key_id", "system", "action", "object", "record_id", "connection_id",
	"changes", "fields", "ids", "codes", "counts", "request_id", "anchor_of", "id", "prev_hash", "hash",
}

// exportAudit lets the audit be taken along, as its list shows it. That it was is an event of the audit itself.
func (a *API) exportAudit(running *exportsRunning) {
	s := audit.New(a.deps.DB)
	export(a, running, exported[auditLine]{
		operational.AuditRead, "audit_event", "audit-events", auditColumns, nil,
		func(context.Context, operational.Actor, ...string) (operational.Listing, error) {
			return audit.Listing(), nil
		},
		func(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[auditLine], error) {
			found, err := s.Events(ctx, actor, q)
			lines := operational.Listed[auditLine]{Next: found.Next}
			for _, e := range found.Items {
				lines.Items = append(lines.Items, auditLine{e, changed(e.Details.Changes), strings.Join(e.Details.Fields, ", "), named(e.Details.IDs), named(e.Details.Codes), named(e.Details.Counts)})
			}
			return lines, err
		},
	})
}

// changed writes what a decision changed, as codes: of the names of today a file knows nothing.
func changed(changes []audit.Decided) string {
	parts := make([]string, 0, len(changes))
	for _, c := range changes {
		switch {
		case c.Was == "":
			parts = append(parts, c.Subject+": + "+c.Is)
		case c.Is == "":
			parts = append(parts, c.Subject+": - "+c.Was)
		default:
			parts = append(parts, c.Subject+": "+c.Was+" -> "+c.Is)
		}
	}
	return strings.Join(parts, "; ")
}

// named writes values with their names, in the order of these.
func named[T any](values map[string]T) string {
	parts := make([]string, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, fmt.Sprintf("%s: %v", name, values[name]))
	}
	return strings.Join(parts, "; ")
}
