package accounts

import (
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// How each field is emptied for those who may not read it.
var (
	accountMasks = map[string]func(*Account){
		"name":                func(a *Account) { a.Name = "" },
		"industry":            func(a *Account) { a.Industry = nil },
		"website":             func(a *Account) { a.Website = nil },
		"country":             func(a *Account) { a.Country = nil },
		"year_established":    func(a *Account) { a.YearEstablished = nil },
		"annual_revenue":      func(a *Account) { a.AnnualRevenue = nil },
		"number_of_employees": func(a *Account) { a.NumberOfEmployees = nil },
		"parent_account_id":   func(a *Account) { a.ParentAccountID = nil },
		"owner":               func(a *Account) { a.OwnerMembershipID = nil },
		"record_type":         func(a *Account) { a.RecordTypeID = nil },
		"external_ref":        func(a *Account) { a.ExternalRef = nil },
	}
	contactMasks = map[string]func(*Contact){
		"account_id":   func(c *Contact) { c.AccountID = uuid.Nil },
		"first_name":   func(c *Contact) { c.FirstName = nil },
		"last_name":    func(c *Contact) { c.LastName = "" },
		"email":        func(c *Contact) { c.Email = nil },
		"phone":        func(c *Contact) { c.Phone = nil },
		"job_title":    func(c *Contact) { c.JobTitle = nil },
		"record_type":  func(c *Contact) { c.RecordTypeID = nil },
		"external_ref": func(c *Contact) { c.ExternalRef = nil },
	}
)

func (a Account) masked(g operational.Grant) Account {
	operational.Mask(g.Read, &a, accountMasks)
	a.Custom = operational.MaskCustom(g.Read, a.Custom)
	a.Version, a.UpdatedAt = a.Touched.Seen(g.Read, a.Version, a.UpdatedAt)
	a.Touched = nil
	return a
}

func (c Contact) masked(g operational.Grant) Contact {
	operational.Mask(g.Read, &c, contactMasks)
	c.Custom = operational.MaskCustom(g.Read, c.Custom)
	c.Version, c.UpdatedAt = c.Touched.Seen(g.Read, c.Version, c.UpdatedAt)
	c.Touched = nil
	return c
}

// Fields of lists that are not called as the field they show.
var listed = map[string]string{"parent_account": "parent_account_id", "account": "account_id", "created_at": "", "updated_at": "", "id": ""}

func fieldOf(name string) string {
	if field, other := listed[name]; other {
		return field
	}
	return name
}

// AccountListing says by which fields that every company has the actor can list accounts: those that it may read.
func AccountListing(actor operational.Actor) operational.Listing {
	return accountListing(actor, accountList)
}

// ContactListing says by which fields that every company has the actor can list contacts.
func ContactListing(actor operational.Actor) operational.Listing {
	return contactListing(actor, contactList)
}

func accountListing(actor operational.Actor, l postgres.List) operational.Listing {
	return l.Listing().Only(actor.ReadableFields(operational.ObjectAccount), fieldOf)
}

func contactListing(actor operational.Actor, l postgres.List) operational.Listing {
	return l.Listing().Only(actor.ReadableFields(operational.ObjectContact), func(name string) string {
		if name == accountOwner {
			return "-" // readable to nobody
		}
		return fieldOf(name)
	})
}

// own is the actor's grant for its company's own records of this sort; none: they are not there for it.
func own(actor operational.Actor, object operational.Object) (operational.Grant, error) {
	g, found := actor.GrantOf(object, uuid.Nil)
	if !found {
		return g, operational.NotFound(string(object))
	}
	return g, nil
}

// reach narrows a list to the rows of a grant: of certain types, and with a data scope of its own, of one owner.
func reach(q operational.Query, g operational.Grant, member uuid.UUID, owner string) operational.Query {
	if g.Visibility == operational.VisibilityPrivate {
		q = q.Also(operational.Filter{Field: owner, Op: "eq", Values: []string{member.String()}})
	}
	return ofTypes(q, g)
}

func ofTypes(q operational.Query, g operational.Grant) operational.Query {
	if g.AllTypes {
		return q
	}
	typeless := operational.Filter{Field: "record_type", Op: "is_null"}
	if len(g.RecordTypes) == 0 {
		return q.Also(typeless)
	}
	types := operational.Filter{Field: "record_type", Op: "in"}
	for _, t := range g.RecordTypes {
		types.Values = append(types.Values, t.String())
	}
	return q.Also(operational.Filter{Or: []operational.Filter{typeless, types}})
}

// members of an account that a caller has set.
func (in NewAccount) members() []operational.Member {
	given := operational.Members("name")
	add(&given, in.Industry != nil, "industry", "industry")
	add(&given, in.Website != nil, "website", "website")
	add(&given, in.Country != nil, "country", "country")
	add(&given, in.YearEstablished != nil, "year_established", "year_established")
	add(&given, in.AnnualRevenue != nil, "annual_revenue", "annual_revenue")
	add(&given, in.NumberOfEmployees != nil, "number_of_employees", "number_of_employees")
	add(&given, in.ParentAccountID != nil, "parent_account_id", "parent_account_id")
	add(&given, in.OwnerMembershipID != nil, "owner_membership_id", "owner")
	add(&given, in.RecordTypeID != nil, "record_type_id", "record_type")
	return given
}

func (patch UpdateAccount) members() (given []operational.Member) {
	add(&given, patch.Name.Given, "name", "name")
	add(&given, patch.Industry.Given, "industry", "industry")
	add(&given, patch.Website.Given, "website", "website")
	add(&given, patch.Country.Given, "country", "country")
	add(&given, patch.YearEstablished.Given, "year_established", "year_established")
	add(&given, patch.AnnualRevenue.Given, "annual_revenue", "annual_revenue")
	add(&given, patch.NumberOfEmployees.Given, "number_of_employees", "number_of_employees")
	add(&given, patch.ParentAccountID.Given, "parent_account_id", "parent_account_id")
	add(&given, patch.OwnerMembershipID.Given, "owner_membership_id", "owner")
	add(&given, patch.RecordTypeID.Given, "record_type_id", "record_type")
	return given
}

func (in NewContact) members() []operational.Member {
	given := operational.Members("account_id", "last_name")
	add(&given, in.FirstName != nil, "first_name", "first_name")
	add(&given, in.Email != nil, "email", "email")
	add(&given, in.Phone != nil, "phone", "phone")
	add(&given, in.JobTitle != nil, "job_title", "job_title")
	add(&given, in.RecordTypeID != nil, "record_type_id", "record_type")
	return given
}

func (patch UpdateContact) members() (given []operational.Member) {
	add(&given, patch.AccountID.Given, "account_id", "account_id")
	add(&given, patch.FirstName.Given, "first_name", "first_name")
	add(&given, patch.LastName.Given, "last_name", "last_name")
	add(&given, patch.Email.Given, "email", "email")
	add(&given, patch.Phone.Given, "phone", "phone")
	add(&given, patch.JobTitle.Given, "job_title", "job_title")
	add(&given, patch.RecordTypeID.Given, "record_type_id", "record_type")
	return given
}

func add(to *[]operational.Member, given bool, member, field string) {
	if given {
		*to = append(*to, operational.Member{Name: member, Field: field})
	}
}

// changed are the names of the fields that a change sets, for the audit.
func changed(members []operational.Member, custom map[string]any) []string {
	names := make([]string, 0, len(members)+len(custom))
	for _, m := range members {
		names = append(names, m.Field)
	}
	for name := range custom {
		names = append(names, name)
	}
	return names
}

// removed says how the deletion of a record went; used is the answer when others refer to it.
func removed(err error, gone bool, object string, used *operational.Error) error {
	switch {
	case postgres.Violated(err) != "":
		return used.Because(err)
	case err != nil:
		return fmt.Errorf("delete %s: %w", object, err)
	case !gone:
		return operational.Stale(object)
	}
	return nil
}

func accountInUse() *operational.Error {
	return operational.Fault(operational.KindConflict, "account-in-use",
		"Contacts, opportunities or other accounts refer to the account. Nothing was deleted. Delete those first, or let them refer to another account.")
}

func contactInUse() *operational.Error {
	return operational.Fault(operational.KindConflict, "contact-in-use", "Other records refer to the contact. Nothing was deleted. Let them refer to another contact first.")
}
