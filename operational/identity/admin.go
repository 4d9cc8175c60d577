package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Admin does what only the program's own commands may do, on the jobs login: the first organisation, people with
// passwords, connections that both companies agreed on outside the program.
type Admin struct {
	jobs *postgres.DB
}

// NewAdmin makes it on the jobs login.
func NewAdmin(jobs *postgres.DB) *Admin { return &Admin{jobs: jobs} }

// NewVendor asks for an organisation that governs a channel.
type NewVendor struct {
	Name        string
	Country     string // ISO 3166 alpha-2, may be empty
	TimeZone    string // IANA name; empty: UTC
	FiscalMonth int    // 1..12; 0: January
	Currency    string // ISO 4217
}

// NewPerson asks for a person of an organisation who signs in.
type NewPerson struct {
	Org      uuid.UUID
	Role     operational.Role
	Name     string
	Email    string
	Password string
}

// NewConnection asks for a connection of a vendor and a partner that are both here.
type NewConnection struct {
	Vendor, Partner uuid.UUID
	PartnerNumber   string
	Tier, Region    string    // may be empty
	StartedAt       time.Time // zero: now
}

// CreateVendor makes the organisation and its workspace.
func (a *Admin) CreateVendor(ctx context.Context, in NewVendor) (uuid.UUID, error) {
	return uuid.Nil, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// AddPerson makes a person, its membership and its password, and gives the actor it acts as.
func (a *Admin) AddPerson(ctx context.Context, in NewPerson) (operational.Actor, error) {
	return operational.Actor{}, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// EnablePerson lets a person that an import made sign in.
func (a *Admin) EnablePerson(ctx context.Context, person uuid.UUID, email, password string) error {
	return operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// Connect connects a vendor with a partner that is here already.
func (a *Admin) Connect(ctx context.Context, in NewConnection) (uuid.UUID, error) {
	return uuid.Nil, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// FindVendor looks for an organisation that governs a channel by its name.
func (a *Admin) FindVendor(ctx context.Context, name string) (uuid.UUID, bool, error) {
	return uuid.Nil, false, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// Member is a person of an organisation, as the program's own commands see it.
type Member struct {
	PersonID     uuid.UUID
	MembershipID uuid.UUID
	Name         string
	Role         operational.Role
	Email        *string
	SignsIn      bool // has a password
}

// Members lists the people of an organisation.
func (a *Admin) Members(ctx context.Context, org uuid.UUID) ([]Member, error) {
	return nil, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}
