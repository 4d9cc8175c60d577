package pgsource

import "github.com/sharepartner/sharepartner/warehouse"

// Changes collects decoded rows in one batch per table.
type Changes struct {
	Rows  int                    // those set aside among them
	Bytes int                    // as they came over the wire: a measure, not the exact memory
	Aside []warehouse.DeadLetter // what cannot be kept

	batches []*warehouse.Batch // in the order of the decoder's tables
}

// NewChanges makes an empty collection for the given tables.
func NewChanges(tables []*warehouse.Table) *Changes {
	c := &Changes{batches: make([]*warehouse.Batch, len(tables))}
	for i, t := range tables {
		c.batches[i] = warehouse.NewBatch(t)
	}
	return c
}

// Batches gives the tables that have rows.
func (c *Changes) Batches() []*warehouse.Batch {
	var filled []*warehouse.Batch
	for _, b := range c.batches {
		if b.Len() > 0 {
			filled = append(filled, b)
		}
	}
	return filled
}

// Reset empties the collection and keeps its memory.
func (c *Changes) Reset() {
	for _, b := range c.batches {
		if b.Len() > 0 {
			b.Reset()
		}
	}
	c.Rows, c.Bytes, c.Aside = 0, 0, nil
}
