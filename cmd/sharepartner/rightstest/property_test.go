package rightstest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/warehouse"
)

// setting reads a number that whoever runs the test may set.
func setting(t *testing.T, name string, usual uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return usual
	}
	n, err := strconv.ParseUint(text, 10, 64)
	require.NoError(t, err, name)
	return n
}

// middle gives one of the partners a channel of its own, with another partner in it: its people wear two hats.
func (w *world) middle() {
	up := w.people[3*peopleEach : 4*peopleEach]
	w.exec(`update crm.workspace set governs = true where org_id = $1`, up[0].Org)
	for _, p := range up {
		p.Side, p.contacts = operational.SideVendor, nil
		w.people = append(w.people, p)
	}
	w.connect(link{w.id(), up[0].Org, w.people[5*peopleEach].Org}, "M", "West")
}

// open lets everything be by what stands in the database, which asks for itself whether records are shown to all partners:
// what is drawn narrows it.
func (w *world) open() {
	w.exec(`insert into crm.access_scope (vendor_org_id, updated_at) select org_id, now() from crm.workspace where governs on conflict do nothing;
		insert into crm.role (org_id, key, audience, name, created_at, updated_at) select org_id, 'open', 'external', 'Open', now(), now() from crm.workspace where governs;
		insert into crm.role_object (org_id, role_key, audience, object, can_read, visibility, readable) select org_id, 'open', 'external', 'opportunity', true, 'public', '{name}' from crm.workspace where governs;
		update crm.connection set external_role = 'open'`)
}

// drawn is a caller whose rights chance has drawn: what its own role gives, whom it looks after, and what each vendor gives.
func (w *world) drawn() operational.Actor {
	p := one(w, w.people)
	actor := p.Actor
	rights := &operational.Rights{Own: w.drawnRole(p.Org, "internal")}
	if p.Side == operational.SideVendor {
		for _, l := range w.links {
			if l.Vendor == p.Org {
				rights.Channel++
				if w.maybe(0.4) {
					rights.Managed = append(rights.Managed, l.ID)
				}
			}
		}
	}
	for _, l := range w.links {
		contact, known := p.contacts[l.ID]
		if !known || l == w.links[3] { // that one has ended
			continue
		}
		rights.Links = append(rights.Links, operational.Link{
			Connection: l.ID, Vendor: l.Vendor, Contact: contact, InScope: w.maybe(0.85), Role: w.drawnRole(l.Vendor, "external"),
			ConnectionStatus: one(w, []string{"active", "active", "active", "active", "suspended"}), ContactStatus: one(w, []string{"active", "active", "active", "active", "suspended"}),
		})
		if w.maybe(0.25) {
			actor.Connection = l.ID
		}
	}
	actor.Rights = rights
	return actor
}

// drawnRole is any role that a company can have.
func (w *world) drawnRole(org uuid.UUID, audience string) operational.RoleRights {
	r := operational.RoleRights{Key: "drawn", Everything: audience == "internal" && w.maybe(0.1), Capabilities: []operational.Permission{operational.AnalyticsRead}, Objects: map[operational.Object]operational.ObjectRights{}}
	for _, o := range operational.Objects {
		if w.maybe(0.05) {
			continue
		}
		read := w.maybe(0.92)
		reach := []operational.Visibility{operational.VisibilityPrivate, operational.VisibilityCompany}
		given := fields
		if audience == "external" {
			reach = append(reach, operational.VisibilityPublic, operational.VisibilityPublic)
			given = without(fields, "vendor_account_id")
		}
		x := operational.ObjectRights{
			Read: read, Create: read && w.maybe(0.5), Edit: read && w.maybe(0.6), Delete: read && w.maybe(0.3), Import: read && w.maybe(0.3), Export: read && w.maybe(0.5),
			Visibility: one(w, reach), Access: one(w, []string{"read", "read_write", "read_write"}), Readable: some(w, given, one(w, []float64{0.2, 0.7, 1})),
		}
		x.Editable = some(w, x.Readable, 0.6)
		if w.maybe(0.5) {
			x.RecordTypes = some(w, w.types[org], 0.5)
		}
		r.Objects[o] = x
	}
	return r
}

// What is drawn: records anew for each of the worlds, and in them a role, a scope and a caller of its own for each draw.
const (
	worlds     = 4
	usualDraws = 10_000
)

// TestTenThousandRolesMeanOneThing draws records, roles, scopes and callers, and holds what the rules decide of each
// against the grants that the program works with, the lists of Postgres and the rows of the warehouse. RIGHTS_SEED draws
// others, RIGHTS_DRAWS more.
func TestTenThousandRolesMeanOneThing(t *testing.T) {
	seed, draws := setting(t, "RIGHTS_SEED", uint64(time.Now().UnixNano())), setting(t, "RIGHTS_DRAWS", usualDraws)
	t.Logf("RIGHTS_SEED=%d", seed)
	for n := range uint64(worlds) {
		t.Run(strconv.FormatUint(n, 10), func(t *testing.T) {
			t.Parallel()
			w := emptyWorld(t, seed+n)
			w.middle()
			w.setUp()
			w.deals(3, 2)
			w.open()
			w.meanOneThing(t, int(draws/worlds))
		})
	}
}

