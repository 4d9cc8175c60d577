package imports

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// atATime is how many opportunities one statement brings; between them progress is told and a cancel heard.
const atATime = 1000

// writer turns an export into records. Each step looks up or makes the ids that the next ones need.
type writer struct {
	*Runner
	*job
	*export
	tx      *postgres.Tx
	summary *Summary

	process  catalog.SalesProcess
	stages   []uuid.UUID // by place in the mapping
	products []catalog.Product
	managers []uuid.UUID
	partners []interconnect.KnownPartner
	accounts []uuid.UUID // the vendor's
}

func (w *writer) write(ctx context.Context) error {
	steps := []struct {
		done float64
		name string
		do   func(context.Context) error
	}{
		{0.05, "Products and sales process", w.writeCatalog},
		{0.10, "Channel managers and partners", w.writePeople},
		{0.15, "Accounts", w.writeAccounts},
		{0.20, "The partners' accounts", w.writeLinks},
		{0.30, "Opportunities", w.writeOpportunities},
	}
	for _, s := range steps {
		w.progress(s.done, s.name)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("import %s: %w", s.name, err)
		}
	}
	return nil
}

func (w *writer) writeCatalog(ctx context.Context) (err error) {
	wanted := catalog.NewProcess{Name: w.mapping.Process, Default: true}
	for _, s := range w.mapping.Stages {
		wanted.Stages = append(wanted.Stages, catalog.NewStage{Name: s.Name, Type: catalog.StageType(s.Type)})
	}
	if w.process, err = w.catalog.EnsureProcess(ctx, w.tx, wanted); err != nil {
		return err
	}
	for _, s := range w.mapping.Stages {
		id := uuid.Nil
		for _, have := range w.process.Stages {
			if have.Name == s.Name && string(have.Type) == s.Type {
				id = have.ID
			}
		}
		if id == uuid.Nil {
			return operational.Fault(operational.KindConflict, "stage-not-in-process",
				"The sales process %q has no %s stage %q. Nothing was imported. Give the process of this export another name in the mapping.", w.process.Name, s.Type, s.Name)
		}
		w.stages = append(w.stages, id)
	}
	products := make([]catalog.NewProduct, len(w.export.products))
	for i, p := range w.export.products {
		products[i] = catalog.NewProduct{Name: p.name, Family: p.family, ListPrice: operational.Money{Amount: p.price, Currency: w.summary.Currency}}
	}
	if w.products, err = w.catalog.EnsureProducts(ctx, w.tx, products); err != nil {
		return err
	}
	for _, p := range w.products {
		switch {
		case p.CreatedAt.Equal(w.tx.Now):
			w.summary.Products.Created++
		case p.UpdatedAt.Equal(w.tx.Now):
			w.summary.Products.Updated++
		default:
			w.summary.Products.Unchanged++
		}
	}
	return nil
}

func (w *writer) writeAccounts(ctx context.Context) error {
	ids, counts, err := w.Runner.accounts.ImportAccounts(ctx, w.tx, w.export.accounts)
	if err != nil {
		return err
	}
	w.accounts = ids
	w.summary.Accounts = Tally{Created: counts.Created, Updated: counts.Changed, Unchanged: counts.Unchanged}
	return nil
}

// writeLinks gives each partner its own copies of the accounts that it sells to, linked with the vendor's. Copies
// that are there are the partner's business and are left alone. Copies are found again by connection, so that two
// vendors of one partner never touch the same row.
func (w *writer) writeLinks(ctx context.Context) error {
	for i, p := range w.export.partners {
		if len(p.customers) == 0 {
			continue
		}
		if err := w.tx.Enter(ctx, w.actor.As(w.partners[i].OrgID, operational.SidePartner, system)); err != nil {
			return fmt.Errorf("enter the workspace of %s: %w", p.name, err)
		}
		if err := w.linkCustomers(ctx, p, w.partners[i].ConnectionID); err != nil {
			return fmt.Errorf("accounts of %s: %w", p.name, err)
		}
		w.progress(0.20+0.10*float64(i+1)/float64(len(w.export.partners)), "The partners' accounts")
	}
	return w.tx.Enter(ctx, w.actor)
}

func (w *writer) linkCustomers(ctx context.Context, p partner, connection uuid.UUID) error {
	rows, err := w.tx.Query(ctx, linkedSQL, connection)
	if err != nil {
		return err
	}
	linked, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return err
	}
	have := map[uuid.UUID]bool{}
	for _, id := range linked {
		have[id] = true
	}
	var wanted []accounts.ImportedAccount
	var theirs []uuid.UUID
	for i := range w.export.accounts {
		switch {
		case !p.customers[i]:
		case have[w.accounts[i]]:
			w.summary.Links.Unchanged++
		default:
			copied := w.export.accounts[i]
			copied.ExternalRef, copied.ParentRef = connection.String()+"/"+copied.ExternalRef, ""
			wanted, theirs = append(wanted, copied), append(theirs, w.accounts[i])
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	ids, _, err := w.Runner.accounts.ImportAccounts(ctx, w.tx, wanted)
	if err != nil {
		return err
	}
	links := make([]accounts.Link, len(ids))
	for i, id := range ids {
		links[i] = accounts.Link{ConnectionID: connection, VendorAccountID: theirs[i], PartnerAccountID: id}
	}
	w.summary.Links.Created += len(links)
	return w.Runner.accounts.Link(ctx, w.tx, links)
}

func (w *writer) writeOpportunities(ctx context.Context) error {
	if err := w.heedKnown(ctx); err != nil {
		return err
	}
	all := w.export.opportunities
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
		t := &w.summary.Opportunities
		t.Created, t.Updated, t.Unchanged = t.Created+counts.Created, t.Updated+counts.Changed, t.Unchanged+counts.Unchanged
		w.progress(0.30+0.65*float64(from+len(part))/float64(len(all)), "Opportunities: "+strconv.Itoa(from+len(part))+" of "+strconv.Itoa(len(all)))
	}
	return nil
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
			w.quarantineOther(o)
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

func (w *writer) quarantineOther(o opportunity) {
	w.findings = append(w.findings, Finding{
		Position: len(w.findings) + 1, File: w.mapping.FileName(filePipeline), Line: o.line, Rule: ruleOtherPartner, Was: new(o.ref),
		Field:  new(w.mapping.Files[filePipeline].Columns["partner"]),
		Reason: "An earlier import gave this opportunity to another partner, and whose it is never changes. It stays as it was.",
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
