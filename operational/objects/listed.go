package objects

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Company is a company whose fields records carry, and the role by which it tells the actor of them.
type Company struct {
	Org  uuid.UUID
	Role operational.Role
}

// CompanyOf is the company whose fields records under a grant carry.
func CompanyOf(actor operational.Actor, g operational.Grant) Company {
	org, role := placeOf(actor, g)
	return Company{org, role}
}

// Companies are those whose records of the object are in the actor's lists.
func Companies(actor operational.Actor, object operational.Object) []Company {
	own := Company{actor.Org, actor.Role}
	if actor.Side == operational.SideVendor || actor.Rights == nil {
		return []Company{own}
	}
	var all []Company
	for _, g := range actor.Grants(object) {
		all = append(all, CompanyOf(actor, g))
	}
	return all
}

var customName = regexp.MustCompile(`\bx_[a-z][a-z0-9_]{0,49}\b`)

// Added are the types of those fields that companies have added to an object which texts name. Which there are is asked
// for only when one is named; a name that stands for fields of several types cannot be compared, so its type is mixed.
func Added(ctx context.Context, db *postgres.DB, actor operational.Actor, object operational.Object, texts []string) (map[string]Type, error) {
	wanted := customName.FindAllString(strings.Join(texts, " "), -1)
	if len(wanted) == 0 {
		return nil, nil
	}
	who := Companies(actor, object)
	setups := make([]Setup, len(who))
	err := db.Read(ctx, actor, func(b *pgx.Batch) {
		for i, c := range who {
			Queue(b, c.Org, object, c.Role, &setups[i])
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read fields of companies: %w", err)
	}
	all := map[string]Type{}
	for _, setup := range setups {
		for _, f := range setup.Fields {
			if known, there := all[f.Name]; there && known != f.Type {
				f.Type = mixed
			}
			all[f.Name] = f.Type
		}
	}
	found := map[string]Type{}
	for _, name := range wanted {
		if t, there := all[name]; there {
			found[name] = t
		}
	}
	return found, nil
}

// mixed is the type of a name that stands for fields of several.
const mixed Type = "mixed"

// Columns are the columns of a list for those fields that companies have added which texts name; custom is the column
// that holds the values, as in "o.custom".
func Columns(ctx context.Context, db *postgres.DB, actor operational.Actor, object operational.Object, custom string, texts []string) (map[string]postgres.Column, error) {
	types, err := Added(ctx, db, actor, object, texts)
	if err != nil || types == nil {
		return nil, err
	}
	columns := map[string]postgres.Column{}
	for name, t := range types {
		if column, ok := columnOf(custom, name, t); ok {
			columns[name] = column
		}
	}
	return columns, nil
}

// columnOf reads a value out of the record. The name is one of a definition, whose form the database checks: it holds
// small letters, digits and _ only. A value that does not have the form of its type counts as none.
func columnOf(custom, name string, t Type) (postgres.Column, bool) {
	value := "(" + custom + " ->> '" + name + "')"
	switch t {
	case Text, Choice:
		return postgres.Column{SQL: value, Type: postgres.Text, Nullable: true}, true
	case Date:
		return postgres.Column{SQL: "(" + value + ` collate "C")`, Type: postgres.DayText, Nullable: true}, true
	case Number:
		return postgres.Column{SQL: `(case when ` + value + ` ~ '^-?[0-9]{1,16}([.][0-9]{1,6})?$' then ` + value + `::numeric end)`, Type: postgres.Decimal, Nullable: true}, true
	}
	return postgres.Column{}, false
}
