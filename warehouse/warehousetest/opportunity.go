package warehousetest

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Event is one row of an opportunity's history: the state after a change.
type Event struct {
	Version     int64
	Seq         int64
	LSN         uint64 // where its transaction commits
	EffectiveAt time.Time
	RecordedAt  time.Time
	Change      string
	Stage       Stage
	Amount      decimal.Decimal
	Currency    string
	Region      string
	Tier        string
}

// Opportunity is one that the channel made. Its methods change it, each in a transaction of its own.
type Opportunity struct {
	ID         uuid.UUID
	Connection Connection
	Process    *Process
	Holder     Holder
	Events     []Event // in the order of recording
	channel    *Channel
	number     int64
}

// Holder is whose an opportunity is now, of which type, and whether its connection has ended.
type Holder struct {
	Contact, Member, Type uuid.UUID
	Frozen                bool
}

// Held says so, as one transaction that leaves no history.
func (o *Opportunity) Held(h Holder) *Opportunity {
	o.Holder = h
	o.channel.transaction(func() { o.channel.Row(warehouse.OpUpdate, "opportunity", o.Row()) })
	return o
}

// Opportunity makes one. The name gives the id.
func (c *Channel) Opportunity(name string, k Connection, p *Process, at, stage, amount, currency string) *Opportunity {
	return c.OpportunityWithID(ID("opportunity "+name), k, p, Event{EffectiveAt: At(at), Stage: p.Stage(stage), Amount: Amount(amount), Currency: currency, Region: k.Region, Tier: k.Tier})
}

// OpportunityWithID makes one with an id of the caller's choice; RecordedAt defaults to EffectiveAt.
func (c *Channel) OpportunityWithID(id uuid.UUID, k Connection, p *Process, first Event) *Opportunity {
	c.numbers++
	o := &Opportunity{ID: id, Connection: k, Process: p, channel: c, number: c.numbers}
	first.Change = "created"
	o.Add(first)
	c.all = append(c.all, o)
	return o
}

// Latest is the state that was recorded last.
func (o *Opportunity) Latest() Event { return o.Events[len(o.Events)-1] }

// Move takes it to another stage.
func (o *Opportunity) Move(at, stage string) *Opportunity {
	e := o.at(at)
	e.Change, e.Stage = "stage_moved", o.Process.Stage(stage)
	return o.Add(e)
}

// MoveBackdated says now (recorded) what was true earlier (at).
func (o *Opportunity) MoveBackdated(at, recorded, stage string) *Opportunity {
	e := o.at(at)
	e.Change, e.Stage, e.RecordedAt = "stage_moved", o.Process.Stage(stage), At(recorded)
	return o.Add(e)
}

// Reopen takes a closed one back to an active stage.
func (o *Opportunity) Reopen(at, stage string) *Opportunity {
	e := o.at(at)
	e.Change, e.Stage = "reopened", o.Process.Stage(stage)
	return o.Add(e)
}

// Worth changes the amount.
func (o *Opportunity) Worth(at, amount string) *Opportunity {
	e := o.at(at)
	e.Change, e.Amount = "edited", Amount(amount)
	return o.Add(e)
}

// Reassign changes region and tier.
func (o *Opportunity) Reassign(at, region, tier string) *Opportunity {
	e := o.at(at)
	e.Change, e.Region, e.Tier = "reassigned", region, tier
	return o.Add(e)
}

func (o *Opportunity) at(at string) Event {
	e := o.Latest()
	e.EffectiveAt, e.RecordedAt = At(at), time.Time{}
	return e
}

// Add records a change as one transaction: the row of the opportunity and its row of history.
func (o *Opportunity) Add(e Event) *Opportunity {
	c := o.channel
	c.history++
	e.Version, e.Seq = int64(len(o.Events)+1), c.history
	if e.RecordedAt.IsZero() {
		e.RecordedAt = e.EffectiveAt
	}
	o.Events = append(o.Events, e)
	c.transaction(func() {
		op := warehouse.OpInsert
		if e.Version > 1 {
			op = warehouse.OpUpdate
		}
		c.Row(op, "opportunity", o.Row())
		c.Row(warehouse.OpInsert, "opportunity_history", o.HistoryRow(e))
	})
	o.Events[len(o.Events)-1].LSN = c.lsn - commitLength
	return o
}

// Row is the opportunity as it was recorded last.
func (o *Opportunity) Row() Values {
	e, k := o.Latest(), o.Connection
	row := Values{
		"id": o.ID, "connection_id": optionalID(k.ID), "vendor_org_id": optionalID(k.Vendor), "partner_org_id": optionalID(k.Partner),
		"number": o.number, "process_id": o.Process.ID, "stage_id": e.Stage.ID, "stage_type": e.Stage.Type, "vendor_net_amount": e.Amount,
		"amount_source": "entered", "currency": e.Currency, "region": optional(e.Region), "tier": optional(e.Tier), "version": e.Version,
		"created_at": o.Events[0].EffectiveAt, "updated_at": e.RecordedAt,
	}
	if e.Stage.Type != "active" {
		row["closed_at"] = e.EffectiveAt
	}
	row["owner_contact_id"], row["owner_membership_id"], row["record_type_id"] = optionalID(o.Holder.Contact), optionalID(o.Holder.Member), optionalID(o.Holder.Type)
	if o.Holder.Frozen {
		row["frozen_at"] = e.RecordedAt
	}
	return row
}

// HistoryRow is a row of its history.
func (o *Opportunity) HistoryRow(e Event) Values {
	k := o.Connection
	return Values{
		"opportunity_id": o.ID, "version": e.Version, "seq": e.Seq, "connection_id": optionalID(k.ID), "vendor_org_id": optionalID(k.Vendor),
		"partner_org_id": optionalID(k.Partner), "effective_at": e.EffectiveAt, "recorded_at": e.RecordedAt, "imported": false, "change": e.Change,
		"process_id": o.Process.ID, "process_version": 1, "stage_id": e.Stage.ID, "stage_type": e.Stage.Type, "stage_position": e.Stage.Position,
		"vendor_net_amount": e.Amount, "currency": e.Currency, "region": optional(e.Region), "tier": optional(e.Tier),
	}
}

// Line adds a line with a product.
func (o *Opportunity) Line(product uuid.UUID, quantity, price string) *Opportunity {
	c, k := o.channel, o.Connection
	c.transaction(func() {
		c.Row(warehouse.OpInsert, "opportunity_line", Values{
			"id": ID("line " + o.ID.String() + product.String()), "opportunity_id": o.ID, "connection_id": optionalID(k.ID),
			"vendor_org_id": optionalID(k.Vendor), "partner_org_id": optionalID(k.Partner), "product_id": product, "quantity": Amount(quantity), "unit_price": Amount(price),
		})
	})
	return o
}
