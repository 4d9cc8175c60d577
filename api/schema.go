package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// How the document describes types that write themselves as text.

type idText struct{}

func (idText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "uuid"}
}

type decimalText struct{}

func (decimalText) Schema(huma.Registry) *huma.Schema {
	length := 24
	return &huma.Schema{Type: huma.TypeString, Pattern: `^-?[0-9]{1,16}(\.[0-9]{1,4})?$`, MaxLength: &length, Examples: []any{"1234.50"}}
}

type dateText struct{}

func (dateText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date"}
}

// orNull describes a member of a merge patch: the value, or null to clear it.
type orNull[T any] struct{}

func (orNull[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	return &s
}

// alias makes the registry describe a member of type Opt[T] as T or null.
func alias[T any](r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[operational.Opt[T]](), reflect.TypeFor[orNull[T]]())
}

func newRegistry() huma.Registry {
	r := huma.NewMapRegistry("#/components/schemas/", schemaName)
	r.RegisterTypeAlias(reflect.TypeFor[uuid.UUID](), reflect.TypeFor[idText]())
	r.RegisterTypeAlias(reflect.TypeFor[decimal.Decimal](), reflect.TypeFor[decimalText]())
	r.RegisterTypeAlias(reflect.TypeFor[operational.Date](), reflect.TypeFor[dateText]())
	alias[string](r)
	alias[int](r)
	alias[bool](r)
	alias[uuid.UUID](r)
	alias[decimal.Decimal](r)
	alias[operational.Date](r)
	alias[operational.Money](r)
	alias[[]lineInput](r)
	alias[[]stageChange](r)
	alias[[]string](r)
	alias[[]uuid.UUID](r)
	alias[[]operational.Permission](r)
	alias[operational.Visibility](r)
	alias[map[string]uuid.UUID](r)
	alias[objects.FormDefinition](r)
	return r
}

// schemaNames are of types whose own names say too little among so many.
var schemaNames = map[reflect.Type]string{
	reflect.TypeFor[objects.Place]():         "FormField",
	reflect.TypeFor[objects.Condition]():     "FormCondition",
	reflect.TypeFor[governance.Preview]():    "RolePreview",
	reflect.TypeFor[governance.Difference](): "RoleDifference",
	reflect.TypeFor[governance.FieldRef]():   "FieldReference",
	reflect.TypeFor[governance.Governed]():   "GovernedField",
	reflect.TypeFor[governance.Layout]():     "PageLayout",
	reflect.TypeFor[operational.Step]():      "DecisionStep",
}

// schemaName is the name of a type in the document.
func schemaName(t reflect.Type, hint string) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name, known := schemaNames[t]; known {
		return name
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if item, ok := strings.CutPrefix(name, "ListBody"); ok {
		return item + "List"
	}
	return name
}
