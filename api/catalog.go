package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

// productInput has the members of catalog.NewProduct in the same order.
type productInput struct {
	Name         string            `json:"name" minLength:"1" maxLength:"200" doc:"Name, unique in your organisation"`
	Family       string            `json:"family" minLength:"1" maxLength:"100" doc:"Product family, by which figures are grouped"`
	ListPrice    operational.Money `json:"list_price" doc:"Price before any discount"`
	RecordTypeID *uuid.UUID        `json:"record_type_id,omitempty" doc:"Type of the record; left out: your organisation's default type"`
	Custom       map[string]any    `json:"custom,omitempty" doc:"Values of your organisation's own fields (x_...): text, numbers and days as text, true or false"`
}

// productPatch has the members of catalog.UpdateProduct in the same order.
type productPatch struct {
	Name         operational.Opt[string]            `json:"name,omitzero" minLength:"1" maxLength:"200" doc:"Name, unique in your organisation"`
	Family       operational.Opt[string]            `json:"family,omitzero" minLength:"1" maxLength:"100" doc:"Product family, by which figures are grouped"`
	ListPrice    operational.Opt[operational.Money] `json:"list_price,omitzero" doc:"Price before any discount"`
	Active       operational.Opt[bool]              `json:"active,omitzero" doc:"Whether it can still be put on new opportunities"`
	RecordTypeID operational.Opt[uuid.UUID]         `json:"record_type_id,omitzero" doc:"Type of the record"`
	Custom       map[string]any                     `json:"custom,omitempty" doc:"Values of your organisation's own fields (x_...) to change; null takes one away"`
}

type stageInput struct {
	Name string            `json:"name" minLength:"1" maxLength:"60" doc:"Name, unique in the process"`
	Type catalog.StageType `json:"type" enum:"active,won,lost,disqualified" doc:"Active stages come before closed ones"`
}

type processInput struct {
	Name    string       `json:"name" minLength:"1" maxLength:"100" doc:"Name, unique in your organisation"`
	Default bool         `json:"default,omitempty" doc:"New opportunities take this process unless told otherwise"`
	Stages  []stageInput `json:"stages" minItems:"2" maxItems:"20" doc:"In order"`
}

// stageChange has the members of catalog.StageChange in the same order.
type stageChange struct {
	ID   *uuid.UUID        `json:"id,omitempty" doc:"A stage that is there; left out: a new one"`
	Name string            `json:"name" minLength:"1" maxLength:"60" doc:"Name, unique in the process"`
	Type catalog.StageType `json:"type,omitempty" enum:"active,won,lost,disqualified" doc:"Of a new one; one that is there stays what it is"`
}

type processPatch struct {
	Name    operational.Opt[string]        `json:"name,omitzero" minLength:"1" maxLength:"100" doc:"Name, unique in your organisation"`
	Default operational.Opt[bool]          `json:"default,omitzero" doc:"true: new opportunities take this process unless told otherwise, and no other one"`
	Active  operational.Opt[bool]          `json:"active,omitzero" doc:"false: it takes no new opportunities; those in it go on"`
	Stages  operational.Opt[[]stageChange] `json:"stages,omitzero" maxItems:"20" doc:"All stages in their order; one that is left out goes, if no opportunity has been in it"`
}

