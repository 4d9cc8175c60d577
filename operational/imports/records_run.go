package imports

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// outcome is what became of a row.
type outcome int

const (
	rowUnchanged outcome = iota
	rowCreated
	rowUpdated
)

// recordWriter is an import of records at work.
type recordWriter struct {
	*Runner
	job      *job
	actor    operational.Actor // the importer
	sort     recordSort
	setup    objects.Setup
	known    map[string]knownRecord // by reference
	accounts map[string]uuid.UUID   // accounts that rows refer to, by reference
	tally    Tally
	findings []Finding

	customers accounts.Found // accounts that rows of opportunities refer to
	deals     dealing        // what else they refer to
}

// knownRecord is a record that an earlier import made.
type knownRecord struct {
	ID          uuid.UUID
	ExternalRef string
	Version     int64
}

// doRecords imports a file of records as the person who asked for it, in one transaction with the import's own end.
func (r *Runner) doRecords(ctx context.Context, j *job, sort recordSort) error {
	j.progress(0, "Reading the file")
	person, err := r.personOf(ctx, j)
	if err != nil {
		return err
	}
	w := &recordWriter{Runner: r, job: j, actor: person, sort: sort}
	err = r.db.InTx(ctx, person, func(tx *postgres.Tx) error {
		if _, err := tx.Exec(ctx, oneAtATimeSQL, j.actor.Org.String()); err != nil {
			return fmt.Errorf("wait for another import: %w", err)
		}
		if err := w.writeAll(ctx, tx); err != nil {
			return err
		}
		if j.dryRun {
			return errDryRun
		}
		if err := tx.Enter(ctx, j.actor); err != nil {
			return err
		}
		return w.conclude(ctx, tx)
	})
	if !errors.Is(err, errDryRun) {
		return err
	}
	return r.db.InTx(ctx, j.actor, func(tx *postgres.Tx) error { return w.conclude(ctx, tx) })
}

// personOf is who asked for the import, with the rights of this moment: an import does what its person may do.
func (r *Runner) personOf(ctx context.Context, j *job) (operational.Actor, error) {
	gone := operational.Fault(operational.KindForbidden, "not-permitted", "Who asked for the import may not do it any more. Nothing was imported.")
	if j.by == nil {
		return operational.Actor{}, gone
	}
	var text []byte
	err := r.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(`select sec.rights($1, $2)`, *j.by, j.actor.Side).QueryRow(func(row pgx.Row) error { return row.Scan(&text) })
	})
	if err != nil {
		return operational.Actor{}, fmt.Errorf("read rights of member %s: %w", *j.by, err)
	}
	if text == nil {
		return operational.Actor{}, gone
	}
	rights := &operational.Rights{}
	if err := json.Unmarshal(text, rights); err != nil {
		return operational.Actor{}, fmt.Errorf("read rights of member %s: %w", *j.by, err)
	}
	return operational.Actor{Org: j.actor.Org, Side: j.actor.Side, Membership: *j.by, Role: rights.Own.Key, Rights: rights, System: system}, nil
}

const knownRecordsSQL = `select id, external_ref, version from %s where %s = $1 and external_ref = any($2)`

// writeAll writes row by row. One that cannot be kept is undone alone and told of.
func (w *recordWriter) writeAll(ctx context.Context, tx *postgres.Tx) error {
	t, setup, err := openRecords(ctx, tx, w.job.kind, w.sort, w.job.files[w.job.kind])
	if err != nil {
		return err
	}
	w.setup, w.findings, w.tally.Quarantined = setup, t.broken, len(t.broken)
	if err := w.look(ctx, tx, t); err != nil {
		return err
	}
	first, done := map[string]int{}, 0
	for _, raw := range t.rows {
		r := record{w: w, table: t, row: raw}
		ref := r.ref()
		if _, there := first[ref]; !there && r.get(sharedColumn) == "" {
			first[ref] = raw.line
		}
	}
	write := func(raw row) error {
		if done++; done%100 == 0 {
			w.job.progress(0.05+0.9*float64(done)/float64(len(t.rows)), "Writing "+w.job.kind)
		}
		if err := w.writeOne(ctx, tx, record{w: w, table: t, row: raw}, first); err != nil {
			return fmt.Errorf("line %d: %w", raw.line, err)
		}
		return nil
	}
	for pending, stuck := t.rows, false; len(pending) > 0; { // rows may refer to accounts that stand further down
		var later []row
		for _, raw := range pending {
			if !stuck && (record{w: w, table: t, row: raw}).isLate() {
				later = append(later, raw)
				continue
			}
			if err := write(raw); err != nil {
				return err
			}
		}
		pending, stuck = later, len(later) == len(pending)
	}
	return nil
}

// look finds the records that the file names. Of accounts that rows refer to those are there which the importer sees.
func (w *recordWriter) look(ctx context.Context, tx *postgres.Tx, t *table) (err error) {
	var refs, named, mails []string
	for _, raw := range t.rows {
		r := record{w: w, table: t, row: raw}
		refs, mails = append(refs, r.ref()), append(mails, strings.ToLower(r.get("owner_email")))
		named = append(named, r.get("parent_external_ref"), r.get("account_external_ref"), r.get("account"), strings.ToLower(r.get("account_id")))
	}
	if w.known, err = knownRecords(ctx, tx, w.sort, refs); err != nil {
		return err
	}
	found, err := w.Runner.accounts.FoundTx(ctx, tx, named)
	if err != nil {
		return err
	}
	w.accounts, w.customers = map[string]uuid.UUID{}, found
	for ref, a := range found.ByRef {
		w.accounts[ref] = a.ID
	}
	if w.sort.object == operational.ObjectOpportunity {
		w.deals, err = w.dealing(ctx, tx, mails)
	}
	return err
}

