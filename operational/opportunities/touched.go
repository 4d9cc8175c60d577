package opportunities

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// touch counts one more change, of these fields.
func (s state) touch(fields []string, at time.Time) operational.Touched {
	return s.Touched.With(s.Version, s.UpdatedAt, fields, at)
}

func seenSQL(read operational.FieldSet) string {
	names := make([]string, 0, len(fields))
	for _, f := range fields {
		names = append(names, f.name)
	}
	return postgres.SeenAt("o", read, names)
}

// ChangedAt is when the opportunity was last changed, for whom it is shown.
func (o Opportunity) ChangedAt() time.Time { return o.UpdatedAt }

// changedAt is the column by which a list is asked when records were last changed, as each of the actor's grants shows it.
func changedAt(actor operational.Actor, read operational.FieldSet) postgres.Column {
	column := shared["updated_at"]
	column.Walk = column.SQL
	var own string
	links := map[string][]string{} // connections by what is seen of their rows
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		if seen := seenSQL(g.Read); g.Connection == uuid.Nil {
			own = seen
		} else {
			links[seen] = append(links[seen], g.Connection.String())
		}
	}
	_, others := actor.PublicGrant(operational.ObjectOpportunity)
	rest := mostSeen(links)
	switch {
	case others:
		rest = seenSQL(read)
	case len(links) == 0 && own != "":
		column.SQL = own
		return column
	case len(links) == 0: // there is nothing to list
		return column
	default:
		delete(links, rest) // so that nearly all texts are the same for all: there are as many statements to prepare
	}
	column.SQL = "case"
	if own != "" {
		column.SQL += " when o.connection_id is null then " + own
	}
	for _, seen := range slices.Sorted(maps.Keys(links)) {
		column.SQL += " when o.connection_id in ('" + strings.Join(links[seen], "', '") + "') then " + seen
	}
	if column.SQL += " else " + rest + " end"; strings.HasPrefix(column.SQL, "case else ") {
		column.SQL = rest
	}
	return column
}

// mostSeen is what is seen of the rows of most connections.
func mostSeen(links map[string][]string) string {
	var most string
	for _, seen := range slices.Sorted(maps.Keys(links)) {
		if len(links[seen]) > len(links[most]) {
			most = seen
		}
	}
	return most
}
