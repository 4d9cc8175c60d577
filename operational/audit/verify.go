package audit

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Fault codes: in which way a chain is broken.
const (
	FaultChanged   = "event-changed"        // its content is not what was hashed
	FaultMissing   = "event-missing"        // there is a gap before it
	FaultMoved     = "link-changed"         // it does not stand behind the one before it
	FaultHead      = "head-changed"         // the chain does not end where its head says
	FaultNoEvent   = "anchor-without-event" // another company keeps the hash of an event that is not there
	FaultNoAnchor  = "event-without-anchor" // the other company does not keep the hash of a shared event
	FaultDisorder  = "anchors-out-of-order" // the other company keeps the hashes in another order
	FaultKeptHead  = "kept-anchor-broken"   // the chain does not lead through a head that was kept elsewhere
	FaultForgotten = "chain-missing"        // of a chain whose head was kept elsewhere nothing is there
)

// Fault is the first broken link of a chain.
type Fault struct {
	Org   uuid.UUID // whose chain it is
	Seq   int64     // place of the link
	Event uuid.UUID // at that place; zero when there is none
	Code  string
	Text  string
}

func (f Fault) Error() string { return f.Text }

// Anchor is the head of a chain at a moment: kept elsewhere, it proves that all before it is still as it was then.
type Anchor struct {
	Org    uuid.UUID `json:"org_id"`
	Name   string    `json:"name"`
	Events int64     `json:"events"`
	Head   string    `json:"head"` // hash of the last event, in hex
	At     time.Time `json:"at"`   // when it was linked
}

// Verified is what a check of one chain found.
type Verified struct {
	Anchor
	Waiting int64  // events that are not linked yet
	Fault   *Fault // the first broken link; nil when all is as it was
}

const (
	headsSQL = `
select o.id as org, o.name, coalesce(c.seq, 0) as events, coalesce(encode(c.head, 'hex'), '') as head, coalesce(c.chained_at, o.created_at) as at
from crm.organisation o left join crm.audit_chain c on c.org_id = o.id
where $1::uuid is null or o.id = $1
order by o.created_at, o.id`

	waitingOfSQL = `select count(*) from crm.audit_event where org_id = $1 and hash is null`

	linksSQL = `select ` + rowColumns + ` from crm.audit_event e where e.org_id = $1 and e.seq is not null order by e.seq`

	// What others promise of this company's events, and what is not (or no more) there of it.
	withoutEventSQL = `
select a.org_id, a.seq, a.at, encode(a.anchor_of, 'hex') from crm.audit_event a
where a.anchor_of is not null and a.org_id <> $1
  and exists (select from crm.connection c where c.id = a.connection_id and $1 in (c.vendor_org_id, c.partner_org_id))
  and not exists (select from crm.audit_event e where e.org_id = $1 and e.connection_id = a.connection_id and e.hash = a.anchor_of)
order by a.at, a.seq limit 1`

	// What this company should keep of others' events.
	withoutAnchorSQL = `
select e.org_id, e.seq, e.id from crm.audit_event e
join crm.connection c on c.id = e.connection_id and $1 in (c.vendor_org_id, c.partner_org_id) and e.org_id in (c.vendor_org_id, c.partner_org_id)
where e.hash is not null and e.anchor_of is null and e.org_id <> $1
  and not exists (select from crm.audit_event a where a.org_id = $1 and a.connection_id = e.connection_id and a.anchor_of = e.hash)
order by e.seq limit 1`

	// The hashes of one company's events must lie in this one's chain in the order of that company's.
	disorderSQL = `
select seq, id from (
  select a.seq, a.id, e.seq as theirs, lag(e.seq) over (partition by e.org_id order by a.seq) as before
  from crm.audit_event a join crm.audit_event e on e.hash = a.anchor_of and e.connection_id = a.connection_id
  where a.org_id = $1 and a.anchor_of is not null and a.seq is not null
) x where theirs < before order by seq limit 1`

	hashAtSQL = `select hash from crm.audit_event where org_id = $1 and seq = $2`

	saveSQL = `update crm.audit_chain set verified_at = $2, verified_seq = $3, fault = $4 where org_id = $1`
)

