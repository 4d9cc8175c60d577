package enginetest

import (
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// channel is made by chance: vendors of different size, their partners and their business. The same seed gives the same one.
type channel struct {
	*changes
	rnd       *rand.Rand
	vendors   []uuid.UUID
	partners  []uuid.UUID
	links     []link
	processes map[uuid.UUID][]process // by whose they are
	products  map[uuid.UUID][]uuid.UUID
	deals     []*deal
	lines     []line
	seq       int64    // of the history
	ends      []uint64 // where loads ended
}

// link is business that a vendor does with a partner, or that one of them does alone: then it has no id.
type link struct {
	id, vendor, partner uuid.UUID
	region, tier        value
}

type process struct {
	id     uuid.UUID
	stages []stage
}

type stage struct {
	id       uuid.UUID
	kind     string
	position int64
}

type deal struct {
	id                                uuid.UUID
	link                              link
	process                           process
	number, version, created, at, net int64
	known                             int64
	stage                             stage
	region, tier                      value
	currency                          string
	contact, member, kind             uuid.UUID
	frozen                            bool
}

type line struct {
	id      uuid.UUID
	deal    *deal
	product uuid.UUID
}

const (
	hour = int64(time.Hour / time.Microsecond)
	year = 365 * 24 * hour
)

var (
	odd     = "a'b\"\\\t\nü\u202e🦊"
	regions = []value{{}, text(""), text("North"), text("South"), text("South"), text(odd), text("north")}
	tiers   = []value{{}, text("gold"), text("silver"), text("silver"), text(`\N`)}
	people  = []uuid.UUID{uuid.NewSHA1(uuid.Nil, []byte("Ann")), uuid.NewSHA1(uuid.Nil, []byte("Ben")), uuid.NewSHA1(uuid.Nil, []byte("Cem"))}
	kinds   = []uuid.UUID{uuid.NewSHA1(uuid.Nil, []byte("type 1")), uuid.NewSHA1(uuid.Nil, []byte("type 2"))}
	// The families of products. One is asked for that no product is of.
	families = []string{"Hardware", "Service", odd, "", "None"}
)

func newChannel(seed uint64) *channel {
	c := &channel{changes: newChanges(), rnd: rand.New(rand.NewPCG(seed, 3)), processes: map[uuid.UUID][]process{}, products: map[uuid.UUID][]uuid.UUID{}}
	c.copying = true
	c.transaction(func() {
		for range 20 {
			v := c.organisation()
			c.vendors = append(c.vendors, v)
			c.addProcess(v, 4)
			c.addProcess(v, 1+c.rnd.IntN(5))
			for i := range 4 {
				p := c.newID()
				c.products[v] = append(c.products[v], p)
				c.row(warehouse.OpInsert, "product", c.product(p, v, text(families[i]))...)
			}
			c.links = append(c.links, link{vendor: v, region: pick(c.rnd, regions...)})
		}
		for range 40 {
			p := c.organisation()
			c.partners = append(c.partners, p)
			c.addProcess(p, 2)
			c.links = append(c.links, link{partner: p})
		}
		for i := range 240 {
			k := link{id: c.newID(), vendor: c.vendors[c.skewed(len(c.vendors))], partner: c.partners[i%len(c.partners)], region: pick(c.rnd, regions...), tier: pick(c.rnd, tiers...)}
			c.links = append(c.links, k)
			c.row(warehouse.OpInsert, "connection", id(k.id), id(k.vendor), id(k.partner), text("active"), text("P-1"), k.tier, k.region, number(0), number(0))
		}
		for range 50 {
			c.row(warehouse.OpInsert, "account", id(c.newID()), id(pick(c.rnd, c.vendors...)), text("Retail"), text("DE"), number(0), number(0))
		}
	})
	return c
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

// skewed prefers the first of so many.
func (c *channel) skewed(n int) int { return min(c.rnd.IntN(n), c.rnd.IntN(n), c.rnd.IntN(n)) }

func (c *channel) newID() (u uuid.UUID) {
	for i := range u {
		u[i] = byte(c.rnd.Uint32())
	}
	return u
}

func (c *channel) organisation() uuid.UUID {
	u := c.newID()
	c.row(warehouse.OpInsert, "organisation", id(u), text("Somebody"), text("DE"), number(0))
	return u
}

func (c *channel) product(p, org uuid.UUID, family value) []value {
	return []value{id(p), id(org), text("Pump"), family, number(10000), text("EUR"), yes(true)}
}

func (c *channel) addProcess(org uuid.UUID, active int) {
	p := process{id: c.newID()}
	c.row(warehouse.OpInsert, "sales_process", id(p.id), id(org), text("Process"), number(1))
	for i := range active + 3 {
		s := stage{id: c.newID(), kind: "active", position: int64(i + 1)}
		if i >= active {
			s.kind = []string{"won", "lost", "disqualified"}[i-active]
		}
		p.stages = append(p.stages, s)
		c.row(warehouse.OpInsert, "stage", id(s.id), id(org), id(p.id), text("Stage "+s.kind), number(s.position), text(s.kind))
	}
	c.processes[org] = append(c.processes[org], p)
}

// day is an instant on a coarse grid, so that instants coincide; a few are long ago or far away.
func day(r *rand.Rand) int64 {
	at := 53*year + 6*hour*r.Int64N(4*3*365)
	switch r.IntN(400) {
	case 0:
		return at - 180*year
	case 1:
		return at + 400*year
	}
	return at
}

func (c *channel) net() int64 {
	switch c.rnd.IntN(200) {
	case 0:
		return 0
	case 1:
		return 9_999_999_999_999_999_99
	}
	return c.rnd.Int64N(10_000_000)
}

func (c *channel) stageOf(p process) stage {
	if c.rnd.IntN(2) == 0 {
		return p.stages[c.rnd.IntN(len(p.stages)-3)]
	}
	return pick(c.rnd, p.stages...)
}

// begin makes a deal, and the first row of its history.
func (c *channel) begin() *deal {
	k := c.links[len(c.links)-1-c.skewed(len(c.links))]
	owner := k.vendor
	if owner == uuid.Nil {
		owner = k.partner
	}
	d := &deal{
		id: c.newID(), link: k, process: pick(c.rnd, c.processes[owner]...), number: int64(len(c.deals) + 1), created: day(c.rnd), net: c.net(),
		region: k.region, tier: k.tier, currency: pick(c.rnd, "EUR", "EUR", "EUR", "USD", "XXX"),
	}
	d.stage, d.at, d.known = c.stageOf(d.process), d.created, d.created+hour*c.rnd.Int64N(24)
	c.hold(d)
	c.deals = append(c.deals, d)
	c.write(d, "created")
	return d
}

// hold says whose the deal is now.
func (c *channel) hold(d *deal) {
	d.contact, d.member, d.kind, d.frozen = uuid.Nil, uuid.Nil, pick(c.rnd, append(kinds, uuid.Nil)...), c.rnd.IntN(6) == 0
	if d.link.id == uuid.Nil {
		d.member, d.frozen = pick(c.rnd, append(people, uuid.Nil)...), false
		return
	}
	d.contact = pick(c.rnd, append(people, uuid.Nil)...)
}

// move changes a deal: mostly forward in time, sometimes back-dated.
func (c *channel) move(d *deal) {
	if c.rnd.IntN(6) > 0 {
		d.at += 6 * hour * c.rnd.Int64N(4*60)
	} else {
		d.at = day(c.rnd)
	}
	d.known = d.at + hour*c.rnd.Int64N(24*20)
	switch c.rnd.IntN(8) {
	case 0:
		d.net = c.net()
	case 1:
		d.region, d.tier = pick(c.rnd, regions...), pick(c.rnd, tiers...)
	case 2:
		d.currency = pick(c.rnd, "EUR", "USD")
	default:
		d.stage = c.stageOf(d.process)
	}
	c.write(d, "edited")
}

// write adds the next row of a deal's history.
func (c *channel) write(d *deal, change string) {
	c.seq++
	d.version++
	k := d.link
	c.row(warehouse.OpInsert, "opportunity_history", id(d.id), number(d.version), number(c.seq), id(k.id), id(k.vendor), id(k.partner), number(d.at), number(d.known), yes(false), text(change),
		id(d.process.id), number(1), id(d.stage.id), text(d.stage.kind), number(d.stage.position), number(d.net), text(d.currency), value{}, id(d.contact), d.region, d.tier)
}

// record adds the deal as it is now.
func (c *channel) record(op warehouse.Op, d *deal) {
	k, closed, frozen := d.link, value{}, value{}
	if d.stage.kind != "active" {
		closed = number(d.at)
	}
	if d.frozen {
		frozen = number(d.known)
	}
	source := text("entered")
	if op == warehouse.OpUpdate && !c.copying && d.number%3 == 0 {
		source = unchanged
	}
	c.row(op, "opportunity", id(d.id), id(k.id), id(k.vendor), id(k.partner), number(d.number), value{}, id(d.contact), id(d.member), id(d.process.id), id(d.stage.id), text(d.stage.kind),
		number(d.net), source, text(d.currency), value{}, d.region, d.tier, closed, id(d.kind), frozen, number(d.version), number(d.created), number(d.known))
}

// sell adds a line to a deal.
func (c *channel) sell(d *deal) {
	if products := c.products[d.link.vendor]; len(products) > 0 {
		l := line{c.newID(), d, pick(c.rnd, products...)}
		c.lines = append(c.lines, l)
		c.writeLine(warehouse.OpInsert, l)
	}
}

func (c *channel) writeLine(op warehouse.Op, l line) {
	k := l.deal.link
	c.row(op, "opportunity_line", id(l.id), id(l.deal.id), id(k.id), id(k.vendor), id(k.partner), id(l.product), number(10000), number(100))
}
