package opportunities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Create starts an opportunity: with a connection it is shared by both companies, without one it is the caller's own.
func (s *Service) Create(ctx context.Context, actor operational.Actor, in NewOpportunity) (Opportunity, error) {
	var created Opportunity
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		created, err = s.CreateTx(ctx, tx, in, nil)
		return err
	})
	if err != nil {
		return Opportunity{}, fmt.Errorf("create opportunity: %w", err)
	}
	return s.named(ctx, actor, created), nil
}

// CreateWith is Create together with what only the partner knows of the opportunity: both are there then, or neither.
func (s *Service) CreateWith(ctx context.Context, actor operational.Actor, in NewOpportunity, half UpdatePrivate) (Opportunity, error) {
	if actor.Side != operational.SidePartner {
		return Opportunity{}, operational.NotFound(object)
	}
	var created Opportunity
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		if created, err = s.CreateTx(ctx, tx, in, nil); err == nil {
			_, err = s.UpdatePrivateTx(ctx, tx, created.ID, half)
		}
		return err
	})
	if err != nil {
		return Opportunity{}, fmt.Errorf("create opportunity: %w", err)
	}
	return s.named(ctx, actor, created), nil
}

// CreateTx is Create inside a transaction, for an opportunity that another system knows by a reference. The answer names
// nothing that it refers to.
func (s *Service) CreateTx(ctx context.Context, tx *postgres.Tx, in NewOpportunity, ref *string) (Opportunity, error) {
	if err := in.Validate(); err != nil {
		return Opportunity{}, err
	}
	first, err := begin(ctx, tx, in)
	if err != nil {
		return Opportunity{}, err
	}
	first.ExternalRef = ref
	if err := record(ctx, tx, first); err != nil {
		return Opportunity{}, err
	}
	if err := events.Append(ctx, tx, "opportunity.created", first.ID, eventOf(first.state)); err != nil {
		return Opportunity{}, err
	}
	return show(ctx, tx, first.ID, viewOf(first.grant))
}

// begin finds everything that a new opportunity needs: whose it is, process, owner, prices, number.
func begin(ctx context.Context, tx *postgres.Tx, in NewOpportunity) (step, error) {
	at, err := effective(in.EffectiveAt, earliest, tx.Now)
	if err != nil {
		return step{}, err
	}
	if in.VendorAccountID != nil && tx.Actor.Side != operational.SideVendor {
		return step{}, fieldFault("vendor_account_id", "Only the vendor has it.", nil)
	}
	first := step{Kind: ChangeCreated, EffectiveAt: at}
	first.state = state{
		Name: in.Name, CustomerName: textOrNil(in.CustomerName), VendorAccountID: in.VendorAccountID, CloseDate: in.CloseDate,
		Region: textOrNil(in.Region), Tier: textOrNil(in.Tier), CreatedAt: at,
	}
	if first.ID, err = uuid.NewV7(); err != nil {
		return step{}, err
	}
	for _, settle := range []func(context.Context, *postgres.Tx, NewOpportunity, *step) error{settlePlace, settleRights, settleProcess, settleOwner, settleAmount, settleKind} {
		if err := settle(ctx, tx, in, &first); err != nil {
			return step{}, err
		}
	}
	err = tx.QueryRow(ctx, nextNumber, first.args(tx)).Scan(&first.Number)
	if err != nil {
		return step{}, fmt.Errorf("count opportunities: %w", err)
	}
	return first, nil
}

// settleRights says whether the actor may begin such an opportunity there, and set what it sets. A connection that its
// rights do not reach is not there.
func settleRights(_ context.Context, tx *postgres.Tx, in NewOpportunity, first *step) error {
	g, there := grantAt(tx.Actor, in.ConnectionID)
	switch {
	case !there && in.ConnectionID != nil:
		return noConnection(*in.ConnectionID)
	case !there:
		return operational.Grant{}.Require(operational.ActCreate)
	}
	first.grant = g
	if err := g.Require(operational.ActCreate); err != nil {
		return err
	}
	return g.Writes(in.members()...)
}

func noConnection(id uuid.UUID) error {
	return fieldFault("connection_id", "There is no such connection, or it is not yours to see.", id.String())
}

// grantAt is the actor's grant for new records on a connection, or without one.
func grantAt(actor operational.Actor, connection *uuid.UUID) (operational.Grant, bool) {
	if actor.Side == operational.SideVendor || actor.Role == operational.RoleSystem {
		g, there := actor.GrantOf(operational.ObjectOpportunity, uuid.Nil)
		private := g.Visibility == operational.VisibilityPrivate && connection != nil
		return g, there && (!private || slices.Contains(actor.Rights.Managed, *connection))
	}
	return actor.GrantOf(operational.ObjectOpportunity, idOf(connection))
}

