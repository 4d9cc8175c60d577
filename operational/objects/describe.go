package objects

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ObjectDescription is an object as one caller knows it: what it does not see is not there.
type ObjectDescription struct {
	Name   operational.Object `json:"name" doc:"Name of the object."`
	Label  string             `json:"label" doc:"What people call one."`
	Plural string             `json:"plural" doc:"What people call several."`
	Parts  []ObjectPart       `json:"parts" doc:"Where such records lie: with your own company, and with each vendor that shares them with you. Rights differ from one to the next."`
}

// ObjectPart is a part of an object's records, with what the caller may do there.
type ObjectPart struct {
	ConnectionID *uuid.UUID             `json:"connection_id,omitempty" doc:"Connection on which the records lie; absent for your own company's."`
	Organisation uuid.UUID              `json:"organisation_id" doc:"Whose fields, types and layouts hold: your own company's, or the vendor's."`
	Acts         []operational.Act      `json:"acts" enum:"create,read,edit,delete,import,export" doc:"What you may do."`
	Visibility   operational.Visibility `json:"visibility" enum:"private,company,public" doc:"Whose records you see: your own, your company's, or those of all the vendor's partners."`
	Fields       []FieldNote            `json:"fields" doc:"The fields that you can read."`
	Types        []TypeNote             `json:"record_types" doc:"The types of records that you work with."`
}

// FieldNote describes a field.
type FieldNote struct {
	Name     string   `json:"name" doc:"Name, as roles and layouts have it."`
	Label    string   `json:"label" doc:"What people call it."`
	Type     Type     `json:"type" enum:"text,number,date,boolean,choice,money,record,rows" doc:"What its values are."`
	Members  []string `json:"members" doc:"Members of a record that hold it; a company's own fields are inside the member custom."`
	Choices  []string `json:"choices,omitempty" doc:"The values there are."`
	Custom   bool     `json:"custom" doc:"Whether the company has added it."`
	Editable bool     `json:"editable" doc:"Whether you may change it."`
}

// TypeNote describes a type of records.
type TypeNote struct {
	ID          uuid.UUID `json:"id" doc:"Identifier of the type."`
	Name        string    `json:"name" doc:"What people call it."`
	Description *string   `json:"description,omitempty" doc:"What it is for."`
	Default     bool      `json:"default" doc:"Whether new records are of it unless told otherwise."`
	Layout      *Form     `json:"layout,omitempty" doc:"The form of such records, as your role sees it; absent: all fields in their order."`
}

// Service describes objects to callers.
type Service struct{ db *postgres.DB }

// New makes the service on the api login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// List describes all objects that the caller sees.
func (s *Service) List(ctx context.Context, actor operational.Actor) ([]ObjectDescription, error) {
	return s.describe(ctx, actor, All)
}

// Get describes one object.
func (s *Service) Get(ctx context.Context, actor operational.Actor, name operational.Object) (ObjectDescription, error) {
	o, _ := Of(name)
	found, err := s.describe(ctx, actor, []Object{o})
	switch {
	case err != nil:
		return ObjectDescription{}, err
	case len(found) == 0:
		return ObjectDescription{}, operational.NotFound("object")
	}
	return found[0], nil
}

// describe asks for all that companies have set up in one round trip.
func (s *Service) describe(ctx context.Context, actor operational.Actor, wanted []Object) ([]ObjectDescription, error) {
	described := []ObjectDescription{}
	setups := map[operational.Object][]Setup{}
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		for _, o := range wanted {
			grants := actor.Grants(o.Name)
			setups[o.Name] = make([]Setup, len(grants))
			for i, g := range grants {
				org, role := placeOf(actor, g)
				Queue(b, org, o.Name, role, &setups[o.Name][i])
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, o := range wanted {
		d := ObjectDescription{Name: o.Name, Label: o.Label, Plural: o.Plural}
		for i, g := range actor.Grants(o.Name) {
			d.Parts = append(d.Parts, o.part(actor, g, setups[o.Name][i]))
		}
		if len(d.Parts) > 0 {
			described = append(described, d)
		}
	}
	return described, nil
}

// placeOf says whose fields, types and layouts hold in a part, and for which of its roles.
func placeOf(actor operational.Actor, g operational.Grant) (uuid.UUID, operational.Role) {
	for _, l := range links(actor) {
		if l.Connection == g.Connection && g.Connection != uuid.Nil {
			return l.Vendor, l.Role.Key
		}
	}
	return actor.Org, actor.Role
}

func (o Object) part(actor operational.Actor, g operational.Grant, setup Setup) ObjectPart {
	org, _ := placeOf(actor, g)
	p := ObjectPart{Organisation: org, Acts: g.Acts, Visibility: g.Visibility, Fields: []FieldNote{}, Types: []TypeNote{}}
	if g.Connection != uuid.Nil {
		p.ConnectionID = &g.Connection
	}
	for _, f := range o.Fields {
		if g.Read.Has(f.Name) && (!f.Inner || actor.Side == operational.SideVendor) {
			p.Fields = append(p.Fields, FieldNote{Name: f.Name, Label: f.Label, Type: f.Type, Members: f.Members(), Editable: !f.Fixed && Editable(g, f.Name)})
		}
	}
	for _, f := range setup.Fields {
		if g.Read.Has(f.Name) {
			p.Fields = append(p.Fields, FieldNote{
				Name: f.Name, Label: f.Label, Type: f.Type, Members: []string{"custom." + f.Name}, Choices: f.Choices, Custom: true, Editable: Editable(g, f.Name),
			})
		}
	}
	for _, t := range setup.Types {
		if g.HasType(&t.ID) {
			p.Types = append(p.Types, TypeNote{ID: t.ID, Name: t.Name, Description: t.Description, Default: t.Default, Layout: t.Layout.seen(g)})
		}
	}
	return p
}

// Editable says whether some act of the grant writes the field.
func Editable(g operational.Grant, field string) bool {
	return g.Edit.Has(field) && (g.May(operational.ActEdit) || g.May(operational.ActCreate))
}

// seen is the layout as the grant shows it.
func (l *Form) seen(g operational.Grant) *Form {
	if l == nil {
		return nil
	}
	return &Form{Name: l.Name, Definition: l.Definition.Seen(g)}
}

// Seen leaves out of a layout what the grant does not read, and conditions that would tell of it.
func (d FormDefinition) Seen(g operational.Grant) FormDefinition {
	shown := FormDefinition{Sections: []FormSection{}}
	for _, s := range d.Sections {
		places := slices.DeleteFunc(slices.Clone(s.Fields), func(p Place) bool {
			return !g.Read.Has(p.Name) || p.ShowIf != nil && !g.Read.Has(p.ShowIf.Field)
		})
		if len(places) > 0 {
			shown.Sections = append(shown.Sections, FormSection{Title: s.Title, Fields: places})
		}
	}
	return shown
}

func links(actor operational.Actor) []operational.Link {
	if actor.Rights == nil {
		return nil
	}
	if actor.Rights.As != nil { // a vendor that looks at its own records as one of its partners' people would
		return []operational.Link{*actor.Rights.As}
	}
	return actor.Rights.Links
}
