package rightstest

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// store is a place that shows opportunities: it gives the fields that it shows of each record in sight.
type store struct {
	name  string
	shows func(t *testing.T, actor operational.Actor) map[uuid.UUID][]string
	knows []string // the fields that it can show
}

// listed is the store of lists, in Postgres: all pages, and their count.
func listed(s *opportunities.Service) store {
	return store{name: "lists", knows: without(fields, "lines"), shows: func(t *testing.T, actor operational.Actor) map[uuid.UUID][]string {
		seen := map[uuid.UUID][]string{}
		q := operational.Query{Page: operational.Page{Limit: 100, Count: true}}
		for {
			page, err := s.List(t.Context(), actor, q)
			require.NoError(t, err)
			for _, o := range page.Items {
				require.NotContains(t, seen, o.ID, "a record is there twice")
				seen[o.ID] = shownOf(o)
			}
			if q.Count {
				require.LessOrEqual(t, int64(len(page.Items)), *page.Total)
				defer func() {
					require.EqualValues(t, len(seen), *page.Total, "the count tells of more or less than the list")
				}()
			}
			if page.Next == nil {
				return seen
			}
			q.Count, q.After = false, page.Next
		}
	}}
}

// shownOf are the fields that an answer carries.
func shownOf(o opportunities.Opportunity) []string {
	var shown []string
	for field, there := range map[string]bool{
		"name": o.Name != "", "customer_name": o.CustomerName != "", "vendor_account_id": o.VendorAccountID != nil, "owner": o.Owner != nil,
		"stage": o.Stage.ID != uuid.Nil || o.Process.ID != uuid.Nil, "vendor_net": o.VendorNet.Currency != "" || o.AmountSource != "", "close_date": o.CloseDate != nil,
		"region": o.Region != "", "tier": o.Tier != "", "lines": len(o.Lines) > 0, "record_type": o.RecordTypeID != nil, "x_size": o.Custom["x_size"] != nil,
	} {
		if there {
			shown = append(shown, field)
		}
	}
	slices.Sort(shown)
	return shown
}

func without(list []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == name })
}

// callers are all people with the rights of this moment: partners' people everywhere, and in each of their connections.
func (w *world) callers(t *testing.T) []operational.Actor {
	var all []operational.Actor
	for _, p := range w.people {
		actor := w.WithRights(t, p.Actor)
		all = append(all, actor)
		for connection := range p.contacts {
			actor.Connection = connection
			all = append(all, actor)
		}
	}
	return all
}

// decided is what the rules say that the caller sees of each record.
func (w *world) decided(actor operational.Actor, knows []string) map[uuid.UUID][]string {
	seen := map[uuid.UUID][]string{}
	for _, r := range w.records {
		if !operational.Decide(actor, operational.ActRead, operational.ObjectOpportunity, r.facts, "").Allowed {
			continue
		}
		var shown []string
		for _, field := range knows {
			if r.holds[field] && operational.Decide(actor, operational.ActRead, operational.ObjectOpportunity, r.facts, field).Allowed {
				shown = append(shown, field)
			}
		}
		slices.Sort(shown)
		seen[r.ID] = shown
	}
	return seen
}

// TestTheRulesAreWhatTheStoresDo over chances of roles, scopes, records and callers: rows and fields. A store that is
// added here is held to the same.
func TestTheRulesAreWhatTheStoresDo(t *testing.T) {
	w := newWorld(t, 7)
	service := opportunities.New(w.API)
	stores := []store{listed(service)}
	decisions, inSight, edits := 0, 0, 0
	for range 4 {
		w.shuffle()
		for _, actor := range w.callers(t) {
			for _, s := range stores {
				want, got := w.decided(actor, s.knows), s.shows(t, actor)
				for _, r := range w.records {
					expected, visible := want[r.ID]
					found, there := got[r.ID]
					require.Equal(t, visible, there, "%s: %s works in %s\n%+v\n%+v", s.name, actor.Side, actor.Connection, r.facts, operational.Decide(actor, operational.ActRead, operational.ObjectOpportunity, r.facts, ""))
					require.Equal(t, expected, found, "%s: fields for %s of %+v", s.name, actor.Side, r.facts)
				}
				require.Len(t, got, len(want), "%s shows what nobody planted", s.name)
				decisions += len(w.records)
				inSight += len(want)
			}
			w.readsOne(t, service, actor)
			edits += w.edits(t, service, actor)
		}
	}
	t.Logf("%d decisions over rows, %d of them in sight; %d over edits", decisions, inSight, edits)
	require.Greater(t, decisions, 10_000)
	require.Greater(t, inSight, decisions/20)
	require.Greater(t, decisions-inSight, decisions/20)
	require.Greater(t, edits, 60)
}

// readsOne reads single records, with their lines.
func (w *world) readsOne(t *testing.T, s *opportunities.Service, actor operational.Actor) {
	for range 4 {
		r := one(w, w.records)
		o, err := s.Get(t.Context(), actor, r.ID)
		want, visible := w.decided(actor, fields)[r.ID]
		if !visible {
			require.Equal(t, operational.KindNotFound, operational.KindOf(err), "%v: %+v", err, r.facts)
			continue
		}
		require.NoError(t, err, "%+v", r.facts)
		require.Equal(t, want, shownOf(o), "%+v", r.facts)
	}
}

// edits tries to change single records, and counts those that are let.
func (w *world) edits(t *testing.T, s *opportunities.Service, actor operational.Actor) (let int) {
	seen := w.decided(actor, nil)
	for range 3 {
		i := w.chance.IntN(len(w.records))
		for n := range w.records { // rather one that is in sight
			if _, there := seen[w.records[(i+n)%len(w.records)].ID]; there && w.maybe(0.8) {
				i = (i + n) % len(w.records)
				break
			}
		}
		r := &w.records[i]
		_, err := s.Update(t.Context(), actor, r.ID, r.Version, opportunities.Update{CustomerName: operational.Set(uuid.NewString())})
		d := operational.Decide(actor, operational.ActEdit, operational.ObjectOpportunity, r.facts, "customer_name")
		if err == nil {
			r.Version++
			let++
		}
		if d.Allowed && w.suspended(t, r.facts.Connection) { // rights are one thing, the state of a connection another: the vendor reads on
			require.Equal(t, operational.KindConflict, operational.KindOf(err), "%v", err)
			continue
		}
		require.Equal(t, d.Allowed, err == nil, "%v: %s works in %s\n%+v\n%+v", err, actor.Side, actor.Connection, r.facts, d)
		if err != nil {
			require.Contains(t, []operational.Kind{operational.KindNotFound, operational.KindForbidden, operational.KindInvalid, operational.KindConflict}, operational.KindOf(err), "%v", err)
			read := operational.Decide(actor, operational.ActRead, operational.ObjectOpportunity, r.facts, "").Allowed
			require.Equal(t, !read, operational.KindOf(err) == operational.KindNotFound, "%v: what is in sight is refused by its reason, all else is not there: %+v", err, r.facts)
		}
	}
	return let
}

func (w *world) suspended(t *testing.T, connection uuid.UUID) (is bool) {
	require.NoError(t, w.owner.QueryRow(t.Context(), `select exists (select from crm.connection where id = $1 and status = 'suspended')`, connection).Scan(&is))
	return is
}
