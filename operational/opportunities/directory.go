package opportunities

import (
	"context"
	"maps"
	"slices"
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
	ofOrganisation: `select id, name, 0 as position from crm.organisation where id = any ($1)
		union all select f.org_id, f.name, 0 from crm.former_organisation f where f.org_id = any ($1) and not exists (select from crm.organisation o where o.id = f.org_id)`,
	ofContact: `select id, display_name as name, 0 as position from crm.external_contact where id = any ($1)`,
	ofMember:  `select m.id, h.display_name as name, 0 as position from crm.membership m join crm.person h on h.id = m.person_id where m.id = any ($1)`,
	ofProcess: `select id, name, 0 as position from crm.sales_process where id = any ($1)`,
	ofStage:   `select id, name, position from crm.stage where id = any ($1)`,
	ofProduct: `select id, name, 0 as position from crm.product where id = any ($1)`,
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

// put writes the names into opportunities that the actor has read: from memory, and those that are not there after one
// question to the database.
func (d *directory) put(ctx context.Context, actor operational.Actor, found ...*Opportunity) error {
	missing := d.recall(actor, found)
	if missing == nil {
		return nil
	}
	if err := d.ask(ctx, actor, missing); err != nil {
		return err
	}
	d.keep(actor, missing)
	for _, o := range found {
		eachName(o, func(s thing, id uuid.UUID, set func(named)) {
			if n, ok := missing[s][id]; ok {
				set(n)
			}
		})
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

// recall writes the names that are remembered, and gives what has to be asked for; nil when that is nothing.
func (d *directory) recall(actor operational.Actor, found []*Opportunity) map[thing]map[uuid.UUID]named {
	now := d.db.Now()
	var missing map[thing]map[uuid.UUID]named
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, o := range found {
		eachName(o, func(s thing, id uuid.UUID, set func(named)) {
			if n, ok := d.known[nameKey{actor.Org, actor.Side, s, id}]; ok && now.Before(n.until) {
				set(n)
				return
			}
			if missing == nil {
				missing = map[thing]map[uuid.UUID]named{}
			}
			if missing[s] == nil {
				missing[s] = map[uuid.UUID]named{}
			}
			missing[s][id] = named{}
		})
	}
	return missing
}

// ask fills in the names in one round trip. What the wall does not show stays without one.
func (d *directory) ask(ctx context.Context, actor operational.Actor, missing map[thing]map[uuid.UUID]named) error {
	until := d.db.Now().Add(nameLife)
	return d.db.Read(ctx, actor, func(b *pgx.Batch) {
		for s, names := range missing {
			b.Queue(nameSQL[s], slices.Collect(maps.Keys(names))).Query(func(rows pgx.Rows) error {
				var id uuid.UUID
				n := named{until: until}
				_, err := pgx.ForEachRow(rows, []any{&id, &n.text, &n.position}, func() error {
					names[id] = n
					return nil
				})
				return err
			})
		}
	})
}

func (d *directory) keep(actor operational.Actor, asked map[thing]map[uuid.UUID]named) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.known) > nameMost {
		clear(d.known)
	}
	for s, names := range asked {
		for id, n := range names {
			if n.text != "" {
				d.known[nameKey{actor.Org, actor.Side, s, id}] = n
			}
		}
	}
}
