package portal

import (
	"slices"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Records of another sort that a page shows; all of them are a link away.
const mostBelow = 10

// accountBlocks are the people at a customer, what is sold to it, and what belongs to it.
func (v *visit) accountBlocks(r row) (main, side []views.Block, err error) {
	for _, part := range []func(row) ([]views.Block, error){v.contactsOf, v.opportunitiesOf, v.accountsBelow} {
		blocks, err := part(r)
		if err != nil {
			return nil, nil, err
		}
		main = append(main, blocks...)
	}
	side, err = v.linkedVendors(r)
	return main, side, err
}

// contactsOf are the people at the customer.
func (v *visit) contactsOf(r row) ([]views.Block, error) {
	listing := accounts.ContactListing(v.actor)
	if !v.actor.Allowed(operational.ContactsRead) || !slices.Contains(listing.Filters, "account") {
		return nil, nil
	}
	q := operational.Query{Page: operational.Page{Limit: mostBelow, Count: true}}
	if slices.Contains(listing.Sorts, "last_name") {
		q.Sort = []operational.Sort{{Field: "last_name"}}
	}
	found, err := contactBook.list(v, q.Also(is("account", r.id.String())))
	if err != nil {
		return nil, err
	}
	part, err := v.part(contactBook)
	if err != nil {
		return nil, err
	}
	at, block := "account_id="+r.id.String(), views.Block{ID: "contacts", Title: "Contacts", Aside: v.count(*found.Total)}
	if contactBook.mayMake(v, part) {
		block.Links = append(block.Links, views.Link{Text: "New contact", Href: "/contacts/new?" + at})
	}
	if len(found.Items) == 0 {
		block.Text = "Nobody is known here yet."
		return []views.Block{block}, nil
	}
	if found.Next != nil {
		block.Links = append(block.Links, views.Link{Text: "All of them", Href: "/contacts?" + at})
	}
	k := known{visit: v, part: part}
	t := &views.Table{Caption: "Contacts, table", Sticky: true, Columns: []views.Column{{Title: "Contact"}}}
	for _, c := range found.Items {
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: []views.Cell{{Text: c.title, Href: "/contacts/" + c.id.String()}}})
	}
	for _, name := range []string{"job_title", "email", "phone"} {
		if f, shown := fieldOf(part, name); shown {
			t.Columns = append(t.Columns, views.Column{Title: f.Label})
			for i, c := range found.Items {
				t.Rows[i].Cells = append(t.Rows[i].Cells, views.Cell{Text: k.fact(f, c.in(name)).Value})
			}
		}
	}
	block.Table = t
	return []views.Block{block}, nil
}

// accountOfList is the name by which opportunities are listed by their account: a vendor's of the shared record, a
// partner's of its private half.
func (v *visit) accountOfList() string {
	if v.vendor() {
		return "vendor_account"
	}
	return "account"
}

// opportunitiesOf is what is sold to the customer.
func (v *visit) opportunitiesOf(r row) ([]views.Block, error) {
	if !v.actor.Allowed(operational.OpportunitiesRead) {
		return nil, nil
	}
	listing, err := v.deps.Opportunities.Listing(v.ctx, v.actor)
	if err != nil || !slices.Contains(listing.Filters, v.accountOfList()) {
		return nil, err
	}
	q := operational.Query{Page: operational.Page{Limit: mostBelow, Count: true}}
	found, err := v.deps.Opportunities.List(v.ctx, v.actor, q.Also(is(v.accountOfList(), r.id.String())))
	if err != nil {
		return nil, err
	}
	block := views.Block{ID: "opportunities", Title: "Opportunities", Aside: v.count(*found.Total)}
	if len(found.Items) == 0 {
		block.Text = "There is none for this customer."
		return []views.Block{block}, nil
	}
	if found.Next != nil {
		block.Links = []views.Link{{Text: "All of them", Href: "/opportunities?account=" + r.id.String()}}
	}
	block.Table = v.soldTable(found.Items)
	return []views.Block{block}, nil
}

