package pgtest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Channel is the smallest world in which a secret can leak: vendors A and B share partner P1; P2 sells for A only. Company
// M stands in the middle of two tiers: it sells for B, and R sells for it.
type Channel struct {
	A, B, P1, P2, R       operational.Actor // administrators
	M, MV                 operational.Actor // that of M, as a partner and as a vendor
	AP1, AP2, BP1, BM, MR uuid.UUID         // connections
	// Contacts are the partners' people as each connection knows them.
	ContactAP1, ContactAP2, ContactBP1, ContactBM, ContactMR uuid.UUID
}

// Actors are all of them, by name. Two are of one company.
func (c *Channel) Actors() map[string]operational.Actor {
	return map[string]operational.Actor{"A": c.A, "B": c.B, "P1": c.P1, "P2": c.P2, "M": c.M, "MV": c.MV, "R": c.R}
}

// Plant puts a channel into a database. It writes above the wall, as no program does.
func (d *Database) Plant(t testing.TB) *Channel {
	t.Helper()
	p := planter{t: t, conn: d.Owner(t), at: time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)}
	c := &Channel{
		A: p.organisation("Vendor A", true, false), B: p.organisation("Vendor B", true, false),
		P1: p.organisation("Partner One", false, true), P2: p.organisation("Partner Two", false, true),
		M: p.organisation("Middle", true, true), R: p.organisation("Below", false, true),
	}
	c.MV = c.M
	c.MV.Side = operational.SideVendor
	c.AP1, c.ContactAP1 = p.connection(c.A, c.P1, "gold", "West")
	c.AP2, c.ContactAP2 = p.connection(c.A, c.P2, "silver", "East")
	c.BP1, c.ContactBP1 = p.connection(c.B, c.P1, "platinum", "North")
	c.BM, c.ContactBM = p.connection(c.B, c.M, "silver", "South")
	c.MR, c.ContactMR = p.connection(c.MV, c.R, "gold", "West")
	for _, a := range []*operational.Actor{&c.A, &c.B, &c.P1, &c.P2, &c.M, &c.MV, &c.R} {
		*a = d.WithRights(t, *a)
	}
	return c
}

// WithRights gives the actor the rights that it has at this moment, as a request would.
func (d *Database) WithRights(t testing.TB, actor operational.Actor) operational.Actor {
	t.Helper()
	var text []byte
	require.NoError(t, d.API.AsProgram(t.Context(), postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(`select sec.rights($1, $2, nullif($3, ''))`, actor.Membership, actor.Side, string(actor.View)).QueryRow(func(r pgx.Row) error { return r.Scan(&text) })
	}))
	rights := operational.Rights{}
	require.NoError(t, json.Unmarshal(text, &rights), "there is no such member")
	actor.Rights = rights.Looking()
	return actor
}

type planter struct {
	t    testing.TB
	conn *pgx.Conn
	at   time.Time
}

func (p planter) exec(sql string, args ...any) {
	p.t.Helper()
	_, err := p.conn.Exec(p.t.Context(), sql, args...)
	require.NoError(p.t, err)
}

func (p planter) id() uuid.UUID {
	id, err := uuid.NewV7()
	require.NoError(p.t, err)
	return id
}

// organisation adds a company with its administrator, who works as a partner where it sells.
func (p planter) organisation(name string, governs, sells bool) operational.Actor {
	a := operational.Actor{Org: p.id(), Person: p.id(), Membership: p.id(), Credential: p.id(), Side: operational.SideVendor, Role: operational.RoleAdministrator}
	if sells {
		a.Side = operational.SidePartner
	}
	p.exec(`insert into crm.organisation (id, name, created_at) values ($1, $2, $3)`, a.Org, name, p.at)
	p.exec(`insert into crm.workspace (org_id, governs, sells, reporting_currency) values ($1, $2, $3, 'USD')`, a.Org, governs, sells)
	p.exec(`insert into crm.person (id, display_name, created_at) values ($1, $2, $3)`, a.Person, "Person of "+name, p.at)
	p.exec(`insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'administrator', $4)`, a.Membership, a.Org, a.Person, p.at)
	return a
}

func (p planter) connection(vendor, partner operational.Actor, tier, region string) (connection, contact uuid.UUID) {
	connection, contact = p.id(), p.id()
	p.exec(`insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, created_at, updated_at)
		values ($1, $2, $3, 'active', $4, $5, $6, $7, $7)`, connection, vendor.Org, partner.Org, "P-"+connection.String()[28:], tier, region, p.at)
	p.exec(`insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
		select $1, $2, $3, $4, $5, display_name from crm.person where id = $6`, contact, connection, vendor.Org, partner.Org, partner.Membership, partner.Person)
	return connection, contact
}
