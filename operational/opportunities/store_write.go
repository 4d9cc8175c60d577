package opportunities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// What a change needs to know of an opportunity. The row is not locked: the update below asks for the version again.
const currentOf = `, s.position as stage_position, s.name as stage_name, c.status as connection_status,
  (select max(h.effective_at) from crm.opportunity_history h where h.opportunity_id = o.id) as last_effective_at
from crm.opportunity o
join crm.stage s on s.id = o.stage_id
left join crm.connection c on c.id = o.connection_id
where o.id = $1`

func currentSQL(side operational.Side) string { return "select " + columns(side, 0) + currentOf }

// current is an opportunity that is about to change.
type current struct {
	state
	StageName        string
	ConnectionStatus *string
	LastEffectiveAt  time.Time
	seen             view // how whoever changes it sees it
}

const nextNumber = `
insert into crm.record_counter (scope_id, object, connection_id, vendor_org_id, partner_org_id, last)
values (coalesce(@connection_id::uuid, @partner_org_id::uuid, @vendor_org_id::uuid), 'opportunity', @connection_id, @vendor_org_id, @partner_org_id, 1)
on conflict (scope_id, object, side) do update set last = record_counter.last + 1
returning last`

// Partners have no right to the vendor's account id, so they have statements without it.
const (
	insertForVendor  = insertHead + `, vendor_account_id` + insertMiddle + `, @vendor_account_id)`
	insertForPartner = insertHead + insertMiddle + `)`
	insertHead       = `
insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, customer_name, owner_contact_id, owner_membership_id,
  process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at,
  record_type_id, custom, external_ref, version, created_at, updated_at`
	insertMiddle = `)
values (@id, @connection_id, @vendor_org_id, @partner_org_id, @number, @name, @customer_name, @owner_contact_id, @owner_membership_id,
  @process_org_id, @process_id, @process_version, @stage_id, @stage_type, @vendor_net_amount, @amount_source, @currency, @close_date, @region, @tier, @closed_at,
  @record_type_id, @custom, @external_ref, 1, @created_at, @now`

	updateForVendor  = updateHead + `, vendor_account_id = @vendor_account_id` + updateTail
	updateForPartner = updateHead + updateTail
	updateHead       = `
update crm.opportunity set name = @name, customer_name = @customer_name, owner_contact_id = @owner_contact_id, owner_membership_id = @owner_membership_id,
  stage_id = @stage_id, stage_type = @stage_type, process_version = @process_version, vendor_net_amount = @vendor_net_amount, amount_source = @amount_source, close_date = @close_date,
  region = @region, tier = @tier, closed_at = @closed_at, record_type_id = @record_type_id, custom = @custom, touched = @touched,
  version = version + 1, updated_at = @now`
	updateTail = `
where id = @id and version = @version`
)

var (
	insertSQL = map[operational.Side]string{operational.SideVendor: insertForVendor, operational.SidePartner: insertForPartner}
	updateSQL = map[operational.Side]string{operational.SideVendor: updateForVendor, operational.SidePartner: updateForPartner}
)

// recorded_at is left to the clock of the database.
const insertHistory = `
insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed, reason,
  changed_by, changed_by_contact, changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency,
  close_date, owner_contact_id, owner_membership_id, region, tier)
values (@id, @new_version, @connection_id, @vendor_org_id, @partner_org_id, @effective_at, @change, @changed, @reason,
  @changed_by, @changed_by_contact, @changed_by_side, @process_id, @process_version, @stage_id, @stage_type, @stage_position, @vendor_net_amount, @currency,
  @close_date, @owner_contact_id, @owner_membership_id, @region, @tier)`

const (
	deleteLines = `delete from crm.opportunity_line where opportunity_id = $1`
	insertLines = `
insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
select n.id, @id, @connection_id, @vendor_org_id, @partner_org_id, @product_org_id, n.product_id, n.quantity, n.unit_price
from unnest(@line_ids::uuid[], @products::uuid[], @quantities::text[]::numeric[], @prices::text[]::numeric[]) as n(id, product_id, quantity, unit_price)`
)

// step is one change: the state after it, and what history says about it.
type step struct {
	state
	Kind        ChangeKind
	Reason      string
	EffectiveAt time.Time
	Lines       *[]pricedLine     // nil: as they are
	grant       operational.Grant // by which it is made
	stage       string            // name of the stage of a new one
	Changed     []string          // fields of it that are others than before, as roles call them
}