func knownRecords(ctx context.Context, tx *postgres.Tx, sort recordSort, refs []string) (map[string]knownRecord, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(knownRecordsSQL, sort.table, sort.whose), tx.Actor.Org, refs)
	if err != nil {
		return nil, fmt.Errorf("read records by reference: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[knownRecord])
	known := make(map[string]knownRecord, len(found))
	for _, k := range found {
		known[k.ExternalRef] = k
	}
	return known, err
}

// writeOne writes a row inside a savepoint, so that a fault of the row undoes the row alone.
func (w *recordWriter) writeOne(ctx context.Context, tx *postgres.Tx, r record, first map[string]int) error {
	ref := r.ref()
	if r.get(sharedColumn) != "" { // its reference is of that connection: it would be made a second time
		w.quarantine(r, sharedColumn, ruleNotYours, "", "It is shared with another company, and a file brings your own business alone. It stays as it is.")
		return nil
	}
	if line := first[ref]; line != r.row.line && ref != "" {
		w.quarantine(r, refColumn, ruleDuplicate, ref, fmt.Sprintf("The row on line %d has the same reference; that one is kept.", line))
		return nil
	}
	if ref == "" || len([]rune(ref)) > 200 {
		w.quarantine(r, refColumn, ruleMissingValue, ref, "A reference of 1 to 200 characters is needed, by which the record is found again.")
		return nil
	}
	inner, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	did, err := w.sort.write(ctx, w, &postgres.Tx{Tx: inner, Actor: tx.Actor, Now: tx.Now}, r)
	if err != nil {
		if undone := inner.Rollback(ctx); undone != nil {
			return undone
		}
		return w.refuse(r, err)
	}
	switch did {
	case rowCreated:
		w.tally.Created++
	case rowUpdated:
		w.tally.Updated++
	default:
		w.tally.Unchanged++
	}
	return inner.Commit(ctx)
}

// notEditable is the code of operational.NotEditable.
const notEditable = "field-not-editable"

// refuse puts a row into quarantine when it is to blame; other faults end the import.
func (w *recordWriter) refuse(r record, err error) error {
	var fault *operational.Error
	if !errors.As(postgres.Translate(err), &fault) {
		return err
	}
	switch {
	case fault.Code == notEditable, fault.Kind == operational.KindInvalid && len(fault.Fields) > 0:
		w.tally.Quarantined++
		for _, f := range fault.Fields {
			rule, column := ruleInvalid, w.sort.columnOf(r.table, f.Field)
			if fault.Code == notEditable {
				rule, f.Message = ruleNotYours, "Your role may read this field and not change it. Leave its cells empty, or ask an administrator of your organisation."
			}
			w.find(r, column, rule, r.get(column), f.Message)
		}
	case fault.Kind == operational.KindInvalid, fault.Kind == operational.KindConflict:
		w.quarantine(r, "", ruleInvalid, "", fault.Message)
	case fault.Kind == operational.KindForbidden && !w.isKnown(r):
		w.quarantine(r, "", ruleNotYours, "", fault.Message)
	case fault.Kind == operational.KindNotFound, fault.Kind == operational.KindForbidden:
		w.quarantine(r, refColumn, ruleNotYours, r.ref(), "This reference is not yours to write.")
	case fault.Kind == operational.KindStale:
		w.quarantine(r, "", ruleInvalid, "", "Somebody changed the record at the same moment. Import the file again: what is here already does not change by it.")
	default:
		return err
	}
	return nil
}

func (w *recordWriter) isKnown(r record) bool {
	_, known := w.known[r.ref()]
	return known
}

func (w *recordWriter) quarantine(r record, column, rule, was, reason string) {
	w.tally.Quarantined++
	w.find(r, column, rule, was, reason)
}

func (w *recordWriter) find(r record, column, rule, was, reason string) {
	f := Finding{File: r.table.name, Line: r.row.line, Rule: rule, Was: new(clip(was)), Reason: reason}
	if name, there := r.table.header[column]; there {
		f.Field = &name
	}
	w.findings = append(w.findings, f)
}

// conclude writes what the import found and makes it final.
func (w *recordWriter) conclude(ctx context.Context, tx *postgres.Tx) error {
	slices.SortStableFunc(w.findings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	for i := range w.findings {
		w.findings[i].Position = i + 1
	}
	if err := insertFindings(ctx, tx, w.job.id, w.findings); err != nil {
		return err
	}
	current, err := finish(ctx, tx, w.job.id, StateDone, &Summary{records: &w.tally}, nil)
	switch {
	case err != nil:
		return err
	case !current:
		return w.overtaken(ctx, tx, w.job)
	case w.job.dryRun:
		return nil
	}
	return events.Append(ctx, tx, EventDone, w.job.id, nil)
}
