package portal

import (
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
)

// accountBook are the pages of customers.
var accountBook = &book{
	object: operational.ObjectAccount, path: "/accounts", title: "Accounts", one: "account", many: "accounts",
	empty: "An account is a customer of yours, with the people there and the opportunities that you work on.",
	read:  operational.AccountsRead, create: operational.AccountsCreate, edit: operational.AccountsWrite, remove: operational.AccountsDelete, export: operational.AccountsExport,
	needed: []string{"name"}, words: []string{"name"},
	columns: []bookColumn{
		{field: "industry", sort: "industry"},
		{field: "country", sort: "country"},
		{field: "annual_revenue", sort: "annual_revenue", num: true, desc: true},
		{field: "number_of_employees", sort: "number_of_employees", num: true, desc: true},
		{field: "owner"},
	},
	filters: []bookFilter{
		{name: "owner", title: "Owner", field: "owner", op: "eq", choices: known.ownerOptions},
		{name: "industry", title: "Industry", field: "industry", op: "contains", hint: "A part of it, such as steel"},
		{name: "country", title: "Country", field: "country", op: "contains", hint: "A part of it, such as Norway"},
		{name: "type", title: "Type", field: "record_type", op: "eq", choices: known.typeOptions},
		{name: "parent", title: "Part of", field: "parent_account", op: "eq", called: (*visit).accountCalled},
	},
	listing: func(v *visit, filters []bookFilter) (operational.Listing, error) {
		return v.deps.Accounts.AccountListing(v.ctx, v.actor, fieldsOf(filters)...)
	},
	list: func(v *visit, q operational.Query) (operational.Listed[row], error) {
		found, err := v.deps.Accounts.Accounts(v.ctx, v.actor, q)
		return rowsAfter(found, accountRow, err)
	},
	get: func(v *visit, id uuid.UUID) (row, error) {
		a, err := v.deps.Accounts.Account(v.ctx, v.actor, id)
		return rowAfter(a, accountRow, err)
	},
	make:   makeAccount,
	change: changeAccount,
	delete: func(v *visit, id uuid.UUID, version int64) error {
		return v.deps.Accounts.DeleteAccount(v.ctx, v.actor, id, version)
	},
	blocks: (*visit).accountBlocks,
}

func accountRow(a accounts.Account) (r row, err error) {
	r = row{id: a.ID, version: a.Version, title: called(a.Name, "Account", a.ID), recordType: a.RecordTypeID, created: a.CreatedAt, updated: a.UpdatedAt}
	r.line = joinedWith(textIn(a.Industry), " · ", textIn(a.Country))
	r.members, err = membersOf(a)
	return r, err
}

// rowAfter makes a row of what a service answered.
func rowAfter[T any](x T, of func(T) (row, error), err error) (row, error) {
	if err != nil {
		return row{}, err
	}
	return of(x)
}

func rowsAfter[T any](found operational.Listed[T], of func(T) (row, error), err error) (operational.Listed[row], error) {
	out := operational.Listed[row]{Next: found.Next, Total: found.Total}
	for _, x := range found.Items {
		if err != nil {
			break
		}
		var r row
		r, err = of(x)
		out.Items = append(out.Items, r)
	}
	return out, err
}

func accountPatch(c *changes) accounts.UpdateAccount {
	return accounts.UpdateAccount{
		Name: c.text("name"), Industry: c.text("industry"), Website: c.text("website"), Country: c.text("country"),
		YearEstablished: c.whole("year_established"), AnnualRevenue: c.exact("annual_revenue"), NumberOfEmployees: c.whole("number_of_employees"),
		ParentAccountID: c.account("parent_account_id"), OwnerMembershipID: c.id("owner_membership_id"), RecordTypeID: c.id("record_type_id"), Custom: c.custom(),
	}
}

func makeAccount(c *changes) (row, error) {
	p := accountPatch(c)
	if err := c.faults.Err(); err != nil {
		return row{}, err
	}
	a, err := c.deps.Accounts.CreateAccount(c.ctx, c.actor, accounts.NewAccount{
		Name: textIn(p.Name.Value), Industry: p.Industry.Value, Website: p.Website.Value, Country: p.Country.Value,
		YearEstablished: p.YearEstablished.Value, AnnualRevenue: p.AnnualRevenue.Value, NumberOfEmployees: p.NumberOfEmployees.Value,
		ParentAccountID: p.ParentAccountID.Value, OwnerMembershipID: p.OwnerMembershipID.Value, RecordTypeID: p.RecordTypeID.Value, Custom: kept(p.Custom),
	})
	return rowAfter(a, accountRow, err)
}

func changeAccount(c *changes, version int64) (row, error) {
	p := accountPatch(c)
	if err := c.faults.Err(); err != nil {
		return row{}, err
	}
	a, err := c.deps.Accounts.UpdateAccount(c.ctx, c.actor, c.was.id, version, p)
	return rowAfter(a, accountRow, err)
}

// ownerOptions are whose records there may be: one's own come first.
func (k known) ownerOptions() []option {
	self := k.actor.Membership.String()
	out := []option{{self, "Mine"}}
	var others []option
	for id, name := range k.members {
		if id != self {
			others = append(others, option{id, name})
		}
	}
	slices.SortFunc(others, byText)
	return append(out, others...)
}

func (k known) typeOptions() []option {
	var out []option
	for _, t := range k.part.Types {
		out = append(out, option{t.ID.String(), t.Name})
	}
	return out
}

// accountCalled is the name of an account of an address.
func (v *visit) accountCalled(id string) string {
	parsed, err := uuid.Parse(id)
	if err != nil {
		return clip(id, 40)
	}
	names := map[string]string{parsed.String(): ""}
	if err := v.nameAccounts(names); err != nil || names[parsed.String()] == "" {
		return "one account"
	}
	return names[parsed.String()]
}
