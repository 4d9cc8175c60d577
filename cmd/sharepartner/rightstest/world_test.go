// Package rightstest holds the rules of access against the stores that compile them: for chances of roles, scopes, records
// and callers, what operational.Decide says of one record is what each store shows in its lists and reads.
package rightstest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// person is a caller: one of a company's people, on its side.
type person struct {
	operational.Actor
	contacts map[uuid.UUID]uuid.UUID // by connection
}

// link is a connection.
type link struct{ ID, Vendor, Partner uuid.UUID }

// record is an opportunity as it was planted, with the fields that hold something.
type record struct {
	ID      uuid.UUID `json:"id"`
	Version int64     `json:"-"`
	facts   operational.Facts
	holds   map[string]bool
}

// world is a channel whose roles, scopes and people change by chance, and whose records stay.
type world struct {
	*pgtest.Database
	t       testing.TB
	chance  *rand.Rand
	owner   *pgx.Conn
	vendors []uuid.UUID
	links   []link
	people  []person
	types   map[uuid.UUID][]uuid.UUID // record types by company
	records []record
}

// The fields that are looked at. Those of history are as the record's own.
var fields = []string{"name", "customer_name", "vendor_account_id", "owner", "stage", "vendor_net", "close_date", "region", "tier", "lines", "record_type", "x_size"}

func newWorld(t testing.TB, seed uint64) *world {
	w := emptyWorld(t, seed)
	w.setUp()
	w.deals(36, 12)
	return w
}

func emptyWorld(t testing.TB, seed uint64) *world {
	db := pgtest.New(t)
	w := &world{Database: db, t: t, chance: rand.New(rand.NewPCG(seed, 0)), owner: db.Owner(t), types: map[uuid.UUID][]uuid.UUID{}}
	w.companies()
	return w
}

func (w *world) id() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(w.chance.Uint32())
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.owner.Exec(w.t.Context(), sql, args...)
	require.NoError(w.t, err)
}

func (w *world) maybe(p float64) bool { return w.chance.Float64() < p }

func one[T any](w *world, from []T) T { return from[w.chance.IntN(len(from))] }

// some is a part of a list, in its order.
func some[T any](w *world, from []T, share float64) []T {
	part := []T{}
	for _, v := range from {
		if w.maybe(share) {
			part = append(part, v)
		}
	}
	return part
}

const peopleEach = 3

// companies are two vendors and four partners; the first vendor has all partners, the second the first two. The last
// connection of the first vendor has ended: its records are frozen.
func (w *world) companies() {
	company := func(name string, governs bool) uuid.UUID {
		org := w.id()
		w.exec(`insert into crm.organisation (id, name, created_at) values ($1, $2, now())`, org, name)
		w.exec(`insert into crm.workspace (org_id, governs, sells, reporting_currency) values ($1, $2, $3, 'EUR')`, org, governs, !governs)
		side := operational.SidePartner
		if governs {
			side = operational.SideVendor
		}
		for i := range peopleEach {
			p := person{operational.Actor{Org: org, Side: side, Person: w.id(), Membership: w.id(), Credential: w.id(), Role: operational.RoleAdministrator}, map[uuid.UUID]uuid.UUID{}}
			w.exec(`insert into crm.person (id, display_name, created_at) values ($1, $2, now())`, p.Person, fmt.Sprintf("%s %d", name, i))
			w.exec(`insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'administrator', now())`, p.Membership, org, p.Person)
			w.people = append(w.people, p)
		}
		return org
	}
	var partners []uuid.UUID
	for i := range 2 {
		w.vendors = append(w.vendors, company(fmt.Sprintf("Vendor %d", i), true))
	}
	for i := range 4 {
		partners = append(partners, company(fmt.Sprintf("Partner %d", i), false))
	}
	for v, vendor := range w.vendors {
		for p, partner := range partners[:4-2*v] {
			w.connect(link{w.id(), vendor, partner}, fmt.Sprintf("%d", p), []string{"West", "East"}[p%2])
		}
	}
}

func (w *world) connect(l link, number, region string) {
	w.links = append(w.links, l)
	w.exec(`insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, created_at, updated_at) values ($1, $2, $3, 'active', $4, 'Gold', $5, now(), now())`,
		l.ID, l.Vendor, l.Partner, number, region)
	for i := range w.people {
		p := &w.people[i]
		if p.Org != l.Partner {
			continue
		}
		p.contacts[l.ID] = w.id()
		w.exec(`insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name) values ($1, $2, $3, $4, $5, 'Contact')`,
			p.contacts[l.ID], l.ID, l.Vendor, l.Partner, p.Membership)
	}
}