// Heads are the heads of all chains, or of one: what to keep elsewhere.
func (c *Chain) Heads(ctx context.Context, only *uuid.UUID) ([]Anchor, error) {
	rows, _ := c.db.Login().Query(ctx, headsSQL, only)
	heads, err := pgx.CollectRows(rows, pgx.RowToStructByName[Anchor])
	if err != nil {
		return nil, fmt.Errorf("read heads of the audit: %w", postgres.Translate(err))
	}
	return heads, nil
}

// Verify computes every link again, of all chains or of one, and compares what companies keep of each other's events
// and what was kept elsewhere. All of it sees one state of the data.
func (c *Chain) Verify(ctx context.Context, only *uuid.UUID, kept ...Anchor) ([]Verified, error) {
	var found []Verified
	err := pgx.BeginTxFunc(ctx, c.db.Login(), pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, headsSQL, only)
		heads, err := pgx.CollectRows(rows, pgx.RowToStructByName[Anchor])
		if err != nil {
			return err
		}
		for _, head := range heads {
			v := Verified{Anchor: head}
			if v.Fault, err = verify(ctx, tx, head, kept); err != nil {
				return fmt.Errorf("verify the audit of %s: %w", head.Org, err)
			}
			if err := tx.QueryRow(ctx, waitingOfSQL, head.Org).Scan(&v.Waiting); err != nil {
				return err
			}
			found = append(found, v)
		}
		found = append(found, forgotten(heads, only, kept)...)
		return nil
	})
	if err != nil {
		return nil, postgres.Translate(err)
	}
	return found, c.save(ctx, found)
}

// forgotten are chains that were kept elsewhere and of which not even the organisation is there.
func forgotten(heads []Anchor, only *uuid.UUID, kept []Anchor) (gone []Verified) {
	there := map[uuid.UUID]bool{}
	for _, h := range heads {
		there[h.Org] = true
	}
	for _, k := range kept {
		if there[k.Org] || only != nil && *only != k.Org {
			continue
		}
		there[k.Org] = true
		gone = append(gone, Verified{Anchor: Anchor{Org: k.Org, Name: k.Name}, Fault: &Fault{
			Org: k.Org, Seq: k.Events, Code: FaultForgotten, Text: fmt.Sprintf("The chain had %d events when its head was kept; nothing of it is there.", k.Events),
		}})
	}
	return gone
}

// save remembers what was found, for the company to see.
func (c *Chain) save(ctx context.Context, found []Verified) error {
	b, now := &pgx.Batch{}, c.db.Now()
	for _, v := range found {
		var words *string
		if v.Fault != nil {
			words = &v.Fault.Text
		}
		b.Queue(saveSQL, v.Org, now, v.Events, words)
	}
	if err := c.db.Login().SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("remember the check of the audit: %w", postgres.Translate(err))
	}
	return nil
}

func verify(ctx context.Context, tx pgx.Tx, head Anchor, kept []Anchor) (*Fault, error) {
	for _, step := range []func() (*Fault, error){
		func() (*Fault, error) { return verifyLinks(ctx, tx, head) },
		func() (*Fault, error) { return verifyKept(ctx, tx, head.Org, kept) },
		func() (*Fault, error) { return verifyPromises(ctx, tx, head.Org) },
		func() (*Fault, error) { return verifyAnchors(ctx, tx, head.Org) },
	} {
		if fault, err := step(); fault != nil || err != nil {
			return fault, err
		}
	}
	return nil, nil
}

