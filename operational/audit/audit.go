package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Record is what is noted of an act.
type Record struct {
	Action string // "object.did", for example "role.changed"
	Object string // what sort of thing it was done to; empty: the part of the action before the point
	ID     uuid.UUID
	// Connection is that of a record which both companies share, when both see that it changed: the other company then
	// keeps an anchor of the event. Zero for everything that is one company's own affair, reading included.
	Connection uuid.UUID
	Details
}

// Details say more of an act. They are never rewritten, so there is no place in them for values or for names of people.
type Details struct {
	Changes []Decided            `json:"changes,omitempty"` // what a decision changed: rights, roles, who may come in
	Codes   map[string]string    `json:"codes,omitempty"`   // words of the program, for example {"state": "failed"}
	Counts  map[string]int64     `json:"counts,omitempty"`  // for example {"rows": 1200}
	Fields  []string             `json:"fields,omitempty"`  // names of the fields that changed
	IDs     map[string]uuid.UUID `json:"ids,omitempty"`
}

var (
	actionForm = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z][a-z_]*)+$`)
	codeForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:-]{0,79}$`)
	fieldForm  = regexp.MustCompile(`^[a-z][a-z0-9_.]{0,79}$`)
)

// check finds what a programmer wrote wrongly: nothing that somebody typed may get into an event.
func (r Record) check() error {
	if !actionForm.MatchString(r.Action) {
		return fmt.Errorf("audit action %q does not read object.did", r.Action)
	}
	for name, code := range r.Codes {
		if !fieldForm.MatchString(name) || !codeForm.MatchString(code) {
			return fmt.Errorf("audit of %s: %s is no code", r.Action, name)
		}
	}
	for _, field := range r.Fields {
		if !fieldForm.MatchString(field) {
			return fmt.Errorf("audit of %s: %.60q is no name of a field", r.Action, field)
		}
	}
	for _, c := range r.Changes {
		if !fieldForm.MatchString(c.Subject) || c.Was == c.Is || c.Was != "" && !codeForm.MatchString(c.Was) || c.Is != "" && !codeForm.MatchString(c.Is) {
			return fmt.Errorf("audit of %s: the change of %.60q is none of codes", r.Action, c.Subject)
		}
	}
	return nil
}

func (r Record) object() string {
	if r.Object != "" {
		return r.Object
	}
	object, _, _ := strings.Cut(r.Action, ".")
	return object
}

const insertSQL = `
insert into crm.audit_event (id, org_id, at, side, membership_id, key_id, system, action, object, record_id, connection_id, details, request_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

// Append notes an act in the transaction that it belongs to: both are there, or neither.
func Append(ctx context.Context, tx *postgres.Tx, r Record) error {
	args, err := r.args(ctx, tx.Actor, tx.Now)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, insertSQL, args...); err != nil {
		return fmt.Errorf("note %s in the audit: %w", r.Action, err)
	}
	return nil
}

// Queue notes an act together with other statements of the actor, in their round trip and their transaction: who may
// read something only when it is noted reads nothing when it cannot be.
func Queue(ctx context.Context, b *pgx.Batch, actor operational.Actor, now time.Time, r Record) error {
	args, err := r.args(ctx, actor, now)
	if err != nil {
		return err
	}
	b.Queue(insertSQL, args...)
	return nil
}

func (r Record) args(ctx context.Context, actor operational.Actor, now time.Time) ([]any, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("make an id: %w", err)
	}
	details, err := json.Marshal(r.bounded())
	if err != nil {
		return nil, fmt.Errorf("write details of %s: %w", r.Action, err)
	}
	member, key, system := who(actor)
	return []any{
		id, actor.Org, now, string(actor.Side), member, key, system, r.Action, r.object(), some(r.ID), some(r.Connection), string(details), some(operational.RequestOf(ctx)),
	}, nil
}

// who is a member, perhaps by one of its API keys (which have scopes, as sessions have not), or a part of the program.
func who(actor operational.Actor) (member, key *uuid.UUID, system *string) {
	if actor.Membership == uuid.Nil {
		name := actor.System
		if name == "" {
			name = "program"
		}
		return nil, nil, &name
	}
	if actor.Scopes != nil {
		key = some(actor.Credential)
	}
	return &actor.Membership, key, nil
}

func some(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}

// Service notes acts that are no change of a record, and reads the audit of one's own company.
type Service struct{ db *postgres.DB }

// New makes it on the api login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// Note notes an act by itself. That somebody who looks as a role has read something is noted like everybody's reading.
func (s *Service) Note(ctx context.Context, actor operational.Actor, r Record) error {
	actor.View = ""
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error { return Append(ctx, tx, r) })
}