func (s step) args(tx *postgres.Tx) pgx.NamedArgs {
	return pgx.NamedArgs{
		"id": s.ID, "connection_id": s.ConnectionID, "vendor_org_id": s.VendorOrgID, "partner_org_id": s.PartnerOrgID, "number": s.Number,
		"name": s.Name, "customer_name": s.CustomerName, "vendor_account_id": s.VendorAccountID,
		"owner_contact_id": s.OwnerContactID, "owner_membership_id": s.OwnerMembershipID,
		"process_org_id": s.ProcessOrgID, "process_id": s.ProcessID, "process_version": s.ProcessVersion,
		"stage_id": s.StageID, "stage_type": s.StageType, "stage_position": s.StagePosition,
		"vendor_net_amount": s.VendorNetAmount, "amount_source": s.AmountSource, "currency": s.Currency, "close_date": s.CloseDate,
		"region": s.Region, "tier": s.Tier, "closed_at": s.ClosedAt, "record_type_id": s.RecordTypeID, "custom": orEmpty(s.Custom), "version": s.Version, "new_version": s.Version + 1,
		"external_ref": s.ExternalRef, "touched": s.Touched,
		"created_at": s.CreatedAt, "now": tx.Now, "effective_at": s.EffectiveAt, "change": s.Kind, "changed": orNone(s.Changed), "reason": textOrNil(s.Reason),
	}
}

func orEmpty(values map[string]any) map[string]any {
	if values == nil {
		return map[string]any{}
	}
	return values
}

func orNone(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}

// record writes a step: the row at its next version, its history and its lines. Version 0 is a new opportunity.
func record(ctx context.Context, tx *postgres.Tx, s step) error {
	args := s.args(tx)
	if err := signed(ctx, tx, s.ConnectionID, args); err != nil {
		return err
	}
	sql := updateSQL[tx.Actor.Side]
	if s.Version == 0 {
		sql = insertSQL[tx.Actor.Side]
	}
	tag, err := tx.Exec(ctx, sql, args)
	switch {
	case err != nil:
		return referenceFault(err)
	case tag.RowsAffected() == 0:
		return operational.Stale("opportunity")
	}
	if _, err := tx.Exec(ctx, insertHistory, args); err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	return recordLines(ctx, tx, s, args)
}

// signed says who makes the change: the membership for their own company, the contact for the other one.
func signed(ctx context.Context, tx *postgres.Tx, connection *uuid.UUID, args pgx.NamedArgs) error {
	args["changed_by"], args["changed_by_contact"], args["changed_by_side"] = nil, nil, string(tx.Actor.Side)
	if tx.Actor.Role == operational.RoleSystem {
		args["changed_by_side"] = "system"
		return nil
	}
	if tx.Actor.Membership != uuid.Nil {
		args["changed_by"] = tx.Actor.Membership
	}
	contact, err := ownContact(ctx, tx, connection)
	if contact != nil {
		args["changed_by_contact"] = *contact
	}
	return err
}

const contactOfMember = `select id from crm.external_contact where connection_id = $1 and membership_id = $2`

// ownContact is the identity under which a partner's person is known in a connection.
func ownContact(ctx context.Context, tx *postgres.Tx, connection *uuid.UUID) (*uuid.UUID, error) {
	if connection == nil || tx.Actor.Side != operational.SidePartner {
		return nil, nil
	}
	var id uuid.UUID
	err := tx.QueryRow(ctx, contactOfMember, *connection, tx.Actor.Membership).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find own contact: %w", err)
	}
	return &id, nil
}

func recordLines(ctx context.Context, tx *postgres.Tx, s step, args pgx.NamedArgs) error {
	if s.Lines == nil {
		return nil
	}
	if s.Version > 0 {
		if _, err := tx.Exec(ctx, deleteLines, s.ID); err != nil {
			return fmt.Errorf("delete lines: %w", err)
		}
	}
	var ids, products []uuid.UUID
	var quantities, prices []string
	for _, l := range *s.Lines {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		ids, products = append(ids, id), append(products, l.ProductID)
		quantities, prices = append(quantities, l.Quantity.String()), append(prices, l.Price.String())
	}
	if len(ids) == 0 {
		return nil
	}
	args["line_ids"], args["products"], args["quantities"], args["prices"], args["product_org_id"] = ids, products, quantities, prices, s.ProcessOrgID
	if _, err := tx.Exec(ctx, insertLines, args); err != nil {
		return fmt.Errorf("write lines: %w", err)
	}
	return nil
}

// referenceFault names the field whose record is not there; another organisation's record is not there either.
func referenceFault(err error) error {
	switch postgres.Violated(err) {
	case "opportunity_vendor_org_id_vendor_account_id_fkey":
		return fieldFault("vendor_account_id", "There is no such account, or it is not yours to see.", nil)
	case "opportunity_connection_id_owner_contact_id_fkey":
		return fieldFault("owner_contact_id", "There is no such contact in this connection.", nil)
	case "opportunity_process_org_id_record_type_id_fkey":
		return fieldFault("record_type_id", "There is no such record type, or it is not yours to use.", nil)
	case "process_is_active": // it was retired while the opportunity was on its way
		return fieldFault("process_id", "It is retired and takes no new opportunities.", nil)
	case "opportunity_frozen": // it ended while the change was on its way
		ended := "ended"
		return writable(&ended, true)
	case "opportunity_scope_id_owner_membership_id_fkey":
		return fieldFault("owner_membership_id", "There is no such member in your organisation.", nil)
	}
	return fmt.Errorf("write opportunity: %w", err)
}
