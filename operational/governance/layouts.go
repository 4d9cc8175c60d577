package governance

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Bounds of layouts.
const (
	MaxLayouts      = 100
	MaxSections     = 20
	MaxLayoutFields = 100
)

// Layout is a form: which fields, in which order, which of them are asked for. Which role sees it for which record type
// is said by the record type.
type Layout struct {
	ID         uuid.UUID              `json:"id" doc:"Id of the layout"`
	Object     operational.Object     `json:"object" enum:"account,contact,product,opportunity" doc:"Object whose form it is"`
	Name       string                 `json:"name" doc:"Name, unique for the object"`
	Definition objects.FormDefinition `json:"definition" doc:"What the form shows, in order"`
	Version    int64                  `json:"version" doc:"Grows by one with each change; also the ETag"`
	CreatedAt  time.Time              `json:"created_at" doc:"When it was created"`
	UpdatedAt  time.Time              `json:"updated_at" doc:"When it was last changed"`
}

// NewLayout is what is needed to create one.
type NewLayout struct {
	Object     operational.Object
	Name       string
	Definition objects.FormDefinition
}

// UpdateLayout is a merge patch; a definition that is given takes the place of the one that was.
type UpdateLayout struct {
	Name       operational.Opt[string]
	Definition operational.Opt[objects.FormDefinition]
}

// check says what is wrong with a layout: it names what there is, once, and asks only for what can be filled in.
func (l Layout) check(g ground) error {
	var faults operational.Faults
	if !slices.Contains(extensible, l.Object) {
		faults.Add("object", "It is none of account, contact, product, opportunity.", string(l.Object))
		return faults.Err()
	}
	faults.Text("name", l.Name, 1, 100)
	if len(l.Definition.Sections) > MaxSections {
		faults.Add("definition.sections", fmt.Sprintf("There are more than %d.", MaxSections), len(l.Definition.Sections))
		return faults.Err()
	}
	seen := map[string]bool{}
	for i, section := range l.Definition.Sections {
		at := fmt.Sprintf("definition.sections[%d]", i)
		faults.Text(at+".title", section.Title, 1, 100)
		for j, place := range section.Fields {
			l.checkPlace(&faults, g, fmt.Sprintf("%s.fields[%d]", at, j), place, seen)
			seen[place.Name] = true
		}
		if len(seen) > MaxLayoutFields {
			faults.Add(at, fmt.Sprintf("The layout has more than %d fields.", MaxLayoutFields), nil)
			break
		}
	}
	return faults.Err()
}

func (l Layout) checkPlace(faults *operational.Faults, g ground, at string, p objects.Place, seen map[string]bool) {
	field, known := g.field(l.Object, p.Name)
	switch {
	case !known:
		faults.Add(at+".name", "There is no such field.", p.Name)
	case seen[p.Name]:
		faults.Add(at+".name", "The field is in the layout already.", p.Name)
	case p.Required && !field.Editable:
		faults.Add(at+".required", "Nobody writes this field, so that it cannot be asked for.", p.Name)
	}
	if p.ShowIf == nil {
		return
	}
	if !seen[p.ShowIf.Field] { // which also keeps two fields from waiting for each other
		faults.Add(at+".show_if.field", "It is no field that stands before this one in the layout.", p.ShowIf.Field)
	}
	if len(p.ShowIf.In) == 0 || len(p.ShowIf.In) > 50 {
		faults.Add(at+".show_if.in", "It needs 1 to 50 values.", len(p.ShowIf.In))
	}
	for k, v := range p.ShowIf.In {
		faults.Text(fmt.Sprintf("%s.show_if.in[%d]", at, k), v, 1, 200)
	}
}

const (
	layoutColumns = `l.id, l.object, l.name, l.definition, l.version, l.created_at, l.updated_at`

	layoutByID = `select ` + layoutColumns + ` from crm.page_layout l where l.id = $1`

	listLayouts = `select ` + layoutColumns + `, {keys} as sort_keys from crm.page_layout l where {where} order by {order} limit {limit}`

	countLayouts = `select count(*) from crm.page_layout where org_id = $1 and object = $2`

	insertLayout = `
insert into crm.page_layout (id, org_id, object, name, definition, created_at, updated_at) values (@id, @org, @object, @name, @definition, @now, @now)`

	updateLayout = `
update crm.page_layout set name = @name, definition = @definition, version = version + 1, updated_at = @now where id = @id and version = @version`

	deleteLayout = `
delete from crm.page_layout where id = $1 and version = $2`

	layoutUsers = `
select distinct t.name from crm.layout_assignment a join crm.record_type t on t.id = a.record_type_id where a.layout_id = $1 order by 1 limit 10`
)

var layoutList = postgres.List{
	From: "crm.page_layout l", ID: "l.id", Order: []operational.Sort{{Field: "object"}, {Field: "name"}},
	Field: map[string]postgres.Column{
		"object":     {SQL: "l.object", Type: postgres.Text, Enum: []string{"account", "contact", "product", "opportunity"}},
		"name":       {SQL: "l.name", Type: postgres.Text},
		"created_at": {SQL: "l.created_at", Type: postgres.Time},
		"updated_at": {SQL: "l.updated_at", Type: postgres.Time},
	},
}

