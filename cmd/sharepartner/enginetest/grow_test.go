package enginetest

import (
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// copied is a first copy of so many deals, in so many loads.
func (c *channel) copied(deals, loads int) []load {
	var all []load
	for range loads {
		for range deals / loads {
			d := c.begin()
			for range 2 + c.rnd.IntN(3) {
				c.move(d)
			}
			c.record(warehouse.OpInsert, d)
			if c.rnd.IntN(2) == 0 {
				c.sell(d)
			}
		}
		all = append(all, c.take())
	}
	all[loads-1].checkpoint.LSN = c.lsn
	c.copying = false
	return all
}

// streamed is a load of so many transactions of every kind.
func (c *channel) streamed(transactions int) load {
	for range transactions {
		c.transaction(c.happen)
	}
	return c.take()
}

// happen is one of what may happen to a deal.
func (c *channel) happen() {
	at := c.rnd.IntN(len(c.deals))
	d := c.deals[at]
	switch n := c.rnd.IntN(20); {
	case n < 4:
		d = c.begin()
		c.record(warehouse.OpInsert, d)
		c.sell(d)
	case n < 14:
		for range 1 + c.rnd.IntN(2) {
			c.move(d)
			c.record(warehouse.OpUpdate, d)
		}
	case n < 16:
		c.hold(d)
		c.record(warehouse.OpUpdate, d)
	case n < 18:
		l := c.rnd.IntN(len(c.lines))
		c.lines[l].product = pick(c.rnd, c.products[c.lines[l].deal.link.vendor]...)
		c.writeLine(warehouse.OpUpdate, c.lines[l])
	case n < 19:
		l := c.rnd.IntN(len(c.lines))
		c.row(warehouse.OpDelete, "opportunity_line", id(c.lines[l].id))
		c.lines = slices.Delete(c.lines, l, l+1)
	default:
		c.deals = slices.Delete(c.deals, at, at+1)
		c.forget(d)
	}
}

// forget takes a deal out with all that it was.
func (c *channel) forget(d *deal) {
	c.lines = slices.DeleteFunc(c.lines, func(l line) bool {
		if l.deal == d {
			c.row(warehouse.OpDelete, "opportunity_line", id(l.id))
		}
		return l.deal == d
	})
	for version := range d.version {
		c.row(warehouse.OpDelete, "opportunity_history", id(d.id), number(version+1))
	}
	c.row(warehouse.OpDelete, "opportunity", id(d.id))
}

// catalogue changes the products: families come and go, one product gets another key, and the families of others are left out.
func (c *channel) catalogue() load {
	for _, v := range c.vendors[:8] {
		c.transaction(func() {
			products := c.products[v]
			c.row(warehouse.OpUpdate, "product", c.product(products[0], v, text(pick(c.rnd, families...)))...)
			c.row(warehouse.OpUpdate, "product", c.product(products[0], v, unchanged)...)
			c.row(warehouse.OpUpdate, "product", c.product(products[1], v, value{})...)
			renamed := c.newID()
			c.keyChange("product", id(products[2]), c.product(renamed, v, unchanged)...)
			products[2] = renamed
		})
	}
	return c.take()
}

// emptied truncates small tables, and brings back most of their rows.
func (c *channel) emptied() load {
	c.transaction(func() {
		c.row(warehouse.OpTruncate, "account")
		c.row(warehouse.OpTruncate, "product")
	})
	for i, v := range c.vendors {
		c.transaction(func() {
			for n, p := range c.products[v] {
				if n != i%5 {
					c.row(warehouse.OpInsert, "product", c.product(p, v, text(families[(i+n)%4]))...)
				}
			}
			c.row(warehouse.OpInsert, "account", id(c.newID()), id(v), text("Retail"))
		})
	}
	return c.take()
}

// compared is what a comparison finds: rows that are missing, too many, or otherwise.
func (c *channel) compared() load {
	c.transaction(func() {
		for _, v := range c.vendors[:5] {
			c.row(warehouse.OpRepair, "product", c.product(c.products[v][0], v, text("Service"))...)
			c.row(warehouse.OpGone, "product", id(c.products[v][1]))
		}
		for range 40 {
			d := pick(c.rnd, c.deals...)
			c.row(warehouse.OpGone, "opportunity_history", id(d.id), number(1+c.rnd.Int64N(d.version)))
			c.record(warehouse.OpRepair, d)
			if d := pick(c.rnd, c.deals...); d.version > 0 { // its last row comes otherwise
				d.version--
				c.write(d, "repaired")
				b := c.batches["opportunity_history"]
				b.Ops[b.Len()-1] = warehouse.OpRepair
			}
		}
		c.row(warehouse.OpGone, "account", id(uuid.Max))
	})
	return c.take()
}
