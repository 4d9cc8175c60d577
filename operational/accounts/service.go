package accounts

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service keeps accounts and contacts.
type Service struct{ db *postgres.DB }

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// AccountListing says by which fields accounts can be listed.
func AccountListing() operational.Listing { return accountList.Listing() }

// CreateAccount adds an account to the caller's organisation.
func (s *Service) CreateAccount(ctx context.Context, actor operational.Actor, in NewAccount) (Account, error) {
	in = in.normal()
	if err := in.Validate(); err != nil {
		return Account{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, err
	}
	var account Account
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		account = Account{ID: id, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}.with(in)
		if _, err := tx.Exec(ctx, insertAccounts, accountArgs(tx, []Account{account})); err != nil {
			return referenceFault(err)
		}
		return events.Append(ctx, tx, "account.created", id, nil)
	})
	return account, err
}

// Account reads one account.
func (s *Service) Account(ctx context.Context, actor operational.Actor, id uuid.UUID) (Account, error) {
	return read[Account](ctx, s.db, actor, getAccount, "account", id)
}

type listedAccount struct {
	postgres.Keyed
	Account
}

// Accounts lists accounts.
func (s *Service) Accounts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Account], error) {
	return postgres.Page(ctx, s.db, actor, accountList, q, listAccounts, func(r listedAccount) Account { return r.Account })
}

// UpdateAccount changes an account that is still at this version. A patch that changes nothing makes no new version.
func (s *Service) UpdateAccount(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateAccount) (Account, error) {
	var account Account
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		account, err = one[Account](ctx, tx, getAccount, "account", id)
		if err != nil {
			return err
		}
		if account.Version != version {
			return operational.Stale("account")
		}
		old := account.content()
		changed, err := patch.apply(old)
		if err != nil || changed.same(old) {
			return err
		}
		tag, err := tx.Exec(ctx, updateAccounts, accountArgs(tx, []Account{account.with(changed)}))
		switch {
		case err != nil:
			return referenceFault(err)
		case tag.RowsAffected() == 0:
			return operational.Stale("account")
		}
		account = account.with(changed)
		account.Version, account.UpdatedAt = version+1, tx.Now
		return events.Append(ctx, tx, "account.changed", id, nil)
	})
	if err != nil {
		return Account{}, err
	}
	return account, nil
}

// content is what a caller can write of an account.
func (a Account) content() NewAccount {
	return NewAccount{
		Name: a.Name, Industry: a.Industry, Website: a.Website, Country: a.Country, YearEstablished: a.YearEstablished,
		AnnualRevenue: a.AnnualRevenue, NumberOfEmployees: a.NumberOfEmployees, ParentAccountID: a.ParentAccountID,
	}
}

func (a Account) with(in NewAccount) Account {
	a.Name, a.Industry, a.Website, a.Country, a.YearEstablished = in.Name, in.Industry, in.Website, in.Country, in.YearEstablished
	a.AnnualRevenue, a.NumberOfEmployees, a.ParentAccountID = in.AnnualRevenue, in.NumberOfEmployees, in.ParentAccountID
	return a
}

// referenceFault names the field whose record is not there; another organisation's record is not there either.
func referenceFault(err error) error {
	var faults operational.Faults
	const absent = "There is no such account, or it is not yours to see."
	switch postgres.Violated(err) {
	case "account_org_id_parent_account_id_fkey":
		faults.Add("parent_account_id", absent, nil)
	case "account_check":
		faults.Add("parent_account_id", "An account cannot be its own parent.", nil)
	case "contact_org_id_account_id_fkey":
		faults.Add("account_id", absent, nil)
	default:
		return err
	}
	return faults.Err()
}

// named turns "no row" into the answer for things that are not there.
func named(err error, object string) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return operational.NotFound(object)
	}
	return err
}