type listedLayout struct {
	postgres.Keyed
	Layout
}

// LayoutListing says by which fields layouts can be listed.
func LayoutListing() operational.Listing { return layoutList.Listing() }

// Layouts lists the layouts of the caller's company.
func (s *Service) Layouts(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Layout], error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return operational.Listed[Layout]{}, err
	}
	return postgres.Page(ctx, s.db, actor, layoutList, q, listLayouts, func(r listedLayout) Layout { return r.tidy() })
}

// Layout reads one.
func (s *Service) Layout(ctx context.Context, actor operational.Actor, id uuid.UUID) (Layout, error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return Layout{}, err
	}
	l, err := postgres.One[Layout](ctx, s.db, actor, "layout", layoutByID, id)
	return l.tidy(), err
}

// tidy has lists where there is nothing: answers have no null there.
func (l Layout) tidy() Layout {
	sections := append([]objects.FormSection{}, l.Definition.Sections...)
	for i := range sections {
		sections[i].Fields = append([]objects.Place{}, sections[i].Fields...)
	}
	l.Definition.Sections = sections
	return l
}

// CreateLayout adds a layout.
func (s *Service) CreateLayout(ctx context.Context, actor operational.Actor, in NewLayout) (Layout, error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return Layout{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Layout{}, err
	}
	l := Layout{Object: in.Object, Name: in.Name, Definition: in.Definition}.tidy()
	text, err := json.Marshal(l.Definition)
	if err != nil {
		return Layout{}, err
	}
	made, err := making[Layout]{
		object: "layout", what: "layouts", count: countLayouts, most: MaxLayouts, of: in.Object, read: layoutByID,
		insert: insertLayout, event: "layout.created", fault: layoutFault,
		decided: func(made Layout) audit.Details { return Layout{Name: made.Name}.tidy().decided(made.tidy()) },
		before:  func(tx *postgres.Tx) error { return l.checkTx(ctx, tx) },
	}.run(ctx, s.db, actor, id, pgx.NamedArgs{"object": l.Object, "name": l.Name, "definition": string(text)})
	return made.tidy(), err
}

func (l Layout) checkTx(ctx context.Context, tx *postgres.Tx) error {
	g, err := groundTx(ctx, tx)
	if err != nil {
		return err
	}
	return l.check(g)
}

func layoutFault(err error) error {
	switch postgres.Violated(err) {
	case "page_layout_org_id_object_name_key":
		return operational.Fault(operational.KindConflict, "layout-name-taken", "The object has a layout with this name already. Nothing was saved.").Because(err)
	case "page_layout_definition_check":
		var faults operational.Faults
		faults.Add("definition", "It is too large.", nil)
		return faults.Err()
	}
	return err
}

// UpdateLayout changes a layout that is still at this version.
func (s *Service) UpdateLayout(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateLayout) (Layout, error) {
	l, err := assigning[Layout]{
		needs: operational.RolesManage, object: "layout", read: layoutByID, version: func(l Layout) int64 { return l.Version },
		change: func(tx *postgres.Tx, now Layout) (func() error, error) {
			var faults operational.Faults
			next := now
			in.Name.Required(&faults, "name", &next.Name)
			in.Definition.Required(&faults, "definition", &next.Definition)
			if err := faults.Err(); err != nil {
				return nil, err
			}
			next = next.tidy()
			before, after, err := texts(now.tidy(), next)
			if err != nil || before == after && now.Name == next.Name {
				return nil, err
			}
			if err := next.checkTx(ctx, tx); err != nil {
				return nil, err
			}
			return func() error {
				args := pgx.NamedArgs{"id": id, "version": version, "now": tx.Now, "name": next.Name, "definition": after}
				if err := change(ctx, tx, "layout", updateLayout, args); err != nil {
					return layoutFault(err)
				}
				return events.AppendDecided(ctx, tx, "layout.changed", id, nil, now.tidy().decided(next))
			}, nil
		},
	}.run(ctx, s.db, actor, id, version)
	return l.tidy(), err
}

func texts(a, b Layout) (before, after string, err error) {
	x, err := json.Marshal(a.Definition)
	if err != nil {
		return "", "", err
	}
	y, err := json.Marshal(b.Definition)
	return string(x), string(y), err
}

// DeleteLayout deletes a layout that no record type uses.
func (s *Service) DeleteLayout(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) error {
	if err := actor.Require(operational.RolesManage); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		now, err := postgres.OneTx[Layout](ctx, tx, "layout", layoutByID, id)
		switch {
		case err != nil:
			return err
		case now.Version != version:
			return operational.Stale("layout")
		}
		rows, err := tx.Query(ctx, layoutUsers, id)
		if err != nil {
			return fmt.Errorf("look who uses layout %s: %w", id, err)
		}
		names, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("look who uses layout %s: %w", id, err)
		}
		if len(names) > 0 {
			return operational.Fault(operational.KindConflict, "layout-in-use", "The layout is the form of the record types %s. Nothing was changed. Give them another one first.", named(names))
		}
		tag, err := tx.Exec(ctx, deleteLayout, id, version)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return operational.Stale("layout")
		}
		return events.AppendDecided(ctx, tx, "layout.deleted", id, nil, now.tidy().decided(Layout{Object: now.Object, Name: now.Name}.tidy()))
	})
}
