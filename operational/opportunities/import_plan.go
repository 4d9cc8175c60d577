package opportunities

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

// plan decides for each opportunity of the source: new, changed or as it was.
func (im *importing) plan(context.Context) error {
	seen := make(map[sourceKey]bool, len(im.wanted))
	for i, in := range im.wanted {
		if seen[in.Key] {
			return operational.Fault(operational.KindInvalid, "opportunity-twice", "The opportunity %.60q is there twice.", in.ExternalRef)
		}
		seen[in.Key] = true
		if err := im.planOne(i, in); err != nil {
			return fmt.Errorf("opportunity %.60q: %w", in.ExternalRef, err)
		}
	}
	return nil
}

func (im *importing) planOne(at int, in sourced) error {
	if err := in.Validate(im.tx.Now); err != nil {
		return err
	}
	old, found := im.known[in.Key]
	if found && old.says(in) {
		return nil
	}
	if im.isFrozen(in) {
		im.frozen = append(im.frozen, at)
		return nil
	}
	row, err := im.base(in)
	if err != nil {
		return err
	}
	if found {
		return im.planChange(in.Imported, row, old)
	}
	return im.planNew(in.Imported, row)
}

// base is what all versions of an imported opportunity have in common.
func (im *importing) base(in sourced) (importedRow, error) {
	process := im.processes[in.ProcessID]
	row := importedRow{ExternalRef: in.ExternalRef, Digest: in.Digest, state: state{
		ConnectionID: in.ConnectionID, Name: in.Name, CustomerName: textOrNil(in.CustomerName), VendorAccountID: in.VendorAccountID, OwnerContactID: in.OwnerContactID,
		ProcessID: process.ID, ProcessVersion: process.Version, AmountSource: in.AmountSource, Currency: in.Currency,
		Region: textOrNil(in.Region), Tier: textOrNil(in.Tier), CreatedAt: in.States[0].EffectiveAt,
	}}
	if in.ConnectionID == nil {
		return row, nil
	}
	partner, found := im.partners[*in.ConnectionID]
	if !found {
		return row, fieldFault("connection_id", "There is no such connection, or it is not yours to see.", in.ConnectionID.String())
	}
	row.PartnerOrgID = &partner.PartnerOrgID
	return row, nil
}

// isFrozen: nothing is written into a connection that is not active, and the others need not wait for it.
func (im *importing) isFrozen(in sourced) bool {
	if in.ConnectionID == nil {
		return false
	}
	partner, found := im.partners[*in.ConnectionID]
	return found && writable(&partner.Status, false) != nil
}

// at puts the row into an imported state.
func (im *importing) at(row state, s ImportedState) (state, error) {
	stage, found := im.processes[row.ProcessID].Stage(s.StageID)
	if !found {
		return row, fieldFault("stage_id", "It is no stage of the sales process.", s.StageID.String())
	}
	row.StageID, row.StageType, row.StagePosition = stage.ID, stage.Type, stage.Position
	row.VendorNetAmount, row.CloseDate = s.Amount, s.CloseDate
	return row, nil
}

func (im *importing) planNew(in Imported, row importedRow) (err error) {
	if row.ID, err = uuid.NewV7(); err != nil {
		return err
	}
	row.UpdatedAt = im.tx.Now
	was := row.state
	for _, s := range in.States {
		row.Version++
		if was, err = im.remembers(&row, was, nil, remembered{ImportedState: s, Imported: true}); err != nil {
			return err
		}
	}
	if row.state, err = im.ended(in, row.state); err != nil {
		return err
	}
	im.created = append(im.created, row)
	return im.planLines(in, row)
}

// ended puts the row into the last state of the source.
func (im *importing) ended(in Imported, row state) (state, error) {
	end, since := in.last()
	row, err := im.at(row, end)
	if row.StageType != catalog.StageActive {
		row.ClosedAt = &since
	}
	return row, err
}

func (im *importing) planChange(in Imported, row importedRow, old knownRow) (err error) {
	if err := old.fits(in); err != nil {
		return err
	}
	row.ID, row.Number, row.Version = old.ID, old.Number, old.Version
	added, holds := in.news(im.remember[old.ID], im.tx.Now)
	row.Touched, row.UpdatedAt = old.Touched, old.UpdatedAt
	was, lines := old.state(), im.newLines(old.ID, in.Lines)
	for _, s := range added {
		row.Version++
		if was, err = im.remembers(&row, was, lines, s); err != nil {
			return err
		}
		lines = nil
	}
	im.steps[row.ID] = len(added)
	if holds {
		row.state, err = im.ended(in, row.state)
	} else { // somebody here changed it after what the source knows
		row.StageID, row.StageType, row.VendorNetAmount, row.AmountSource = old.StageID, old.StageType, old.VendorNetAmount, old.AmountSource
		row.CloseDate, row.ClosedAt = old.CloseDate, old.ClosedAt
	}
	if err != nil {
		return err
	}
	im.changed = append(im.changed, row)
	return im.planLines(in, row)
}

// remembers adds a row of history, and says what the opportunity is like after it.
func (im *importing) remembers(row *importedRow, was state, lines *[]pricedLine, s remembered) (state, error) {
	after, err := im.at(row.state, s.ImportedState)
	change := importedChange{state: after, remembered: s}
	if row.Version > 1 {
		change.Changed = fieldsOf(was, step{state: after, Lines: lines})
		was.Version, was.Touched, was.UpdatedAt = row.Version-1, row.Touched, row.UpdatedAt
		row.Touched = was.touch(change.Changed, im.tx.Now)
	}
	im.history = append(im.history, change)
	return after, err
}

