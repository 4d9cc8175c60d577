package interconnect

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Standing is how it goes with a connection.
type Standing struct {
	Connection
	LastActivity *time.Time `db:"last_activity"` // when something last happened to a shared record that the reader sees, by whomever
	Joined       int64      `db:"joined"`        // people of the partner who have come: the vendor knows their mail address
	Absent       int64      `db:"absent"`        // people of it whom the vendor knows by name only, since nobody signs in as them
	Asked        int64      `db:"asked"`         // invitations to look after its workspace that nobody came by; for who may see these
}

type standingRow struct {
	postgres.Keyed
	Standing
}

// QuietAfter is how long nothing happens until a connection is called quiet.
const QuietAfter = 60 * 24 * time.Hour

// Quiet says whether nothing that the reader sees was changed for long in a connection that is alive.
func (s Standing) Quiet(now time.Time) bool {
	last := s.CreatedAt
	if s.LastActivity != nil && s.LastActivity.After(last) {
		last = *s.LastActivity
	}
	return s.Status == StatusActive && last.Before(now.Add(-QuietAfter))
}

// Healths are what connections can be chosen by.
var Healths = []string{HealthGood, HealthQuiet, HealthEmpty}

// How it goes with a connection that is alive.
const (
	HealthGood  = "well"   // something was changed lately
	HealthQuiet = "quiet"  // nothing was for long
	HealthEmpty = "nobody" // nobody of the partner has come
)

// Healthy is the filter by how connections go; false for words that it does not know.
func Healthy(health string, now time.Time) (f operational.Filter, known bool) {
	lately := now.Add(-QuietAfter).UTC().Format(time.RFC3339Nano)
	is := func(field, op string, values ...string) operational.Filter {
		return operational.Filter{Field: field, Op: op, Values: values}
	}
	alive := is("status", "eq", StatusActive)
	switch health {
	case HealthGood:
		return operational.Filter{And: []operational.Filter{alive, {Or: []operational.Filter{is("last_activity", "ge", lately), is("created_at", "ge", lately)}}}}, true
	case HealthQuiet:
		before := operational.Filter{Or: []operational.Filter{is("last_activity", "lt", lately), is("last_activity", "is_null")}}
		return operational.Filter{And: []operational.Filter{alive, is("created_at", "lt", lately), before}}, true
	case HealthEmpty:
		return operational.Filter{And: []operational.Filter{alive, is("joined", "eq", "0")}}, true
	}
	return operational.Filter{}, false
}

// Standings lists the caller's connections with how they go. A reader who sees no opportunities learns of no activity,
// neither in the list nor by its filters and order.
func (s *Service) Standings(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Standing], error) {
	if actor.Connection != uuid.Nil {
		q = q.Also(operational.Filter{Field: "id", Op: "eq", Values: []string{actor.Connection.String()}})
	}
	l := standingList(actor)
	activity := lastActivity(actor)
	if activity == "" {
		activity = "null::timestamptz"
	}
	joined, absent, asked := "0::bigint", "0::bigint", "0::bigint"
	if actor.Side == operational.SideVendor {
		joined, absent = peopleThat("is not null"), peopleThat("is null")
		if actor.Allowed(operational.ConnectionsManage) {
			asked = sqlNotCome
		}
	}
	sql := connectionsFor(actor.Side, activity+" as last_activity", joined+" as joined", absent+" as absent", asked+" as asked", "{keys} as sort_keys") + sqlPage
	return postgres.Page(ctx, s.db, actor, l, q, sql, func(r standingRow) Standing { return r.Standing })
}

// StandingListing says by which fields the caller can list them.
func StandingListing(actor operational.Actor) operational.Listing {
	return standingList(actor).Listing()
}

func standingList(actor operational.Actor) postgres.List {
	l := connectionList(actor.Side)
	if activity := lastActivity(actor); activity != "" {
		l.Field["last_activity"] = postgres.Column{SQL: activity, Type: postgres.Time, Nullable: true}
	}
	if actor.Side == operational.SideVendor {
		l.Field["joined"] = postgres.Column{SQL: peopleThat("is not null"), Type: postgres.Int}
	}
	return l
}

// peopleThat counts the partner's people by whether they have a mail address: who was provisioned by a file has none
// until somebody joins. Who of them signs in, and when, is the partner's own affair.
func peopleThat(test string) string {
	return "(select count(*) from crm.external_contact e where e.connection_id = c.id and e.work_email " + test + ")"
}

const sqlNotCome = `(select count(*) from crm.invitation i where i.into_connection = c.id and i.status in ('open', 'expired'))`

// lastActivity is when something last happened to the records of a connection that the actor's grants reach, in SQL;
// empty when they reach none. Imported business has the times of its source.
func lastActivity(actor operational.Actor) string {
	var when []string
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		managed := g.Visibility == operational.VisibilityPrivate
		switch {
		case g.Connection != uuid.Nil:
			when = append(when, "when c.id = "+literal(g.Connection)+" then "+latest(g))
		case actor.Side == operational.SidePartner: // its own business lies on no connection
		case !managed:
			return latest(g)
		case actor.Rights != nil && len(actor.Rights.Managed) > 0:
			when = append(when, "when c.id in ("+literals(actor.Rights.Managed)+") then "+latest(g))
		}
	}
	if len(when) == 0 {
		return ""
	}
	return "(case " + strings.Join(when, " ") + " end)"
}

// latest is one step into the index of a connection's history; of what one person owns it looks at each record.
func latest(g operational.Grant) string {
	if g.Contact != uuid.Nil && g.Visibility == operational.VisibilityPrivate {
		return `(select max(h.effective_at) from crm.opportunity o join crm.opportunity_history h on h.opportunity_id = o.id and h.version = o.version
  where o.owner_contact_id = ` + literal(g.Contact) + ofTypes(g) + ")"
	}
	reached := ""
	if types := ofTypes(g); types != "" {
		reached = " and exists (select from crm.opportunity o where o.id = h.opportunity_id" + types + ")"
	}
	return "(select h.effective_at from crm.opportunity_history h where h.connection_id = c.id" + reached + " order by h.effective_at desc limit 1)"
}

// ofTypes narrows to the record types of a grant.
func ofTypes(g operational.Grant) string {
	switch {
	case g.AllTypes:
		return ""
	case len(g.RecordTypes) == 0:
		return " and o.record_type_id is null"
	}
	return fmt.Sprintf(" and (o.record_type_id is null or o.record_type_id in (%s))", literals(g.RecordTypes))
}

// A uuid has digits, letters and hyphens only, so that it can stand in a statement as it is.
func literal(id uuid.UUID) string { return "'" + id.String() + "'::uuid" }

func literals(ids []uuid.UUID) string {
	list := make([]string, 0, len(ids))
	for _, id := range ids {
		list = append(list, literal(id))
	}
	return strings.Join(list, ", ")
}
