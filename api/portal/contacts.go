package portal

import (
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
)

// contactBook are the pages of people at customers.
var contactBook = &book{
	object: operational.ObjectContact, path: "/contacts", title: "Contacts", one: "contact", many: "contacts",
	empty: "A contact is somebody who works for a customer of yours.",
	read:  operational.ContactsRead, create: operational.ContactsCreate, edit: operational.ContactsWrite, remove: operational.ContactsDelete, export: operational.ContactsExport,
	needed: []string{"account_id", "last_name"}, words: []string{"last_name", "first_name", "email"},
	columns: []bookColumn{
		{field: "job_title", sort: "job_title"},
		{field: "account_id"},
		{field: "email", sort: "email"},
		{field: "phone"},
	},
	filters: []bookFilter{
		{name: "type", title: "Type", field: "record_type", op: "eq", choices: known.typeOptions},
		{name: "account_id", title: "Account", field: "account", op: "eq", called: (*visit).accountCalled},
	},
	listing: func(v *visit, filters []bookFilter) (operational.Listing, error) {
		return v.deps.Accounts.ContactListing(v.ctx, v.actor, fieldsOf(filters)...)
	},
	list: func(v *visit, q operational.Query) (operational.Listed[row], error) {
		found, err := v.deps.Accounts.Contacts(v.ctx, v.actor, q)
		return rowsAfter(found, contactRow, err)
	},
	get: func(v *visit, id uuid.UUID) (row, error) {
		c, err := v.deps.Accounts.Contact(v.ctx, v.actor, id)
		return rowAfter(c, contactRow, err)
	},
	make:   makeContact,
	change: changeContact,
	delete: func(v *visit, id uuid.UUID, version int64) error {
		return v.deps.Accounts.DeleteContact(v.ctx, v.actor, id, version)
	},
	blocks: func(*visit, row) (main, side []views.Block, err error) { return nil, nil, nil },
	erase:  eraseContactBlock,
}

func contactRow(c accounts.Contact) (r row, err error) {
	r = row{id: c.ID, version: c.Version, title: called(contactNamed(c), "Contact", c.ID), line: textIn(c.JobTitle), recordType: c.RecordTypeID, created: c.CreatedAt, updated: c.UpdatedAt}
	r.members, err = membersOf(c)
	return r, err
}

func contactPatch(c *changes) accounts.UpdateContact {
	return accounts.UpdateContact{
		AccountID: c.account("account_id"), FirstName: c.text("first_name"), LastName: c.text("last_name"), Email: c.text("email"), Phone: c.text("phone"),
		JobTitle: c.text("job_title"), RecordTypeID: c.id("record_type_id"), Custom: c.custom(),
	}
}

func makeContact(c *changes) (row, error) {
	p := contactPatch(c)
	if p.AccountID.Value == nil && len(c.faults) == 0 {
		c.faults.Add("account_id", "Choose the account that the person belongs to.", nil)
	}
	if err := c.faults.Err(); err != nil {
		return row{}, err
	}
	x, err := c.deps.Accounts.CreateContact(c.ctx, c.actor, accounts.NewContact{
		AccountID: *p.AccountID.Value, FirstName: p.FirstName.Value, LastName: textIn(p.LastName.Value), Email: p.Email.Value, Phone: p.Phone.Value,
		JobTitle: p.JobTitle.Value, RecordTypeID: p.RecordTypeID.Value, Custom: kept(p.Custom),
	})
	return rowAfter(x, contactRow, err)
}

func changeContact(c *changes, version int64) (row, error) {
	p := contactPatch(c)
	if err := c.faults.Err(); err != nil {
		return row{}, err
	}
	x, err := c.deps.Accounts.UpdateContact(c.ctx, c.actor, c.was.id, version, p)
	return rowAfter(x, contactRow, err)
}
