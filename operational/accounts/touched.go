package accounts

import (
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// differs are the fields, as roles call them, in which an account holds something else than the other one does.
func (in NewAccount) differs(o NewAccount) []string {
	return differing(map[string]bool{
		"name": in.Name == o.Name, "industry": equal(in.Industry, o.Industry), "website": equal(in.Website, o.Website), "country": equal(in.Country, o.Country),
		"year_established": equal(in.YearEstablished, o.YearEstablished), "annual_revenue": sameAmount(in.AnnualRevenue, o.AnnualRevenue),
		"number_of_employees": equal(in.NumberOfEmployees, o.NumberOfEmployees), "parent_account_id": equal(in.ParentAccountID, o.ParentAccountID),
		"owner": equal(in.OwnerMembershipID, o.OwnerMembershipID), "record_type": equal(in.RecordTypeID, o.RecordTypeID),
	}, in.Custom, o.Custom)
}

func sameAmount(a, b *decimal.Decimal) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// differs is the same for contacts.
func (in NewContact) differs(o NewContact) []string {
	return differing(map[string]bool{
		"account_id": in.AccountID == o.AccountID, "first_name": equal(in.FirstName, o.FirstName), "last_name": in.LastName == o.LastName,
		"email": equal(in.Email, o.Email), "phone": equal(in.Phone, o.Phone), "job_title": equal(in.JobTitle, o.JobTitle),
		"record_type": equal(in.RecordTypeID, o.RecordTypeID),
	}, in.Custom, o.Custom)
}

func differing(same map[string]bool, now, was map[string]any) []string {
	for _, custom := range []map[string]any{now, was} {
		for name := range custom {
			value, has := now[name]
			old, had := was[name]
			same[name] = has == had && value == old
		}
	}
	maps.DeleteFunc(same, func(_ string, same bool) bool { return same })
	return slices.Sorted(maps.Keys(same))
}

// changed is the account at the same version with other content, and with one more change counted.
func (a Account) changed(in NewAccount, at time.Time) Account {
	a.Touched = a.Touched.With(a.Version, a.UpdatedAt, in.differs(a.content()), at)
	return a.with(in)
}

// seen is the version of the account by the fields that the grant shows.
func (a Account) seen(g operational.Grant) int64 {
	version, _ := a.Touched.Seen(g.Read, a.Version, a.UpdatedAt)
	return version
}

// changed is the contact at the same version with other content, and with one more change counted.
func (c Contact) changed(in NewContact, at time.Time) Contact {
	c.Touched = c.touch(in.differs(c.content()), at)
	return c.with(in)
}

func (c Contact) touch(fields []string, at time.Time) operational.Touched {
	return c.Touched.With(c.Version, c.UpdatedAt, fields, at)
}

// seen is the version of the contact by the fields that the grant shows.
func (c Contact) seen(g operational.Grant) int64 {
	version, _ := c.Touched.Seen(g.Read, c.Version, c.UpdatedAt)
	return version
}

// changedAt is the column by which the actor asks when records were last changed: in what it sees of them.
func changedAt[T any](actor operational.Actor, object operational.Object, alias string, fields map[string]func(*T)) map[string]postgres.Column {
	read := actor.ReadableFields(object)
	if read.Whole() {
		return nil
	}
	of := alias + ".updated_at"
	return map[string]postgres.Column{"updated_at": {SQL: postgres.SeenAt(alias, read, slices.Sorted(maps.Keys(fields))), Type: postgres.Time, Walk: of}}
}