// settleKind takes the record type that is asked for, or the usual one, and the values of added fields. In the end the
// opportunity must be one of those that the actor's rights reach.
func settleKind(ctx context.Context, tx *postgres.Tx, in NewOpportunity, first *step) error {
	setup, err := setupOf(ctx, tx, first.grant)
	if err != nil {
		return err
	}
	if first.RecordTypeID, err = setup.TypeOf(first.grant, in.RecordTypeID); err != nil {
		return err
	}
	if first.Custom, err = setup.Set(first.grant, nil, in.Custom); err != nil {
		return err
	}
	if !first.grant.Covers(tx.Actor, first.facts()) {
		return operational.Fault(operational.KindForbidden, "not-permitted", "Your role works with your own records: one that belongs to another, or to nobody, is not yours to create. Nothing was saved.")
	}
	now := first.content(setup, first.stage, in.VendorNet != nil, len(in.Lines) > 0)
	return setup.Demand(tx.Actor, operational.ObjectOpportunity, first.grant, nil, now, first.memberOf)
}

const getConnection = `select vendor_org_id, partner_org_id, status, region, tier from crm.connection where id = $1`

// settlePlace says whose the opportunity is. That never comes from the caller, but from a connection that the caller
// can see, or from the caller's own workspace.
func settlePlace(ctx context.Context, tx *postgres.Tx, in NewOpportunity, first *step) error {
	if in.ConnectionID == nil {
		org := tx.Actor.Org
		if tx.Actor.Side == operational.SideVendor {
			first.VendorOrgID = &org
		} else {
			first.PartnerOrgID = &org
		}
		return nil
	}
	var status string
	first.ConnectionID = in.ConnectionID
	err := tx.QueryRow(ctx, getConnection, *in.ConnectionID).Scan(&first.VendorOrgID, &first.PartnerOrgID, &status, &first.Region, &first.Tier)
	if errors.Is(err, pgx.ErrNoRows) {
		return noConnection(*in.ConnectionID)
	}
	if err != nil {
		return fmt.Errorf("read connection: %w", err)
	}
	if _, there := grantAt(tx.Actor, in.ConnectionID); !there {
		return noConnection(*in.ConnectionID)
	}
	return writable(&status, false)
}

// settleProcess takes the process that is asked for, or the default one, of the company whose products are sold.
func settleProcess(ctx context.Context, tx *postgres.Tx, in NewOpportunity, first *step) error {
	org := first.PartnerOrgID
	if first.VendorOrgID != nil {
		org = first.VendorOrgID
	}
	process, err := catalog.ProcessTx(ctx, tx, *org, in.ProcessID)
	switch {
	case operational.KindOf(err) == operational.KindNotFound && in.ProcessID == nil:
		return operational.Fault(operational.KindConflict, "no-sales-process", "There is no default sales process. Name one, or have one set up.")
	case operational.KindOf(err) == operational.KindNotFound:
		return fieldFault("process_id", "There is no such sales process, or it is of another company.", in.ProcessID.String())
	case err != nil:
		return err
	case !process.Active:
		return fieldFault("process_id", "It is retired and takes no new opportunities.", process.ID.String())
	}
	stage := process.First()
	if in.StageID != nil {
		var found bool
		if stage, found = process.Stage(*in.StageID); !found {
			return fieldFault("stage_id", "It is no stage of the sales process.", in.StageID.String())
		}
	}
	first.ProcessOrgID, first.ProcessID, first.ProcessVersion = process.OrganisationID, process.ID, process.Version
	first.state, first.stage = first.enter(stage, first.EffectiveAt), stage.Name
	return nil
}

// settleOwner takes the owner that is asked for; a partner's person owns what they create, and so does a member in
// business without a connection.
func settleOwner(ctx context.Context, tx *postgres.Tx, in NewOpportunity, first *step) (err error) {
	first.OwnerContactID, first.OwnerMembershipID = in.OwnerContactID, in.OwnerMemberID
	if first.owner() != nil {
		return checkOwner(ctx, tx, first.state)
	}
	if first.ConnectionID == nil && tx.Actor.Membership != uuid.Nil {
		member := tx.Actor.Membership
		first.OwnerMembershipID = &member
		return nil
	}
	first.OwnerContactID, err = ownContact(ctx, tx, first.ConnectionID)
	return err
}

const ownCurrency = `select reporting_currency from crm.workspace where org_id = $1`

// settleAmount prices the lines and decides amount and currency: that of the given amount, else that of the products,
// else the reporting currency of whoever creates the opportunity.
func settleAmount(ctx context.Context, tx *postgres.Tx, in NewOpportunity, first *step) error {
	if in.VendorNet != nil {
		first.Currency = in.VendorNet.Currency
	}
	lines, err := priceTx(ctx, tx, first.ProcessOrgID, in.Lines, first.Currency)
	if err != nil {
		return err
	}
	if first.Currency == "" && len(lines) > 0 {
		first.Currency = lines[0].Product.ListPrice.Currency
	}
	if first.Currency == "" {
		if err := tx.QueryRow(ctx, ownCurrency, tx.Actor.Org).Scan(&first.Currency); err != nil {
			return fmt.Errorf("read reporting currency: %w", err)
		}
	}
	first.Lines = &lines
	if in.VendorNet != nil {
		first.VendorNetAmount, first.AmountSource = amount(&in.VendorNet.Amount, lines)
	} else {
		first.VendorNetAmount, first.AmountSource = amount(nil, lines)
	}
	return nil
}
