package objects

import "github.com/sharepartner/sharepartner/operational"

// Type is what the values of a field are.
type Type string

// The types of fields. Companies make fields of the first five.
const (
	Text    Type = "text"
	Number  Type = "number"
	Date    Type = "date"
	Boolean Type = "boolean"
	Choice  Type = "choice"
	Money   Type = "money"
	Record  Type = "record" // the id of another record
	Rows    Type = "rows"   // several of something, such as stages or lines
)

// Field is a field that every company has.
type Field struct {
	Name   string // as roles name it
	Label  string // as people do
	Type   Type
	Member []string // its members in a record of the API, where they are called otherwise
	Fixed  bool     // nobody writes it by hand
	Inner  bool     // the vendor's own affair: partners do not have it, in business of their own neither
}

// Object is a sort of records.
type Object struct {
	Name   operational.Object
	Label  string
	Plural string
	Fields []Field
}

// All are the objects, in the order in which people think of them.
var All = []Object{
	{operational.ObjectOpportunity, "Opportunity", "Opportunities", []Field{
		{Name: "name", Label: "Name", Type: Text},
		{Name: "customer_name", Label: "Customer", Type: Text},
		{Name: "vendor_account_id", Label: "Vendor's account", Type: Record, Inner: true},
		{Name: "owner", Label: "Owner", Type: Record, Member: []string{"owner", "owner_contact_id", "owner_membership_id"}},
		{Name: "stage", Label: "Stage", Type: Record, Member: []string{"process", "stage", "closed_at"}},
		{Name: "vendor_net", Label: "Vendor net amount", Type: Money, Member: []string{"vendor_net", "amount_source"}},
		{Name: "close_date", Label: "Close date", Type: Date},
		{Name: "region", Label: "Region", Type: Text, Fixed: true},
		{Name: "tier", Label: "Tier", Type: Text, Fixed: true},
		{Name: "lines", Label: "Products", Type: Rows},
		{Name: "record_type", Label: "Type", Type: Record, Member: []string{"record_type_id"}},
		{Name: "external_ref", Label: "External reference", Type: Text, Fixed: true},
		{Name: "history", Label: "History", Type: Rows, Member: []string{}, Fixed: true},
	}},
	{operational.ObjectAccount, "Account", "Accounts", []Field{
		{Name: "name", Label: "Name", Type: Text},
		{Name: "industry", Label: "Industry", Type: Text},
		{Name: "website", Label: "Website", Type: Text},
		{Name: "country", Label: "Country", Type: Text},
		{Name: "year_established", Label: "Founded in", Type: Number},
		{Name: "annual_revenue", Label: "Annual revenue", Type: Number},
		{Name: "number_of_employees", Label: "Employees", Type: Number},
		{Name: "parent_account_id", Label: "Parent account", Type: Record},
		{Name: "owner", Label: "Owner", Type: Record, Member: []string{"owner_membership_id"}},
		{Name: "record_type", Label: "Type", Type: Record, Member: []string{"record_type_id"}},
		{Name: "external_ref", Label: "External reference", Type: Text, Fixed: true},
	}},
	{operational.ObjectContact, "Contact", "Contacts", []Field{
		{Name: "account_id", Label: "Account", Type: Record},
		{Name: "first_name", Label: "First name", Type: Text},
		{Name: "last_name", Label: "Last name", Type: Text},
		{Name: "email", Label: "Mail address", Type: Text},
		{Name: "phone", Label: "Telephone", Type: Text},
		{Name: "job_title", Label: "Job title", Type: Text},
		{Name: "record_type", Label: "Type", Type: Record, Member: []string{"record_type_id"}},
		{Name: "external_ref", Label: "External reference", Type: Text, Fixed: true},
	}},
	{operational.ObjectProduct, "Product", "Products", []Field{
		{Name: "name", Label: "Name", Type: Text},
		{Name: "family", Label: "Family", Type: Text},
		{Name: "list_price", Label: "List price", Type: Money},
		{Name: "active", Label: "On sale", Type: Boolean},
		{Name: "record_type", Label: "Type", Type: Record, Member: []string{"record_type_id"}},
	}},
	{operational.ObjectSalesProcess, "Sales process", "Sales processes", []Field{
		{Name: "name", Label: "Name", Type: Text},
		{Name: "stages", Label: "Stages", Type: Rows},
	}},
}

// Of finds an object by its name.
func Of(name operational.Object) (Object, bool) {
	for _, o := range All {
		if o.Name == name {
			return o, true
		}
	}
	return Object{}, false
}

// FieldOf gives the field that a member of a record in the API belongs to; "" for those that are never hidden.
func (o Object) FieldOf(member string) string {
	for _, f := range o.Fields {
		for _, m := range f.Members() {
			if m == member {
				return f.Name
			}
		}
	}
	return ""
}

// Members are the members of a record in the API that hold the field.
func (f Field) Members() []string {
	if f.Member == nil {
		return []string{f.Name}
	}
	return f.Member
}
