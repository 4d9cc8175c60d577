package catalog

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// What modules above need of the catalogue inside a transaction of their own.

const defaultProcess = `select ` + processColumns + ` from crm.sales_process p where p.org_id = $1 and p.is_default`

const processOf = `select ` + processColumns + ` from crm.sales_process p where p.org_id = $1 and p.id = $2`

const productsOf = `select ` + productColumns + ` from crm.product p where p.org_id = $1 and p.id = any($2)`

// ProcessTx reads a process of this organisation through the wall; without an id, its default one.
func ProcessTx(ctx context.Context, tx *postgres.Tx, org uuid.UUID, id *uuid.UUID) (SalesProcess, error) {
	sql, args := defaultProcess, []any{org}
	if id != nil {
		sql, args = processOf, []any{org, *id}
	}
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return SalesProcess{}, fmt.Errorf("read sales process: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[processRow])
	if err != nil {
		return SalesProcess{}, fmt.Errorf("read sales process: %w", err)
	}
	if len(found) == 0 {
		return SalesProcess{}, operational.NotFound("sales process")
	}
	return found[0].process(), nil
}

const processesOf = `select ` + processColumns + ` from crm.sales_process p where p.org_id = $1 order by p.is_default desc, p.name, p.id`

// OwnProcessesTx reads the processes of the actor's company as the actor sees them, the default one first.
func OwnProcessesTx(ctx context.Context, tx *postgres.Tx) ([]SalesProcess, error) {
	g, there := tx.Actor.GrantOf(operational.ObjectSalesProcess, uuid.Nil)
	if !there {
		return nil, nil
	}
	rows, err := tx.Query(ctx, processesOf, tx.Actor.Org)
	if err != nil {
		return nil, fmt.Errorf("read sales processes: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[processRow])
	if err != nil {
		return nil, fmt.Errorf("read sales processes: %w", err)
	}
	processes := make([]SalesProcess, 0, len(found))
	for _, r := range found {
		processes = append(processes, r.process().masked(g))
	}
	return processes, nil
}

// ProductsTx reads products of this organisation through the wall. Those that are not there are missing in the map.
func ProductsTx(ctx context.Context, tx *postgres.Tx, org uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]Product, error) {
	rows, err := tx.Query(ctx, productsOf, org, ids)
	found, err := collectProducts(rows, err)
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	products := make(map[uuid.UUID]Product, len(found))
	for _, p := range found {
		products[p.ID] = p
	}
	return products, nil
}

// Stage finds a stage of the process.
func (p SalesProcess) Stage(id uuid.UUID) (Stage, bool) {
	for _, s := range p.Stages {
		if s.ID == id {
			return s, true
		}
	}
	return Stage{}, false
}
