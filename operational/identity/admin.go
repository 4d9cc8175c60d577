package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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

func (v NewVendor) check() error {
	var f operational.Faults
	checkName(&f, "name", v.Name, 200)
	if v.TimeZone != "" {
		checkZone(&f, v.TimeZone)
	}
	if v.FiscalMonth < 0 || v.FiscalMonth > 12 {
		f.Add("fiscal_month", "must be 1 to 12", v.FiscalMonth)
	}
	if !operational.ValidCurrency(v.Currency) {
		f.Add("currency", "must be a code of ISO 4217, for example EUR", v.Currency)
	}
	if v.Country != "" && (len(v.Country) != 2 || strings.ToUpper(v.Country) != v.Country) {
		f.Add("country", "must be a code of two capital letters, for example DE", v.Country)
	}
	return f.Err()
}

const sqlCreateVendor = `select sec.create_vendor($1, $2, nullif($3, ''), $4, $5, $6, $7)`

// CreateVendor makes the organisation and its workspace.
func (a *Admin) CreateVendor(ctx context.Context, in NewVendor) (uuid.UUID, error) {
	if err := in.check(); err != nil {
		return uuid.Nil, err
	}
	id := uuid.Must(uuid.NewV7())
	if err := a.do(ctx, sqlCreateVendor, in.args(id, a.jobs.Now())...); err != nil {
		return uuid.Nil, fmt.Errorf("create vendor: %w", err)
	}
	return id, nil
}

// CreateVendorTx makes the organisation in whose name the transaction, of the jobs login, was begun.
func CreateVendorTx(ctx context.Context, tx *postgres.Tx, in NewVendor) error {
	if err := in.check(); err != nil {
		return err
	}
	if err := tx.AsProgram(ctx, postgres.PurposeAdmin, sqlCreateVendor, in.args(tx.Actor.Org, tx.Now)...); err != nil {
		return fmt.Errorf("create vendor: %w", err)
	}
	return nil
}

func (v NewVendor) args(id uuid.UUID, now time.Time) []any {
	zone := v.TimeZone
	if zone == "" {
		zone = "UTC"
	}
	return []any{id, strings.TrimSpace(v.Name), v.Country, zone, max(v.FiscalMonth, 1), v.Currency, now}
}

// FindVendor looks for an organisation that governs a channel by its name; of several the oldest.
func (a *Admin) FindVendor(ctx context.Context, name string) (id uuid.UUID, found bool, err error) {
	err = a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select org_id from sec.find_vendor($1)`, name).Query(func(r pgx.Rows) error {
			ids, err := pgx.CollectRows(r, pgx.RowTo[uuid.UUID])
			if len(ids) > 0 {
				id, found = ids[0], true
			}
			return err
		})
	})
	return id, found, err
}

// NewPerson asks for a person of an organisation who signs in.
type NewPerson struct {
	Org      uuid.UUID
	Role     operational.Role
	Name     string
	Email    string
	Password string
}

// AddPerson makes a person, its membership and its password, and gives the actor it acts as.
func (a *Admin) AddPerson(ctx context.Context, in NewPerson) (operational.Actor, error) {
	var f operational.Faults
	checkName(&f, "name", in.Name, 200)
	checkEmail(&f, in.Email)
	checkPassword(&f, in.Password)
	if err := f.Err(); err != nil {
		return operational.Actor{}, err
	}
	actor := operational.Actor{Person: uuid.Must(uuid.NewV7()), Membership: uuid.Must(uuid.NewV7()), Org: in.Org, Role: in.Role}
	var err error
	if actor.Side, err = a.sideIn(ctx, in.Org, in.Role); err != nil {
		return operational.Actor{}, err
	}
	hash, err := hashOf(ctx, in.Password)
	if err != nil {
		return operational.Actor{}, fmt.Errorf("hash a password: %w", err)
	}
	err = a.do(ctx, `select sec.add_person($1, $2, $3, $4, $5, $6, $7, $8, $9)`, actor.Person, actor.Membership, in.Org, in.Role,
		strings.TrimSpace(in.Name), strings.TrimSpace(in.Email), normalEmail(in.Email), hash, a.jobs.Now())
	if err != nil {
		return operational.Actor{}, fmt.Errorf("add person: %w", err)
	}
	return actor, nil
}

// sideIn is the hat that a role wears in an organisation.
func (a *Admin) sideIn(ctx context.Context, org uuid.UUID, role operational.Role) (operational.Side, error) {
	var governs, sells bool
	err := a.jobs.Login().QueryRow(ctx, `select governs, sells from crm.workspace where org_id = $1`, org).Scan(&governs, &sells)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", operational.NotFound("organisation")
	}
	if err != nil {
		return "", fmt.Errorf("read workspace: %w", postgres.Translate(err))
	}
	side, ok := sideOf(role, governs, sells)
	if !ok {
		var f operational.Faults
		f.Add("role", "does not exist in this organisation", role)
		return "", f.Err()
	}
	return side, nil
}

// EnablePerson lets a person that an import made sign in; whoever was signed in as them is signed out.
func (a *Admin) EnablePerson(ctx context.Context, person uuid.UUID, email, password string) error {
	var f operational.Faults
	checkEmail(&f, email)
	checkPassword(&f, password)
	if err := f.Err(); err != nil {
		return err
	}
	hash, err := hashOf(ctx, password)
	if err != nil {
		return fmt.Errorf("hash a password: %w", err)
	}
	found := false
	err = a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select sec.enable_person($1, $2, $3, $4, $5)`, person, strings.TrimSpace(email), normalEmail(email), hash, a.jobs.Now()).
			QueryRow(func(r pgx.Row) error { return r.Scan(&found) })
	})
	if err == nil && !found {
		err = operational.NotFound("person")
	}
	return err
}