func (v *visit) soldTable(list []opportunities.Opportunity) *views.Table {
	t := &views.Table{Caption: "Opportunities, table", Sticky: true, Rows: make([]views.Row, len(list))}
	add := func(title, field string, num bool, cell func(opportunities.Opportunity) views.Cell) {
		if field != "" && !v.reads(field) {
			return
		}
		t.Columns = append(t.Columns, views.Column{Title: title, Num: num})
		for i, o := range list {
			t.Rows[i].Go, t.Rows[i].Cells = true, append(t.Rows[i].Cells, cell(o))
		}
	}
	add("Opportunity", "", false, v.nameCell)
	add(v.otherSide(), "", false, func(o opportunities.Opportunity) views.Cell { return views.Cell{Text: v.counterpart(o)} })
	add("Stage", "stage", false, stageCell)
	add("Amount", "vendor_net", true, func(o opportunities.Opportunity) views.Cell {
		if o.VendorNet.Currency == "" {
			return views.Cell{}
		}
		return views.Cell{Text: v.money(o.VendorNet)}
	})
	add("Close date", "close_date", false, func(o opportunities.Opportunity) views.Cell {
		return views.Cell{Text: v.maybeDate(o.CloseDate), Day: true}
	})
	return t
}

// accountOf leads from an opportunity to the reader's own account of the customer.
func (v *visit) accountOf(page *views.Opportunity, o record) {
	id, facts := o.VendorAccountID, &page.Facts
	if o.private != nil {
		id, facts = o.private.AccountID, &page.Private
	}
	if id == nil {
		return
	}
	names := map[string]string{id.String(): ""}
	if err := v.nameAccounts(names); err != nil {
		v.log.WarnContext(v.ctx, "account of an opportunity not readable", "error", err)
	}
	if name := names[id.String()]; name != "" { // it is in sight
		*facts = append(*facts, views.Field{Name: "Account", Value: name, Href: "/accounts/" + id.String()})
	}
}

// accountsBelow are the companies that the customer owns.
func (v *visit) accountsBelow(r row) ([]views.Block, error) {
	listing := accounts.AccountListing(v.actor)
	if !slices.Contains(listing.Filters, "parent_account") {
		return nil, nil
	}
	q := operational.Query{Page: operational.Page{Limit: mostBelow, Count: true}}
	list, err := v.deps.Accounts.Accounts(v.ctx, v.actor, q.Also(is("parent_account", r.id.String())))
	found, err := rowsAfter(list, accountRow, err)
	if err != nil || len(found.Items) == 0 {
		return nil, err
	}
	block := views.Block{ID: "below", Title: "Belongs to it", Aside: v.count(*found.Total)}
	if found.Next != nil {
		block.Links = []views.Link{{Text: "All of them", Href: "/accounts?parent=" + r.id.String()}}
	}
	block.Table = &views.Table{Caption: "Accounts that belong to it", Columns: []views.Column{{Title: "Account"}}}
	for _, a := range found.Items {
		block.Table.Rows = append(block.Table.Rows, views.Row{Go: true, Cells: []views.Cell{{Text: a.title, Sub: a.line, Href: "/accounts/" + a.id.String()}}})
	}
	return []views.Block{block}, nil
}

// linkedVendors are the vendors with whom business of the customer is shared. Only the partner knows of that.
func (v *visit) linkedVendors(r row) ([]views.Block, error) {
	if v.vendor() || !v.actor.Allowed(operational.ConnectionsRead) {
		return nil, nil
	}
	ids, err := v.deps.Accounts.Linked(v.ctx, v.actor, r.id)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	var unlink []views.Block
	block := views.Block{ID: "vendors", Title: "Vendors you share it with", Text: "You have linked this account with opportunities that you share with them. They see neither the account nor the link."}
	for _, id := range ids {
		c, err := v.deps.Interconnect.Connection(v.ctx, v.actor, id)
		if hiddenOr(err) != nil {
			return nil, err
		}
		if err == nil {
			block.Links = append(block.Links, views.Link{Text: c.VendorName, Href: "/connections/" + id.String()})
			if v.actor.Allowed(operational.AccountsWrite) {
				unlink = append(unlink, unlinkBlock(r.id, id, c.VendorName))
			}
		}
	}
	return append([]views.Block{block}, unlink...), nil
}
