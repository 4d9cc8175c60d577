package opportunities

import (
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Imports write many rows by one statement per table: arrays of columns, unnested. (COPY is refused under row security.)

const connectionsForImport = `select id, partner_org_id, status from crm.connection where id = any($1)`

const importedBefore = `
select o.id, o.scope_id, o.external_ref, o.version, o.number, o.process_id, o.currency, o.import_digest, o.stage_id, o.stage_type, o.vendor_net_amount, o.amount_source, o.close_date, o.closed_at,
  o.name, o.customer_name, o.vendor_account_id, o.owner_contact_id, o.region, o.tier, o.touched, o.updated_at
from unnest($1::uuid[], $2::text[]) as n(scope_id, external_ref)
join crm.opportunity o on o.scope_id = n.scope_id and o.external_ref = n.external_ref`

const historyBefore = `
select h.opportunity_id, h.effective_at, h.recorded_at, h.change as kind, h.stage_id, h.vendor_net_amount as amount, h.close_date, h.imported
from crm.opportunity_history h where h.opportunity_id = any($1) order by h.opportunity_id, h.version`

const linesBefore = `
select l.opportunity_id, l.product_id, l.quantity, l.unit_price
from crm.opportunity_line l where l.opportunity_id = any($1) order by l.opportunity_id, l.id`

const nextNumbers = `
insert into crm.record_counter (scope_id, object, connection_id, vendor_org_id, partner_org_id, last)
select n.scope_id, 'opportunity', n.connection_id, @vendor, n.partner_org_id, n.wanted
from unnest(@scopes::uuid[], @connections::uuid[], @partners::uuid[], @wanted::bigint[]) as n(scope_id, connection_id, partner_org_id, wanted)
order by n.scope_id
on conflict (scope_id, object, side) do update set last = record_counter.last + excluded.last
returning scope_id, last`

const importSet = `unnest(@ids::uuid[], @connections::uuid[], @partners::uuid[], @numbers::bigint[], @names::text[], @customers::text[], @accounts::uuid[], @owners::uuid[],
  @processes::uuid[], @process_versions::bigint[], @stages::uuid[], @stage_types::text[], @amounts::text[]::numeric[], @sources::text[], @currencies::text[],
  @close_dates::text[]::date[], @regions::text[], @tiers::text[], @closed::timestamptz[], @refs::text[], @digests::bytea[], @versions::bigint[], @created::timestamptz[],
  @touched::text[]::jsonb[])
  as n(id, connection_id, partner_org_id, number, name, customer_name, vendor_account_id, owner_contact_id, process_id, process_version, stage_id, stage_type,
    vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at, external_ref, import_digest, version, created_at, touched)`

const insertImported = `
insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, customer_name, vendor_account_id, owner_contact_id,
  process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at,
  external_ref, import_digest, version, touched, created_at, updated_at)
select n.id, n.connection_id, @vendor, n.partner_org_id, n.number, n.name, n.customer_name, n.vendor_account_id, n.owner_contact_id,
  @vendor, n.process_id, n.process_version, n.stage_id, n.stage_type, n.vendor_net_amount, n.amount_source, n.currency, n.close_date, n.region, n.tier, n.closed_at,
  n.external_ref, n.import_digest, n.version, n.touched, n.created_at, @now
from ` + importSet

// Versions go up one by one, so an opportunity with several new states is stepped up to the last but one first.
const stepImported = `update crm.opportunity set version = version + 1 where id = any($1)`

const updateImported = `
update crm.opportunity o set name = n.name, customer_name = n.customer_name, vendor_account_id = n.vendor_account_id, owner_contact_id = n.owner_contact_id,
  process_version = n.process_version, stage_id = n.stage_id, stage_type = n.stage_type, vendor_net_amount = n.vendor_net_amount, amount_source = n.amount_source,
  close_date = n.close_date, region = n.region, tier = n.tier, closed_at = n.closed_at, import_digest = n.import_digest, touched = n.touched, version = n.version, updated_at = @now
from ` + importSet + `
where o.id = n.id and o.version = n.version - 1`

// Which of the own people looks after a deal no export says: it stays.
const insertImportedHistory = `
insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, imported, change, changed,
  changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_contact_id, owner_membership_id, region, tier)
select n.id, n.version, n.connection_id, @vendor, n.partner_org_id, n.effective_at, n.recorded_at, n.imported, n.change, string_to_array(n.changed, ','),
  'system', n.process_id, n.process_version, n.stage_id, n.stage_type, n.stage_position, n.amount, n.currency, n.close_date, n.owner_contact_id, o.owner_membership_id, n.region, n.tier
from unnest(@ids::uuid[], @versions::bigint[], @connections::uuid[], @partners::uuid[], @effective::timestamptz[], @recorded::timestamptz[], @imported::boolean[],
  @changes::text[], @processes::uuid[], @process_versions::bigint[], @stages::uuid[], @stage_types::text[], @positions::int[], @amounts::text[]::numeric[],
  @currencies::text[], @close_dates::text[]::date[], @owners::uuid[], @regions::text[], @tiers::text[], @changed::text[])
  as n(id, version, connection_id, partner_org_id, effective_at, recorded_at, imported, change, process_id, process_version, stage_id, stage_type, stage_position,
    amount, currency, close_date, owner_contact_id, region, tier, changed)
join crm.opportunity o on o.id = n.id`

const deleteImportedLines = `delete from crm.opportunity_line where opportunity_id = any($1)`

const insertImportedLines = `
insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
select n.id, n.opportunity_id, n.connection_id, @vendor, n.partner_org_id, @vendor, n.product_id, n.quantity, n.unit_price
from unnest(@ids::uuid[], @opportunities::uuid[], @connections::uuid[], @partners::uuid[], @products::uuid[], @quantities::text[]::numeric[], @prices::text[]::numeric[])
  as n(id, opportunity_id, connection_id, partner_org_id, product_id, quantity, unit_price)`

// column gives one column of rows.
func column[T, V any](rows []T, pick func(T) V) []V {
	values := make([]V, 0, len(rows))
	for _, r := range rows {
		values = append(values, pick(r))
	}
	return values
}

func day(d *operational.Date) *string {
	if d == nil {
		return nil
	}
	written := d.String()
	return &written
}

// importedRow is a state to be written by an import, with what only imports keep.
type importedRow struct {
	state
	ExternalRef string
	Digest      []byte
}

func importedArgs(tx *postgres.Tx, rows []importedRow) pgx.NamedArgs {
	return pgx.NamedArgs{
		"vendor": tx.Actor.Org, "now": tx.Now,
		"ids":              column(rows, func(r importedRow) uuid.UUID { return r.ID }),
		"connections":      column(rows, func(r importedRow) *uuid.UUID { return r.ConnectionID }),
		"partners":         column(rows, func(r importedRow) *uuid.UUID { return r.PartnerOrgID }),
		"numbers":          column(rows, func(r importedRow) int64 { return r.Number }),
		"names":            column(rows, func(r importedRow) string { return r.Name }),
		"customers":        column(rows, func(r importedRow) *string { return r.CustomerName }),
		"accounts":         column(rows, func(r importedRow) *uuid.UUID { return r.VendorAccountID }),
		"owners":           column(rows, func(r importedRow) *uuid.UUID { return r.OwnerContactID }),
		"processes":        column(rows, func(r importedRow) uuid.UUID { return r.ProcessID }),
		"process_versions": column(rows, func(r importedRow) int64 { return r.ProcessVersion }),
		"stages":           column(rows, func(r importedRow) uuid.UUID { return r.StageID }),
		"stage_types":      column(rows, func(r importedRow) string { return string(r.StageType) }),
		"amounts":          column(rows, func(r importedRow) string { return r.VendorNetAmount.String() }),
		"sources":          column(rows, func(r importedRow) string { return string(r.AmountSource) }),
		"currencies":       column(rows, func(r importedRow) string { return r.Currency }),
		"close_dates":      column(rows, func(r importedRow) *string { return day(r.CloseDate) }),
		"regions":          column(rows, func(r importedRow) *string { return r.Region }),
		"tiers":            column(rows, func(r importedRow) *string { return r.Tier }),
		"closed":           column(rows, func(r importedRow) *time.Time { return r.ClosedAt }),
		"refs":             column(rows, func(r importedRow) string { return r.ExternalRef }),
		"digests":          column(rows, func(r importedRow) []byte { return r.Digest }),
		"versions":         column(rows, func(r importedRow) int64 { return r.Version }),
		"created":          column(rows, func(r importedRow) time.Time { return r.CreatedAt }),
		"touched":          column(rows, func(r importedRow) string { return r.Touched.Text() }),
	}
}

// importedChange is a row of history to be written: the state after it, and when.
type importedChange struct {
	state
	remembered
	Changed []string
}

func importedHistoryArgs(tx *postgres.Tx, rows []importedChange) pgx.NamedArgs {
	return pgx.NamedArgs{
		"vendor":           tx.Actor.Org,
		"ids":              column(rows, func(r importedChange) uuid.UUID { return r.ID }),
		"versions":         column(rows, func(r importedChange) int64 { return r.Version }),
		"connections":      column(rows, func(r importedChange) *uuid.UUID { return r.ConnectionID }),
		"partners":         column(rows, func(r importedChange) *uuid.UUID { return r.PartnerOrgID }),
		"effective":        column(rows, func(r importedChange) time.Time { return r.EffectiveAt }),
		"recorded":         column(rows, func(r importedChange) time.Time { return r.RecordedAt }),
		"imported":         column(rows, func(r importedChange) bool { return r.Imported }),
		"changes":          column(rows, func(r importedChange) string { return string(r.Kind) }),
		"processes":        column(rows, func(r importedChange) uuid.UUID { return r.ProcessID }),
		"process_versions": column(rows, func(r importedChange) int64 { return r.ProcessVersion }),
		"stages":           column(rows, func(r importedChange) uuid.UUID { return r.StageID }),
		"stage_types":      column(rows, func(r importedChange) string { return string(r.StageType) }),
		"positions":        column(rows, func(r importedChange) int { return r.StagePosition }),
		"amounts":          column(rows, func(r importedChange) string { return r.Amount.String() }),
		"currencies":       column(rows, func(r importedChange) string { return r.Currency }),
		"close_dates":      column(rows, func(r importedChange) *string { return day(r.remembered.CloseDate) }),
		"owners":           column(rows, func(r importedChange) *uuid.UUID { return r.OwnerContactID }),
		"regions":          column(rows, func(r importedChange) *string { return r.Region }),
		"tiers":            column(rows, func(r importedChange) *string { return r.Tier }),
		"changed":          column(rows, func(r importedChange) string { return strings.Join(r.Changed, ",") }),
	}
}
