package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// These have the members of governance's own in the same order.
type (
	customFieldInput struct {
		Object  operational.Object `json:"object" enum:"account,contact,product,opportunity" doc:"Object that it is added to" example:"opportunity"`
		Name    string             `json:"name,omitempty" maxLength:"52" pattern:"^x_[a-z][a-z0-9_]{0,49}$" doc:"Name in records, filters and roles; left out: made of the label" example:"x_asked_discount"`
		Label   string             `json:"label" minLength:"1" maxLength:"100" doc:"What people call it" example:"Asked discount"`
		Type    string             `json:"type" enum:"text,number,date,boolean,choice" doc:"What its values are; never changes" example:"number"`
		Choices []string           `json:"choices,omitempty" maxItems:"100" doc:"The values of a choice, in order"`
	}
	customFieldPatch struct {
		Label   operational.Opt[string]   `json:"label,omitzero" minLength:"1" maxLength:"100" doc:"What people call it"`
		Choices operational.Opt[[]string] `json:"choices,omitzero" maxItems:"100" doc:"The values of a choice: those that were, and new ones, in any order"`
		Active  operational.Opt[bool]     `json:"active,omitzero" doc:"Whether it can be filled in; what it held stays"`
	}
	recordTypeInput struct {
		Object      operational.Object `json:"object" enum:"account,contact,product,opportunity" doc:"Object that it is a variant of" example:"opportunity"`
		Name        string             `json:"name" minLength:"1" maxLength:"60" doc:"Name, unique for the object" example:"Renewal"`
		Description *string            `json:"description,omitempty" maxLength:"500" doc:"What it is meant for"`
		Default     bool               `json:"default,omitempty" doc:"New records have this type unless told otherwise; it takes the place of the default that was"`
	}
	recordTypePatch struct {
		Name        operational.Opt[string]               `json:"name,omitzero" minLength:"1" maxLength:"60" doc:"Name, unique for the object"`
		Description operational.Opt[string]               `json:"description,omitzero" maxLength:"500" doc:"What it is meant for"`
		Default     operational.Opt[bool]                 `json:"default,omitzero" doc:"New records have this type unless told otherwise"`
		Active      operational.Opt[bool]                 `json:"active,omitzero" doc:"Whether new records can have it"`
		Layouts     operational.Opt[map[string]uuid.UUID] `json:"layouts,omitzero" doc:"Layout of its form, by key of role: all of them"`
	}
	layoutInput struct {
		Object     operational.Object     `json:"object" enum:"account,contact,product,opportunity" doc:"Object whose form it is" example:"opportunity"`
		Name       string                 `json:"name" minLength:"1" maxLength:"100" doc:"Name, unique for the object" example:"Short form"`
		Definition objects.FormDefinition `json:"definition" doc:"What the form shows, in order"`
	}
	layoutPatch struct {
		Name       operational.Opt[string]                 `json:"name,omitzero" minLength:"1" maxLength:"100" doc:"Name, unique for the object"`
		Definition operational.Opt[objects.FormDefinition] `json:"definition,omitzero" doc:"What the form shows, in order: all of it"`
	}
)

// definition is one sort of what a company sets up: listed, read, created and changed alike.
type definition[T, N, P any] struct {
	id, path    string // "custom-field", "/v1/custom-fields"
	one, many   string // in the words of people
	what        string
	listing     func() operational.Listing
	key         func(T) uuid.UUID
	version     func(T) int64
	list        func(context.Context, operational.Actor, operational.Query) (operational.Listed[T], error)
	read        func(context.Context, operational.Actor, uuid.UUID) (T, error)
	create      func(context.Context, operational.Actor, N) (T, error)
	createWords string
	change      func(context.Context, operational.Actor, uuid.UUID, int64, P) (T, error)
	changeWords string
}

func (d definition[T, N, P]) mount(a *API) {
	register(a, operational.RolesManage, huma.Operation{
		OperationID: "list-" + d.id + "s", Method: http.MethodGet, Path: d.path, Tags: []string{governanceTag}, Summary: "List " + d.many, Description: d.what,
	}, listing(a, "list-"+d.id+"s", everybody(d.listing), d.list))
	register(a, operational.RolesManage, huma.Operation{
		OperationID: "read-" + d.id, Method: http.MethodGet, Path: d.path + "/{id}", Tags: []string{governanceTag}, Summary: "Read " + d.one, Description: d.what,
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[T], error) {
		x, err := d.read(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, d.version(x), x)
	})
	register(a, operational.RolesManage, huma.Operation{
		OperationID: "create-" + d.id, Method: http.MethodPost, Path: d.path, Tags: []string{governanceTag}, DefaultStatus: http.StatusCreated,
		Summary: "Create " + d.one, Description: d.createWords,
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body N }) (*created[T], error) {
		x, err := d.create(ctx, actor, in.Body)
		return &created[T]{etagOf(d.version(x)), d.path + "/" + d.key(x).String(), x}, err
	})
	register(a, operational.RolesManage, patching(huma.Operation{
		OperationID: "update-" + d.id, Path: d.path + "/{id}", Tags: []string{governanceTag}, Summary: "Change " + d.one, Description: d.changeWords,
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[P]) (*record[T], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		x, err := d.change(ctx, actor, parseID(in.ID), version, in.Body)
		return &record[T]{etagOf(d.version(x)), x}, err
	})
}

