package governance

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Bounds of what a company can add to an object.
const (
	MaxCustomFields = 50
	MaxChoices      = 100
)

// CustomField is a field that a company added to an object. Roles hide it until they are given it.
type CustomField struct {
	ID        uuid.UUID          `json:"id" doc:"Id of the field"`
	Object    operational.Object `json:"object" enum:"account,contact,product,opportunity" doc:"Object that it was added to"`
	Name      string             `json:"name" doc:"Name in records, filters and roles; never changes"`
	Label     string             `json:"label" doc:"What people call it"`
	Type      string             `json:"type" enum:"text,number,date,boolean,choice" doc:"What its values are; never changes"`
	Choices   []string           `json:"choices" doc:"The values of a choice, in order; empty for other types"`
	Active    bool               `json:"active" doc:"Whether it can be filled in; what it held stays"`
	Version   int64              `json:"version" doc:"Grows by one with each change; also the ETag"`
	CreatedAt time.Time          `json:"created_at" doc:"When it was added"`
	UpdatedAt time.Time          `json:"updated_at" doc:"When it was last changed"`
}

// NewCustomField is what is needed to add a field.
type NewCustomField struct {
	Object  operational.Object
	Name    string // empty: made of the label
	Label   string
	Type    string
	Choices []string
}

// UpdateCustomField is a merge patch. Records hold values by them, so choices can be added and put in order, not removed.
type UpdateCustomField struct {
	Label   operational.Opt[string]
	Choices operational.Opt[[]string]
	Active  operational.Opt[bool]
}

var fieldForm = regexp.MustCompile(`^x_[a-z][a-z0-9_]{0,49}$`)

// extensible are the objects that companies add fields and types to.
var extensible = []operational.Object{operational.ObjectAccount, operational.ObjectContact, operational.ObjectProduct, operational.ObjectOpportunity}

// Validate says what is wrong with a new field.
func (in NewCustomField) Validate() error {
	var faults operational.Faults
	if !slices.Contains(extensible, in.Object) {
		faults.Add("object", "It is none of account, contact, product, opportunity.", string(in.Object))
	}
	if in.Name != "" && !fieldForm.MatchString(in.Name) {
		faults.Add("name", "It does not read x_ and then small letters, digits and underscores.", in.Name)
	}
	faults.Text("label", in.Label, 1, 100)
	if !slices.Contains([]string{"text", "number", "date", "boolean", "choice"}, in.Type) {
		faults.Add("type", "It is none of text, number, date, boolean, choice.", in.Type)
	}
	checkChoices(&faults, in.Type, in.Choices)
	return faults.Err()
}

func checkChoices(faults *operational.Faults, kind string, choices []string) {
	switch {
	case kind != "choice" && len(choices) > 0:
		faults.Add("choices", "Only a field of type choice has them.", nil)
	case kind == "choice" && len(choices) == 0:
		faults.Add("choices", "A choice needs at least one.", nil)
	case len(choices) > MaxChoices:
		faults.Add("choices", fmt.Sprintf("There are more than %d.", MaxChoices), len(choices))
	}
	for i, c := range choices {
		at := fmt.Sprintf("choices[%d]", i)
		faults.Text(at, c, 1, 100)
		if slices.Contains(choices[:i], c) {
			faults.Add(at, "It is there twice.", c)
		}
	}
}

func (in UpdateCustomField) apply(f CustomField) (CustomField, error) {
	var faults operational.Faults
	before := f.Choices
	in.Label.Required(&faults, "label", &f.Label)
	in.Choices.Required(&faults, "choices", &f.Choices)
	in.Active.Required(&faults, "active", &f.Active)
	faults.Text("label", f.Label, 1, 100)
	checkChoices(&faults, f.Type, f.Choices)
	for _, c := range before {
		if !slices.Contains(f.Choices, c) {
			faults.Add("choices", "Records may hold this choice, so that it stays.", c)
		}
	}
	return f, faults.Err()
}

const (
	fieldColumns = `f.id, f.object, f.name, f.label, f.type, f.choices, f.active, f.version, f.created_at, f.updated_at`

	fieldByID = `select ` + fieldColumns + ` from crm.custom_field f where f.id = $1`

	listFields = `select ` + fieldColumns + `, {keys} as sort_keys from crm.custom_field f where {where} order by {order} limit {limit}`

	countFields = `select count(*) from crm.custom_field f where f.org_id = $1 and f.object = $2`

	insertField = `
insert into crm.custom_field (id, org_id, object, name, label, type, choices, created_at, updated_at) values (@id, @org, @object, @name, @label, @type, @choices, @now, @now)`

	updateField = `
update crm.custom_field set label = @label, choices = @choices, active = @active, version = version + 1, updated_at = @now where id = @id and version = @version`
)

var fieldList = postgres.List{
	From: "crm.custom_field f", ID: "f.id", Order: []operational.Sort{{Field: "object"}, {Field: "label"}},
	Field: map[string]postgres.Column{
		"object":     {SQL: "f.object", Type: postgres.Text, Enum: []string{"account", "contact", "product", "opportunity"}},
		"name":       {SQL: "f.name", Type: postgres.Text},
		"label":      {SQL: "f.label", Type: postgres.Text},
		"type":       {SQL: "f.type", Type: postgres.Text, Enum: []string{"text", "number", "date", "boolean", "choice"}},
		"active":     {SQL: "f.active", Type: postgres.Bool},
		"created_at": {SQL: "f.created_at", Type: postgres.Time},
		"updated_at": {SQL: "f.updated_at", Type: postgres.Time},
	},
}

