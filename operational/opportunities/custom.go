package opportunities

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// company is an organisation whose fields opportunities carry, and the role by which it tells the actor of them.
type company struct {
	org  uuid.UUID
	role operational.Role
}

// companies are those whose records are in the actor's lists.
func companies(actor operational.Actor) []company {
	own := company{actor.Org, actor.Role}
	if actor.Side == operational.SideVendor || actor.Rights == nil {
		return []company{own}
	}
	var all []company
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		if g.Connection == uuid.Nil {
			all = append(all, own)
		} else {
			all = append(all, over(actor, g))
		}
	}
	return all
}

// over is a vendor with the role that it gives the actor.
func over(actor operational.Actor, g operational.Grant) company {
	if actor.Rights != nil {
		for _, l := range actor.Rights.Links {
			if l.Connection == g.Connection {
				return company{l.Vendor, l.Role.Key}
			}
		}
	}
	return company{actor.Org, actor.Role}
}

var customName = regexp.MustCompile(`\bx_[a-z][a-z0-9_]{0,49}\b`)

// added are the columns of those fields that companies have added which texts name. Which there are is asked for only
// when one is named; a name that stands for fields of several types cannot be compared, so it is not there.
func (s *Service) added(ctx context.Context, actor operational.Actor, texts []string) (map[string]postgres.Column, error) {
	wanted := customName.FindAllString(strings.Join(texts, " "), -1)
	if len(wanted) == 0 {
		return nil, nil
	}
	who := companies(actor)
	setups := make([]objects.Setup, len(who))
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		for i, c := range who {
			objects.Queue(b, c.org, operational.ObjectOpportunity, c.role, &setups[i])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read fields of companies: %w", err)
	}
	types := map[string]objects.Type{}
	mixed := map[string]bool{}
	for _, setup := range setups {
		for _, f := range setup.Fields {
			mixed[f.Name] = mixed[f.Name] || types[f.Name] != "" && types[f.Name] != f.Type
			types[f.Name] = f.Type
		}
	}
	columns := map[string]postgres.Column{}
	for _, name := range wanted {
		if column, ok := columnOf(name, types[name]); ok && !mixed[name] {
			columns[name] = column
		}
	}
	return columns, nil
}

// columnOf reads a value out of the record. The name is one of a definition, whose form the database checks: it holds
// small letters, digits and _ only. A value that does not have the form of its type counts as none.
func columnOf(name string, t objects.Type) (postgres.Column, bool) {
	value := "(o.custom ->> '" + name + "')"
	switch t {
	case objects.Text, objects.Choice:
		return postgres.Column{SQL: value, Type: postgres.Text, Nullable: true}, true
	case objects.Date:
		return postgres.Column{SQL: "(" + value + ` collate "C")`, Type: postgres.DayText, Nullable: true}, true
	case objects.Number:
		return postgres.Column{SQL: `(case when ` + value + ` ~ '^-?[0-9]{1,16}([.][0-9]{1,6})?$' then ` + value + `::numeric end)`, Type: postgres.Decimal, Nullable: true}, true
	}
	return postgres.Column{}, false
}
