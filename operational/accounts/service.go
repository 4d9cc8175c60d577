package accounts

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service keeps accounts and contacts.
type Service struct{ db *postgres.DB }

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// CreateAccount adds an account to the caller's organisation. Unless told otherwise it belongs to the caller.
func (s *Service) CreateAccount(ctx context.Context, actor operational.Actor, in NewAccount) (Account, error) {
	var account Account
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		account, err = s.CreateAccountTx(ctx, tx, in, nil)
		return err
	})
	return account, err
}

// CreateAccountTx is CreateAccount inside a transaction, for an account that another system knows by a reference.
func (s *Service) CreateAccountTx(ctx context.Context, tx *postgres.Tx, in NewAccount, ref *string) (Account, error) {
	g, err := mayCreate(tx.Actor, operational.ObjectAccount, in.members())
	if err != nil {
		return Account{}, err
	}
	in = in.normal()
	if err := in.Validate(); err != nil {
		return Account{}, err
	}
	given := in.members()
	if in, err = in.settled(ctx, tx, g); err != nil {
		return Account{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, err
	}
	account := Account{ID: id, ExternalRef: ref, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}.with(in)
	if _, err := tx.Exec(ctx, insertAccounts, accountArgs(tx, []Account{account})); err != nil {
		return Account{}, referenceFault(err)
	}
	return account.masked(g), events.Append(ctx, tx, "account.created", id, nil, changed(given, in.Custom)...)
}

func mayCreate(actor operational.Actor, object operational.Object, members []operational.Member) (operational.Grant, error) {
	g, found := actor.GrantOf(object, uuid.Nil)
	if !found {
		return g, g.Require(operational.ActCreate)
	}
	if err := g.Require(operational.ActCreate); err != nil {
		return g, err
	}
	return g, g.Writes(members...)
}

// settled fills in what a new account gets unless told otherwise, and checks it against what the company has set up.
func (in NewAccount) settled(ctx context.Context, tx *postgres.Tx, g operational.Grant) (NewAccount, error) {
	setup, err := objects.OwnTx(ctx, tx, operational.ObjectAccount)
	if err != nil {
		return in, err
	}
	if in.Custom, err = setup.Set(g, nil, in.Custom); err != nil {
		return in, err
	}
	if in.RecordTypeID, err = setup.TypeOf(g, in.RecordTypeID); err != nil {
		return in, err
	}
	if in.OwnerMembershipID == nil && tx.Actor.Membership != uuid.Nil {
		in.OwnerMembershipID = &tx.Actor.Membership
	} else if err := worksHere(ctx, tx, in.OwnerMembershipID); err != nil {
		return in, err
	}
	if err := in.demand(tx.Actor, setup, g, nil); err != nil {
		return in, err
	}
	return in, accountInSight(ctx, tx, "parent_account_id", in.ParentAccountID)
}

// Account reads one account.
func (s *Service) Account(ctx context.Context, actor operational.Actor, id uuid.UUID) (Account, error) {
	g, err := own(actor, operational.ObjectAccount)
	if err != nil {
		return Account{}, err
	}
	account, err := postgres.One[Account](ctx, s.db, actor, "account", getAccount, id)
	if err == nil && !account.in(g, actor) {
		err = operational.NotFound("account")
	}
	if err != nil {
		return Account{}, err
	}
	return account.masked(g), nil
}

func (a Account) in(g operational.Grant, actor operational.Actor) bool {
	return g.Reaches(actor.Membership, a.OwnerMembershipID, a.RecordTypeID)
}

type listedAccount struct {
	postgres.Keyed
	Account
}

// Accounts lists the accounts that the caller may see, by fields that it may read.
func (s *Service) Accounts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Account], error) {
	g, err := own(actor, operational.ObjectAccount)
	var l postgres.List
	if err == nil {
		l, err = s.accountsFor(ctx, actor, q.Names())
	}
	if err == nil {
		err = accountListing(actor, l).Require(q)
	}
	if err != nil {
		return operational.Listed[Account]{}, err
	}
	q = reach(q, g, actor.Membership, "owner")
	return postgres.Page(ctx, s.db, actor, l, q, listAccounts, func(r listedAccount) Account { return r.masked(g) })
}

// UpdateAccount changes an account that is still at this version. A patch that changes nothing makes no new version.
func (s *Service) UpdateAccount(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateAccount) (Account, error) {
	var account Account
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		account, err = s.UpdateAccountTx(ctx, tx, id, version, patch)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	return account, nil
}

