package opportunities

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// staged is the step that moves or reopens an opportunity; none when it is in that stage already.
func staged(ctx context.Context, tx *postgres.Tx, now current, a act, stageID *uuid.UUID, reason string, asked *time.Time) (*step, error) {
	process, err := catalog.ProcessTx(ctx, tx, now.ProcessOrgID, &now.ProcessID)
	if err != nil {
		return nil, err
	}
	stage := process.First()
	if stageID != nil {
		var found bool
		if stage, found = process.Stage(*stageID); !found {
			return nil, fieldFault("stage_id", "It is no stage of the opportunity's sales process.", stageID.String())
		}
	}
	if a == move && stage.ID == now.StageID {
		return nil, nil
	}
	if err := permit(a, now.StageType, stage.Type); err != nil {
		return nil, err
	}
	at, err := effective(asked, now.LastEffectiveAt, tx.Now)
	if err != nil {
		return nil, err
	}
	kind := ChangeStageMoved
	if a == reopen {
		kind = ChangeReopened
	}
	next := now.enter(stage, at)
	next.ProcessVersion = process.Version
	return &step{state: next, Kind: kind, Reason: reason, EffectiveAt: at}, nil
}

// patched is the step that a patch makes; none when it changes nothing.
func patched(ctx context.Context, tx *postgres.Tx, now current, patch Update) (*step, error) {
	if err := patch.fits(tx.Actor.Side, now); err != nil {
		return nil, err
	}
	next := step{state: patch.apply(now.state), Kind: ChangeEdited, Reason: patch.Reason}
	if !same(next.owner(), now.owner()) {
		next.Kind = ChangeReassigned
		if !now.seen.Covers(tx.Actor, next.facts()) {
			return nil, operational.Fault(operational.KindForbidden, "not-permitted", "Your role works with your own records: you can give none to another or to nobody, since you would not see who has it. Nothing was saved. Ask somebody who works with all of them.")
		}
		if err := checkOwner(ctx, tx, next.state); err != nil {
			return nil, err
		}
	}
	if err := reprice(ctx, tx, now, patch, &next); err != nil {
		return nil, err
	}
	if err := settleAdded(ctx, tx, now, patch, &next); err != nil {
		return nil, err
	}
	if next.Lines == nil && next.equal(now.state) {
		return nil, nil
	}
	var err error
	next.EffectiveAt, err = effective(patch.EffectiveAt, now.LastEffectiveAt, tx.Now)
	return &next, err
}

// settleAdded sets the record type and the fields which the company of the process has added. In the end the opportunity
// must not lack, because of the change, what the layout of its type asks for.
func settleAdded(ctx context.Context, tx *postgres.Tx, now current, patch Update, next *step) error {
	setup, err := setupOf(ctx, tx, now.seen.Grant)
	if err != nil {
		return err
	}
	if wanted := patch.RecordTypeID.Value; wanted != nil && !same(wanted, now.RecordTypeID) {
		if next.RecordTypeID, err = setup.TypeOf(now.seen.Grant, wanted); err != nil {
			return err
		}
	} else {
		patch.RecordTypeID.Into(&next.RecordTypeID)
	}
	if next.Custom, err = setup.Set(now.seen.Grant, now.Custom, patch.Custom); err != nil {
		return err
	}
	had, err := hasLines(ctx, tx, setup, now.ID)
	if err != nil {
		return err
	}
	has := had
	if next.Lines != nil {
		has = len(*next.Lines) > 0
	}
	was := now.content(setup, now.StageName, false, had)
	return setup.Demand(tx.Actor, operational.ObjectOpportunity, now.seen.Grant, &was,
		next.content(setup, now.StageName, patch.VendorNet.Value != nil, has), next.memberOf)
}

const anyLines = `select exists (select from crm.opportunity_line where opportunity_id = $1)`

// hasLines says whether there are lines, where some layout looks at them.
func hasLines(ctx context.Context, tx *postgres.Tx, setup objects.Setup, id uuid.UUID) (has bool, err error) {
	if !setup.LooksAt(fieldLines) {
		return false, nil
	}
	if err := tx.QueryRow(ctx, anyLines, id).Scan(&has); err != nil {
		return false, fmt.Errorf("look for lines: %w", err)
	}
	return has, nil
}

// reprice sets the lines if they change, and the amount if it follows them.
func reprice(ctx context.Context, tx *postgres.Tx, now current, patch Update, next *step) error {
	clears := patch.VendorNet.Given && patch.VendorNet.Value == nil
	if !patch.Lines.Given && !clears {
		return nil
	}
	old, err := linesNow(ctx, tx, now)
	if err != nil {
		return err
	}
	lines := old
	if patch.Lines.Given {
		var wanted []NewLine
		if patch.Lines.Value != nil {
			wanted = *patch.Lines.Value
		}
		if lines, err = priceTx(ctx, tx, now.ProcessOrgID, wanted, now.Currency); err != nil {
			return err
		}
		if !sameLines(lines, old) {
			next.Lines = &lines
		}
	}
	follows := clears || !patch.VendorNet.Given && (now.AmountSource == AmountLines || now.AmountSource == AmountListPrice)
	if follows && (clears || next.Lines != nil) {
		next.VendorNetAmount, next.AmountSource = amount(nil, lines)
	}
	return nil
}

