package accounts

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ContactListing says by which fields contacts can be listed.
func ContactListing() operational.Listing { return contactList.Listing() }

// CreateContact adds a contact to an account of the caller's organisation.
func (s *Service) CreateContact(ctx context.Context, actor operational.Actor, in NewContact) (Contact, error) {
	if err := in.Validate(); err != nil {
		return Contact{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Contact{}, err
	}
	var contact Contact
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		contact = Contact{ID: id, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}.with(in)
		if _, err := tx.Exec(ctx, insertContact, contactArgs(tx, contact, 1)); err != nil {
			return referenceFault(err)
		}
		return events.Append(ctx, tx, "contact.created", id, nil)
	})
	return contact, err
}

// Contact reads one contact.
func (s *Service) Contact(ctx context.Context, actor operational.Actor, id uuid.UUID) (Contact, error) {
	return read[Contact](ctx, s.db, actor, getContact, "contact", id)
}

type listedContact struct {
	postgres.Keyed
	Contact
}

// Contacts lists contacts.
func (s *Service) Contacts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Contact], error) {
	return postgres.Page(ctx, s.db, actor, contactList, q, listContacts, func(r listedContact) Contact { return r.Contact })
}

// UpdateContact changes a contact that is still at this version. A patch that changes nothing makes no new version.
func (s *Service) UpdateContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateContact) (Contact, error) {
	var contact Contact
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		contact, err = one[Contact](ctx, tx, getContact, "contact", id)
		if err != nil {
			return err
		}
		if contact.Version != version {
			return operational.Stale("contact")
		}
		old := contact.content()
		changed, err := patch.apply(old)
		if err != nil || changed.same(old) {
			return err
		}
		contact = contact.with(changed)
		tag, err := tx.Exec(ctx, updateContact, contactArgs(tx, contact, version))
		switch {
		case err != nil:
			return referenceFault(err)
		case tag.RowsAffected() == 0:
			return operational.Stale("contact")
		}
		contact.Version, contact.UpdatedAt = version+1, tx.Now
		return events.Append(ctx, tx, "contact.changed", id, nil)
	})
	if err != nil {
		return Contact{}, err
	}
	return contact, nil
}

// content is what a caller can write of a contact.
func (c Contact) content() NewContact {
	return NewContact{AccountID: c.AccountID, FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Phone: c.Phone, JobTitle: c.JobTitle}
}

func (c Contact) with(in NewContact) Contact {
	c.AccountID, c.FirstName, c.LastName, c.Email, c.Phone, c.JobTitle = in.AccountID, in.FirstName, in.LastName, in.Email, in.Phone, in.JobTitle
	return c
}