// setUp gives each company a process, a product, a customer, two record types and a field of its own.
func (w *world) setUp() {
	w.exec(`
		insert into crm.sales_process (id, org_id, name, created_at, updated_at) select md5('process' || org_id)::uuid, org_id, 'Process', now(), now() from crm.workspace;
		insert into crm.stage (id, org_id, process_id, name, position, type) select md5('stage' || org_id)::uuid, org_id, md5('process' || org_id)::uuid, 'Open', 1, 'active' from crm.workspace;
		insert into crm.product (id, org_id, name, family, list_price, currency, created_at, updated_at) select md5('product' || org_id)::uuid, org_id, 'Product', 'F', 1, 'EUR', now(), now() from crm.workspace;
		insert into crm.account (id, org_id, name, name_key, created_at, updated_at) select md5('account' || org_id)::uuid, org_id, 'Customer', 'customer', now(), now() from crm.workspace;
		insert into crm.record_type (id, org_id, object, name, created_at, updated_at) select md5('type' || n || org_id)::uuid, org_id, 'opportunity', 'Type ' || n, now(), now() from crm.workspace, generate_series(1, 2) n;
		insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) select md5('size' || org_id)::uuid, org_id, 'opportunity', 'x_size', 'Size', 'text', now(), now() from crm.workspace`)
	rows, err := w.owner.Query(w.t.Context(), `select org_id, id from crm.record_type order by 1, 2`)
	require.NoError(w.t, err)
	var org, id uuid.UUID
	_, err = pgx.ForEachRow(rows, []any{&org, &id}, func() error { w.types[org] = append(w.types[org], id); return nil })
	require.NoError(w.t, err)
}

// deals are the opportunities: of each connection, of each partner alone, of each vendor alone.
func (w *world) deals(shared, own int) {
	for i, l := range w.links {
		for range shared {
			w.add(operational.Facts{Connection: l.ID, Vendor: l.Vendor, Partner: l.Partner, OwnerContact: w.contactOf(l), Frozen: i == 3})
		}
	}
	for i := 0; i < len(w.people); i += peopleEach {
		for range own {
			p := w.people[i+w.chance.IntN(peopleEach)]
			f := operational.Facts{Vendor: p.Org}
			if p.Side == operational.SidePartner {
				f = operational.Facts{Partner: p.Org}
			}
			if w.maybe(0.8) {
				f.OwnerMembership = p.Membership
			}
			w.add(f)
		}
	}
	w.write()
	ended := w.links[3].ID
	w.exec(`update crm.opportunity set frozen_at = now() where connection_id = $1`, ended)
	w.exec(`update crm.connection set status = 'ended', ended_at = now() where id = $1`, ended)
}

func (w *world) contactOf(l link) uuid.UUID {
	if w.maybe(0.15) {
		return uuid.Nil
	}
	for {
		if c, ok := one(w, w.people).contacts[l.ID]; ok {
			return c
		}
	}
}

func (w *world) add(f operational.Facts) {
	company := f.Vendor
	if company == uuid.Nil {
		company = f.Partner
	}
	if w.maybe(0.7) {
		f.RecordType = one(w, w.types[company])
	}
	r := record{ID: w.id(), Version: 1, facts: f, holds: map[string]bool{}}
	for _, field := range fields {
		r.holds[field] = true
	}
	r.holds["vendor_account_id"] = f.Vendor != uuid.Nil
	r.holds["record_type"] = f.RecordType != uuid.Nil
	r.holds["owner"] = f.OwnerContact != uuid.Nil || f.OwnerMembership != uuid.Nil
	w.records = append(w.records, r)
}

// write plants the records in one statement: an opportunity is not without its history.
func (w *world) write() {
	type row struct {
		ID, Process                                        uuid.UUID
		Number                                             int
		Connection, Vendor, Partner, Contact, Member, Type *uuid.UUID
	}
	some := func(id uuid.UUID) *uuid.UUID {
		if id == uuid.Nil {
			return nil
		}
		return &id
	}
	rows := make([]row, 0, len(w.records))
	for i, r := range w.records {
		of := r.facts.Vendor
		if of == uuid.Nil {
			of = r.facts.Partner
		}
		x := row{r.ID, of, i + 1, some(r.facts.Connection), some(r.facts.Vendor), some(r.facts.Partner), some(r.facts.OwnerContact), some(r.facts.OwnerMembership), some(r.facts.RecordType)}
		rows = append(rows, x)
	}
	text, err := json.Marshal(rows)
	require.NoError(w.t, err)
	w.exec(`with x as (
			select * from jsonb_to_recordset($1::jsonb) x ("ID" uuid, "Process" uuid, "Number" int, "Connection" uuid, "Vendor" uuid, "Partner" uuid, "Contact" uuid, "Member" uuid, "Type" uuid)
		), o as (
			insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, customer_name, vendor_account_id, owner_contact_id, owner_membership_id, process_org_id, process_id,
				process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, close_date, region, tier, custom, record_type_id, created_at, updated_at)
			select "ID", "Connection", "Vendor", "Partner", "Number", 'Deal', 'Customer', case when "Vendor" is not null then md5('account' || "Vendor")::uuid end, "Contact", "Member", "Process",
				md5('process' || "Process")::uuid, 1, md5('stage' || "Process")::uuid, 'active', 100, 'entered', 'EUR', '2030-01-01', 'West', 'Gold', '{"x_size": "L"}', "Type", now(), now() + "Number" * interval '1 second'
			from x returning *
		), l as (
			insert into crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
			select md5('line' || id)::uuid, id, connection_id, vendor_org_id, partner_org_id, process_org_id, md5('product' || process_org_id)::uuid, 1, 1 from o
		)
		insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version, stage_id, stage_type,
			stage_position, vendor_net_amount, currency, close_date, owner_contact_id, owner_membership_id, region, tier)
		select id, 1, connection_id, vendor_org_id, partner_org_id, now(), 'created', 'system', process_id, 1, stage_id, stage_type, 1, vendor_net_amount, currency, close_date, owner_contact_id,
			owner_membership_id, region, tier from o`, string(text))
}