func sameLines(a, b []pricedLine) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ProductID != b[i].ProductID || !a[i].Quantity.Equal(b[i].Quantity) || !a[i].Price.Equal(b[i].Price) {
			return false
		}
	}
	return true
}

// linesNow are the lines as they are; products that are not sold any more may stay.
func linesNow(ctx context.Context, tx *postgres.Tx, now current) ([]pricedLine, error) {
	rows, err := tx.Query(ctx, getLines, now.ID)
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[lineRow])
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	ids := make([]productID, 0, len(found))
	for _, l := range found {
		ids = append(ids, l.ProductID)
	}
	products, err := catalog.ProductsTx(ctx, tx, now.ProcessOrgID, ids)
	lines := make([]pricedLine, 0, len(found))
	for _, l := range found {
		lines = append(lines, pricedLine{NewLine: NewLine{ProductID: l.ProductID, Quantity: l.Quantity}, Product: products[l.ProductID], Price: l.UnitPrice})
	}
	return lines, err
}

// priceTx finds the products of lines, which belong to the organisation of the process, and prices the lines.
func priceTx(ctx context.Context, tx *postgres.Tx, org uuid.UUID, lines []NewLine, currency string) ([]pricedLine, error) {
	if len(lines) == 0 {
		return nil, nil
	}
	ids := make([]productID, 0, len(lines))
	for _, l := range lines {
		ids = append(ids, l.ProductID)
	}
	products, err := catalog.ProductsTx(ctx, tx, org, ids)
	if err != nil {
		return nil, err
	}
	if currency == "" { // a new opportunity takes the currency of what is sold
		currency = products[lines[0].ProductID].ListPrice.Currency
	}
	return price(lines, products, currency)
}

// Contacts and members who work no more cannot be given work.
const (
	contactIsThere = `select exists (select from crm.external_contact where connection_id = $1 and id = $2 and status = 'active')`
	memberIsThere  = `select exists (select from crm.membership where org_id = $1 and id = $2 and status = 'active')`
)

func checkOwner(ctx context.Context, tx *postgres.Tx, s state) error {
	sql, field, scope, owner := contactIsThere, "owner_contact_id", s.ConnectionID, s.OwnerContactID
	if s.ConnectionID == nil {
		sql, field, scope, owner = memberIsThere, "owner_membership_id", &tx.Actor.Org, s.OwnerMembershipID
	}
	if owner == nil {
		return nil
	}
	var there bool
	err := tx.QueryRow(ctx, sql, *scope, *owner).Scan(&there)
	switch {
	case err != nil:
		return fmt.Errorf("look for owner: %w", err)
	case !there:
		return fieldFault(field, "There is no such person who could own this opportunity.", owner.String())
	}
	return nil
}

// fits says which parts of the patch this opportunity, or this side, does not have.
func (patch Update) fits(side operational.Side, now current) error {
	var faults operational.Faults
	checkNone(&faults, patch.VendorAccountID.Given && side != operational.SideVendor, "vendor_account_id", "Only the vendor has it.")
	connected := now.ConnectionID != nil
	checkNone(&faults, patch.OwnerMemberID.Given && connected, "owner_membership_id", "With a connection the owner is a contact.")
	checkNone(&faults, patch.OwnerContactID.Given && !connected, "owner_contact_id", "Without a connection the owner is a member.")
	checkNone(&faults, patch.Region.Given && connected, "region", "The connection says the region.")
	checkNone(&faults, patch.Tier.Given && connected, "tier", "The connection says the tier.")
	checkNone(&faults, patch.Name.Given && patch.Name.Value == nil, "name", "It cannot be empty.")
	if v := patch.VendorNet.Value; v != nil && v.Currency != now.Currency {
		faults.Add("vendor_net.currency", "The opportunity is in "+now.Currency+".", v.Currency)
	}
	return faults.Err()
}

// apply gives the state after the patch, as far as it needs nothing but the patch.
func (patch Update) apply(s state) state {
	if patch.Name.Value != nil {
		s.Name = *patch.Name.Value
	}
	patch.CustomerName.Into(&s.CustomerName)
	patch.VendorAccountID.Into(&s.VendorAccountID)
	patch.OwnerContactID.Into(&s.OwnerContactID)
	patch.OwnerMemberID.Into(&s.OwnerMembershipID)
	patch.CloseDate.Into(&s.CloseDate)
	patch.Region.Into(&s.Region)
	patch.Tier.Into(&s.Tier)
	if v := patch.VendorNet.Value; v != nil && !v.Amount.Equal(s.VendorNetAmount) {
		s.VendorNetAmount, s.AmountSource = v.Amount, AmountEntered
	}
	return s
}

// equal compares what a patch can change.
func (s state) equal(o state) bool {
	return s.Name == o.Name && same(s.CustomerName, o.CustomerName) && same(s.VendorAccountID, o.VendorAccountID) && same(s.owner(), o.owner()) &&
		same(s.CloseDate, o.CloseDate) && same(s.Region, o.Region) && same(s.Tier, o.Tier) && same(s.RecordTypeID, o.RecordTypeID) && maps.Equal(s.Custom, o.Custom) &&
		s.VendorNetAmount.Equal(o.VendorNetAmount) && s.AmountSource == o.AmountSource
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
