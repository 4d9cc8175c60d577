package imports

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// do reads the files and writes what they say in one transaction, the import's own end with it: an import is there
// as a whole or not at all, and a second run after a kill finds it done.
func (r *Runner) do(ctx context.Context, j *job) error {
	if sort, found := recordSorts[j.kind]; found {
		return r.doRecords(ctx, j, sort)
	}
	if j.actor.Side != operational.SideVendor {
		return operational.Fault(operational.KindForbidden, "vendor-only", "Only a vendor imports a channel.")
	}
	j.progress(0, "Reading the files")
	home, err := r.workspaces.Workspace(ctx, j.actor)
	if err != nil {
		return fmt.Errorf("read workspace: %w", err)
	}
	x, summary, err := r.understand(j, home)
	if err != nil {
		return err
	}
	err = r.db.InTx(ctx, j.actor, func(tx *postgres.Tx) error {
		if err := r.write(ctx, tx, j, x, summary); err != nil {
			return err
		}
		if j.dryRun {
			return errDryRun
		}
		return r.conclude(ctx, tx, j, x, summary)
	})
	if !errors.Is(err, errDryRun) {
		return err
	}
	return r.db.InTx(ctx, j.actor, func(tx *postgres.Tx) error { return r.conclude(ctx, tx, j, x, summary) })
}

// understand reads the files by the vendor's calendar.
func (r *Runner) understand(j *job, home interconnect.Workspace) (*export, *Summary, error) {
	d := newDates(j.mapping, home.Calendar(), r.db.Now())
	tables, err := readTables(j.mapping, j.files, d)
	if err != nil {
		return nil, nil, err
	}
	summary := &Summary{Currency: j.mapping.Currency}
	if summary.Currency == "" {
		summary.Currency = home.Currency
	}
	return read(j.mapping, tables, d), summary, nil
}

// write turns the export into records of the vendor and its partners.
func (r *Runner) write(ctx context.Context, tx *postgres.Tx, j *job, x *export, s *Summary) error {
	if _, err := tx.Exec(ctx, oneAtATimeSQL, j.actor.Org.String()); err != nil {
		return fmt.Errorf("wait for another import: %w", err)
	}
	w := &writer{Runner: r, job: j, export: x, tx: tx, summary: s, touched: touched{}}
	if err := w.write(ctx); err != nil {
		return err
	}
	w.finishSummary()
	if j.dryRun {
		return nil
	}
	return w.noteTouched(ctx)
}

// TryFor says what an import would do for a vendor that is not here: vendor and import are made and undone together.
// Nobody can look at such an import later, because there is nobody whose it would be.
func (r *Runner) TryFor(ctx context.Context, vendor identity.NewVendor, in NewImport, progress Progress) (Import, error) {
	in.DryRun = true
	org, err := uuid.NewV7()
	if err != nil {
		return Import{}, fmt.Errorf("make an id: %w", err)
	}
	j, err := r.atOnce(operational.Actor{}.As(org, operational.SideVendor, system), in, progress)
	if err != nil {
		return Import{}, err
	}
	home := interconnect.Workspace{TimeZone: vendor.TimeZone, FiscalMonth: max(vendor.FiscalMonth, 1), Currency: vendor.Currency}
	x, summary, err := r.understand(j, home)
	if err != nil {
		return Import{}, err
	}
	err = r.db.InTx(ctx, j.actor, func(tx *postgres.Tx) error {
		if err := identity.CreateVendorTx(ctx, tx, vendor); err != nil {
			return err
		}
		if err := r.write(ctx, tx, j, x, summary); err != nil {
			return err
		}
		return errDryRun
	})
	if !errors.Is(err, errDryRun) {
		return Import{}, err
	}
	j.progress(1, "Done")
	now := r.db.Now()
	return Import{ID: j.id, Kind: KindCRMExport, State: StateDone, DryRun: true, Progress: 1, Summary: summary, CreatedAt: now, StartedAt: &now, FinishedAt: &now}, nil
}

// conclude writes what an import found and makes it final.
func (r *Runner) conclude(ctx context.Context, tx *postgres.Tx, j *job, x *export, s *Summary) error {
	if !j.queued {
		if err := insert(ctx, tx, j.id, KindCRMExport, j.mapping, nil, j.dryRun); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, startedSQL, j.id, tx.Now); err != nil {
			return fmt.Errorf("start import: %w", err)
		}
	}
	j.progress(0.97, "Writing down what was found")
	if err := insertFindings(ctx, tx, j.id, x.findings); err != nil {
		return err
	}
	current, err := finish(ctx, tx, j.id, StateDone, s, nil)
	if err != nil {
		return err
	}
	if !current {
		return r.overtaken(ctx, tx, j)
	}
	if !j.dryRun {
		if err := events.Append(ctx, tx, EventDone, j.id, nil); err != nil {
			return err
		}
	}
	j.progress(1, "Done")
	return nil
}

// overtaken says why an import may not become final: it was cancelled, or another program has finished it.
func (r *Runner) overtaken(ctx context.Context, tx *postgres.Tx, j *job) error {
	var cancelled bool
	if err := tx.QueryRow(ctx, cancelWantedSQL, j.id).Scan(&cancelled); err != nil {
		return fmt.Errorf("look at import: %w", err)
	}
	if cancelled {
		return errCancelled
	}
	return errElsewhere
}