func (w *world) meanOneThing(t *testing.T, draws int) {
	service := opportunities.New(w.API)
	rows, err := w.mirrored(t).View(t.Context())
	require.NoError(t, err)
	defer func() { _ = rows.Close() }() // nothing was written
	inSight, hidden, begin, asked := 0, 0, time.Now(), map[string][]uuid.UUID{}
	for n := range draws {
		actor := w.drawn()
		w.actsAgree(t, n, actor)
		want := w.decided(actor, nil)
		w.listAgrees(t, n, service, actor, want)
		hidden += w.rowsAgree(t, n, rows, asked, actor, want)
		inSight += len(want)
	}
	t.Logf("%d draws over %d records in %s: %d rows in sight, %d numbers not there", draws, len(w.records), time.Since(begin).Round(time.Second), inSight, hidden)
	require.Greater(t, inSight, draws)
	require.Greater(t, hidden, draws/40)
}

// listAgrees holds the list of Postgres against the rules: which records, and of two of them which fields.
func (w *world) listAgrees(t *testing.T, n int, service *opportunities.Service, actor operational.Actor, want map[uuid.UUID][]string) {
	page, err := service.List(t.Context(), actor, operational.Query{Page: operational.Page{Limit: 100}})
	require.NoError(t, err)
	require.Nil(t, page.Next)
	require.Len(t, page.Items, len(want), "draw %d: %s works in %s: %+v", n, actor.Side, actor.Connection, actor.Rights)
	for i, o := range page.Items {
		require.Contains(t, want, o.ID, "draw %d: %+v", n, actor.Rights)
		if i < 2 {
			require.Equal(t, w.fieldsOf(actor, o.ID), shownOf(o), "draw %d: fields of %s", n, o.ID)
		}
	}
}

// rowsAgree holds the rows of the warehouse against them, and for each tenth draw which numbers are there at all. The
// warehouse knows of a caller nothing but the scope: what was asked under the same one is not asked again.
func (w *world) rowsAgree(t *testing.T, n int, s warehouse.Metrics, asked map[string][]uuid.UUID, actor operational.Actor, want map[uuid.UUID][]string) (hidden int) {
	at := time.Now().Add(time.Minute)
	ask, who := warehouse.Ask{Period: warehouse.Period{From: at.AddDate(-1, 0, 0), To: at}, AsOf: at}, api.ScopeOf(actor)
	key := fmt.Sprintf("%+v", who)
	shown, known := asked[key]
	if !known {
		rows, err := s.Rows(t.Context(), who, ask, warehouse.Cell{Metric: warehouse.MetricBriefing, Event: warehouse.EventNew}, 100, 0)
		require.NoError(t, err)
		for _, r := range rows.Rows {
			shown = append(shown, r.OpportunityID)
		}
		asked[key] = shown
	}
	require.Len(t, shown, len(want), "draw %d: %s works in %s: %+v", n, actor.Side, actor.Connection, actor.Rights)
	for _, id := range shown {
		require.Contains(t, want, id, "draw %d: %+v", n, actor.Rights)
	}
	if n%10 > 0 {
		return 0
	}
	return w.counted(t, s, who, ask, w.decided(actor, []string{"stage", "vendor_net", "region"}))
}

// fieldsOf are the fields that the rules show of one record, of those that lists show.
func (w *world) fieldsOf(actor operational.Actor, id uuid.UUID) (list []string) {
	r := w.records[slices.IndexFunc(w.records, func(r record) bool { return r.ID == id })]
	for _, field := range without(fields, "lines") {
		if r.holds[field] && operational.Decide(actor, operational.ActRead, operational.ObjectOpportunity, r.facts, field).Allowed {
			list = append(list, field)
		}
	}
	slices.Sort(list)
	return list
}

// actsAgree holds all objects and acts against the grants, over a few records of the caller's world: what the rules allow
// is what the grant that reaches the record gives.
func (w *world) actsAgree(t *testing.T, n int, actor operational.Actor) {
	t.Helper()
	for range 4 {
		f := one(w, w.records).facts
		for _, o := range operational.Objects {
			for _, act := range operational.Acts {
				d := operational.Decide(actor, act, o, f, "")
				reads := act == operational.ActRead || act == operational.ActExport
				g, there := actor.GrantOver(o, f)
				if f.Vendor != actor.Org && f.Partner != actor.Org && f.Connection == uuid.Nil || !w.behindTheWall(actor, f) || !reads && f.Frozen || o != operational.ObjectOpportunity && f.Frozen {
					continue // the wall, or the state of the record, is asked before the grants are
				}
				if o == operational.ObjectProduct || o == operational.ObjectSalesProcess {
					continue // of a company as a whole: whose they are is in no record of a connection
				}
				if f.Connection != uuid.Nil && o != operational.ObjectOpportunity {
					require.False(t, d.Allowed && actor.Side == operational.SidePartner, "draw %d: %s of a connection", n, o)
					continue // such records lie on no connection
				}
				require.Equal(t, d.Allowed, there && g.May(act), "draw %d: %s %s by %s in %s: %+v\n%+v\n%+v", n, act, o, actor.Side, actor.Connection, f, d, actor.Rights)
			}
		}
	}
}

// behindTheWall says whether the record is of the caller's company at all, with the hat that it wears.
func (w *world) behindTheWall(actor operational.Actor, f operational.Facts) bool {
	if actor.Side == operational.SideVendor {
		return f.Vendor == actor.Org
	}
	return f.Partner == actor.Org
}
