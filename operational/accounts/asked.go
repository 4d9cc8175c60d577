package accounts

import (
	"context"
	"strconv"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// What companies set up for accounts and contacts: fields of their own in lists, and what layouts ask for.

// AccountListing says by which fields the actor can list accounts; those that its company has added are in it when asked
// names them.
func (s *Service) AccountListing(ctx context.Context, actor operational.Actor, asked ...string) (operational.Listing, error) {
	l, err := s.accountsFor(ctx, actor, asked)
	return accountListing(actor, l), err
}

// ContactListing says by which fields the actor can list contacts; those that its company has added are in it when asked
// names them.
func (s *Service) ContactListing(ctx context.Context, actor operational.Actor, asked ...string) (operational.Listing, error) {
	l, err := s.contactsFor(ctx, actor, asked)
	return contactListing(actor, l), err
}

func (s *Service) accountsFor(ctx context.Context, actor operational.Actor, asked []string) (postgres.List, error) {
	added, err := objects.Columns(ctx, s.db, actor, operational.ObjectAccount, "a.custom", asked)
	return accountList.With(added).With(changedAt(actor, operational.ObjectAccount, "a", accountMasks)), err
}

func (s *Service) contactsFor(ctx context.Context, actor operational.Actor, asked []string) (postgres.List, error) {
	added, err := objects.Columns(ctx, s.db, actor, operational.ObjectContact, "c.custom", asked)
	return contactList.With(added).With(changedAt(actor, operational.ObjectContact, "c", contactMasks)), err
}

// demand refuses an account that lacks what the layout of its type asks for; was is what it was before a change.
func (in NewAccount) demand(actor operational.Actor, setup objects.Setup, g operational.Grant, was *NewAccount) error {
	var before *objects.Content
	if was != nil {
		before = new(was.content(setup))
	}
	return setup.Demand(actor, operational.ObjectAccount, g, before, in.content(setup), memberOf)
}

func (in NewContact) demand(actor operational.Actor, setup objects.Setup, g operational.Grant, was *NewContact) error {
	var before *objects.Content
	if was != nil {
		before = new(was.content(setup))
	}
	return setup.Demand(actor, operational.ObjectContact, g, before, in.content(setup), memberOf)
}

// content is what the account holds, as layouts look at it.
func (in NewAccount) content(setup objects.Setup) objects.Content {
	return objects.Content{Type: in.RecordTypeID, Texts: func(field string) []string {
		switch field {
		case "name":
			return written(&in.Name)
		case "industry":
			return written(in.Industry)
		case "website":
			return written(in.Website)
		case "country":
			return written(in.Country)
		case "year_established":
			return counted(in.YearEstablished)
		case "annual_revenue":
			if in.AnnualRevenue != nil {
				return []string{in.AnnualRevenue.String()}
			}
			return nil
		case "number_of_employees":
			return counted(in.NumberOfEmployees)
		case "parent_account_id":
			return identified(in.ParentAccountID)
		case "owner":
			return identified(in.OwnerMembershipID)
		case "record_type":
			return setup.TypeName(in.RecordTypeID)
		}
		return objects.CustomTexts(in.Custom[field])
	}}
}

// content is what the contact holds, as layouts look at it.
func (in NewContact) content(setup objects.Setup) objects.Content {
	return objects.Content{Type: in.RecordTypeID, Texts: func(field string) []string {
		switch field {
		case "account_id":
			return identified(&in.AccountID)
		case "first_name":
			return written(in.FirstName)
		case "last_name":
			return written(&in.LastName)
		case "email":
			return written(in.Email)
		case "phone":
			return written(in.Phone)
		case "job_title":
			return written(in.JobTitle)
		case "record_type":
			return setup.TypeName(in.RecordTypeID)
		}
		return objects.CustomTexts(in.Custom[field])
	}}
}

// memberOf is what callers call a field of accounts and contacts.
func memberOf(field string) string {
	switch {
	case operational.IsCustom(field):
		return objects.MemberOfCustom(field)
	case field == "owner":
		return "owner_membership_id"
	case field == "record_type":
		return "record_type_id"
	}
	return field
}

func written(text *string) []string {
	if text == nil || *text == "" {
		return nil
	}
	return []string{*text}
}

func counted(n *int) []string {
	if n == nil {
		return nil
	}
	return []string{strconv.Itoa(*n)}
}

func identified(id *uuid.UUID) []string {
	if id == nil {
		return nil
	}
	return []string{id.String()}
}
