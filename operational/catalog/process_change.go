package catalog

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// UpdateProcess changes a sales process of the caller's organisation that is still at this version: its name, its stages,
// whether it is the usual one, and whether it takes new opportunities.
func (s *Service) UpdateProcess(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateProcess) (SalesProcess, error) {
	var process SalesProcess
	var g operational.Grant
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		now, err := postgres.OneTx[processRow](ctx, tx, "sales process", getProcess, id)
		if err != nil {
			return err
		}
		var reached bool
		if g, reached = grantOn(actor, operational.ObjectSalesProcess, now.OrgID); !reached {
			return operational.NotFound("sales process")
		}
		process, err = patch.onto(tx.Actor, g, now.process(), version)
		if err != nil {
			return err
		}
		fields := changedIn(now.process(), process)
		if len(fields) == 0 {
			return nil
		}
		process = process.after(now.process(), fields, tx.Now)
		if err := process.nameStages(); err != nil {
			return err
		}
		if err := saveProcess(ctx, tx, now.process(), process); err != nil {
			return err
		}
		return events.Append(ctx, tx, "sales_process.changed", id, nil, fields...)
	})
	if err != nil {
		return SalesProcess{}, fmt.Errorf("change sales process %s: %w", id, err)
	}
	return process.masked(g), nil
}

// onto gives the process after the patch, if the caller may make it so.
func (patch UpdateProcess) onto(actor operational.Actor, g operational.Grant, p SalesProcess, version int64) (SalesProcess, error) {
	if p.OrganisationID != actor.Org {
		return p, operational.Fault(operational.KindForbidden, "not-your-process", "The sales process belongs to another organisation, which alone can change it.")
	}
	if err := g.Require(operational.ActEdit); err != nil {
		return p, err
	}
	var members []operational.Member
	if patch.Name.Given {
		members = operational.Members("name")
	}
	if patch.Stages.Given {
		members = append(members, operational.Members("stages")...)
	}
	if err := g.Writes(members...); err != nil {
		return p, err
	}
	if p.seen(g) != version {
		return p, operational.Stale("sales process")
	}
	return patch.apply(p)
}

// nameStages gives new stages their ids.
func (p SalesProcess) nameStages() (err error) {
	for i := range p.Stages {
		if p.Stages[i].ID == uuid.Nil {
			if p.Stages[i].ID, err = uuid.NewV7(); err != nil {
				return err
			}
		}
	}
	return nil
}

// changedIn names the fields in which a process differs from what it was.
func changedIn(was, is SalesProcess) []string {
	var names []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"active", was.Active == is.Active}, {"is_default", was.Default == is.Default}, {"name", was.Name == is.Name}, {"stages", slices.Equal(was.Stages, is.Stages)},
	} {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}

// saveProcess writes a process with its stages. What stays takes its place first, so that what is new finds its own free.
func saveProcess(ctx context.Context, tx *postgres.Tx, was, is SalesProcess) error {
	if is.Default && !was.Default {
		if _, err := tx.Exec(ctx, noDefault, is.OrganisationID, tx.Now); err != nil {
			return fmt.Errorf("unset the default process: %w", err)
		}
	}
	tag, err := tx.Exec(ctx, updateProcess, pgx.NamedArgs{
		"id": is.ID, "org": is.OrganisationID, "name": is.Name, "is_default": is.Default, "active": is.Active, "version": was.Version, "now": tx.Now, "touched": is.touched.Text(),
	})
	switch {
	case err != nil:
		return processFault(err)
	case tag.RowsAffected() == 0:
		return operational.Stale("sales process")
	}
	var stay, fresh []Stage
	for _, s := range is.Stages {
		if _, there := was.Stage(s.ID); there {
			stay = append(stay, s)
		} else {
			fresh = append(fresh, s)
		}
	}
	var gone []uuid.UUID
	for _, s := range was.Stages {
		if _, there := is.Stage(s.ID); !there {
			gone = append(gone, s.ID)
		}
	}
	if len(gone) > 0 {
		if _, err := tx.Exec(ctx, deleteStages, is.ID, gone); err != nil {
			return processFault(err)
		}
	}
	if _, err := tx.Exec(ctx, updateStages, stageArgs(is, stay)); err != nil {
		return processFault(err)
	}
	if len(fresh) > 0 {
		if _, err := tx.Exec(ctx, insertStages, stageArgs(is, fresh)); err != nil {
			return processFault(err)
		}
	}
	return nil
}

// processFault says in words what a process cannot be.
func processFault(err error) error {
	switch violated := postgres.Violated(err); {
	case violated == "sales_process_org_id_name_key":
		return operational.Fault(operational.KindConflict, "process-name-taken", "Your organisation has a sales process with this name already. Nothing was saved.").Because(err)
	case violated == "stage_keeps_place":
		return operational.Fault(operational.KindConflict, "stage-keeps-place", "Opportunities have been in a stage that would come to another place. Figures of the past are counted by the places of open stages, so it keeps its own: put new open stages behind it, or make a new process. Nothing was saved.").Because(err)
	case strings.HasPrefix(violated, "opportunity_"):
		return operational.Fault(operational.KindConflict, "stage-in-use", "Opportunities are in a stage that would go, or have been in it. Nothing was saved. Keep the stage, or retire the process and make a new one.").Because(err)
	}
	return err
}
