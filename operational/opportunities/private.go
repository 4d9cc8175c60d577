package opportunities

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Private is the partner's half of an opportunity: no vendor ever reads it, and its version is its own.
type Private struct {
	OpportunityID     uuid.UUID          `json:"opportunity_id" doc:"Opportunity that this belongs to."`
	AccountID         *uuid.UUID         `json:"account_id,omitempty" doc:"The partner's own account of the customer."`
	EndCustomerAmount *operational.Money `json:"end_customer_amount,omitempty" doc:"What the end customer pays the partner."`
	Note              string             `json:"note,omitempty" doc:"The partner's own note."`
	Custom            map[string]any     `json:"custom,omitempty" doc:"Values of the fields that your own company has added, of opportunities that you share with a vendor; in your own business they are on the opportunity."`
	Version           int64              `json:"version" doc:"Grows by one with each change, from 0 when nothing was noted yet; also the ETag."`
	UpdatedAt         *time.Time         `json:"updated_at,omitempty" doc:"When it was last changed."`
}

// UpdatePrivate is a merge patch of the partner's half.
type UpdatePrivate struct {
	AccountID         operational.Opt[uuid.UUID]
	EndCustomerAmount operational.Opt[operational.Money]
	Note              operational.Opt[string]
	Custom            map[string]any // null clears one; what is left out stays
}

// Validate says what is wrong with the patch by itself.
func (patch UpdatePrivate) Validate() error {
	var faults operational.Faults
	if patch.EndCustomerAmount.Value != nil {
		faults.Amount("end_customer_amount", *patch.EndCustomerAmount.Value)
	}
	if patch.Note.Value != nil {
		faults.Text("note", *patch.Note.Value, 0, 4000)
	}
	return faults.Err()
}

const getPrivate = `
select o.id, o.scope_id, o.currency, o.connection_id, o.vendor_org_id, o.partner_org_id, o.owner_contact_id, o.owner_membership_id, o.record_type_id, o.frozen_at,
  h.account_id, h.end_customer_amount, h.note, coalesce(h.custom, '{}') as custom, coalesce(h.version, 0) as version, h.updated_at
from crm.opportunity o left join crm.opportunity_private h on h.opportunity_id = o.id
where o.id = $1`

const insertPrivate = `
insert into crm.opportunity_private (opportunity_id, scope_id, partner_org_id, account_id, end_customer_amount, note, custom, updated_at)
values (@id, @scope_id, @org, @account_id, @amount, @note, @custom, @now)
on conflict (opportunity_id) do nothing`

const updatePrivate = `
update crm.opportunity_private set account_id = @account_id, end_customer_amount = @amount, note = @note, custom = @custom, version = version + 1, updated_at = @now
where opportunity_id = @id and version = @version`

type privateRow struct {
	ID, ScopeID       uuid.UUID
	Currency          string
	AccountID         *uuid.UUID
	EndCustomerAmount *decimal.Decimal
	Note              *string
	Custom            map[string]any
	Version           int64
	UpdatedAt         *time.Time

	ConnectionID, VendorOrgID, PartnerOrgID, OwnerContactID, OwnerMembershipID, RecordTypeID *uuid.UUID // what rights look at
	FrozenAt                                                                                 *time.Time
}

// of is the opportunity, as far as rights look at it.
func (r privateRow) of() state {
	return state{
		ConnectionID: r.ConnectionID, VendorOrgID: r.VendorOrgID, PartnerOrgID: r.PartnerOrgID, OwnerContactID: r.OwnerContactID,
		OwnerMembershipID: r.OwnerMembershipID, RecordTypeID: r.RecordTypeID, FrozenAt: r.FrozenAt,
	}
}

