package imports

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
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
