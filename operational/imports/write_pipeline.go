package imports

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// atATime is how many opportunities one statement brings; between them progress is told and a cancel heard.
const atATime = 1000

func (w *writer) writeOpportunities(ctx context.Context) error {
	if err := w.heedKnown(ctx); err != nil {
		return err
	}
	all, kept := w.export.opportunities, make([]opportunity, 0, len(w.export.opportunities))
	for from := 0; from < len(all); from += atATime {
		part := all[from:min(from+atATime, len(all))]
		rows := make([]opportunities.Imported, len(part))
		for i, o := range part {
			rows[i] = w.imported(o)
		}
		counts, err := w.Runner.opportunities.Import(ctx, w.tx, rows)
		if err != nil {
			return err
		}
		for connection, n := range counts.Touched {
			w.touched.add(connection, "opportunities", n)
		}
		t := &w.summary.Opportunities
		t.Created, t.Updated, t.Unchanged = t.Created+counts.Created, t.Updated+counts.Changed, t.Unchanged+counts.Unchanged
		kept = append(kept, w.withoutFrozen(part, counts.Frozen)...)
		w.progress(0.30+0.65*float64(from+len(part))/float64(len(all)), "Opportunities: "+strconv.Itoa(from+len(part))+" of "+strconv.Itoa(len(all)))
	}
	w.export.opportunities = kept
	return nil
}

// withoutFrozen puts those into quarantine that a connection which is not active would have to take.
func (w *writer) withoutFrozen(part []opportunity, frozen []int) []opportunity {
	kept, next := make([]opportunity, 0, len(part)), 0
	for i, o := range part {
		if next < len(frozen) && frozen[next] == i {
			next++
			w.quarantine(o, ruleNotActive, notActive(w.export.partners[o.partner].name, w.partners[o.partner].Status))
			continue
		}
		kept = append(kept, o)
	}
	return kept
}

func notActive(partner, status string) string {
	again := "once it is active"
	if status == statusEnded {
		again = "once both are connected anew"
	}
	return fmt.Sprintf("The connection with %s is %s: nothing is written into it. What is there stays as it was. Import again %s.", partner, status, again)
}

// heedKnown compares with what earlier imports made. An opportunity that one gave to another partner goes to
// quarantine; one whose beginning had to be guessed keeps the guess.
func (w *writer) heedKnown(ctx context.Context) error {
	refs := make([]string, len(w.export.opportunities))
	for i, o := range w.export.opportunities {
		refs[i] = o.ref
	}
	rows, err := w.tx.Query(ctx, knownOpportunitiesSQL, refs)
	if err != nil {
		return fmt.Errorf("look for known opportunities: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[knownOpportunity])
	if err != nil {
		return fmt.Errorf("look for known opportunities: %w", err)
	}
	known := make(map[string]knownOpportunity, len(found))
	for _, k := range found {
		known[k.ExternalRef] = k
	}
	kept := w.export.opportunities[:0]
	for _, o := range w.export.opportunities {
		k, before := known[o.ref]
		if before && !same(k.ConnectionID, w.connection(o)) {
			w.quarantineOther(o, k)
			continue
		}
		if before {
			w.beginAs(o.steps, k)
		}
		kept = append(kept, o)
	}
	w.export.opportunities = kept
	return nil
}

// beginAs keeps the day and the list price that the first import took for want of better: a later export and a new
// price list are no news about old business.
func (w *writer) beginAs(steps []step, k knownOpportunity) {
	if steps[0].undated && w.stages[steps[0].stage] == k.StageID {
		steps[0].EffectiveAt, steps[0].RecordedAt = k.EffectiveAt, k.EffectiveAt
	}
	if !k.EffectiveAt.Equal(steps[0].EffectiveAt) {
		return
	}
	for i := range steps {
		if steps[i].derived {
			steps[i].Amount = k.Amount
		}
	}
}

func same(a, b *uuid.UUID) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

func (w *writer) quarantineOther(o opportunity, k knownOpportunity) {
	if k.Status != statusActive {
		w.quarantine(o, ruleNotActive, "An earlier import brought this opportunity into a connection that is now "+k.Status+": nothing is written into it. It stays as it was.")
		return
	}
	w.quarantine(o, ruleOtherPartner, "An earlier import gave this opportunity to another partner, and whose it is never changes. It stays as it was.")
}

// quarantine leaves out an opportunity that could be read but not written.
func (w *writer) quarantine(o opportunity, rule, reason string) {
	w.findings = append(w.findings, Finding{
		Position: len(w.findings) + 1, File: w.mapping.FileName(filePipeline), Line: o.line, Rule: rule, Was: new(o.ref),
		Field: new(w.mapping.Files[filePipeline].Columns["partner"]), Reason: reason,
	})
	w.quarantined[filePipeline]++
}

// connection is what ties an opportunity to its partner; nil is direct business.
func (w *writer) connection(o opportunity) *uuid.UUID {
	if o.partner < 0 {
		return nil
	}
	return &w.partners[o.partner].ConnectionID
}

func (w *writer) imported(o opportunity) opportunities.Imported {
	i := opportunities.Imported{
		ExternalRef: o.ref, ConnectionID: w.connection(o), Name: o.name, ProcessID: w.process.ID, AmountSource: o.source,
		Currency: w.summary.Currency, Region: o.region,
	}
	if o.partner >= 0 {
		i.OwnerContactID = &w.partners[o.partner].ContactID
		i.Tier = w.export.partners[o.partner].tier
	}
	if o.account >= 0 {
		i.VendorAccountID, i.CustomerName = &w.accounts[o.account], w.export.accounts[o.account].Name
	}
	for _, s := range o.steps {
		state := s.ImportedState
		state.StageID = w.stages[s.stage]
		i.States = append(i.States, state)
	}
	i.Lines = []opportunities.ImportedLine{{ProductID: w.products[o.product].ID, Quantity: decimal.NewFromInt(1), UnitPrice: unitPrice(o)}}
	return i
}

// unitPrice is the opportunity's amount, and what it began with where it was lost for nothing.
func unitPrice(o opportunity) decimal.Decimal {
	if amount := o.last().Amount; amount.IsPositive() {
		return amount
	}
	return o.steps[0].Amount
}