// private is the half as the role in the partner's own company shows it: the vendor's has no say in it.
func (r privateRow) private(own operational.Grant) Private {
	p := Private{OpportunityID: r.ID, AccountID: r.AccountID, Note: text(r.Note), Version: r.Version, UpdatedAt: r.UpdatedAt, Custom: shownOf(own.Read, r.Custom)}
	if r.EndCustomerAmount != nil {
		p.EndCustomerAmount = &operational.Money{Amount: *r.EndCustomerAmount, Currency: r.Currency}
	}
	return p
}

// Private reads the partner's half. To a vendor it does not exist: the database is not even asked, since no vendor's
// role has a right to the table.
func (s *Service) Private(ctx context.Context, actor operational.Actor, id uuid.UUID) (Private, error) {
	if actor.Side != operational.SidePartner {
		return Private{}, operational.NotFound(object)
	}
	var found privateRow
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(getPrivate, id).Query(func(rows pgx.Rows) (err error) {
			found, err = collectPrivate(viewsOf(actor), rows, nil)
			return err
		})
	})
	if err != nil {
		return Private{}, err
	}
	return found.private(actor.OwnGrant(operational.ObjectOpportunity)), nil
}

// collectPrivate takes the half of an opportunity that the rights reach.
func collectPrivate(vs views, rows pgx.Rows, err error) (privateRow, error) {
	if err != nil {
		return privateRow{}, err
	}
	found, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[privateRow])
	if errors.Is(err, pgx.ErrNoRows) {
		err = operational.NotFound(object)
	}
	if _, there := vs.over(found.of()); err == nil && !there {
		return privateRow{}, operational.NotFound(object)
	}
	return found, err
}

const getHalves = `
select o.id, o.scope_id, o.currency, o.connection_id, o.vendor_org_id, o.partner_org_id, o.owner_contact_id, o.owner_membership_id, o.record_type_id, o.frozen_at,
  h.account_id, h.end_customer_amount, h.note, h.custom, h.version, h.updated_at
from crm.opportunity_private h join crm.opportunity o on o.id = h.opportunity_id
where h.opportunity_id = any($1)`

// Halves are what the partner has noted of these opportunities, by opportunity. Those without a note, and those that the
// rights do not reach, are missing.
func (s *Service) Halves(ctx context.Context, actor operational.Actor, ids []uuid.UUID) (map[uuid.UUID]Private, error) {
	if actor.Side != operational.SidePartner || len(ids) == 0 {
		return nil, nil
	}
	vs, own := viewsOf(actor), actor.OwnGrant(operational.ObjectOpportunity)
	halves := make(map[uuid.UUID]Private, len(ids))
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(getHalves, ids).Query(func(rows pgx.Rows) error {
			found, err := postgres.Collect[privateRow](rows)
			for _, r := range found {
				if _, there := vs.over(r.of()); there {
					halves[r.ID] = r.private(own)
				}
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the own halves of opportunities: %w", err)
	}
	return halves, nil
}

// UpdatePrivate changes the partner's half if it is still at this version of its own (0: nothing noted yet). The
// opportunity itself keeps its version: nothing about the change shows to the vendor.
func (s *Service) UpdatePrivate(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdatePrivate) (Private, error) {
	if actor.Side != operational.SidePartner {
		return Private{}, operational.NotFound(object)
	}
	if err := patch.Validate(); err != nil {
		return Private{}, err
	}
	var changed privateRow
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		changed, err = changePrivate(ctx, tx, id, patch, func(now int64) bool { return now == version })
		return err
	})
	if err != nil {
		return Private{}, fmt.Errorf("change private half of opportunity %s: %w", id, err)
	}
	return changed.private(actor.OwnGrant(operational.ObjectOpportunity)), nil
}

// UpdatePrivateTx is UpdatePrivate inside a transaction, whatever the version of the half is. It says whether that changed.
func (s *Service) UpdatePrivateTx(ctx context.Context, tx *postgres.Tx, id uuid.UUID, patch UpdatePrivate) (changed bool, err error) {
	if err := patch.Validate(); err != nil {
		return false, err
	}
	var before int64
	after, err := changePrivate(ctx, tx, id, patch, func(now int64) bool { before = now; return true })
	return after.Version != before, err
}

