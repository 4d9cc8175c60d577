package opportunities

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// touched counts the changes of an opportunity by the fields that each has changed, which are joined by commas, and says
// when the last of them was, in microseconds of 1970. Under the empty name are the version and the time from which that is
// counted. Without anything in it, nothing has changed since the opportunity was created.
//
// By it, whoever reads not all fields counts the changes of which they see something. Version and time of the row move with
// all changes, and so would tell of what is hidden.
type touched map[string][2]int64

// nothing is in place of the fields where a change brought what there was: it tells of no field, and is counted by all.
const nothing = "*"

// touch counts one more change, of these fields.
func (s state) touch(fields []string, at time.Time) touched {
	next := maps.Clone(s.Touched)
	if len(next) == 0 {
		next = touched{"": {s.Version, s.UpdatedAt.UnixMicro()}}
	}
	together := strings.Join(fields, ",")
	if together == "" {
		together = nothing
	}
	next[together] = [2]int64{next[together][0] + 1, at.UnixMicro()}
	return next
}

func (t touched) text() string {
	if len(t) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(t) // of a map of numbers: there is nothing to fail
	return string(text)
}

// base is the version from which changes are counted by field.
func (t touched) base(version int64) int64 {
	if len(t) == 0 {
		return version
	}
	return t[""][0]
}

// seen are version and time of the last change for somebody who reads these fields only.
func (t touched) seen(read operational.FieldSet, version int64, updated time.Time) (int64, time.Time) {
	if len(t) == 0 {
		return version, updated
	}
	version, at := t[""][0], t[""][1]
	for together, changes := range t {
		if together == nothing || together != "" && slices.ContainsFunc(strings.Split(together, ","), read.Has) {
			version, at = version+changes[0], max(at, changes[1])
		}
	}
	return version, time.UnixMicro(at).In(updated.Location())
}

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// seenSQL is the time of the last change for somebody who reads these fields only.
func seenSQL(read operational.FieldSet) string {
	if read.All && len(read.Except) == 0 {
		return "o.updated_at"
	}
	known := slices.Clone(read.Names)
	if read.All {
		for _, f := range fields {
			known = append(known, f.name)
		}
	}
	known = slices.DeleteFunc(known, func(name string) bool { return !plainName.MatchString(name) || !read.Has(name) })
	return "coalesce((select timestamptz 'epoch' + max((c.value ->> 1)::bigint) * interval '1 microsecond' from jsonb_each(o.touched) c" +
		" where c.key in ('', '" + nothing + "') or string_to_array(c.key, ',') && '{" + strings.Join(known, ",") + "}'), o.updated_at)"
}

// changedAt is the column by which a list is asked when records were last changed, as each of the actor's grants shows it.
// Rows are sorted by the time of their row all the same: see the decision in doc.go.
func changedAt(actor operational.Actor, read operational.FieldSet) postgres.Column {
	column := shared["updated_at"]
	rest, cases := seenSQL(read), ""
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		switch {
		case g.Connection != uuid.Nil:
			cases += fmt.Sprintf(" when o.connection_id = '%s' then %s", g.Connection, seenSQL(g.Read))
		case actor.Side == operational.SidePartner:
			cases += " when o.connection_id is null then " + seenSQL(g.Read)
		default:
			rest = seenSQL(g.Read)
		}
	}
	column.Sort = column.SQL
	if column.SQL = rest; cases != "" {
		column.SQL = "case" + cases + " else " + rest + " end"
	}
	return column
}
