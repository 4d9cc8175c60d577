package imports

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const importColumns = `i.id, i.kind, i.state, i.dry_run, i.progress, i.step, i.summary, i.fault, i.cancel_requested,
  i.started_by, i.created_at, i.started_at, i.finished_at`

const (
	insertImportSQL = `
insert into crm.import (id, org_id, side, kind, state, dry_run, mapping, started_by, created_at)
values (@id, @org, @side, @kind, 'queued', @dry_run, @mapping, @started_by, @now)`

	insertFileSQL = `insert into crm.import_file (org_id, import_id, name, content) values ($1, $2, $3, $4)`

	getSQL = `select ` + importColumns + ` from crm.import i where i.id = $1`

	listSQL = `select {keys} as sort_keys, ` + importColumns + ` from crm.import i where {where} order by {order} limit {limit}`

	findingsSQL = `
select f.position, f.file, f.line, f.field, f.kept, f.rule, f.was, f.became, f.reason
from crm.import_finding f
where (%s) and f.import_id = $%d and f.position > $%d
order by f.position
limit $%d`

	countFindingsSQL = `select count(*) from crm.import_finding f where (%s) and f.import_id = $%d`

	// A waiting import is cancelled at once, a running one told to stop; the others stay as they are.
	cancelSQL = `
update crm.import i
set cancel_requested = true,
    state = case when i.state = 'queued' then 'cancelled' else i.state end,
    finished_at = case when i.state = 'queued' then @now::timestamptz end
where i.id = @id and i.state in ('queued', 'running')
returning ` + importColumns

	claimSQL = `
update crm.import
set state = 'running', started_at = @now, progress = 0, step = ''
where id = @id and state in ('queued', 'running') and not cancel_requested
returning kind, dry_run, mapping, started_by`

	startedSQL = `update crm.import set state = 'running', started_at = $2 where id = $1`

	filesSQL = `select name, content from crm.import_file where import_id = $1`

	// Only an import that nobody has cancelled or finished meanwhile may become final. One that was put back into the
	// queue can only fail, when no attempt is left.
	finishSQL = `
update crm.import
set state = @state, progress = case when @state = 'done' then 1 else progress end, step = '', summary = @summary, fault = @fault, finished_at = @now
where id = @id and (state = 'running' or state = 'queued' and @state = 'failed') and (@state <> 'done' or not cancel_requested)`

	cancelWantedSQL = `select cancel_requested from crm.import where id = $1`

	requeueSQL = `update crm.import set state = 'queued', progress = 0, step = '' where id = $1 and state = 'running' and not cancel_requested`

	// Runs on the jobs login, beside the transaction that imports.
	reportSQL = `update crm.import set progress = $2, step = $3 where id = $1 and state = 'running' returning cancel_requested`

	insertFindingsSQL = `
insert into crm.import_finding (org_id, import_id, position, file, line, field, kept, rule, was, became, reason)
select $1, $2, * from unnest($3::int[], $4::text[], $5::int[], $6::text[], $7::bool[], $8::text[], $9::text[], $10::text[], $11::text[])`

	// One import at a time writes a vendor's channel; a second waits and then finds what the first made.
	oneAtATimeSQL = `select pg_advisory_xact_lock(7236003, hashtext($1))`

	// What an earlier import made: whose it is, and how it began.
	knownOpportunitiesSQL = `
select o.external_ref, o.connection_id, coalesce(n.status, 'active') as status, h.effective_at, h.stage_id, h.vendor_net_amount as amount
from crm.opportunity o
left join crm.connection n on n.id = o.connection_id
join crm.opportunity_history h on h.opportunity_id = o.id and h.version = 1
where o.external_ref = any($1)`

	// In the vendor's context: customers that its imports have brought to partners before.
	broughtSQL = `select distinct connection_id, vendor_account_id from crm.opportunity where connection_id = any($1) and vendor_account_id is not null and external_ref is not null`

	// In the partner's context: which of these accounts of the vendor's it has accounts of, and whether that is new to an import.
	linkedSQL = `select vendor_account, anew from crm.bring_links($1, $2)`
)

