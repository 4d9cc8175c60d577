package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
)

// accountInput has the members of accounts.NewAccount in the same order.
type accountInput struct {
	Name              string           `json:"name" minLength:"1" maxLength:"200" doc:"Name of the customer"`
	Industry          *string          `json:"industry,omitempty" maxLength:"100" doc:"Line of business"`
	Website           *string          `json:"website,omitempty" maxLength:"300" doc:"Address of the website, http or https; a bare domain is kept as https" example:"https://example.com"`
	Country           *string          `json:"country,omitempty" maxLength:"100" doc:"Country of the head office"`
	YearEstablished   *int             `json:"year_established,omitempty" minimum:"1000" maximum:"2200" doc:"Year in which the company was founded"`
	AnnualRevenue     *decimal.Decimal `json:"annual_revenue,omitempty" doc:"Revenue of a year in the organisation's reporting currency, as text; not below zero"`
	NumberOfEmployees *int             `json:"number_of_employees,omitempty" minimum:"0" maximum:"100000000" doc:"People employed"`
	ParentAccountID   *uuid.UUID       `json:"parent_account_id,omitempty" doc:"Account of the company that owns this one"`
	OwnerMembershipID *uuid.UUID       `json:"owner_membership_id,omitempty" doc:"Member who looks after the customer; left out: you"`
	RecordTypeID      *uuid.UUID       `json:"record_type_id,omitempty" doc:"Type of the record; left out: your organisation's default type"`
	Custom            map[string]any   `json:"custom,omitempty" doc:"Values of your organisation's own fields (x_...): text, numbers and days as text, true or false"`
}

// accountPatch has the members of accounts.UpdateAccount in the same order.
type accountPatch struct {
	Name              operational.Opt[string]          `json:"name,omitzero" minLength:"1" maxLength:"200" doc:"Name of the customer"`
	Industry          operational.Opt[string]          `json:"industry,omitzero" maxLength:"100" doc:"Line of business"`
	Website           operational.Opt[string]          `json:"website,omitzero" maxLength:"300" doc:"Address of the website, http or https; a bare domain is kept as https" example:"https://example.com"`
	Country           operational.Opt[string]          `json:"country,omitzero" maxLength:"100" doc:"Country of the head office"`
	YearEstablished   operational.Opt[int]             `json:"year_established,omitzero" minimum:"1000" maximum:"2200" doc:"Year in which the company was founded"`
	AnnualRevenue     operational.Opt[decimal.Decimal] `json:"annual_revenue,omitzero" doc:"Revenue of a year in the organisation's reporting currency, as text; not below zero"`
	NumberOfEmployees operational.Opt[int]             `json:"number_of_employees,omitzero" minimum:"0" maximum:"100000000" doc:"People employed"`
	ParentAccountID   operational.Opt[uuid.UUID]       `json:"parent_account_id,omitzero" doc:"Account of the company that owns this one"`
	OwnerMembershipID operational.Opt[uuid.UUID]       `json:"owner_membership_id,omitzero" doc:"Member who looks after the customer"`
	RecordTypeID      operational.Opt[uuid.UUID]       `json:"record_type_id,omitzero" doc:"Type of the record"`
	Custom            map[string]any                   `json:"custom,omitempty" doc:"Values of your organisation's own fields (x_...) to change; null takes one away"`
}

// contactInput has the members of accounts.NewContact in the same order.
type contactInput struct {
	AccountID    uuid.UUID      `json:"account_id" doc:"Account that the person belongs to"`
	FirstName    *string        `json:"first_name,omitempty" maxLength:"100" doc:"First name"`
	LastName     string         `json:"last_name" minLength:"1" maxLength:"100" doc:"Last name"`
	Email        *string        `json:"email,omitempty" maxLength:"254" doc:"Mail address"`
	Phone        *string        `json:"phone,omitempty" maxLength:"40" doc:"Telephone number"`
	JobTitle     *string        `json:"job_title,omitempty" maxLength:"100" doc:"What the person does there"`
	RecordTypeID *uuid.UUID     `json:"record_type_id,omitempty" doc:"Type of the record; left out: your organisation's default type"`
	Custom       map[string]any `json:"custom,omitempty" doc:"Values of your organisation's own fields (x_...): text, numbers and days as text, true or false"`
}

// contactPatch has the members of accounts.UpdateContact in the same order.
type contactPatch struct {
	AccountID    operational.Opt[uuid.UUID] `json:"account_id,omitzero" doc:"Account that the person belongs to"`
	FirstName    operational.Opt[string]    `json:"first_name,omitzero" maxLength:"100" doc:"First name"`
	LastName     operational.Opt[string]    `json:"last_name,omitzero" minLength:"1" maxLength:"100" doc:"Last name"`
	Email        operational.Opt[string]    `json:"email,omitzero" maxLength:"254" doc:"Mail address"`
	Phone        operational.Opt[string]    `json:"phone,omitzero" maxLength:"40" doc:"Telephone number"`
	JobTitle     operational.Opt[string]    `json:"job_title,omitzero" maxLength:"100" doc:"What the person does there"`
	RecordTypeID operational.Opt[uuid.UUID] `json:"record_type_id,omitzero" doc:"Type of the record"`
	Custom       map[string]any             `json:"custom,omitempty" doc:"Values of your organisation's own fields (x_...) to change; null takes one away"`
}