// NewConnection asks for a connection of a vendor and a partner that are both here.
type NewConnection struct {
	Vendor, Partner uuid.UUID
	PartnerNumber   string
	Tier, Region    string    // may be empty
	ExternalRef     string    // what an import knows the partner by; may be empty
	StartedAt       time.Time // zero: now
}

// Connect connects a vendor with a partner that is here already.
func (a *Admin) Connect(ctx context.Context, in NewConnection) (uuid.UUID, error) {
	id, now := uuid.Must(uuid.NewV7()), a.jobs.Now()
	since := in.StartedAt
	if since.IsZero() {
		since = now
	}
	err := a.do(ctx, `select sec.connect($1, $2, $3, $4, nullif($5, ''), nullif($6, ''), nullif($7, ''), $8, $9)`,
		id, in.Vendor, in.Partner, in.PartnerNumber, in.Tier, in.Region, in.ExternalRef, since, now)
	if err != nil {
		return uuid.Nil, fmt.Errorf("connect: %w", err)
	}
	return id, nil
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
func (a *Admin) Members(ctx context.Context, org uuid.UUID) (members []Member, err error) {
	err = a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select person_id, membership_id, name, role, email, signs_in from sec.members_of($1)`, org).Query(func(r pgx.Rows) (err error) {
			members, err = pgx.CollectRows(r, pgx.RowToStructByName[Member])
			return err
		})
	})
	return members, err
}

// Sweep removes sessions that have ended by themselves and says how many, and counts that time has forgiven.
func (a *Admin) Sweep(ctx context.Context) (n int64, err error) {
	err = a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select sec.sweep_sessions($1)`, a.jobs.Now()).QueryRow(func(r pgx.Row) error { return r.Scan(&n) })
		b.Queue(`select sec.sweep_attempts($1)`, a.jobs.Now())
	})
	return n, err
}

func (a *Admin) do(ctx context.Context, sql string, args ...any) error {
	return a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) { b.Queue(sql, args...) })
}

// ForgetFactor takes the second factor from somebody who has lost it and the recovery codes, and ends their sessions.
func (a *Admin) ForgetFactor(ctx context.Context, person uuid.UUID) error {
	found := false
	err := a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(`select sec.forget_totp($1, $2)`, person, a.jobs.Now()).QueryRow(func(r pgx.Row) error { return r.Scan(&found) })
	})
	if err == nil && !found {
		err = operational.NotFound("second factor")
	}
	return err
}
