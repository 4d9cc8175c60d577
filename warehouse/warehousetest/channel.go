package warehousetest

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Channel builds what a pipeline would bring: every call is one transaction, and waits until Load.
type Channel struct {
	pending  []*warehouse.Batch // one per table
	added    []addedRow
	lsn      uint64
	commitAt time.Time
	seq      uint32
	history  int64
	numbers  int64
	snapshot bool
	all      []*Opportunity
}

// NewChannel starts an empty channel.
func NewChannel() *Channel {
	return &Channel{lsn: 1000, commitAt: At("2025-01-01")}
}

// ID is the id that the channel gives to a name.
func ID(name string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceOID, []byte(name)) }

// At reads an instant in UTC: "2025-03-01" or "2025-03-01 14:30".
func At(text string) time.Time {
	for _, form := range []string{time.DateOnly, "2006-01-02 15:04", time.DateTime} {
		if at, err := time.Parse(form, text); err == nil {
			return at
		}
	}
	panic(fmt.Sprintf("%q is no instant", text))
}

// Snapshot makes the rows that follow those of a first snapshot; off again with false.
func (c *Channel) Snapshot(on bool) { c.snapshot = on }

// commitLength is how far before the end of a transaction its commit record begins.
const commitLength = 2

// LSN is the position after the last transaction.
func (c *Channel) LSN() uint64 { return c.lsn }

// Opportunities are all that were made, in order.
func (c *Channel) Opportunities() []*Opportunity { return c.all }

// Pending are the rows that no load has taken yet: a batch per table.
func (c *Channel) Pending() []*warehouse.Batch { return c.pending }

// Checkpoint is where a load of everything so far stands.
func (c *Channel) Checkpoint() warehouse.Checkpoint {
	return warehouse.Checkpoint{SystemID: "7000000000000000001", Timeline: 1, Slot: "test", LSN: c.lsn, CommittedAt: c.commitAt, SnapshotLSN: 1000}
}

// Vendor adds an organisation that sells through partners.
func (c *Channel) Vendor(name string) uuid.UUID { return c.organisation(name) }

// Partner adds an organisation that sells for vendors.
func (c *Channel) Partner(name string) uuid.UUID { return c.organisation(name) }

func (c *Channel) organisation(name string) uuid.UUID {
	id := ID("organisation " + name)
	c.transaction(func() {
		c.Row(warehouse.OpInsert, "organisation", Values{"id": id, "name": name, "country_code": "DE", "created_at": At("2024-01-01")})
	})
	return id
}

// Connection joins a vendor and a partner.
type Connection struct {
	ID, Vendor, Partner uuid.UUID
	Region, Tier        string
}

// Connect joins a vendor and a partner; new opportunities take over region and tier.
func (c *Channel) Connect(vendor, partner uuid.UUID, region, tier string) Connection {
	k := Connection{ID: ID("connection " + vendor.String() + partner.String()), Vendor: vendor, Partner: partner, Region: region, Tier: tier}
	c.transaction(func() {
		c.Row(warehouse.OpInsert, "connection", Values{
			"id": k.ID, "vendor_org_id": vendor, "partner_org_id": partner, "status": "active",
			"partner_number": "P-1", "tier": optional(tier), "region": optional(region), "created_at": At("2024-01-01"), "updated_at": At("2024-01-01"),
		})
	})
	return k
}

// Direct is a vendor's business without a partner.
func Direct(vendor uuid.UUID, region string) Connection {
	return Connection{Vendor: vendor, Region: region}
}

// Own is a partner's business without a vendor.
func Own(partner uuid.UUID) Connection { return Connection{Partner: partner} }

// Stage of a process.
type Stage struct {
	ID       uuid.UUID
	Name     string
	Type     string
	Position int
}

// Process is a sales process; its stages are found by name.
type Process struct {
	ID     uuid.UUID
	Stages []Stage
}

// Stage finds a stage by its name.
func (p *Process) Stage(name string) Stage {
	for _, s := range p.Stages {
		if s.Name == name {
			return s
		}
	}
	panic(fmt.Sprintf("no stage %q", name))
}

// Process adds a sales process: active stages in order, then Won, Lost and Disqualified.
func (c *Channel) Process(org uuid.UUID, name string, active ...string) *Process {
	p := &Process{ID: ID("process " + org.String() + name)}
	add := func(name, kind string) {
		p.Stages = append(p.Stages, Stage{ID: ID("stage " + p.ID.String() + name), Name: name, Type: kind, Position: len(p.Stages) + 1})
	}
	for _, name := range active {
		add(name, "active")
	}
	add("Won", "won")
	add("Lost", "lost")
	add("Disqualified", "disqualified")
	c.transaction(func() {
		c.Row(warehouse.OpInsert, "sales_process", Values{"id": p.ID, "org_id": org, "name": name, "version": 1})
		for _, s := range p.Stages {
			c.Row(warehouse.OpInsert, "stage", Values{"id": s.ID, "org_id": org, "process_id": p.ID, "name": s.Name, "position": s.Position, "type": s.Type})
		}
	})
	return p
}

// Product adds a product.
func (c *Channel) Product(org uuid.UUID, name, family string) uuid.UUID {
	id := ID("product " + org.String() + name)
	c.transaction(func() {
		c.Row(warehouse.OpInsert, "product", Values{"id": id, "org_id": org, "name": name, "family": family, "list_price": Amount("100"), "currency": "EUR", "active": true})
	})
	return id
}

// Amount reads an exact amount.
func Amount(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func optionalID(id uuid.UUID) any {
	if id == uuid.Nil {
		return nil
	}
	return id
}

// Forget lets go of the opportunities made so far, for data too large to be kept.
func (c *Channel) Forget() { c.all = nil }

// ForgetPending lets go of the rows that no load has taken, for tests that load them in another way.
func (c *Channel) ForgetPending() { c.pending = nil }