func (a *API) products() {
	s := a.deps.Catalog
	register(a, operational.ProductsRead, huma.Operation{
		OperationID: "list-products", Method: http.MethodGet, Path: "/v1/products", Tags: []string{"catalogue"},
		Summary: "List products", Description: "Your organisation's products and those of the vendors that it is connected with.",
	}, listingBy(a, "list-products", s.ProductListing, s.Products))
	register(a, operational.ProductsRead, huma.Operation{
		OperationID: "read-product", Method: http.MethodGet, Path: "/v1/products/{id}", Tags: []string{"catalogue"},
		Summary: "Read a product", Description: "One product.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[catalog.Product], error) {
		x, err := s.Product(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return unlessKnown(*in, tagOfCatalogue(actor, operational.ObjectProduct, x.OrganisationID, x.Version), x)
	})
	register(a, operational.ProductsCreate, huma.Operation{
		OperationID: "create-product", Method: http.MethodPost, Path: "/v1/products", Tags: []string{"catalogue"}, DefaultStatus: http.StatusCreated,
		Summary: "Create a product", Description: "Adds a product to your organisation.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body productInput }) (*created[catalog.Product], error) {
		x, err := s.CreateProduct(ctx, actor, catalog.NewProduct(in.Body))
		return &created[catalog.Product]{tagOfCatalogue(actor, operational.ObjectProduct, x.OrganisationID, x.Version), "/v1/products/" + x.ID.String(), x}, err
	})
	register(a, operational.ProductsWrite, patching(huma.Operation{
		OperationID: "update-product", Path: "/v1/products/{id}", Tags: []string{"catalogue"},
		Summary: "Change a product", Description: "Changes the given members. A product is never deleted but made inactive.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[productPatch]) (*record[catalog.Product], error) {
		version, err := in.versionSeen(actor, operational.ObjectProduct)
		if err != nil {
			return nil, err
		}
		x, err := s.UpdateProduct(ctx, actor, parseID(in.ID), version, catalog.UpdateProduct(in.Body))
		return &record[catalog.Product]{tagOfCatalogue(actor, operational.ObjectProduct, x.OrganisationID, x.Version), x}, err
	})
}

func (a *API) processes() {
	s := a.deps.Catalog
	register(a, operational.ProcessesRead, huma.Operation{
		OperationID: "list-sales-processes", Method: http.MethodGet, Path: "/v1/sales-processes", Tags: []string{"catalogue"},
		Summary: "List sales processes", Description: "Your organisation's sales processes and those of the vendors that it is connected with, with their stages.",
	}, listing(a, "list-sales-processes", catalog.ProcessListing, s.Processes))
	register(a, operational.ProcessesRead, huma.Operation{
		OperationID: "read-sales-process", Method: http.MethodGet, Path: "/v1/sales-processes/{id}", Tags: []string{"catalogue"},
		Summary: "Read a sales process", Description: "One sales process with its stages.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[catalog.SalesProcess], error) {
		x, err := s.Process(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return unlessKnown(*in, tagOfCatalogue(actor, operational.ObjectSalesProcess, x.OrganisationID, x.Version), x)
	})
	register(a, operational.ProcessesCreate, huma.Operation{
		OperationID: "create-sales-process", Method: http.MethodPost, Path: "/v1/sales-processes", Tags: []string{"catalogue"}, DefaultStatus: http.StatusCreated,
		Summary: "Create a sales process", Description: "Adds a sales process.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body processInput }) (*created[catalog.SalesProcess], error) {
		wanted := catalog.NewProcess{Name: in.Body.Name, Default: in.Body.Default}
		for _, stage := range in.Body.Stages {
			wanted.Stages = append(wanted.Stages, catalog.NewStage(stage))
		}
		x, err := s.CreateProcess(ctx, actor, wanted)
		return &created[catalog.SalesProcess]{tagOfCatalogue(actor, operational.ObjectSalesProcess, x.OrganisationID, x.Version), "/v1/sales-processes/" + x.ID.String(), x}, err
	})
	register(a, operational.ProcessesWrite, patching(huma.Operation{
		OperationID: "update-sales-process", Path: "/v1/sales-processes/{id}", Tags: []string{"catalogue"},
		Summary: "Change a sales process", Description: "Changes the given members. A stage that opportunities have been in stays, and open ones keep their place: figures count by it. A process is never deleted but retired.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[processPatch]) (*record[catalog.SalesProcess], error) {
		version, err := in.versionSeen(actor, operational.ObjectSalesProcess)
		if err != nil {
			return nil, err
		}
		patch := catalog.UpdateProcess{Name: in.Body.Name, Default: in.Body.Default, Active: in.Body.Active}
		if patch.Stages.Given = in.Body.Stages.Given; in.Body.Stages.Value != nil {
			stages := make([]catalog.StageChange, 0, len(*in.Body.Stages.Value))
			for _, x := range *in.Body.Stages.Value {
				stages = append(stages, catalog.StageChange(x))
			}
			patch.Stages.Value = &stages
		}
		x, err := s.UpdateProcess(ctx, actor, parseID(in.ID), version, patch)
		return &record[catalog.SalesProcess]{tagOfCatalogue(actor, operational.ObjectSalesProcess, x.OrganisationID, x.Version), x}, err
	})
}