type listedField struct {
	postgres.Keyed
	CustomField
}

// CustomFieldListing says by which fields custom fields can be listed.
func CustomFieldListing() operational.Listing { return fieldList.Listing() }

// CustomFields lists the fields that the caller's company added.
func (s *Service) CustomFields(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[CustomField], error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return operational.Listed[CustomField]{}, err
	}
	return postgres.Page(ctx, s.db, actor, fieldList, q, listFields, func(r listedField) CustomField { return r.CustomField })
}

// CustomField reads one.
func (s *Service) CustomField(ctx context.Context, actor operational.Actor, id uuid.UUID) (CustomField, error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return CustomField{}, err
	}
	return postgres.One[CustomField](ctx, s.db, actor, "field", fieldByID, id)
}

// CreateCustomField adds a field to an object.
func (s *Service) CreateCustomField(ctx context.Context, actor operational.Actor, in NewCustomField) (CustomField, error) {
	if err := actor.Require(operational.RolesManage); err != nil {
		return CustomField{}, err
	}
	if err := in.Validate(); err != nil {
		return CustomField{}, err
	}
	if in.Name == "" {
		in.Name = "x_" + strings.TrimPrefix(keyOf(in.Label), "role_")
		if !fieldForm.MatchString(in.Name) { // a label without a latin letter
			in.Name = "x_field_" + fmt.Sprintf("%x", s.db.Now().UnixMilli())
		}
	}
	id, err := uuid.NewV7()
	if err != nil {
		return CustomField{}, err
	}
	return making[CustomField]{
		object: "field", what: "custom fields", count: countFields, most: MaxCustomFields, of: in.Object, read: fieldByID,
		insert: insertField, event: "custom_field.created", fault: fieldFault,
		decided: func(f CustomField) audit.Details {
			return CustomField{Label: f.Label, Active: f.Active, Choices: f.Choices}.decided(f)
		},
	}.run(ctx, s.db, actor, id, pgx.NamedArgs{"object": in.Object, "name": in.Name, "label": in.Label, "type": in.Type, "choices": orEmpty(in.Choices)})
}

func orEmpty(values []string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

func fieldFault(err error) error {
	if v := postgres.Violated(err); v == "custom_field_org_id_object_name_key" || v == "custom_field_label" {
		return operational.Fault(operational.KindConflict, "field-name-taken", "The object has a field with this name or label already. Nothing was saved.").Because(err)
	}
	return err
}

// UpdateCustomField changes a field that is still at this version.
func (s *Service) UpdateCustomField(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateCustomField) (CustomField, error) {
	return assigning[CustomField]{
		needs: operational.RolesManage, object: "field", read: fieldByID, version: func(f CustomField) int64 { return f.Version },
		change: func(tx *postgres.Tx, now CustomField) (func() error, error) {
			next, err := in.apply(now)
			if err != nil || next.Label == now.Label && next.Active == now.Active && slices.Equal(next.Choices, now.Choices) {
				return nil, err
			}
			return func() error {
				args := pgx.NamedArgs{"id": id, "version": version, "now": tx.Now, "label": next.Label, "choices": next.Choices, "active": next.Active}
				if err := change(ctx, tx, "field", updateField, args); err != nil {
					return fieldFault(err)
				}
				return events.AppendDecided(ctx, tx, "custom_field.changed", id, nil, now.decided(next))
			}, nil
		},
	}.run(ctx, s.db, actor, id, version)
}

// making is how fields, record types and layouts are added: not more of an object than there can be.
type making[T any] struct {
	object, what  string
	count         string
	most          int
	of            operational.Object
	before        func(tx *postgres.Tx) error // more to look at, or to write, first
	insert, event string
	read          string
	fault         func(error) error
	decided       func(T) audit.Details
}

func (m making[T]) run(ctx context.Context, db *postgres.DB, actor operational.Actor, id uuid.UUID, args pgx.NamedArgs) (made T, err error) {
	err = db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := alone(ctx, tx, m.what); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, m.count, actor.Org, m.of).Scan(&n); err != nil {
			return fmt.Errorf("count %s: %w", m.what, err)
		}
		if n >= m.most {
			return operational.Fault(operational.KindConflict, "too-many-definitions", "The object has %d %s, which is the most there can be. Nothing was saved.", n, m.what)
		}
		if m.before != nil {
			if err := m.before(tx); err != nil {
				return err
			}
		}
		args["id"], args["org"], args["now"] = id, actor.Org, tx.Now
		if _, err := tx.Exec(ctx, m.insert, args); err != nil {
			return m.fault(err)
		}
		if made, err = postgres.OneTx[T](ctx, tx, m.object, m.read, id); err != nil {
			return err
		}
		return events.AppendDecided(ctx, tx, m.event, id, nil, m.decided(made))
	})
	return made, err
}