// changePrivate changes the half if its version is one that is expected.
func changePrivate(ctx context.Context, tx *postgres.Tx, id uuid.UUID, patch UpdatePrivate, expected func(version int64) bool) (privateRow, error) {
	own := tx.Actor.OwnGrant(operational.ObjectOpportunity)
	rows, err := tx.Query(ctx, getPrivate, id)
	now, err := collectPrivate(viewsOf(tx.Actor), rows, err)
	if err != nil {
		return now, err
	}
	if err := own.Require(operational.ActEdit); err != nil {
		return now, err
	}
	if !expected(now.Version) {
		return now, operational.Stale(object)
	}
	changed, err := patch.apply(now)
	if err != nil {
		return now, err
	}
	if changed.Custom, err = patch.added(ctx, tx, own, now); err != nil || changed.equal(now) {
		return changed, err
	}
	changed.Version, changed.UpdatedAt = now.Version+1, &tx.Now
	if err := savePrivate(ctx, tx, changed, now.Version); err != nil {
		return now, err
	}
	noted := audit.Record{Action: "opportunity.private_edited", ID: id} // without its connection: the vendor learns nothing of it
	noted.Fields = audit.Changed(now.private(own), changed.private(own))
	return changed, audit.Append(ctx, tx, noted)
}

// added are the values of fields which the partner's company has added. In its own business they are on the opportunity.
func (patch UpdatePrivate) added(ctx context.Context, tx *postgres.Tx, own operational.Grant, now privateRow) (map[string]any, error) {
	switch {
	case len(patch.Custom) == 0:
		return now.Custom, nil
	case now.ConnectionID == nil:
		return nil, fieldFault("custom", "Without a connection these values are on the opportunity itself: change that.", nil)
	}
	setup, err := objects.OwnTx(ctx, tx, operational.ObjectOpportunity)
	if err != nil {
		return nil, err
	}
	return setup.Set(own, now.Custom, patch.Custom)
}

func savePrivate(ctx context.Context, tx *postgres.Tx, r privateRow, version int64) error {
	sql := updatePrivate
	if version == 0 {
		sql = insertPrivate
	}
	tag, err := tx.Exec(ctx, sql, pgx.NamedArgs{
		"id": r.ID, "scope_id": r.ScopeID, "org": tx.Actor.Org, "account_id": r.AccountID, "amount": r.EndCustomerAmount, "note": r.Note, "custom": orEmpty(r.Custom),
		"version": version, "now": tx.Now,
	})
	switch {
	case postgres.Violated(err) == "opportunity_private_partner_org_id_account_id_fkey":
		return fieldFault("account_id", "There is no such account, or it is not yours to see.", nil)
	case err != nil:
		return err
	case tag.RowsAffected() == 0:
		return operational.Stale(object)
	}
	return nil
}

func (patch UpdatePrivate) apply(r privateRow) (privateRow, error) {
	patch.AccountID.Into(&r.AccountID)
	patch.Note.Into(&r.Note)
	if patch.EndCustomerAmount.Given {
		r.EndCustomerAmount = nil
	}
	if m := patch.EndCustomerAmount.Value; m != nil {
		if m.Currency != r.Currency {
			return r, fieldFault("end_customer_amount.currency", "The opportunity is in "+r.Currency+".", m.Currency)
		}
		r.EndCustomerAmount = &m.Amount
	}
	return r, nil
}

func (r privateRow) equal(o privateRow) bool {
	amount := r.EndCustomerAmount == nil && o.EndCustomerAmount == nil ||
		r.EndCustomerAmount != nil && o.EndCustomerAmount != nil && r.EndCustomerAmount.Equal(*o.EndCustomerAmount)
	return amount && same(r.AccountID, o.AccountID) && same(r.Note, o.Note) && maps.Equal(r.Custom, o.Custom)
}
