package audit

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Event is an act as the company reads it whose audit it is in.
type Event struct {
	ID             uuid.UUID  `json:"id" doc:"Id of the event"`
	OrganisationID uuid.UUID  `json:"org_id" doc:"Organisation whose audit it is in: your own"`
	At             time.Time  `json:"at" doc:"When it happened"`
	Side           string     `json:"side" enum:"vendor,partner" doc:"The side that the organisation acted on"`
	MembershipID   *uuid.UUID `json:"membership_id,omitempty" doc:"The member who did it"`
	ActorName      string     `json:"actor_name,omitempty" doc:"The member's name of today, by which the list is filtered as person; no part of the event"`
	KeyID          *uuid.UUID `json:"key_id,omitempty" doc:"The API key by which the member did it"`
	System         *string    `json:"system,omitempty" doc:"The part of the program that did it, when no member did"`
	Action         string     `json:"action" doc:"What was done: object.did; anchor.kept is the hash of an event of the other company of a connection"`
	Object         string     `json:"object" doc:"What sort of thing it was done to"`
	RecordID       *uuid.UUID `json:"record_id,omitempty" doc:"Id of the thing"`
	ConnectionID   *uuid.UUID `json:"connection_id,omitempty" doc:"Connection whose two companies both see that the record changed"`
	AnchorOf       string     `json:"anchor_of,omitempty" doc:"Hash of the other company's event, of which nothing else is told"`
	Details        Details    `json:"details" doc:"What was decided, from which code, key or id to which; names of fields, ids, counts and codes; never values"`
	RequestID      *uuid.UUID `json:"request_id,omitempty" doc:"Request that caused it (X-Request-Id)"`
	Seq            *int64     `json:"seq,omitempty" doc:"Place in the organisation's chain; absent for the moment until it is linked"`
	PrevHash       string     `json:"prev_hash,omitempty" doc:"Hash of the event before it, in hex"`
	Hash           string     `json:"hash,omitempty" doc:"SHA-256 of prev_hash and of the event as canonical JSON, in hex"`
}

// State is the state of one's own chain.
type State struct {
	Events         int64      `json:"events" doc:"Events in the chain"`
	Head           string     `json:"head,omitempty" doc:"Hash of the last one, in hex. Kept elsewhere, it proves all before it"`
	ChainedAt      *time.Time `json:"chained_at,omitempty" doc:"When the last one was linked"`
	Waiting        int64      `json:"waiting" doc:"Events that are not linked yet"`
	VerifiedAt     *time.Time `json:"verified_at,omitempty" doc:"When every link was last computed again"`
	VerifiedEvents *int64     `json:"verified_events,omitempty" doc:"Events in the chain then"`
	OK             bool       `json:"ok" doc:"The last check found every link whole; false also before the first check"`
	Fault          *string    `json:"fault,omitempty" doc:"The first broken link, in words"`
}

var eventList = postgres.List{
	From: "crm.audit_event e", ID: "e.id", Order: []operational.Sort{{Field: "at", Desc: true}},
	Field: map[string]postgres.Column{
		"at":            {SQL: "e.at", Type: postgres.Time},
		"side":          {SQL: "e.side", Type: postgres.Text, Enum: []string{"vendor", "partner"}},
		"membership_id": {SQL: "e.membership_id", Type: postgres.UUID, Nullable: true},
		// Whoever reads an event reads the name of who did it: to ask by it tells nothing more. Members are few and events many.
		"person":        {SQL: "p.display_name", Type: postgres.Text, Within: "coalesce(e.membership_id in (select m.id from crm.membership m join crm.person p on p.id = m.person_id where %s), false)"},
		"key_id":        {SQL: "e.key_id", Type: postgres.UUID, Nullable: true},
		"system":        {SQL: "e.system", Type: postgres.Text, Nullable: true},
		"action":        {SQL: "e.action", Type: postgres.Text},
		"object":        {SQL: "e.object", Type: postgres.Text},
		"record_id":     {SQL: "e.record_id", Type: postgres.UUID, Nullable: true},
		"connection_id": {SQL: "e.connection_id", Type: postgres.UUID, Nullable: true},
		"request_id":    {SQL: "e.request_id", Type: postgres.UUID, Nullable: true},
		"seq":           {SQL: "e.seq", Type: postgres.Int, Nullable: true},
	},
}

const (
	listSQL = `
select ` + rowColumns + `, coalesce((select p.display_name from crm.membership m join crm.person p on p.id = m.person_id where m.id = e.membership_id), '') as actor_name,
  {keys} as sort_keys
from crm.audit_event e
where {where}
order by {order}
limit {limit}`

	stateSQL = `select seq, encode(head, 'hex'), chained_at, verified_at, verified_seq, fault from crm.audit_chain where org_id = $1`
)

type listedRow struct {
	postgres.Keyed
	row
	ActorName string
}

// Listing says by which fields events can be listed.
func Listing() operational.Listing { return eventList.Listing() }

// Events lists the audit of the caller's company, the newest first.
func (s *Service) Events(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Event], error) {
	readable := map[operational.Object]operational.FieldSet{}
	seen := func(o operational.Object) bool { return actor.May(operational.ActRead, o) }
	var limits []operational.Filter
	for _, o := range operational.Objects {
		readable[o] = actor.ReadableFields(o)
		if !seen(o) {
			limits = append(limits, operational.Filter{Field: "object", Op: "ne", Values: []string{string(o)}})
		}
	}
	if actor.Connection != uuid.Nil {
		limits = append(limits, operational.Filter{Field: "connection_id", Op: "eq", Values: []string{actor.Connection.String()}})
	}
	if q.Filter != nil {
		limits = append(limits, *q.Filter)
	}
	if len(limits) > 0 {
		q.Filter = &operational.Filter{And: limits}
	}
	return postgres.Page(ctx, s.db, actor, eventList, q, listSQL, func(r listedRow) Event {
		e := r.event()
		e.Details = e.Details.shown(e.Object, readable, seen)
		return e
	})
}

func (r listedRow) event() Event {
	e := Event{
		ID: r.ID, OrganisationID: r.OrgID, At: r.At.UTC(), Side: r.Side, MembershipID: r.MembershipID, ActorName: r.ActorName, KeyID: r.KeyID, System: r.System,
		Action: r.Action, Object: r.Object, RecordID: r.RecordID, ConnectionID: r.ConnectionID, AnchorOf: hex.EncodeToString(r.AnchorOf), RequestID: r.RequestID,
		Seq: r.Seq, PrevHash: hex.EncodeToString(r.PrevHash), Hash: hex.EncodeToString(r.Hash),
	}
	_ = json.Unmarshal(r.Details, &e.Details) // written by us
	return e
}

// State says how the caller's own chain stands.
func (s *Service) State(ctx context.Context, actor operational.Actor) (State, error) {
	var state State
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(stateSQL, actor.Org).QueryRow(func(r pgx.Row) error {
			err := r.Scan(&state.Events, &state.Head, &state.ChainedAt, &state.VerifiedAt, &state.VerifiedEvents, &state.Fault)
			if errors.Is(err, pgx.ErrNoRows) { // nothing has happened yet
				err = nil
			}
			return err
		})
		b.Queue(waitingOfSQL, actor.Org).QueryRow(func(r pgx.Row) error { return r.Scan(&state.Waiting) })
	})
	if err != nil {
		return State{}, fmt.Errorf("read the state of the audit: %w", err)
	}
	if state.Events == 0 {
		state.Head = ""
	}
	state.OK = state.VerifiedAt != nil && state.Fault == nil
	return state, nil
}
