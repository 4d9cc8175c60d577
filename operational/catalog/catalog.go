package catalog

import (
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Product is what an organisation sells. Connected partners read the products of their vendors.
type Product struct {
	ID             uuid.UUID         `json:"id" doc:"Identifier of the product."`
	OrganisationID uuid.UUID         `json:"organisation_id" doc:"Organisation whose product this is."`
	Name           string            `json:"name,omitempty" doc:"Name, unique in its organisation."`
	Family         string            `json:"family,omitempty" doc:"Product family, by which figures are grouped."`
	ListPrice      operational.Money `json:"list_price,omitzero" doc:"Price before any discount."`
	Active         *bool             `json:"active,omitempty" doc:"Whether it can still be put on new opportunities."`
	RecordTypeID   *uuid.UUID        `json:"record_type_id,omitempty" doc:"Type of the record."`
	Custom         map[string]any    `json:"custom,omitempty" doc:"Values of the organisation's own fields, by name."`
	Version        int64             `json:"version" doc:"Grows by one with each change; also the ETag."`
	CreatedAt      time.Time         `json:"created_at" doc:"When the product was created."`
	UpdatedAt      time.Time         `json:"updated_at" doc:"When it was last changed."`

	touched operational.Touched
}

// NewProduct is what is needed to create a product in the caller's organisation.
type NewProduct struct {
	Name         string
	Family       string
	ListPrice    operational.Money
	RecordTypeID *uuid.UUID     // nil: the company's default type
	Custom       map[string]any // values of the company's own fields
}

// OnSale says whether the product can be put on new opportunities.
func (p Product) OnSale() bool { return p.Active != nil && *p.Active }

// UpdateProduct is a merge patch of a product.
type UpdateProduct struct {
	Name         operational.Opt[string]
	Family       operational.Opt[string]
	ListPrice    operational.Opt[operational.Money]
	Active       operational.Opt[bool]
	RecordTypeID operational.Opt[uuid.UUID]
	Custom       map[string]any // what is in it changes; nil takes a value away
}

// StageType says what a stage means to an opportunity in it.
type StageType string

// The types of stages. Active stages come before closed ones.
const (
	StageActive       StageType = "active"
	StageWon          StageType = "won"
	StageLost         StageType = "lost"
	StageDisqualified StageType = "disqualified"
)

// Stage is a step of a sales process.
type Stage struct {
	ID       uuid.UUID `json:"id" doc:"Identifier of the stage."`
	Name     string    `json:"name" doc:"Name, unique in its process."`
	Position int       `json:"position" doc:"Place in the process, from 1."`
	Type     StageType `json:"type" enum:"active,won,lost,disqualified" doc:"Whether opportunities in it are open, or how they ended."`
}

// SalesProcess is the path of opportunities from first interest to their end.
type SalesProcess struct {
	ID             uuid.UUID `json:"id" doc:"Identifier of the sales process."`
	OrganisationID uuid.UUID `json:"organisation_id" doc:"Organisation that set up the process."`
	Name           string    `json:"name,omitempty" doc:"Name, unique in its organisation."`
	Default        bool      `json:"default" doc:"Whether new opportunities take this process unless told otherwise."`
	Active         bool      `json:"active" doc:"Whether it takes new opportunities; those that are in a retired one go on."`
	Stages         []Stage   `json:"stages,omitempty" doc:"Stages in order: active ones first."`
	Version        int64     `json:"version" doc:"Grows by one with each change; also the ETag."`
	CreatedAt      time.Time `json:"created_at" doc:"When the process was created."`
	UpdatedAt      time.Time `json:"updated_at" doc:"When it was last changed."`

	touched operational.Touched
}

// NewStage is one stage of a new process; its position is its place in the list.
type NewStage struct {
	Name string
	Type StageType
}

// StageChange is a stage as a change wants it: one that is there under its id, or without one a new one.
type StageChange struct {
	ID   *uuid.UUID
	Name string
	Type StageType
}

// UpdateProcess is a merge patch of a sales process.
type UpdateProcess struct {
	Name    operational.Opt[string]
	Default operational.Opt[bool]
	Active  operational.Opt[bool]
	Stages  operational.Opt[[]StageChange] // all of them, in their order; what is left out goes
}

// NewProcess is what is needed to create a sales process in the caller's organisation.
type NewProcess struct {
	Name    string
	Default bool
	Stages  []NewStage
}
