package accounts

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
)

// Account is a customer as one organisation knows it. Two organisations never share an account.
type Account struct {
	ID                uuid.UUID        `json:"id" doc:"Identifier of the account."`
	Name              string           `json:"name,omitempty" doc:"Name of the customer."`
	Industry          *string          `json:"industry,omitempty" doc:"Line of business."`
	Website           *string          `json:"website,omitempty" doc:"Address of the website."`
	Country           *string          `json:"country,omitempty" doc:"Country of the head office."`
	YearEstablished   *int             `json:"year_established,omitempty" doc:"Year in which the company was founded."`
	AnnualRevenue     *decimal.Decimal `json:"annual_revenue,omitempty" doc:"Revenue of a year, in the reporting currency of the organisation, as a string."`
	NumberOfEmployees *int             `json:"number_of_employees,omitempty" doc:"People employed."`
	ParentAccountID   *uuid.UUID       `json:"parent_account_id,omitempty" doc:"Account of the company that owns this one."`
	OwnerMembershipID *uuid.UUID       `json:"owner_membership_id,omitempty" doc:"Member who looks after the customer."`
	RecordTypeID      *uuid.UUID       `json:"record_type_id,omitempty" doc:"Type of the record."`
	Custom            map[string]any   `json:"custom,omitempty" doc:"Values of your organisation's own fields, by name."`
	ExternalRef       *string          `json:"external_ref,omitempty" doc:"Identifier in the system that the account was imported from."`
	Version           int64            `json:"version" doc:"Grows by one with each change; also the ETag."`
	CreatedAt         time.Time        `json:"created_at" doc:"When the account was created."`
	UpdatedAt         time.Time        `json:"updated_at" doc:"When it was last changed."`

	Touched operational.Touched `json:"-"`
}

// ChangedAt is when the account was last changed, for whom it is shown.
func (a Account) ChangedAt() time.Time { return a.UpdatedAt }

// NewAccount is what is needed to create an account.
type NewAccount struct {
	Name              string
	Industry          *string
	Website           *string
	Country           *string
	YearEstablished   *int
	AnnualRevenue     *decimal.Decimal
	NumberOfEmployees *int
	ParentAccountID   *uuid.UUID
	OwnerMembershipID *uuid.UUID     // nil: who creates it
	RecordTypeID      *uuid.UUID     // nil: the company's default type
	Custom            map[string]any // values of the company's own fields
}

// UpdateAccount is a merge patch of an account.
type UpdateAccount struct {
	Name              operational.Opt[string]
	Industry          operational.Opt[string]
	Website           operational.Opt[string]
	Country           operational.Opt[string]
	YearEstablished   operational.Opt[int]
	AnnualRevenue     operational.Opt[decimal.Decimal]
	NumberOfEmployees operational.Opt[int]
	ParentAccountID   operational.Opt[uuid.UUID]
	OwnerMembershipID operational.Opt[uuid.UUID]
	RecordTypeID      operational.Opt[uuid.UUID]
	Custom            map[string]any // what is in it changes; nil takes a value away
}

// Contact is a person at a customer.
type Contact struct {
	ID           uuid.UUID      `json:"id" doc:"Identifier of the contact."`
	AccountID    uuid.UUID      `json:"account_id,omitzero" doc:"Account that the person belongs to."`
	FirstName    *string        `json:"first_name,omitempty" doc:"First name."`
	LastName     string         `json:"last_name,omitempty" doc:"Last name."`
	Email        *string        `json:"email,omitempty" doc:"Mail address."`
	Phone        *string        `json:"phone,omitempty" doc:"Telephone number."`
	JobTitle     *string        `json:"job_title,omitempty" doc:"What the person does there."`
	RecordTypeID *uuid.UUID     `json:"record_type_id,omitempty" doc:"Type of the record."`
	Custom       map[string]any `json:"custom,omitempty" doc:"Values of your organisation's own fields, by name."`
	ExternalRef  *string        `json:"external_ref,omitempty" doc:"Identifier in the system that the contact was imported from."`
	Version      int64          `json:"version" doc:"Grows by one with each change; also the ETag."`
	CreatedAt    time.Time      `json:"created_at" doc:"When the contact was created."`
	UpdatedAt    time.Time      `json:"updated_at" doc:"When it was last changed."`

	Touched operational.Touched `json:"-"`
}

// ChangedAt is when the contact was last changed, for whom it is shown.
func (c Contact) ChangedAt() time.Time { return c.UpdatedAt }

// NewContact is what is needed to create a contact.
type NewContact struct {
	AccountID    uuid.UUID
	FirstName    *string
	LastName     string
	Email        *string
	Phone        *string
	JobTitle     *string
	RecordTypeID *uuid.UUID     // nil: the company's default type
	Custom       map[string]any // values of the company's own fields
}

// UpdateContact is a merge patch of a contact.
type UpdateContact struct {
	AccountID    operational.Opt[uuid.UUID]
	FirstName    operational.Opt[string]
	LastName     operational.Opt[string]
	Email        operational.Opt[string]
	Phone        operational.Opt[string]
	JobTitle     operational.Opt[string]
	RecordTypeID operational.Opt[uuid.UUID]
	Custom       map[string]any // what is in it changes; nil takes a value away
}