type knownOpportunity struct {
	ExternalRef  string
	ConnectionID *uuid.UUID
	Status       string // of the connection; active without one
	EffectiveAt  time.Time
	StageID      uuid.UUID
	Amount       decimal.Decimal
}

type importRow struct {
	postgres.Keyed
	storedImport
}

type storedImport struct {
	ID              uuid.UUID
	Kind            string
	State           State
	DryRun          bool
	Progress        float64
	Step            string
	Summary         []byte
	Fault           *string
	CancelRequested bool
	StartedBy       *uuid.UUID
	CreatedAt       time.Time
	StartedAt       *time.Time
	FinishedAt      *time.Time
}

func (s storedImport) domain() Import {
	i := Import{
		ID: s.ID, Kind: s.Kind, State: s.State, DryRun: s.DryRun, Progress: s.Progress, Step: s.Step, Fault: s.Fault,
		CancelRequested: s.CancelRequested, StartedBy: s.StartedBy, CreatedAt: s.CreatedAt, StartedAt: s.StartedAt, FinishedAt: s.FinishedAt,
	}
	if s.Summary != nil && s.Kind != KindCRMExport {
		i.Records = &Tally{}
		_ = json.Unmarshal(s.Summary, i.Records) // written by us
	} else if s.Summary != nil {
		i.Summary = &Summary{}
		_ = json.Unmarshal(s.Summary, i.Summary) // written by us
	}
	return i
}

// insert stores a new import with its files.
func insert(ctx context.Context, tx *postgres.Tx, id uuid.UUID, kind string, m Mapping, files map[string][]byte, dryRun bool) error {
	mapping, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write mapping: %w", err)
	}
	var by *uuid.UUID
	if tx.Actor.Membership != uuid.Nil {
		by = &tx.Actor.Membership
	}
	_, err = tx.Exec(ctx, insertImportSQL, pgx.NamedArgs{
		"id": id, "org": tx.Actor.Org, "side": string(tx.Actor.Side), "kind": kind, "dry_run": dryRun, "mapping": string(mapping), "started_by": by, "now": tx.Now,
	})
	if err != nil {
		return fmt.Errorf("store import: %w", err)
	}
	for name, content := range files {
		if _, err := tx.Exec(ctx, insertFileSQL, tx.Actor.Org, id, name, content); err != nil {
			return fmt.Errorf("store %s: %w", name, err)
		}
	}
	return nil
}

func insertFindings(ctx context.Context, tx *postgres.Tx, id uuid.UUID, findings []Finding) error {
	n := len(findings)
	if n == 0 {
		return nil
	}
	positions, lines, kept := make([]int, n), make([]int, n), make([]bool, n)
	files, rules, reasons := make([]string, n), make([]string, n), make([]string, n)
	fields, was, became := make([]*string, n), make([]*string, n), make([]*string, n)
	for i, f := range findings {
		positions[i], files[i], lines[i], fields[i], kept[i] = f.Position, f.File, f.Line, f.Field, f.Kept
		rules[i], was[i], became[i], reasons[i] = f.Rule, f.Was, f.Became, f.Reason
	}
	_, err := tx.Exec(ctx, insertFindingsSQL, tx.Actor.Org, id, positions, files, lines, fields, kept, rules, was, became, reasons)
	if err != nil {
		return fmt.Errorf("store findings: %w", err)
	}
	return nil
}

// finish makes an import final; false means that it was cancelled or finished by another.
func finish(ctx context.Context, tx *postgres.Tx, id uuid.UUID, state State, s *Summary, fault *string) (bool, error) {
	var summary *string
	if s != nil {
		var written any = s
		if s.records != nil {
			written = s.records
		}
		text, err := json.Marshal(written)
		if err != nil {
			return false, fmt.Errorf("write summary: %w", err)
		}
		summary = new(string(text))
	}
	tag, err := tx.Exec(ctx, finishSQL, pgx.NamedArgs{"id": id, "state": state, "summary": summary, "fault": fault, "now": tx.Now})
	if err != nil {
		return false, fmt.Errorf("finish import: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return false, nil
	}
	if state != StateDone { // that one is an event
		err = audit.Append(ctx, tx, audit.Record{Action: "import." + string(state), ID: id})
	}
	return true, err
}
