package portal

import (
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// unless refuses what the form cannot have had: a field that is hidden or unknown, in the same words, and one that is
// read only.
func (f *dealForm) unless() error {
	var fixed string
	err := only(f.sent, func(name string) bool {
		field, known := dealMembers[name]
		if customIn(f.at.part.Fields, name) {
			field, known = strings.TrimPrefix(name, customPrefix), true
		}
		if _, _, line := lineOf(name); line {
			field, known = "lines", true
		}
		switch {
		case name == addLines || name == dropLine:
			return f.takesLines()
		case name == "with" || name == f.accountMember():
			return true
		case !known || !f.at.grant.Read.Has(field):
			return false
		case !f.at.grant.Edit.Has(field) && f.sent.Get(name) != "":
			fixed = name
		}
		return true
	})
	if err != nil {
		return err
	}
	if fixed != "" {
		return operational.NotEditable(fixed)
	}
	return nil
}

// read takes the values of the form, and the account that it names. What cannot be read is said all at once.
func (f *dealForm) read() (in opportunities.NewOpportunity, account *uuid.UUID, err error) {
	c := (known{visit: f.visit, part: f.at.part}).changesOf(f.sent, row{members: map[string]any{}})
	in = opportunities.NewOpportunity{
		ConnectionID: f.at.connection, Name: textIn(c.text("name").Value), CustomerName: textIn(c.text("customer_name").Value), StageID: c.id("stage_id").Value,
		RecordTypeID: c.id("record_type_id").Value, CloseDate: readAs(c, "close_date", "Write it as 2017-03-31.", operational.ParseDate).Value, Custom: kept(c.custom()),
	}
	if amount := c.exact("vendor_net").Value; amount != nil {
		in.VendorNet = &operational.Money{Amount: *amount, Currency: strings.ToUpper(strings.TrimSpace(f.currency()))}
	}
	if owner := c.id("owner").Value; f.at.connection == nil {
		in.OwnerMemberID = owner
	} else {
		in.OwnerContactID = owner
	}
	if i := slices.IndexFunc(f.ways, func(w way) bool { return in.StageID != nil && w.stage.ID == *in.StageID }); i >= 0 {
		in.ProcessID = &f.ways[i].process.ID
	}
	if member := f.accountMember(); member != "" {
		account = c.account(member).Value
		f.fits = c.fits
	}
	in.Lines = f.readLines(&c.faults)
	if in.Name == "" {
		c.faults.Add("name", "It needs a name.", nil)
	}
	if err := c.faults.Err(); err != nil {
		return in, nil, err
	}
	return in, account, f.callCustomer(&in, account)
}

// callCustomer calls a customer that has no other name as the own account of it is called.
func (f *dealForm) callCustomer(in *opportunities.NewOpportunity, account *uuid.UUID) error {
	if in.CustomerName != "" || account == nil || !f.sets("customer_name") {
		return nil
	}
	found, err := f.deps.Accounts.Account(f.ctx, f.actor, *account)
	if hiddenOr(err) != nil {
		return err
	}
	if err != nil {
		var faults operational.Faults
		faults.Add(f.accountMember(), "There is no such account, or it is not yours to see.", nil)
		return faults.Err()
	}
	in.CustomerName = found.Name
	return nil
}

// currency is that of the form; before it was sent, that in which the company reports.
func (f *dealForm) currency() string {
	if f.sent.Has("currency") {
		return f.sent.Get("currency")
	}
	return f.space.Currency
}

// draft is the opportunity as the form has it so far, as far as conditions of layouts look at it.
func (f *dealForm) draft() record {
	o := record{part: f.at.part}
	text := func(name string) string { return strings.TrimSpace(f.sent.Get(name)) }
	o.Name, o.CustomerName = text("name"), text("customer_name")
	if f.kind != nil {
		o.RecordTypeID = &f.kind.ID
	}
	if date, err := operational.ParseDate(text("close_date")); err == nil {
		o.CloseDate = &date
	}
	if amount, err := operational.ParseAmount(text("vendor_net")); err == nil {
		o.VendorNet.Amount = amount
	}
	if id, err := uuid.Parse(text("owner")); err == nil {
		o.Owner = &opportunities.Ref{ID: id}
	}
	for i, w := range f.ways {
		if sent := text("stage_id"); sent == w.stage.ID.String() || sent == "" && i == 0 {
			o.Stage = w.stage
		}
	}
	for row := range f.lineRows() {
		if id, err := uuid.Parse(text(lineInput(row, "product"))); err == nil {
			o.Lines = append(o.Lines, opportunities.Line{Product: opportunities.Ref{ID: id}})
		}
	}
	o.Custom = map[string]any{}
	for _, n := range f.at.part.Fields {
		value := text(customPrefix + n.Name)
		switch {
		case !n.Custom || value == "":
		case n.Type == objects.Boolean:
			o.Custom[n.Name] = value == "true"
		default:
			o.Custom[n.Name] = value
		}
	}
	return o
}

// dealActs are what can be done from the list.
func (v *visit) dealActs() []views.Act {
	if !v.makesDeals() {
		return nil
	}
	return []views.Act{{Text: "New opportunity", Href: "/opportunities/new", Icon: "plus", Key: "n", Primary: true}}
}