func (a *API) accounts() {
	s := a.deps.Accounts
	register(a, operational.AccountsRead, huma.Operation{
		OperationID: "list-accounts", Method: http.MethodGet, Path: "/v1/accounts", Tags: []string{"accounts"},
		Summary: "List accounts", Description: "Your organisation's own customers.",
	}, listingBy(a, "list-accounts", s.AccountListing, s.Accounts))
	register(a, operational.AccountsRead, huma.Operation{
		OperationID: "read-account", Method: http.MethodGet, Path: "/v1/accounts/{id}", Tags: []string{"accounts"},
		Summary: "Read an account", Description: "One customer.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[accounts.Account], error) {
		x, err := s.Account(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return unlessKnown(*in, tagOfOwn(actor, operational.ObjectAccount, x.Version), x)
	})
	register(a, operational.AccountsCreate, huma.Operation{
		OperationID: "create-account", Method: http.MethodPost, Path: "/v1/accounts", Tags: []string{"accounts"}, DefaultStatus: http.StatusCreated,
		Summary: "Create an account", Description: "Adds a customer to your organisation.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body accountInput }) (*created[accounts.Account], error) {
		x, err := s.CreateAccount(ctx, actor, accounts.NewAccount(in.Body))
		return &created[accounts.Account]{tagOfOwn(actor, operational.ObjectAccount, x.Version), "/v1/accounts/" + x.ID.String(), x}, err
	})
	register(a, operational.AccountsWrite, patching(huma.Operation{
		OperationID: "update-account", Path: "/v1/accounts/{id}", Tags: []string{"accounts"},
		Summary: "Change an account", Description: "Changes the given members; null clears one.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[accountPatch]) (*record[accounts.Account], error) {
		version, err := in.versionSeen(actor, operational.ObjectAccount)
		if err != nil {
			return nil, err
		}
		x, err := s.UpdateAccount(ctx, actor, parseID(in.ID), version, accounts.UpdateAccount(in.Body))
		return &record[accounts.Account]{tagOfOwn(actor, operational.ObjectAccount, x.Version), x}, err
	})
	register(a, operational.AccountsDelete, deleting(huma.Operation{
		OperationID: "delete-account", Path: "/v1/accounts/{id}", Tags: []string{"accounts"},
		Summary: "Delete an account", Description: "Deletes a customer for good. While contacts, opportunities or other accounts refer to it: 409.",
	}), func(ctx context.Context, actor operational.Actor, in *Changing) (*struct{}, error) {
		version, err := in.versionSeen(actor, operational.ObjectAccount)
		if err != nil {
			return nil, err
		}
		return nil, s.DeleteAccount(ctx, actor, parseID(in.ID), version)
	})
	a.accountLinks()
	a.contacts()
}

// deleting makes an operation that deletes a record at the version that was read.
func deleting(op huma.Operation) huma.Operation {
	op.Method, op.DefaultStatus = http.MethodDelete, http.StatusNoContent
	op.Errors = append(op.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	return op
}

func (a *API) contacts() {
	s := a.deps.Accounts
	register(a, operational.ContactsRead, huma.Operation{
		OperationID: "list-contacts", Method: http.MethodGet, Path: "/v1/contacts", Tags: []string{"accounts"},
		Summary: "List contacts", Description: "People at your organisation's own customers.",
	}, listingBy(a, "list-contacts", s.ContactListing, s.Contacts))
	register(a, operational.ContactsRead, huma.Operation{
		OperationID: "read-contact", Method: http.MethodGet, Path: "/v1/contacts/{id}", Tags: []string{"accounts"},
		Summary: "Read a contact", Description: "One person at a customer.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[accounts.Contact], error) {
		x, err := s.Contact(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return unlessKnown(*in, tagOfOwn(actor, operational.ObjectContact, x.Version), x)
	})
	register(a, operational.ContactsCreate, huma.Operation{
		OperationID: "create-contact", Method: http.MethodPost, Path: "/v1/contacts", Tags: []string{"accounts"}, DefaultStatus: http.StatusCreated,
		Summary: "Create a contact", Description: "Adds a person to one of your accounts.",
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body contactInput }) (*created[accounts.Contact], error) {
		x, err := s.CreateContact(ctx, actor, accounts.NewContact(in.Body))
		return &created[accounts.Contact]{tagOfOwn(actor, operational.ObjectContact, x.Version), "/v1/contacts/" + x.ID.String(), x}, err
	})
	register(a, operational.ContactsWrite, patching(huma.Operation{
		OperationID: "update-contact", Path: "/v1/contacts/{id}", Tags: []string{"accounts"},
		Summary: "Change a contact", Description: "Changes the given members; null clears one.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[contactPatch]) (*record[accounts.Contact], error) {
		version, err := in.versionSeen(actor, operational.ObjectContact)
		if err != nil {
			return nil, err
		}
		x, err := s.UpdateContact(ctx, actor, parseID(in.ID), version, accounts.UpdateContact(in.Body))
		return &record[accounts.Contact]{tagOfOwn(actor, operational.ObjectContact, x.Version), x}, err
	})
	register(a, operational.ContactsDelete, deleting(huma.Operation{
		OperationID: "delete-contact", Path: "/v1/contacts/{id}", Tags: []string{"accounts"},
		Summary: "Delete a contact", Description: "Deletes a person at a customer for good.",
	}), func(ctx context.Context, actor operational.Actor, in *Changing) (*struct{}, error) {
		version, err := in.versionSeen(actor, operational.ObjectContact)
		if err != nil {
			return nil, err
		}
		return nil, s.DeleteContact(ctx, actor, parseID(in.ID), version)
	})
}