// UpdateAccountTx is UpdateAccount inside a transaction.
func (s *Service) UpdateAccountTx(ctx context.Context, tx *postgres.Tx, id uuid.UUID, version int64, patch UpdateAccount) (Account, error) {
	account, g, err := accountFor(ctx, tx, operational.ActEdit, id)
	if err == nil {
		err = g.Writes(patch.members()...)
	}
	switch {
	case err != nil:
		return Account{}, err
	case account.seen(g) != version:
		return Account{}, operational.Stale("account")
	}
	old := account.content()
	now, err := patch.apply(old)
	if err == nil {
		now, err = patch.settled(ctx, tx, g, old, now)
	}
	if err != nil || len(now.differs(old)) == 0 {
		return account.masked(g), err
	}
	account = account.changed(now, tx.Now)
	tag, err := tx.Exec(ctx, updateAccounts, accountArgs(tx, []Account{account}))
	switch {
	case err != nil:
		return Account{}, referenceFault(err)
	case tag.RowsAffected() == 0:
		return Account{}, operational.Stale("account")
	}
	account.Version, account.UpdatedAt = account.Version+1, tx.Now
	return account.masked(g), events.Append(ctx, tx, "account.changed", id, nil, changed(patch.members(), patch.Custom)...)
}

// settled checks what a patch sets against what the company has set up.
func (patch UpdateAccount) settled(ctx context.Context, tx *postgres.Tx, g operational.Grant, old, now NewAccount) (NewAccount, error) {
	setup, err := objects.PatchTx(ctx, tx, operational.ObjectAccount, g, patch.Custom, &now.Custom, patch.RecordTypeID.Value, &now.RecordTypeID)
	if err == nil {
		err = now.demand(tx.Actor, setup, g, &old)
	}
	if err == nil && !equal(now.OwnerMembershipID, old.OwnerMembershipID) {
		err = worksHere(ctx, tx, now.OwnerMembershipID)
	}
	if err != nil {
		return now, err
	}
	return now, accountInSight(ctx, tx, "parent_account_id", patch.ParentAccountID.Value)
}

// accountFor reads an account for an act; one that is out of reach is not there.
func accountFor(ctx context.Context, tx *postgres.Tx, act operational.Act, id uuid.UUID) (Account, operational.Grant, error) {
	g, err := own(tx.Actor, operational.ObjectAccount)
	if err != nil {
		return Account{}, g, err
	}
	account, err := postgres.OneTx[Account](ctx, tx, "account", getAccount, id)
	switch {
	case err != nil:
		return Account{}, g, err
	case !account.in(g, tx.Actor):
		return Account{}, g, operational.NotFound("account")
	}
	return account, g, g.Require(act)
}

// accountInSight refuses a reference to an account that the caller cannot see as one to nothing.
func accountInSight(ctx context.Context, tx *postgres.Tx, member string, id *uuid.UUID) error {
	if id == nil {
		return nil
	}
	g, found := tx.Actor.GrantOf(operational.ObjectAccount, uuid.Nil)
	if found && g.AllTypes && g.Visibility != operational.VisibilityPrivate {
		return nil // the foreign key sees the same
	}
	_, _, err := accountFor(ctx, tx, operational.ActRead, *id)
	if operational.KindOf(err) == operational.KindNotFound {
		return noAccount(member)
	}
	return err
}

// DeleteAccount deletes an account that is still at this version and that nothing refers to.
func (s *Service) DeleteAccount(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) error {
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		account, g, err := accountFor(ctx, tx, operational.ActDelete, id)
		switch {
		case err != nil:
			return err
		case account.seen(g) != version:
			return operational.Stale("account")
		}
		var gone bool
		err = tx.QueryRow(ctx, deleteAccount, id, account.Version).Scan(&gone)
		if err := removed(err, gone, "account", accountInUse()); err != nil {
			return err
		}
		return events.Append(ctx, tx, "account.deleted", id, nil)
	})
}

// content is what a caller can write of an account.
func (a Account) content() NewAccount {
	return NewAccount{
		Name: a.Name, Industry: a.Industry, Website: a.Website, Country: a.Country, YearEstablished: a.YearEstablished,
		AnnualRevenue: a.AnnualRevenue, NumberOfEmployees: a.NumberOfEmployees, ParentAccountID: a.ParentAccountID,
		OwnerMembershipID: a.OwnerMembershipID, RecordTypeID: a.RecordTypeID, Custom: a.Custom,
	}
}

func (a Account) with(in NewAccount) Account {
	a.Name, a.Industry, a.Website, a.Country, a.YearEstablished = in.Name, in.Industry, in.Website, in.Country, in.YearEstablished
	a.AnnualRevenue, a.NumberOfEmployees, a.ParentAccountID = in.AnnualRevenue, in.NumberOfEmployees, in.ParentAccountID
	a.OwnerMembershipID, a.RecordTypeID, a.Custom = in.OwnerMembershipID, in.RecordTypeID, in.Custom
	return a
}

func noAccount(member string) error {
	var faults operational.Faults
	faults.Add(member, "There is no such account, or it is not yours to see.", nil)
	return faults.Err()
}

// referenceFault names the field whose record is not there; another organisation's record is not there either.
func referenceFault(err error) error {
	var faults operational.Faults
	switch postgres.Violated(err) {
	case "account_org_id_parent_account_id_fkey":
		return noAccount("parent_account_id")
	case "account_check":
		faults.Add("parent_account_id", "An account cannot be its own parent.", nil)
	case "account_org_id_owner_membership_id_fkey":
		return noMember()
	case "contact_org_id_account_id_fkey":
		return noAccount("account_id")
	default:
		return err
	}
	return faults.Err()
}