// newLines are the lines of a known opportunity if they are others than before.
func (im *importing) newLines(id uuid.UUID, lines []ImportedLine) *[]pricedLine {
	if slices.EqualFunc(im.linesOf[id], lines, func(a, b ImportedLine) bool {
		return a.ProductID == b.ProductID && a.Quantity.Equal(b.Quantity) && a.UnitPrice.Equal(b.UnitPrice)
	}) {
		return nil
	}
	return &[]pricedLine{}
}

func (im *importing) planLines(in Imported, row importedRow) error {
	for _, l := range in.Lines {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		im.lines = append(im.lines, importedLineRow{state: row.state, ImportedLine: l, LineID: id})
	}
	return nil
}

// number gives new opportunities their numbers, counting each connection once.
func (im *importing) number(ctx context.Context) error {
	if len(im.created) == 0 {
		return nil
	}
	wanted := map[uuid.UUID]int64{}
	places := map[uuid.UUID]state{}
	for _, r := range im.created {
		wanted[im.scope(r.state)]++
		places[im.scope(r.state)] = r.state
	}
	scopes := make([]uuid.UUID, 0, len(wanted))
	for scope := range wanted {
		scopes = append(scopes, scope)
	}
	rows, err := im.tx.Query(ctx, nextNumbers, pgx.NamedArgs{
		"vendor": im.tx.Actor.Org, "scopes": scopes, "wanted": column(scopes, func(s uuid.UUID) int64 { return wanted[s] }),
		"connections": column(scopes, func(s uuid.UUID) *uuid.UUID { return places[s].ConnectionID }),
		"partners":    column(scopes, func(s uuid.UUID) *uuid.UUID { return places[s].PartnerOrgID }),
	})
	if err != nil {
		return fmt.Errorf("count opportunities: %w", err)
	}
	next := map[uuid.UUID]int64{}
	var scope uuid.UUID
	var last int64
	_, err = pgx.ForEachRow(rows, []any{&scope, &last}, func() error {
		next[scope] = last - wanted[scope] + 1
		return nil
	})
	for i := range im.created {
		scope := im.scope(im.created[i].state)
		im.created[i].Number = next[scope]
		next[scope]++
	}
	return err
}

func (im *importing) scope(s state) uuid.UUID {
	if s.ConnectionID != nil {
		return *s.ConnectionID
	}
	return im.tx.Actor.Org
}

func (im *importing) write(ctx context.Context) error {
	if len(im.created) > 0 {
		if _, err := im.tx.Exec(ctx, insertImported, importedArgs(im.tx, im.created)); err != nil {
			return referenceFault(err)
		}
	}
	if err := im.writeChanged(ctx); err != nil {
		return err
	}
	if len(im.history) > 0 {
		if _, err := im.tx.Exec(ctx, insertImportedHistory, importedHistoryArgs(im.tx, im.history)); err != nil {
			return fmt.Errorf("write history: %w", err)
		}
	}
	if len(im.lines) == 0 {
		return nil
	}
	_, err := im.tx.Exec(ctx, insertImportedLines, pgx.NamedArgs{
		"vendor":        im.tx.Actor.Org,
		"ids":           column(im.lines, func(l importedLineRow) uuid.UUID { return l.LineID }),
		"opportunities": column(im.lines, func(l importedLineRow) uuid.UUID { return l.ID }),
		"connections":   column(im.lines, func(l importedLineRow) *uuid.UUID { return l.ConnectionID }),
		"partners":      column(im.lines, func(l importedLineRow) *uuid.UUID { return l.PartnerOrgID }),
		"products":      column(im.lines, func(l importedLineRow) uuid.UUID { return l.ProductID }),
		"quantities":    column(im.lines, func(l importedLineRow) string { return l.Quantity.String() }),
		"prices":        column(im.lines, func(l importedLineRow) string { return l.UnitPrice.String() }),
	})
	if err != nil {
		return fmt.Errorf("write lines: %w", err)
	}
	return nil
}

func (im *importing) writeChanged(ctx context.Context) error {
	if len(im.changed) == 0 {
		return nil
	}
	all := column(im.changed, func(r importedRow) uuid.UUID { return r.ID })
	for round := 1; ; round++ {
		var ids []uuid.UUID
		for _, id := range all {
			if im.steps[id] > round {
				ids = append(ids, id)
			}
		}
		if len(ids) == 0 {
			break
		}
		if _, err := im.tx.Exec(ctx, stepImported, ids); err != nil {
			return fmt.Errorf("step versions: %w", err)
		}
	}
	tag, err := im.tx.Exec(ctx, updateImported, importedArgs(im.tx, im.changed))
	switch {
	case err != nil:
		return referenceFault(err)
	case tag.RowsAffected() != int64(len(im.changed)):
		return operational.Fault(operational.KindUnavailable, "busy", "Others changed the same opportunities at this moment. Nothing was imported. Try again.")
	}
	if _, err := im.tx.Exec(ctx, deleteImportedLines, all); err != nil {
		return fmt.Errorf("delete lines: %w", err)
	}
	return nil
}
