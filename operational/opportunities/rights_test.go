package opportunities_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

const deal = operational.ObjectOpportunity

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.db.Owner(w.t).Exec(w.t.Context(), sql, args...)
	require.NoError(w.t, err)
}

// colleague is one more person in an actor's company, whom every connection of it gets to know.
func (w *world) colleague(of operational.Actor, name string) operational.Actor {
	w.t.Helper()
	c := of
	c.Person, c.Membership, c.Rights = uuid.New(), uuid.New(), nil
	w.exec(`insert into crm.person (id, display_name, created_at) values ($1, $2, now())`, c.Person, name)
	w.exec(`insert into crm.membership (id, org_id, person_id, role, created_at) values ($1, $2, $3, 'administrator', now())`, c.Membership, c.Org, c.Person)
	return w.db.WithRights(w.t, c)
}

func (w *world) contactOf(member operational.Actor, connection uuid.UUID) (id uuid.UUID) {
	w.t.Helper()
	require.NoError(w.t, w.db.Owner(w.t).QueryRow(w.t.Context(),
		`select id from crm.external_contact where connection_id = $1 and membership_id = $2`, connection, member.Membership).Scan(&id))
	return id
}

func (w *world) recordType(org uuid.UUID, name string, usual bool) uuid.UUID {
	w.t.Helper()
	id := uuid.New()
	w.exec(`insert into crm.record_type (id, org_id, object, name, is_default, created_at, updated_at) values ($1, $2, 'opportunity', $3, $4, now(), now())`, id, org, name, usual)
	return id
}

// row is an opportunity with what rights look at, and its place in the list's own order.
type row struct {
	id      uuid.UUID
	facts   operational.Facts
	name    string
	updated time.Time
}

func id(p *uuid.UUID) uuid.UUID {
	if p == nil {
		return uuid.Nil
	}
	return *p
}

// rows are all that there are in the database.
func (w *world) rows() []row {
	w.t.Helper()
	found, err := w.db.Owner(w.t).Query(w.t.Context(), `
		select id, connection_id, vendor_org_id, partner_org_id, owner_contact_id, owner_membership_id, record_type_id, frozen_at is not null, name, updated_at
		from crm.opportunity order by updated_at desc, id desc`)
	require.NoError(w.t, err)
	defer found.Close()
	var all []row
	for found.Next() {
		var r row
		var ids [6]*uuid.UUID
		require.NoError(w.t, found.Scan(&r.id, &ids[0], &ids[1], &ids[2], &ids[3], &ids[4], &ids[5], &r.facts.Frozen, &r.name, &r.updated))
		f := &r.facts
		f.Connection, f.Vendor, f.Partner, f.OwnerContact, f.OwnerMembership, f.RecordType = id(ids[0]), id(ids[1]), id(ids[2]), id(ids[3]), id(ids[4]), id(ids[5])
		all = append(all, r)
	}
	require.NoError(w.t, found.Err())
	return all
}

// populated is a world with opportunities of every sort that rights tell apart.
func populated(t testing.TB) (w *world, mate operational.Actor, types []uuid.UUID) {
	w = newWorld(t)
	mate = w.colleague(w.P1, "Mate")
	peer := w.colleague(w.A, "Peer")
	types = []uuid.UUID{w.recordType(w.A.Org, "Project", false), w.recordType(w.A.Org, "Renewal", false)}
	as := func(a operational.Actor) operational.Actor { return operational.Actor{}.As(a.Org, a.Side, "test") }
	kinds := []*uuid.UUID{nil, &types[0], &types[1]}
	n := 0
	add := func(actor operational.Actor, in opportunities.NewOpportunity) {
		w.clock.pass(time.Second)
		n++
		in.Name = fmt.Sprintf("deal %02d", (n*7)%100)
		w.create(as(actor), in)
	}
	for _, kind := range kinds {
		for _, owner := range []*uuid.UUID{nil, &w.ContactAP1, ptr(w.contactOf(mate, w.AP1))} {
			add(w.A, opportunities.NewOpportunity{ConnectionID: &w.AP1, OwnerContactID: owner, RecordTypeID: kind})
		}
		for _, owner := range []*uuid.UUID{nil, &w.ContactAP2} {
			add(w.A, opportunities.NewOpportunity{ConnectionID: &w.AP2, OwnerContactID: owner, RecordTypeID: kind})
		}
		for _, owner := range []*uuid.UUID{nil, &w.A.Membership, &peer.Membership} {
			add(w.A, opportunities.NewOpportunity{OwnerMemberID: owner, RecordTypeID: kind})
		}
		add(w.B, opportunities.NewOpportunity{ConnectionID: &w.BP1, OwnerContactID: &w.ContactBP1})
		add(w.P1, opportunities.NewOpportunity{OwnerMemberID: &w.P1.Membership, ProcessID: ptr(w.ownProcess())})
		add(w.P1, opportunities.NewOpportunity{OwnerMemberID: &mate.Membership, ProcessID: ptr(w.ownProcess())})
	}
	w.exec(`update crm.opportunity set frozen_at = now() where id in (select id from crm.opportunity where connection_id = $1 order by created_at limit 2)`, w.AP1)
	w.exec(`update crm.opportunity set frozen_at = now() where id in (select id from crm.opportunity where connection_id = $1 order by created_at limit 1)`, w.AP2)
	w.exec(`analyze`)
	return w, mate, types
}