func (a *API) customFields(s *governance.Service) {
	definition[governance.CustomField, customFieldInput, customFieldPatch]{
		id: "custom-field", path: "/v1/custom-fields", one: "a custom field", many: "custom fields", what: "Fields that your company added to objects.",
		listing: governance.CustomFieldListing, key: func(x governance.CustomField) uuid.UUID { return x.ID }, version: func(x governance.CustomField) int64 { return x.Version },
		list: s.CustomFields, read: s.CustomField,
		create: func(ctx context.Context, actor operational.Actor, in customFieldInput) (governance.CustomField, error) {
			return s.CreateCustomField(ctx, actor, governance.NewCustomField(in))
		},
		createWords: "Adds a field to an object, which can have fifty. Roles hide it until they are given it; roles that may do everything have it at once.",
		change: func(ctx context.Context, actor operational.Actor, id uuid.UUID, v int64, p customFieldPatch) (governance.CustomField, error) {
			return s.UpdateCustomField(ctx, actor, id, v, governance.UpdateCustomField(p))
		},
		changeWords: "Changes label or choices, or takes the field out of use. Choices can be added and put in order, not removed: records may hold them.",
	}.mount(a)
}

func (a *API) recordTypes(s *governance.Service) {
	definition[governance.RecordType, recordTypeInput, recordTypePatch]{
		id: "record-type", path: "/v1/record-types", one: "a record type", many: "record types", what: "Variants of objects, with the layouts that roles see.",
		listing: governance.RecordTypeListing, key: func(x governance.RecordType) uuid.UUID { return x.ID }, version: func(x governance.RecordType) int64 { return x.Version },
		list: s.RecordTypes, read: s.RecordType,
		create: func(ctx context.Context, actor operational.Actor, in recordTypeInput) (governance.RecordType, error) {
			return s.CreateRecordType(ctx, actor, governance.NewRecordType(in))
		},
		createWords: "Adds a variant of an object. Roles that work with all record types work with it at once.",
		change: func(ctx context.Context, actor operational.Actor, id uuid.UUID, v int64, p recordTypePatch) (governance.RecordType, error) {
			return s.UpdateRecordType(ctx, actor, id, v, governance.UpdateRecordType(p))
		},
		changeWords: "Changes the given members. Out of use, new records cannot have it, and records that have it keep it.",
	}.mount(a)
}

func (a *API) layouts(s *governance.Service) {
	definition[governance.Layout, layoutInput, layoutPatch]{
		id: "layout", path: "/v1/layouts", one: "a layout", many: "layouts", what: "Forms of records. Which role sees which for a record type is said by the record type; what you see yourself by GET /v1/objects/{name}.",
		listing: governance.LayoutListing, key: func(x governance.Layout) uuid.UUID { return x.ID }, version: func(x governance.Layout) int64 { return x.Version },
		list: s.Layouts, read: s.Layout,
		create: func(ctx context.Context, actor operational.Actor, in layoutInput) (governance.Layout, error) {
			return s.CreateLayout(ctx, actor, governance.NewLayout(in))
		},
		createWords: "Adds a form. It names each field once, asks only for fields that somebody can write, and shows a field by another one only when that stands before it. A layout shows nobody what their role hides.",
		change: func(ctx context.Context, actor operational.Actor, id uuid.UUID, v int64, p layoutPatch) (governance.Layout, error) {
			return s.UpdateLayout(ctx, actor, id, v, governance.UpdateLayout(p))
		},
		changeWords: "Changes name or definition; a definition that is given takes the place of the one that was.",
	}.mount(a)
	register(a, operational.RolesManage, huma.Operation{
		OperationID: "delete-layout", Method: http.MethodDelete, Path: "/v1/layouts/{id}", Tags: []string{governanceTag}, DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired},
		Summary: "Delete a layout", Description: "Deletes a layout that no record type uses; the answer to one that is used names them.",
	}, func(ctx context.Context, actor operational.Actor, in *Changing) (*struct{}, error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		return nil, s.DeleteLayout(ctx, actor, parseID(in.ID), version)
	})
}
