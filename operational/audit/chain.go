package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

const chainBatch = 500 // events chained in one transaction

const (
	waitingSQL = `select distinct org_id from crm.audit_event where hash is null order by org_id`

	beginSQL = `insert into crm.audit_chain (org_id) values ($1) on conflict do nothing`

	// The head is the lock: who does not get it leaves the chain to the program that has it.
	headSQL = `select seq, head from crm.audit_chain where org_id = $1 for update skip locked`

	takeSQL = `select ` + rowColumns + ` from crm.audit_event e where e.org_id = $1 and e.hash is null order by e.n limit $2`

	linkSQL = `
update crm.audit_event e set seq = l.seq, prev_hash = l.prev_hash, hash = l.hash
from unnest($1::uuid[], $2::bigint[], $3::bytea[], $4::bytea[]) as l(id, seq, prev_hash, hash)
where e.id = l.id`

	advanceSQL = `update crm.audit_chain set seq = $2, head = $3, chained_at = $4 where org_id = $1`

	// The other company of the connection keeps the hash. An event that names a connection of others leaves nothing there.
	anchorSQL = `
insert into crm.audit_event (id, org_id, at, side, system, action, object, record_id, connection_id, anchor_of)
select a.id, case when c.vendor_org_id = $1 then c.partner_org_id else c.vendor_org_id end, a.at,
  case when c.vendor_org_id = $1 then 'partner' else 'vendor' end, 'audit', 'anchor.kept', 'connection', c.id, c.id, a.hash
from unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::bytea[]) with ordinality as a(id, at, connection_id, hash, k)
join crm.connection c on c.id = a.connection_id and $1 in (c.vendor_org_id, c.partner_org_id)
order by a.k`
)

// Chain links events that were committed, on the jobs login.
type Chain struct{ db *postgres.DB }

// NewChain makes it on the jobs login.
func NewChain(jobs *postgres.DB) *Chain { return &Chain{db: jobs} }

// Extend links everything that waits, anchors included, and says how much that was. A chain that another program is
// at work on is left to it.
func (c *Chain) Extend(ctx context.Context) (linked int, err error) {
	for again := true; again; {
		again = false
		rows, _ := c.db.Login().Query(ctx, waitingSQL)
		orgs, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return linked, fmt.Errorf("look for events to chain: %w", postgres.Translate(err))
		}
		for _, org := range orgs {
			n, err := c.extend(ctx, org)
			linked += n
			if err != nil {
				return linked, fmt.Errorf("chain the audit of %s: %w", org, postgres.Translate(err))
			}
			again = again || n > 0 // its anchors wait now, or there were more than one batch
		}
	}
	return linked, nil
}

// extend links one batch of an organisation's events.
func (c *Chain) extend(ctx context.Context, org uuid.UUID) (linked int, err error) {
	if _, err := c.db.Login().Exec(ctx, beginSQL, org); err != nil {
		return 0, err
	}
	err = pgx.BeginFunc(ctx, c.db.Login(), func(tx pgx.Tx) error {
		var seq int64
		var head []byte
		err := tx.QueryRow(ctx, headSQL, org).Scan(&seq, &head)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, takeSQL, org, chainBatch)
		events, err := pgx.CollectRows(rows, pgx.RowToStructByName[row])
		if err != nil || len(events) == 0 {
			return err
		}
		if err := chain(events, seq, head); err != nil {
			return err
		}
		linked = len(events)
		return c.write(ctx, tx, org, events)
	})
	return linked, err
}

// chain gives the events their places behind the head.
func chain(events []row, seq int64, head []byte) error {
	for i := range events {
		seq++
		hash, err := events[i].link(seq, head)
		if err != nil {
			return err
		}
		events[i].Seq, events[i].PrevHash, events[i].Hash = new(seq), head, hash
		head = hash
	}
	return nil
}

func (c *Chain) write(ctx context.Context, tx pgx.Tx, org uuid.UUID, events []row) error {
	var ids, anchors, connections []uuid.UUID
	var seqs []int64
	var prevs, hashes, anchored [][]byte
	var ats []time.Time
	for _, e := range events {
		ids, seqs, prevs, hashes = append(ids, e.ID), append(seqs, *e.Seq), append(prevs, e.PrevHash), append(hashes, e.Hash)
		if e.ConnectionID == nil || e.AnchorOf != nil {
			continue
		}
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("make an id: %w", err)
		}
		anchors, ats, connections, anchored = append(anchors, id), append(ats, e.At), append(connections, *e.ConnectionID), append(anchored, e.Hash)
	}
	last := events[len(events)-1]
	b := &pgx.Batch{}
	b.Queue(linkSQL, ids, seqs, prevs, hashes)
	b.Queue(advanceSQL, org, *last.Seq, last.Hash, c.db.Now())
	if len(anchors) > 0 {
		b.Queue(anchorSQL, org, anchors, ats, connections, anchored)
	}
	return tx.SendBatch(ctx, b).Close()
}