// roleOf draws a role that reads opportunities.
func roleOf(t *rapid.T, name string, types []uuid.UUID, visible ...operational.Visibility) operational.RoleRights {
	o := operational.ObjectRights{
		Read: rapid.IntRange(0, 9).Draw(t, name+" reads") > 0, Create: true, Edit: true, Access: "read_write",
		Visibility: rapid.SampledFrom(visible).Draw(t, name+" visibility"),
		Readable:   rapid.SliceOfDistinct(rapid.SampledFrom([]string{"name", "owner", "stage", "vendor_net", "close_date", "lines", "record_type", "history"}), rapid.ID[string]).Draw(t, name+" reads fields"),
	}
	if rapid.Bool().Draw(t, name+" has types") {
		o.RecordTypes = rapid.SliceOfNDistinct(rapid.SampledFrom(types), 0, 2, rapid.ID[uuid.UUID]).Draw(t, name+" types")
		if o.RecordTypes == nil {
			o.RecordTypes = []uuid.UUID{}
		}
	}
	return operational.RoleRights{Key: "drawn", Objects: map[operational.Object]operational.ObjectRights{deal: o}}
}

// Lists in every order, their counts and single reads show exactly the records of which the rules say so, one by one.
func TestListsReachWhatTheRulesSay(t *testing.T) {
	w, mate, types := populated(t)
	all := w.rows()
	private, company := operational.VisibilityPrivate, operational.VisibilityCompany
	rapid.Check(t, func(t *rapid.T) {
		var actor operational.Actor
		if rapid.Bool().Draw(t, "vendor") {
			actor = w.A
			actor.Rights = &operational.Rights{
				Own: roleOf(t, "own", types, private, company), Channel: rapid.SampledFrom([]int{1, 2, 1000}).Draw(t, "channel"),
				Managed: rapid.SliceOfDistinct(rapid.SampledFrom([]uuid.UUID{w.AP1, w.AP2}), rapid.ID[uuid.UUID]).Draw(t, "managed"),
			}
		} else {
			actor = rapid.SampledFrom([]operational.Actor{w.P1, mate}).Draw(t, "who")
			rights := &operational.Rights{Own: roleOf(t, "own", types, private, company)}
			for i, c := range []uuid.UUID{w.AP1, w.BP1} {
				rights.Links = append(rights.Links, operational.Link{
					Connection: c, Vendor: []uuid.UUID{w.A.Org, w.B.Org}[i], Contact: w.contactOf(actor, c), ContactStatus: "active",
					ConnectionStatus: rapid.SampledFrom([]string{"active", "active", "suspended"}).Draw(t, "status"),
					InScope:          rapid.IntRange(0, 4).Draw(t, "in scope") > 0, Role: roleOf(t, fmt.Sprint("link ", i), types, private, company),
				})
			}
			actor.Rights = rights
			actor.Connection = rapid.SampledFrom([]uuid.UUID{uuid.Nil, uuid.Nil, w.AP1}).Draw(t, "works in")
		}
		requireReach(t, w, actor, all)
	})
}

func requireReach(t require.TestingT, w *world, actor operational.Actor, all []row) {
	var want []row
	for i, r := range all {
		own := r.facts.Vendor == actor.Org || r.facts.Partner == actor.Org // what the wall shows
		decided := operational.Decide(actor, operational.ActRead, deal, r.facts, "")
		if own && decided.Allowed {
			want = append(want, r)
		}
		if i%3 != len(actor.Rights.Managed)%3 { // a third of them is enough to read one by one
			continue
		}
		_, err := w.s.Get(w.t.Context(), actor, r.id)
		require.Equal(t, own && decided.Allowed, err == nil, "%s: %v, decided by %s", r.name, err, decided.DecidedBy)
	}
	ids := make([]uuid.UUID, len(want))
	for i, r := range want {
		ids[i] = r.id
	}
	for _, sort := range [][]operational.Sort{nil, {{Field: "updated_at"}}, {{Field: "created_at", Desc: true}}, {{Field: "number"}}} {
		q := operational.Query{Sort: sort, Page: operational.Page{Limit: 3, Count: true}}
		var got []uuid.UUID
		for {
			page, err := w.s.List(w.t.Context(), actor, q)
			require.NoError(t, err)
			require.EqualValues(t, len(want), *page.Total, "the count")
			for _, o := range page.Items {
				got = append(got, o.ID)
			}
			if q.After = page.Next; page.Next == nil {
				break
			}
		}
		if sort == nil {
			require.Equal(t, ids, append([]uuid.UUID{}, got...))
		}
		require.ElementsMatch(t, ids, got, "sorted by %v", sort)
	}
}

// A vendor's private role, with so many connections that the list is walked along the wall's index.
func TestManyManagedConnections(t *testing.T) {
	w, _, types := populated(t)
	actor := w.A
	o := operational.ObjectRights{Read: true, Visibility: operational.VisibilityPrivate, RecordTypes: types[:1]}
	actor.Rights = &operational.Rights{Channel: 200, Managed: []uuid.UUID{w.AP2}, Own: operational.RoleRights{Objects: map[operational.Object]operational.ObjectRights{deal: o}}}
	for _, others := range []int{3, 7, 100} {
		managed := []uuid.UUID{w.AP2}
		for range others {
			managed = append(managed, uuid.New())
		}
		actor.Rights.Managed = managed
		requireReach(t, w, actor, w.rows())
		require.Len(t, actor.Rights.Managed, others+1, "the rights are left alone")
		require.False(t, slices.Contains(actor.Rights.Managed, uuid.Nil))
	}
}
