package interconnect

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// PartnerContact is one of a partner's people as its vendor knows them: an identity of this connection only.
type PartnerContact struct {
	ID           uuid.UUID `json:"id" db:"id" doc:"Id of the contact, in this connection only"`
	ConnectionID uuid.UUID `json:"connection_id" db:"connection_id" doc:"The connection"`
	PartnerName  string    `json:"partner_name" db:"partner_name" doc:"Name of the partner"`
	DisplayName  string    `json:"display_name" db:"display_name" doc:"Name"`
	WorkEmail    *string   `json:"work_email,omitempty" db:"work_email" doc:"Mail address at work"`
	Status       string    `json:"status" db:"status" enum:"active,suspended" doc:"Suspended contacts see nothing of the connection"`
	SuspendedBy  *string   `json:"suspended_by,omitempty" db:"suspended_by" enum:"vendor,partner" doc:"Whose decision it is; partner: the person works there no more"`
	Role         string    `json:"role" db:"role" doc:"Key of the role that counts: the contact's own, else the partner's, else the default one"`
	RoleName     string    `json:"role_name" db:"role_name" doc:"Its name"`
	Version      int64     `json:"version" db:"version" doc:"Counts the changes"`
}

const (
	contactsFrom = `crm.external_contact e
join crm.connection c on c.id = e.connection_id
left join crm.organisation p on p.id = e.partner_org_id
left join crm.former_organisation pf on pf.org_id = e.partner_org_id
join crm.role r on r.org_id = e.vendor_org_id and r.audience = 'external' and case when coalesce(e.external_role, c.external_role) is null then r.is_default
  else r.key = coalesce(e.external_role, c.external_role) end`

	contactColumns = `e.id, e.connection_id, ` + partnerName + ` as partner_name, e.display_name, e.work_email, e.status, e.suspended_by, r.key as role, r.name as role_name, e.version`

	sqlContacts = `select ` + contactColumns + `, {keys} as sort_keys from ` + contactsFrom + sqlPage
	sqlContact  = `select ` + contactColumns + ` from ` + contactsFrom + ` where e.id = $1`

	sqlSetContact = `
update crm.external_contact set status = $3, suspended_by = case $3 when 'suspended' then 'vendor' end, version = version + 1, updated_at = $4
where id = $1 and version = $2`
)

var contactList = postgres.List{
	From: contactsFrom, ID: "e.id", Order: []operational.Sort{{Field: "display_name"}},
	Field: map[string]postgres.Column{
		"connection_id": {SQL: "e.connection_id", Type: postgres.UUID},
		"partner_name":  {SQL: partnerName, Type: postgres.Text},
		"display_name":  {SQL: "e.display_name", Type: postgres.Text},
		"work_email":    {SQL: "e.work_email", Type: postgres.Text, Nullable: true},
		"status":        {SQL: "e.status", Type: postgres.Text, Enum: []string{StatusActive, StatusSuspended}},
		"role":          {SQL: "r.key", Type: postgres.Text},
	},
}

type contactRow struct {
	postgres.Keyed
	PartnerContact
}

// ContactListing says by which fields partners' people can be listed.
func ContactListing() operational.Listing { return contactList.Listing() }

// Contacts lists the people of all the vendor's partners.
func (s *Service) Contacts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[PartnerContact], error) {
	if actor.Side != operational.SideVendor {
		return operational.Listed[PartnerContact]{}, errVendorOnly()
	}
	return postgres.Page(ctx, s.db, actor, contactList, q, sqlContacts, func(r contactRow) PartnerContact { return r.PartnerContact })
}

// Contact reads one.
func (s *Service) Contact(ctx context.Context, actor operational.Actor, id uuid.UUID) (PartnerContact, error) {
	if actor.Side != operational.SideVendor {
		return PartnerContact{}, errVendorOnly()
	}
	return postgres.One[PartnerContact](ctx, s.db, actor, "contact", sqlContact, id)
}

// SuspendContact keeps one of a partner's people out of the connection, from their next request on.
func (s *Service) SuspendContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) (PartnerContact, error) {
	return s.setContact(ctx, actor, id, version, StatusSuspended, "contact.suspended")
}

// ReactivateContact lets them in again, unless the partner itself has suspended the person.
func (s *Service) ReactivateContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) (PartnerContact, error) {
	return s.setContact(ctx, actor, id, version, StatusActive, "contact.reactivated")
}

func (s *Service) setContact(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, wanted, event string) (changed PartnerContact, err error) {
	if actor.Side != operational.SideVendor {
		return PartnerContact{}, errVendorOnly()
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		now, err := postgres.OneTx[PartnerContact](ctx, tx, "contact", sqlContact, id)
		if err == nil {
			err = contactLives(ctx, tx, now)
		}
		switch {
		case err != nil:
			return err
		case now.Version != version:
			return operational.Stale("contact")
		case wanted == StatusSuspended && value(now.SuspendedBy) == "vendor" || wanted == StatusActive && now.Status == StatusActive:
			return unchanged("contact", now.Status)
		case wanted == StatusActive && value(now.SuspendedBy) == "partner":
			return operational.Fault(operational.KindConflict, "suspended-by-partner", "The partner itself has suspended this person. Nothing was changed. Ask the partner.")
		}
		tag, err := tx.Exec(ctx, sqlSetContact, id, version, wanted, tx.Now)
		switch {
		case err != nil:
			return fmt.Errorf("change contact %s: %w", id, err)
		case tag.RowsAffected() == 0:
			return operational.Stale("contact")
		}
		if err := events.Append(ctx, tx, event, id, onConnection(now.ConnectionID), "status"); err != nil {
			return err
		}
		changed, err = postgres.OneTx[PartnerContact](ctx, tx, "contact", sqlContact, id)
		return err
	})
	return changed, err
}

// contactLives says whether the connection of a contact is one that people work in: of what has ended a vendor learns
// nothing more, not even whether somebody could be let in again.
func contactLives(ctx context.Context, tx *postgres.Tx, c PartnerContact) error {
	var status string
	if err := tx.QueryRow(ctx, `select status from crm.connection where id = $1`, c.ConnectionID).Scan(&status); err != nil {
		return fmt.Errorf("read connection of contact %s: %w", c.ID, err)
	}
	if status == StatusEnded {
		return suspending.refused(status)
	}
	return nil
}
