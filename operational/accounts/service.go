package accounts

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service keeps accounts and contacts.
type Service struct{ db *postgres.DB }

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// AccountListing says by which fields accounts can be listed.
func AccountListing() operational.Listing { return operational.Listing{} }

// ContactListing says by which fields contacts can be listed.
func ContactListing() operational.Listing { return operational.Listing{} }

// CreateAccount adds an account to the caller's organisation.
func (s *Service) CreateAccount(ctx context.Context, actor operational.Actor, in NewAccount) (Account, error) {
	return Account{}, nil
}

// Account reads one account.
func (s *Service) Account(ctx context.Context, actor operational.Actor, id uuid.UUID) (Account, error) {
	return Account{}, nil
}

// Accounts lists accounts.
func (s *Service) Accounts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Account], error) {
	return operational.Listed[Account]{}, nil
}

// UpdateAccount changes an account that is still at this version.
func (s *Service) UpdateAccount(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateAccount) (Account, error) {
	return Account{}, nil
}

// CreateContact adds a contact to an account of the caller's organisation.
func (s *Service) CreateContact(ctx context.Context, actor operational.Actor, in NewContact) (Contact, error) {
	return Contact{}, nil
}

// Contact reads one contact.
func (s *Service) Contact(ctx context.Context, actor operational.Actor, id uuid.UUID) (Contact, error) {
	return Contact{}, nil
}

// Contacts lists contacts.
func (s *Service) Contacts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Contact], error) {
	return operational.Listed[Contact]{}, nil
}

// UpdateContact changes a contact that is still at this version.
func (s *Service) UpdateContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateContact) (Contact, error) {
	return Contact{}, nil
}

// ImportAccounts makes the organisation of the transaction have these accounts (by external reference) and gives
// their ids in the same order. What is as wished already is not touched.
func (s *Service) ImportAccounts(ctx context.Context, tx *postgres.Tx, wanted []ImportedAccount) ([]uuid.UUID, Counts, error) {
	return nil, Counts{}, nil
}

// Link notes which of the partner's accounts are which of its vendors'; the transaction is the partner's. Links that
// are there already are kept.
func (s *Service) Link(ctx context.Context, tx *postgres.Tx, links []Link) error {
	return nil
}
