package catalog

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// CreateProcess adds a sales process to the caller's organisation. A new default takes the place of the old one.
func (s *Service) CreateProcess(ctx context.Context, actor operational.Actor, in NewProcess) (SalesProcess, error) {
	g, err := mayCreate(actor, operational.ObjectSalesProcess, operational.Members("name", "stages"))
	if err == nil {
		err = in.Validate()
	}
	if err != nil {
		return SalesProcess{}, err
	}
	var process SalesProcess
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		process, err = createProcess(ctx, tx, in)
		return err
	})
	return process.masked(g), err
}

func createProcess(ctx context.Context, tx *postgres.Tx, in NewProcess) (SalesProcess, error) {
	if in.Default {
		if _, err := tx.Exec(ctx, noDefault, tx.Actor.Org, tx.Now); err != nil {
			return SalesProcess{}, fmt.Errorf("unset the default process: %w", err)
		}
	}
	process, err := in.process(tx)
	if err != nil {
		return SalesProcess{}, err
	}
	_, err = tx.Exec(ctx, insertProcess, pgx.NamedArgs{"id": process.ID, "org": process.OrganisationID, "name": process.Name, "is_default": process.Default, "now": tx.Now})
	if err != nil {
		return SalesProcess{}, processFault(err)
	}
	if _, err := tx.Exec(ctx, insertStages, stageArgs(process, process.Stages)); err != nil {
		return SalesProcess{}, fmt.Errorf("insert stages: %w", err)
	}
	return process, events.Append(ctx, tx, "sales_process.created", process.ID, nil)
}

func (in NewProcess) process(tx *postgres.Tx) (SalesProcess, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return SalesProcess{}, err
	}
	p := SalesProcess{ID: id, OrganisationID: tx.Actor.Org, Name: in.Name, Default: in.Default, Active: true, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	for i, s := range in.Stages {
		stage, err := uuid.NewV7()
		if err != nil {
			return SalesProcess{}, err
		}
		p.Stages = append(p.Stages, Stage{ID: stage, Name: s.Name, Position: i + 1, Type: s.Type})
	}
	return p, nil
}

func stageArgs(p SalesProcess, stages []Stage) pgx.NamedArgs {
	var ids []uuid.UUID
	var names, types []string
	var positions []int
	for _, s := range stages {
		ids, names, types, positions = append(ids, s.ID), append(names, s.Name), append(types, string(s.Type)), append(positions, s.Position)
	}
	return pgx.NamedArgs{"org": p.OrganisationID, "process": p.ID, "ids": ids, "names": names, "types": types, "positions": positions}
}

// Process reads one sales process of the caller's organisation or of a vendor it is connected with.
func (s *Service) Process(ctx context.Context, actor operational.Actor, id uuid.UUID) (SalesProcess, error) {
	var found []processRow
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(getProcess, id).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectRows(rows, pgx.RowToStructByName[processRow])
			return err
		})
	})
	if err != nil {
		return SalesProcess{}, err
	}
	for _, p := range found {
		if g, reached := grantOn(actor, operational.ObjectSalesProcess, p.OrgID); reached {
			return p.process().masked(g), nil
		}
	}
	return SalesProcess{}, operational.NotFound("sales process")
}

// Processes lists the sales processes that the caller may see, by fields that it may read.
func (s *Service) Processes(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[SalesProcess], error) {
	listing := ProcessListing(actor)
	q, err := narrowed(actor, operational.ObjectSalesProcess, listing, q)
	if err != nil {
		return operational.Listed[SalesProcess]{}, err
	}
	if len(q.Sort) == 0 && !slices.Contains(listing.Sorts, "name") { // the usual order would tell of the names
		q.Sort = []operational.Sort{{Field: "id"}}
	}
	return postgres.Page(ctx, s.db, actor, changedAt(actor, operational.ObjectSalesProcess, processList), q, listProcesses, func(r listedProcess) SalesProcess {
		g, _ := grantOn(actor, operational.ObjectSalesProcess, r.OrgID)
		return r.process().masked(g)
	})
}

// EnsureProcess makes the organisation of the transaction have this process (by name) and gives it as it is.
// A process that is there already is left alone, whatever its stages are.
func (s *Service) EnsureProcess(ctx context.Context, tx *postgres.Tx, wanted NewProcess) (SalesProcess, error) {
	if err := wanted.Validate(); err != nil {
		return SalesProcess{}, err
	}
	rows, err := tx.Query(ctx, processByName, tx.Actor.Org, wanted.Name)
	if err != nil {
		return SalesProcess{}, fmt.Errorf("read sales process by name: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[processRow])
	if err != nil {
		return SalesProcess{}, fmt.Errorf("read sales process by name: %w", err)
	}
	switch {
	case len(found) > 0 && !found[0].Active:
		return SalesProcess{}, operational.Fault(operational.KindConflict, "process-retired", "The sales process %.60q is retired, so that it takes no new opportunities. Nothing was saved. Take it up again first.", wanted.Name)
	case len(found) > 0:
		return found[0].process(), nil
	}
	return createProcess(ctx, tx, wanted)
}
