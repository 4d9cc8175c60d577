package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ImportedAccount is an account as a source gives it. ExternalRef is its key there; ParentRef the key of its parent.
type ImportedAccount struct {
	ExternalRef string
	ParentRef   string
	NewAccount
}

// Counts says what an import did.
type Counts struct{ Created, Changed, Unchanged int }

// ImportAccounts makes the organisation of the transaction have these accounts (by external reference) and gives
// their ids in the same order. What is as wished already is not touched.
func (s *Service) ImportAccounts(ctx context.Context, tx *postgres.Tx, wanted []ImportedAccount) ([]uuid.UUID, Counts, error) {
	known, err := accountsKnown(ctx, tx, wanted)
	if err != nil {
		return nil, Counts{}, err
	}
	plan, err := planImport(tx, wanted, known)
	if err != nil {
		return nil, Counts{}, err
	}
	// New ones first: they may be the parents of those that change.
	for _, w := range []struct {
		sql  string
		rows []Account
	}{{insertAccounts, plan.created}, {updateAccounts, plan.changed}} {
		if len(w.rows) == 0 {
			continue
		}
		tag, err := tx.Exec(ctx, w.sql, accountArgs(tx, w.rows))
		switch {
		case err != nil:
			return nil, Counts{}, fmt.Errorf("write %d accounts: %w", len(w.rows), err)
		case tag.RowsAffected() != int64(len(w.rows)):
			return nil, Counts{}, operational.Fault(operational.KindUnavailable, "busy", "Others changed the same accounts at this moment. Nothing was imported. Try again.")
		}
	}
	return plan.ids, Counts{Created: len(plan.created), Changed: len(plan.changed), Unchanged: len(wanted) - len(plan.created) - len(plan.changed)}, nil
}

func accountsKnown(ctx context.Context, tx *postgres.Tx, wanted []ImportedAccount) (map[string]Account, error) {
	refs := make([]string, 0, 2*len(wanted))
	for _, in := range wanted {
		refs = append(refs, in.ExternalRef, in.ParentRef)
	}
	rows, err := tx.Query(ctx, accountsByRef, tx.Actor.Org, refs)
	if err != nil {
		return nil, fmt.Errorf("read accounts by reference: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[Account])
	if err != nil {
		return nil, fmt.Errorf("read accounts by reference: %w", err)
	}
	known := make(map[string]Account, len(found))
	for _, a := range found {
		known[*a.ExternalRef] = a
	}
	return known, nil
}

type importPlan struct {
	ids              []uuid.UUID
	created, changed []Account
}

// planImport sorts the accounts into new, changed and untouched ones. Parents may come after their children.
func planImport(tx *postgres.Tx, wanted []ImportedAccount, known map[string]Account) (importPlan, error) {
	var plan importPlan
	ids, err := idsOf(wanted, known)
	if err != nil {
		return plan, err
	}
	for _, in := range wanted {
		if in.ParentRef != "" {
			parent, found := ids[in.ParentRef]
			if !found {
				return plan, operational.Fault(operational.KindInvalid, "account-reference", "The account %.60q names a parent %.60q that is not there.", in.ExternalRef, in.ParentRef)
			}
			in.ParentAccountID = &parent
		}
		in.NewAccount = in.normal()
		if err := in.Validate(); err != nil {
			return plan, fmt.Errorf("account %.60q: %w", in.ExternalRef, err)
		}
		ref := in.ExternalRef
		plan.ids = append(plan.ids, ids[ref])
		old, found := known[ref]
		if found { // whose it is, its type and the company's own fields are not the source's to say
			in.OwnerMembershipID, in.RecordTypeID, in.Custom = old.OwnerMembershipID, old.RecordTypeID, old.Custom
		}
		switch {
		case !found:
			plan.created = append(plan.created, Account{ID: ids[ref], ExternalRef: &ref, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}.with(in.NewAccount))
		case len(in.differs(old.content())) > 0:
			plan.changed = append(plan.changed, old.changed(in.NewAccount, tx.Now))
		}
	}
	return plan, nil
}

// idsOf gives each reference its id: the one it has, or a new one.
func idsOf(wanted []ImportedAccount, known map[string]Account) (map[string]uuid.UUID, error) {
	ids := make(map[string]uuid.UUID, len(wanted)+len(known))
	for ref, a := range known {
		ids[ref] = a.ID
	}
	seen := make(map[string]bool, len(wanted))
	for _, in := range wanted {
		if seen[in.ExternalRef] || in.ExternalRef == "" {
			return nil, operational.Fault(operational.KindInvalid, "account-reference", "The account reference %.60q is empty or there twice.", in.ExternalRef)
		}
		seen[in.ExternalRef] = true
		if _, found := ids[in.ExternalRef]; found {
			continue
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		ids[in.ExternalRef] = id
	}
	return ids, nil
}

// Link says that a partner's account and a vendor's account are the same customer. Only the partner reads it.
type Link struct {
	ConnectionID     uuid.UUID
	VendorAccountID  uuid.UUID
	PartnerAccountID uuid.UUID
}

// Link notes which of the partner's accounts are which of its vendors'; the transaction is the partner's. Links that
// are there already are kept.
func (s *Service) Link(ctx context.Context, tx *postgres.Tx, links []Link) error {
	var connections, vendors, partners []uuid.UUID
	for _, l := range links {
		connections, vendors, partners = append(connections, l.ConnectionID), append(vendors, l.VendorAccountID), append(partners, l.PartnerAccountID)
	}
	_, err := tx.Exec(ctx, insertLinks, pgx.NamedArgs{"now": tx.Now, "connections": connections, "vendor_accounts": vendors, "partner_accounts": partners})
	if err != nil {
		return fmt.Errorf("link %d accounts: %w", len(links), err)
	}
	return nil
}