// verifyLinks walks the chain.
func verifyLinks(ctx context.Context, tx pgx.Tx, head Anchor) (*Fault, error) {
	rows, err := tx.Query(ctx, linksSQL, head.Org)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	seq, prev := int64(0), beginning
	for rows.Next() {
		e, err := pgx.RowToStructByName[row](rows)
		if err != nil {
			return nil, err
		}
		seq++
		if fault, err := e.verify(seq, prev); fault != nil || err != nil {
			return fault, err
		}
		prev = e.Hash
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if seq != head.Events || seq > 0 && hex.EncodeToString(prev) != head.Head {
		return &Fault{Org: head.Org, Seq: seq + 1, Code: FaultHead, Text: fmt.Sprintf("The chain ends with event %d, and its head says that there are %d.", seq, head.Events)}, nil
	}
	return nil, nil
}

// verify says whether the event stands at this place, behind prev, with the content that was hashed.
func (r row) verify(seq int64, prev []byte) (*Fault, error) {
	fault := func(code, format string, args ...any) (*Fault, error) {
		return &Fault{Org: r.OrgID, Seq: seq, Event: r.ID, Code: code, Text: fmt.Sprintf(format, args...)}, nil
	}
	if *r.Seq != seq {
		return fault(FaultMissing, "Event %d is missing: event %d (%s) follows event %d.", seq, *r.Seq, r.ID, seq-1)
	}
	if !bytes.Equal(r.PrevHash, prev) {
		return fault(FaultMoved, "Event %d (%s) does not stand behind event %d as it is now.", seq, r.ID, seq-1)
	}
	hash, err := r.link(seq, prev)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(hash, r.Hash) {
		return fault(FaultChanged, "Event %d (%s, %s) is not what it was when it was linked.", seq, r.ID, r.Action)
	}
	return nil, nil
}

// verifyKept compares heads that were kept elsewhere.
func verifyKept(ctx context.Context, tx pgx.Tx, org uuid.UUID, kept []Anchor) (*Fault, error) {
	for _, k := range kept {
		if k.Org != org || k.Events == 0 {
			continue
		}
		var hash []byte
		err := tx.QueryRow(ctx, hashAtSQL, org, k.Events).Scan(&hash)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, err
		}
		if hex.EncodeToString(hash) != k.Head {
			return &Fault{Org: org, Seq: k.Events, Code: FaultKeptHead, Text: fmt.Sprintf("Event %d is not the one whose hash was kept elsewhere on %s.", k.Events, k.At.UTC().Format(time.RFC3339))}, nil
		}
	}
	return nil, nil
}

// verifyPromises looks for events of this company that others keep the hash of.
func verifyPromises(ctx context.Context, tx pgx.Tx, org uuid.UUID) (*Fault, error) {
	var keeper uuid.UUID
	var place *int64
	var at time.Time
	var hash string
	err := tx.QueryRow(ctx, withoutEventSQL, org).Scan(&keeper, &place, &at, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Fault{Org: org, Code: FaultNoEvent, Text: fmt.Sprintf("An event of %s with the hash %s is not there; %s keeps its anchor%s.",
		at.UTC().Format(time.RFC3339), hash, keeper, atPlace(place))}, nil
}

func atPlace(seq *int64) string {
	if seq == nil {
		return ""
	}
	return fmt.Sprintf(" as event %d of its chain", *seq)
}

// verifyAnchors looks for hashes that this company should keep of others' events, in their order.
func verifyAnchors(ctx context.Context, tx pgx.Tx, org uuid.UUID) (*Fault, error) {
	var other, event uuid.UUID
	var seq int64
	err := tx.QueryRow(ctx, withoutAnchorSQL, org).Scan(&other, &seq, &event)
	if err == nil {
		return &Fault{Org: org, Code: FaultNoAnchor, Text: fmt.Sprintf("The anchor of event %s (%d of the chain of %s) is not there.", event, seq, other)}, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, err
	}
	err = tx.QueryRow(ctx, disorderSQL, org).Scan(&seq, &event)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &Fault{Org: org, Seq: seq, Event: event, Code: FaultDisorder, Text: fmt.Sprintf("Anchor %d (%s) stands behind one of a later event.", seq, event)}, err
}

const (
	dueSQL     = `select org_id from crm.audit_chain where seq > 0 and (verified_at is null or verified_at < $1) order by verified_at nulls first`
	checkEvery = 23 * time.Hour
)

// Check verifies each chain once a day; the error names those that are broken.
func (c *Chain) Check(ctx context.Context) error {
	rows, _ := c.db.Login().Query(ctx, dueSQL, c.db.Now().Add(-checkEvery))
	due, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return fmt.Errorf("look for chains to verify: %w", postgres.Translate(err))
	}
	var faults []error
	for _, org := range due {
		found, err := c.Verify(ctx, &org)
		if err != nil {
			return err
		}
		for _, v := range found {
			if v.Fault != nil {
				faults = append(faults, fmt.Errorf("the audit of %s (%s) is broken: %w", v.Name, v.Org, v.Fault))
			}
		}
	}
	return errors.Join(faults...)
}
