package imports

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

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
	touched  touched
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
		if len(p.customers) == 0 || w.partners[i].Status != statusActive {
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
	sold := make([]uuid.UUID, 0, len(p.customers))
	for i := range p.customers {
		sold = append(sold, w.accounts[i])
	}
	rows, err := w.tx.Query(ctx, linkedSQL, connection, sold)
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
	w.touched.add(connection, "links", int64(len(links)))
	return w.Runner.accounts.Link(ctx, w.tx, links)
}
