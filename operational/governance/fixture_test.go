package governance_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is the planted channel with the service that governs it.
type world struct {
	*pgtest.Database
	*pgtest.Channel
	s *governance.Service
}

func newWorld(t testing.TB) world {
	t.Helper()
	db := pgtest.New(t)
	return world{db, db.Plant(t), governance.New(db.API)}
}

func (w world) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	_, err := w.Owner(t).Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// member adds a person to the company of another, with a role.
func (w world) member(t testing.TB, beside operational.Actor, role string) operational.Actor {
	t.Helper()
	a := beside
	a.Person, a.Membership, a.Role, a.Credential = uuid.New(), uuid.New(), operational.Role(role), uuid.New()
	w.exec(t, `insert into crm.person (id, display_name, created_at) values ($1, 'Member ' || $2, now())`, a.Person, role)
	w.exec(t, `insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, $4, now())`, a.Membership, a.Org, a.Person, role)
	return w.WithRights(t, a)
}

// role makes a role for people beside the actor, and changes it.
func (w world) role(t testing.TB, actor operational.Actor, audience, name string, change governance.UpdateRole) governance.Role {
	t.Helper()
	r, err := w.s.CreateRole(t.Context(), actor, governance.NewRole{Audience: audience, Name: name})
	require.NoError(t, err)
	r, err = w.s.UpdateRole(t.Context(), actor, r.Key, r.Version, change)
	require.NoError(t, err)
	return r
}

// on is a change of the rights to opportunities.
func on(x governance.UpdateRights) governance.UpdateRole {
	return governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{operational.ObjectOpportunity: x}}
}

func reads(fields ...string) governance.UpdateRights {
	return governance.UpdateRights{Read: operational.Set(true), Readable: operational.Set(fields)}
}

func kind(t testing.TB, want operational.Kind, err error, words string) {
	t.Helper()
	require.Error(t, err, words)
	require.Equal(t, want, operational.KindOf(err), "%s: %v", words, err)
}

func code(t testing.TB, want string, err error) {
	t.Helper()
	var fault *operational.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, want, fault.Code, fault.Message)
}

// deal plants an opportunity of a connection, or of a company alone.
func (w world) deal(t testing.TB, vendor, partner operational.Actor, connection, contact uuid.UUID) uuid.UUID {
	t.Helper()
	id, process, stage := uuid.New(), uuid.New(), uuid.New()
	of := vendor.Org
	if connection == uuid.Nil {
		of = partner.Org
	}
	w.exec(t, `insert into crm.sales_process (id, org_id, name, created_at, updated_at) values ($1, $2, $3, now(), now())`, process, of, process.String())
	w.exec(t, `insert into crm.stage (id, org_id, process_id, name, position, type) values ($1, $2, $3, 'Open', 1, 'active')`, stage, of, process)
	null := func(id uuid.UUID) *uuid.UUID {
		if id == uuid.Nil {
			return nil
		}
		return &id
	}
	w.exec(t, `with o as (
		insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, owner_contact_id, process_org_id, process_id, process_version, stage_id, stage_type,
			vendor_net_amount, amount_source, currency, created_at, updated_at)
		values ($1, $2, $3, $4, $5, 'Deal', $6, $7, $8, 1, $9, 'active', 100, 'entered', 'EUR', now(), now()) returning *)
		insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version,
			stage_id, stage_type, stage_position, vendor_net_amount, currency, owner_contact_id)
		select id, 1, connection_id, vendor_org_id, partner_org_id, now(), 'created', 'system', process_id, 1, stage_id, stage_type, 1, vendor_net_amount, currency, owner_contact_id from o`,
		id, null(connection), null(vendor.Org), null(partner.Org), time.Now().UnixNano()%1_000_000_000, null(contact), of, process, stage)
	return id
}
