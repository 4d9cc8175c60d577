package governance

import (
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Whom a role is for.
const (
	Internal = "internal"
	External = "external"
)

// Role is what some people of one's own company, or of one's partners, may do.
type Role struct {
	ID           uuid.UUID                `json:"id" doc:"Id of the role"`
	Key          string                   `json:"key" doc:"What the role is called in addresses and assignments; never changes"`
	Audience     string                   `json:"audience" enum:"internal,external" doc:"internal: for people of one's own company; external: for people of a vendor's partners"`
	Name         string                   `json:"name" doc:"Name, unique in its audience"`
	Description  *string                  `json:"description,omitempty" doc:"What the role is meant for"`
	Hat          *operational.Side        `json:"hat,omitempty" enum:"vendor,partner" doc:"The only side that its people work on, in a company that both governs a channel and sells; absent: each side that the company has"`
	Everything   bool                     `json:"everything" doc:"Has every right, also those to come; cannot be narrowed"`
	BuiltIn      bool                     `json:"built_in" doc:"Came with the workspace; cannot be deleted"`
	Default      bool                     `json:"default" db:"is_default" doc:"What partners' people have when nothing else is said"`
	Capabilities []operational.Permission `json:"capabilities" doc:"Permissions that are a right to no object"`
	Objects      Rights                   `json:"objects" doc:"Rights by object; an object that is not here is hidden"`
	People       int64                    `json:"people" doc:"How many people have the role"`
	Version      int64                    `json:"version" doc:"Grows by one with each change; also the ETag"`
	CreatedAt    time.Time                `json:"created_at" doc:"When the role was created"`
	UpdatedAt    time.Time                `json:"updated_at" doc:"When it was last changed"`
}

// Worn is the side that the role works on, or BothSides.
func (r Role) Worn() string {
	if r.Hat == nil {
		return BothSides
	}
	return string(*r.Hat)
}

// Rights are rights by object.
type Rights map[operational.Object]operational.ObjectRights

// NewRole is what is needed to create a role. Without CopyOf it may do nothing.
type NewRole struct {
	Key         string // empty: made of the name
	Audience    string
	Name        string
	Description *string
	CopyOf      string // key of the role whose rights it begins with
	Hat         string // the side that its people work on, or BothSides; empty: that of CopyOf, failing it the caller's
}

// BothSides is the hat of a new role whose people work on either side of a company.
const BothSides = "both"

// UpdateRole is a change set: what is left out stays.
type UpdateRole struct {
	Name         operational.Opt[string]
	Description  operational.Opt[string]
	Capabilities operational.Opt[[]operational.Permission]
	Objects      map[operational.Object]UpdateRights
}

// UpdateRights changes rights to one object.
type UpdateRights struct {
	Create      operational.Opt[bool]
	Read        operational.Opt[bool] // false: the object is hidden, whatever else is said
	Edit        operational.Opt[bool]
	Delete      operational.Opt[bool]
	Import      operational.Opt[bool]
	Export      operational.Opt[bool]
	Visibility  operational.Opt[operational.Visibility]
	Access      operational.Opt[string]
	RecordTypes operational.Opt[[]uuid.UUID] // cleared: all
	Readable    operational.Opt[[]string]
	Editable    operational.Opt[[]string]
}

// Difference is one thing in which two roles differ, or a role before and after a change.
type Difference struct {
	Object  operational.Object `json:"object,omitempty" doc:"The object; absent for capabilities"`
	Subject string             `json:"subject" doc:"The right, the field (field.name) or the capability (capability.name)"`
	One     string             `json:"one" doc:"What the role says, or said"`
	Other   string             `json:"other" doc:"What the other role says, or what it says then"`
}

// Preview is whom a change set would touch, and what it would let them see.
type Preview struct {
	Version     int64        `json:"version" doc:"Version of the role that the change set was compared with"`
	People      int64        `json:"people" doc:"People who have the role"`
	Partners    int64        `json:"partners" doc:"Partners that they belong to; 0 for people of one's own company"`
	Revealed    []FieldRef   `json:"revealed" doc:"Hidden fields that would become visible"`
	Hidden      []FieldRef   `json:"hidden" doc:"Visible fields that would become hidden"`
	Differences []Difference `json:"differences" doc:"Everything that would change"`
}

// FieldRef names a field.
type FieldRef struct {
	Object operational.Object `json:"object" doc:"The object"`
	Field  string             `json:"field" doc:"The field"`
}

// Governed is a field that roles can name.
type Governed struct {
	Object       operational.Object `json:"object" doc:"The object"`
	Field        string             `json:"field" doc:"Name of the field"`
	InternalOnly bool               `json:"internal_only" doc:"The company's own affair: no external role can be given it"`
	Editable     bool               `json:"editable" doc:"Roles can be given the right to write it"`
	Custom       bool               `json:"custom" doc:"The company added it"`
}
