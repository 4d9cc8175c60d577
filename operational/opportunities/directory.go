package opportunities

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const (
	nameLife = 30 * time.Second // how long a new name may stay unseen
	nameMost = 200_000          // names kept; beyond, all are asked for again
)

// thing is what has a name.
type thing uint8

const (
	ofOrganisation thing = iota
	ofContact
	ofMember
	ofProcess
	ofStage
	ofProduct
	things
)

// nameSQL asks for names as the tenant: the wall decides who may know them.
var nameSQL = [things]string{
	ofOrganisation: `select id, name, 0 as position from crm.organisation where id = any ($1)`,
	ofContact:      `select id, display_name as name, 0 as position from crm.external_contact where id = any ($1)`,
	ofMember:       `select m.id, h.display_name as name, 0 as position from crm.membership m join crm.person h on h.id = m.person_id where m.id = any ($1)`,
	ofProcess:      `select id, name, 0 as position from crm.sales_process where id = any ($1)`,
	ofStage:        `select id, name, position from crm.stage where id = any ($1)`,
	ofProduct:      `select id, name, 0 as position from crm.product where id = any ($1)`,
}

// directory remembers for a moment what the things are called that opportunities refer to. Every joined table would ask
// the wall again, which costs more than reading the opportunity; names hardly ever change. What one tenant has learnt
// is kept for that tenant only.
type directory struct {
	db    *postgres.DB
	mu    sync.Mutex
	known map[nameKey]named
}

type nameKey struct {
	org  uuid.UUID
	side operational.Side
	what thing
	id   uuid.UUID
}

type named struct {
	text     string
	position int
	until    time.Time
}

func newDirectory(db *postgres.DB) *directory {
	return &directory{db: db, known: map[nameKey]named{}}
}

// put writes the names into opportunities that the actor has read.
func (d *directory) put(ctx context.Context, actor operational.Actor, found ...*Opportunity) error {
	var wanted [things]map[uuid.UUID]named
	for _, o := range found {
		eachName(o, func(s thing, id uuid.UUID, _ func(named)) {
			if wanted[s] == nil {
				wanted[s] = map[uuid.UUID]named{}
			}
			wanted[s][id] = named{}
		})
	}
	if err := d.look(ctx, actor, &wanted); err != nil {
		return err
	}
	for _, o := range found {
		eachName(o, func(s thing, id uuid.UUID, set func(named)) { set(wanted[s][id]) })
	}
	return nil
}

// eachName visits every reference of an opportunity that has a name.
func eachName(o *Opportunity, visit func(s thing, id uuid.UUID, set func(named))) {
	refer := func(s thing, r *Ref) {
		if r != nil {
			visit(s, r.ID, func(n named) { r.Name = n.text })
		}
	}
	refer(ofOrganisation, o.Vendor)
	refer(ofOrganisation, o.Partner)
	if o.ConnectionID != nil {
		refer(ofContact, o.Owner)
	} else {
		refer(ofMember, o.Owner)
	}
	refer(ofProcess, &o.Process)
	visit(ofStage, o.Stage.ID, func(n named) { o.Stage.Name, o.Stage.Position = n.text, n.position })
	for i := range o.Lines {
		refer(ofProduct, &o.Lines[i].Product)
	}
}

// look answers from memory, and asks the database for the rest in one round trip.
func (d *directory) look(ctx context.Context, actor operational.Actor, wanted *[things]map[uuid.UUID]named) error {
	missing := d.recall(actor, wanted)
	if missing == nil {
		return nil
	}
	until := d.db.Now().Add(nameLife)
	err := d.db.Read(ctx, actor, func(b *pgx.Batch) {
		for s, ids := range missing {
			b.Queue(nameSQL[s], ids).Query(func(rows pgx.Rows) error {
				var id uuid.UUID
				n := named{until: until}
				_, err := pgx.ForEachRow(rows, []any{&id, &n.text, &n.position}, func() error {
					wanted[s][id] = n
					return nil
				})
				return err
			})
		}
	})
	if err != nil {
		return err
	}
	d.keep(actor, wanted, missing)
	return nil
}

// recall fills in what is remembered and gives what is not, nil when all is.
func (d *directory) recall(actor operational.Actor, wanted *[things]map[uuid.UUID]named) map[thing][]uuid.UUID {
	now := d.db.Now()
	var missing map[thing][]uuid.UUID
	d.mu.Lock()
	defer d.mu.Unlock()
	for s := range things {
		for id := range wanted[s] {
			if n, ok := d.known[nameKey{actor.Org, actor.Side, s, id}]; ok && now.Before(n.until) {
				wanted[s][id] = n
				continue
			}
			if missing == nil {
				missing = map[thing][]uuid.UUID{}
			}
			missing[s] = append(missing[s], id)
		}
	}
	return missing
}

func (d *directory) keep(actor operational.Actor, wanted *[things]map[uuid.UUID]named, asked map[thing][]uuid.UUID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) > nameMost {
		clear(d.known)
	}
	for s, ids := range asked {
		for _, id := range ids {
			if n := wanted[s][id]; n.text != "" {
				d.known[nameKey{actor.Org, actor.Side, s, id}] = n
			}
		}
	}
}
