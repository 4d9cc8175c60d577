package objects

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Setup is what a company has set up for one of its objects, as one role is told of it.
type Setup struct {
	Fields []Custom     `json:"fields"`
	Types  []RecordType `json:"types"`
}

// Custom is a field that a company has added and uses.
type Custom struct {
	Name    string   `json:"name"`
	Label   string   `json:"label"`
	Type    Type     `json:"type"`
	Choices []string `json:"choices"`
}

// RecordType is a variant of an object.
type RecordType struct {
	ID          uuid.UUID `json:"id"`
	Name        string    `json:"name"`
	Description *string   `json:"description"`
	Default     bool      `json:"default"`
	Layout      *Form     `json:"layout"`
}

// Form is the layout of a record type, as one role sees it.
type Form struct {
	Name       string         `json:"name"`
	Definition FormDefinition `json:"definition"`
}

// FormDefinition is what a layout shows, in order.
type FormDefinition struct {
	Sections []FormSection `json:"sections" doc:"The parts of the form"`
}

// FormSection is a part of a layout.
type FormSection struct {
	Title  string  `json:"title" minLength:"1" maxLength:"100" doc:"What stands above it" example:"The deal"`
	Fields []Place `json:"fields" doc:"Its fields, in order"`
}

// Place is a field in a layout.
type Place struct {
	Name     string     `json:"name" maxLength:"60" doc:"Name of the field" example:"close_date"`
	Required bool       `json:"required,omitempty" doc:"The form asks for it"`
	ShowIf   *Condition `json:"show_if,omitempty" doc:"When it is shown; absent: always"`
}

// Condition says for which values of another field a field is shown.
type Condition struct {
	Field string   `json:"field" maxLength:"60" doc:"A field that stands before this one" example:"stage"`
	In    []string `json:"in" maxItems:"50" doc:"Values of that field for which it is shown"`
}

const readSetup = `select crm.object_setup($1, $2, $3)`

// Queue asks for the setup of an object in a batch. Of another company's there is only what the role of that company
// tells its partner's people.
func Queue(b *pgx.Batch, org uuid.UUID, object operational.Object, role operational.Role, into *Setup) {
	b.Queue(readSetup, org, object, role).QueryRow(func(r pgx.Row) error { return scan(r, into) })
}

// SetupTx asks for it in a transaction.
func SetupTx(ctx context.Context, tx *postgres.Tx, org uuid.UUID, object operational.Object, role operational.Role) (Setup, error) {
	var s Setup
	if err := scan(tx.QueryRow(ctx, readSetup, org, object, role), &s); err != nil {
		return Setup{}, fmt.Errorf("read setup of %s: %w", object, err)
	}
	return s, nil
}

// OwnTx is the setup of the caller's own company.
func OwnTx(ctx context.Context, tx *postgres.Tx, object operational.Object) (Setup, error) {
	return SetupTx(ctx, tx, tx.Actor.Org, object, tx.Actor.Role)
}

// PatchTx sets what a change gives of custom values and type of a record of the caller's own company, checked against
// what the company has set up, which it gives.
func PatchTx(ctx context.Context, tx *postgres.Tx, object operational.Object, g operational.Grant, custom map[string]any, values *map[string]any, wanted *uuid.UUID, recordType **uuid.UUID) (Setup, error) {
	setup, err := OwnTx(ctx, tx, object)
	if err == nil {
		*values, err = setup.Set(g, *values, custom)
	}
	if err == nil && wanted != nil {
		*recordType, err = setup.TypeOf(g, wanted)
	}
	return setup, err
}

func scan(r pgx.Row, into *Setup) error {
	var text []byte
	if err := r.Scan(&text); err != nil || text == nil {
		return err
	}
	return json.Unmarshal(text, into)
}

func (s Setup) field(name string) (Custom, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Custom{}, false
}

// TypeOf settles the type of a new record: the one asked for, else the company's default one. A role makes records of
// its own types only.
func (s Setup) TypeOf(g operational.Grant, wanted *uuid.UUID) (*uuid.UUID, error) {
	var faults operational.Faults
	for _, t := range s.Types {
		switch {
		case wanted == nil && t.Default && g.HasType(&t.ID), wanted != nil && t.ID == *wanted && g.HasType(wanted):
			return new(t.ID), nil
		case wanted == nil && t.Default:
			faults.Add("record_type_id", "Your role makes no records of the usual type. Name one of its own.", nil)
			return nil, faults.Err()
		}
	}
	if wanted != nil {
		faults.Add("record_type_id", "There is no such record type, or it is not yours to use.", wanted.String())
	}
	return nil, faults.Err()
}
