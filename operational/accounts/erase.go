package accounts

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const eraseContact = `select crm.erase_contact($1, $2, $3, $4, $5)`

// EraseContact takes everything that names the person out of a contact, for good. What refers to the contact stays. It
// needs the right to delete contacts.
func (s *Service) EraseContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in identity.Erasure) (Contact, error) {
	if err := in.Validate(); err != nil {
		return Contact{}, err
	}
	var erased Contact
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		contact, grant, err := contactFor(ctx, tx, operational.ActDelete, id)
		switch {
		case err != nil:
			return err
		case contact.seen(grant) != version:
			return operational.Stale("contact")
		}
		touches := contact.touch(contact.names(), tx.Now).Text()
		var outcome string
		if err := tx.QueryRow(ctx, eraseContact, id, in.Confirm, contact.Version, touches, tx.Now).Scan(&outcome); err != nil {
			return err
		}
		if err := identity.NotErased("contact", outcome); err != nil {
			return err
		}
		noted := audit.Record{Action: "contact.erased", ID: id}
		noted.Codes = map[string]string{"reason": in.Reason}
		if err := audit.Append(ctx, tx, noted); err != nil {
			return err
		}
		found, err := postgres.OneTx[ownedContact](ctx, tx, "contact", getContact, id)
		erased = found.masked(grant)
		return err
	})
	return erased, err
}

// names are the fields of a contact that may name somebody, as far as there is something in them.
func (c Contact) names() []string {
	names := []string{"last_name"}
	for name, value := range map[string]*string{"first_name": c.FirstName, "email": c.Email, "phone": c.Phone, "job_title": c.JobTitle, "external_ref": c.ExternalRef} {
		if value != nil {
			names = append(names, name)
		}
	}
	names = slices.AppendSeq(names, maps.Keys(c.Custom))
	slices.Sort(names)
	return names
}
