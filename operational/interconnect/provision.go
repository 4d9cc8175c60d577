package interconnect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// NewPartner is a partner that the vendor's own files name: an organisation with one person, connected.
// Ids that are zero are made and filled in.
type NewPartner struct {
	OrgID            uuid.UUID  `json:"org_id"`
	ConnectionID     uuid.UUID  `json:"connection_id"`
	PersonID         uuid.UUID  `json:"person_id"`
	MembershipID     uuid.UUID  `json:"membership_id"`
	ContactID        uuid.UUID  `json:"contact_id"`
	Name             string     `json:"name"`
	Country          *string    `json:"country_code"`
	PartnerNumber    string     `json:"partner_number"`
	Tier             *string    `json:"tier"`
	Region           *string    `json:"region"`
	ChannelManagerID *uuid.UUID `json:"channel_manager_id"`
	PersonName       string     `json:"person_name"`
	ExternalRef      string     `json:"external_ref"` // what the import knows it by
	StartedAt        time.Time  `json:"started_at"`
}

// NewStaff is a person of the vendor that an import names.
type NewStaff struct {
	PersonID     uuid.UUID        `json:"person_id"`
	MembershipID uuid.UUID        `json:"membership_id"`
	Name         string           `json:"name"`
	Role         operational.Role `json:"role"`
	ExternalRef  string           `json:"external_ref"`
}

// KnownPartner is a connected partner as an import finds it again.
type KnownPartner struct {
	ExternalRef   string    `db:"external_ref"` // empty: not from an import
	OrgID         uuid.UUID `db:"org_id"`
	ConnectionID  uuid.UUID `db:"connection_id"`
	ContactID     uuid.UUID `db:"contact_id"` // its first person, as the vendor knows them
	Name          string    `db:"name"`
	PartnerNumber string    `db:"partner_number"`
	Tier          *string   `db:"tier"`
	Region        *string   `db:"region"`
	Status        string    `db:"status"` // of the connection; only into an active one can anything be written
}

// KnownStaff is a person of the vendor that came from an import.
type KnownStaff struct {
	ExternalRef  string           `db:"external_ref"`
	MembershipID uuid.UUID        `db:"membership_id"`
	Name         string           `db:"name"`
	Role         operational.Role `db:"role"`
}

// ProvisionPartners makes partner organisations with their first person and connects them; in the vendor's context.
func ProvisionPartners(ctx context.Context, tx *postgres.Tx, partners []NewPartner) error {
	for i := range partners {
		p := &partners[i]
		fill(&p.OrgID, &p.ConnectionID, &p.PersonID, &p.MembershipID, &p.ContactID)
	}
	return provision(ctx, tx, "partners", sqlProvisionPartners, partners)
}

// ProvisionStaff adds people of the vendor; in the vendor's context. Administrators are not made this way.
func ProvisionStaff(ctx context.Context, tx *postgres.Tx, staff []NewStaff) error {
	for i := range staff {
		fill(&staff[i].PersonID, &staff[i].MembershipID)
	}
	return provision(ctx, tx, "staff", sqlProvisionStaff, staff)
}

func fill(ids ...*uuid.UUID) {
	for _, id := range ids {
		if *id == uuid.Nil {
			*id = uuid.Must(uuid.NewV7())
		}
	}
}

func provision[T any](ctx context.Context, tx *postgres.Tx, what, sql string, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	text, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("provision %s: %w", what, err)
	}
	if _, err := tx.Exec(ctx, sql, string(text), tx.Now); err != nil {
		return fmt.Errorf("provision %d %s: %w", len(rows), what, postgres.Translate(err))
	}
	return nil
}

// PartnersKnown lists the partners that the vendor is or was connected with, from an import or not, those whose connection
// has ended last; in the vendor's context.
func PartnersKnown(ctx context.Context, tx *postgres.Tx) ([]KnownPartner, error) {
	rows, _ := tx.Query(ctx, sqlPartnersKnown, tx.Actor.Org)
	known, err := pgx.CollectRows(rows, pgx.RowToStructByName[KnownPartner])
	if err != nil {
		return nil, fmt.Errorf("list known partners: %w", err)
	}
	return known, nil
}

// StaffKnown lists the vendor's people that came from an import; in the vendor's context.
func StaffKnown(ctx context.Context, tx *postgres.Tx) ([]KnownStaff, error) {
	rows, _ := tx.Query(ctx, sqlStaffKnown, tx.Actor.Org)
	known, err := pgx.CollectRows(rows, pgx.RowToStructByName[KnownStaff])
	if err != nil {
		return nil, fmt.Errorf("list known staff: %w", err)
	}
	return known, nil
}
