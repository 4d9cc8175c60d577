package accounts

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// CreateContact adds a contact to an account of the caller's organisation.
func (s *Service) CreateContact(ctx context.Context, actor operational.Actor, in NewContact) (Contact, error) {
	var contact Contact
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		contact, err = s.CreateContactTx(ctx, tx, in, nil)
		return err
	})
	return contact, err
}

// CreateContactTx is CreateContact inside a transaction, for a contact that another system knows by a reference.
func (s *Service) CreateContactTx(ctx context.Context, tx *postgres.Tx, in NewContact, ref *string) (Contact, error) {
	g, err := mayCreate(tx.Actor, operational.ObjectContact, in.members())
	if err == nil {
		err = in.Validate()
	}
	if err != nil {
		return Contact{}, err
	}
	given := in.members()
	setup, err := objects.OwnTx(ctx, tx, operational.ObjectContact)
	if err != nil {
		return Contact{}, err
	}
	if in.Custom, err = setup.Set(g, nil, in.Custom); err != nil {
		return Contact{}, err
	}
	if in.RecordTypeID, err = setup.TypeOf(g, in.RecordTypeID); err != nil {
		return Contact{}, err
	}
	if err := in.demand(tx.Actor, setup, g, nil); err != nil {
		return Contact{}, err
	}
	if err := accountInSight(ctx, tx, "account_id", &in.AccountID); err != nil {
		return Contact{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Contact{}, err
	}
	contact := Contact{ID: id, ExternalRef: ref, Version: 1, CreatedAt: tx.Now, UpdatedAt: tx.Now}.with(in)
	if _, err := tx.Exec(ctx, insertContact, contactArgs(tx, contact)); err != nil {
		return Contact{}, referenceFault(err)
	}
	return contact.masked(g), events.Append(ctx, tx, "contact.created", id, nil, changed(given, in.Custom)...)
}

// ownedContact is a contact with whoever looks after its account.
type ownedContact struct {
	Contact
	AccountOwner *uuid.UUID
}

func (c ownedContact) in(g operational.Grant, actor operational.Actor) bool {
	return g.Reaches(actor.Membership, c.AccountOwner, c.RecordTypeID)
}

// Contact reads one contact.
func (s *Service) Contact(ctx context.Context, actor operational.Actor, id uuid.UUID) (Contact, error) {
	g, err := own(actor, operational.ObjectContact)
	if err != nil {
		return Contact{}, err
	}
	contact, err := postgres.One[ownedContact](ctx, s.db, actor, "contact", getContact, id)
	if err == nil && !contact.in(g, actor) {
		err = operational.NotFound("contact")
	}
	if err != nil {
		return Contact{}, err
	}
	return contact.masked(g), nil
}

type listedContact struct {
	postgres.Keyed
	Contact
}

// Contacts lists the contacts that the caller may see, by fields that it may read.
func (s *Service) Contacts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Contact], error) {
	g, err := own(actor, operational.ObjectContact)
	var l postgres.List
	if err == nil {
		l, err = s.contactsFor(ctx, actor, q.Names())
	}
	if err == nil {
		err = contactListing(actor, l).Require(q)
	}
	if err != nil {
		return operational.Listed[Contact]{}, err
	}
	q = reach(q, g, actor.Membership, accountOwner)
	return postgres.Page(ctx, s.db, actor, l, q, listContacts, func(r listedContact) Contact { return r.masked(g) })
}

// UpdateContact changes a contact that is still at this version. A patch that changes nothing makes no new version.
func (s *Service) UpdateContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateContact) (Contact, error) {
	var contact Contact
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		contact, err = s.UpdateContactTx(ctx, tx, id, version, patch)
		return err
	})
	if err != nil {
		return Contact{}, err
	}
	return contact, nil
}

// UpdateContactTx is UpdateContact inside a transaction.
func (s *Service) UpdateContactTx(ctx context.Context, tx *postgres.Tx, id uuid.UUID, version int64, patch UpdateContact) (Contact, error) {
	contact, g, err := contactFor(ctx, tx, operational.ActEdit, id)
	if err == nil {
		err = g.Writes(patch.members()...)
	}
	switch {
	case err != nil:
		return Contact{}, err
	case contact.seen(g) != version:
		return Contact{}, operational.Stale("contact")
	}
	old := contact.content()
	now, err := patch.apply(old)
	if err == nil {
		now, err = patch.settled(ctx, tx, g, old, now)
	}
	if err != nil || len(now.differs(old)) == 0 {
		return contact.masked(g), err
	}
	contact = contact.changed(now, tx.Now)
	tag, err := tx.Exec(ctx, updateContact, contactArgs(tx, contact))
	switch {
	case err != nil:
		return Contact{}, referenceFault(err)
	case tag.RowsAffected() == 0:
		return Contact{}, operational.Stale("contact")
	}
	contact.Version, contact.UpdatedAt = contact.Version+1, tx.Now
	return contact.masked(g), events.Append(ctx, tx, "contact.changed", id, nil, changed(patch.members(), patch.Custom)...)
}

// settled checks what a patch sets against what the company has set up.
func (patch UpdateContact) settled(ctx context.Context, tx *postgres.Tx, g operational.Grant, old, now NewContact) (NewContact, error) {
	setup, err := objects.PatchTx(ctx, tx, operational.ObjectContact, g, patch.Custom, &now.Custom, patch.RecordTypeID.Value, &now.RecordTypeID)
	if err == nil {
		err = now.demand(tx.Actor, setup, g, &old)
	}
	if err != nil {
		return now, err
	}
	return now, accountInSight(ctx, tx, "account_id", patch.AccountID.Value)
}

// contactFor reads a contact for an act; one that is out of reach is not there.
func contactFor(ctx context.Context, tx *postgres.Tx, act operational.Act, id uuid.UUID) (Contact, operational.Grant, error) {
	g, err := own(tx.Actor, operational.ObjectContact)
	if err != nil {
		return Contact{}, g, err
	}
	contact, err := postgres.OneTx[ownedContact](ctx, tx, "contact", getContact, id)
	switch {
	case err != nil:
		return Contact{}, g, err
	case !contact.in(g, tx.Actor):
		return Contact{}, g, operational.NotFound("contact")
	}
	return contact.Contact, g, g.Require(act)
}

// DeleteContact deletes a contact that is still at this version.
func (s *Service) DeleteContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) error {
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		contact, g, err := contactFor(ctx, tx, operational.ActDelete, id)
		switch {
		case err != nil:
			return err
		case contact.seen(g) != version:
			return operational.Stale("contact")
		}
		var gone bool
		err = tx.QueryRow(ctx, deleteContact, id, contact.Version).Scan(&gone)
		if err := removed(err, gone, "contact", contactInUse()); err != nil {
			return err
		}
		return events.Append(ctx, tx, "contact.deleted", id, nil)
	})
}

// content is what a caller can write of a contact.
func (c Contact) content() NewContact {
	return NewContact{
		AccountID: c.AccountID, FirstName: c.FirstName, LastName: c.LastName, Email: c.Email, Phone: c.Phone, JobTitle: c.JobTitle,
		RecordTypeID: c.RecordTypeID, Custom: c.Custom,
	}
}

func (c Contact) with(in NewContact) Contact {
	c.AccountID, c.FirstName, c.LastName, c.Email, c.Phone, c.JobTitle = in.AccountID, in.FirstName, in.LastName, in.Email, in.Phone, in.JobTitle
	c.RecordTypeID, c.Custom = in.RecordTypeID, in.Custom
	return c
}
