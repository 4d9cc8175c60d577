package accounts

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

var accountList = postgres.List{
	From: "crm.account a", ID: "a.id", Order: []operational.Sort{{Field: "updated_at", Desc: true}},
	Field: map[string]postgres.Column{
		"name":                {SQL: "a.name", Type: postgres.Text},
		"industry":            {SQL: "a.industry", Type: postgres.Text, Nullable: true},
		"website":             {SQL: "a.website", Type: postgres.Text, Nullable: true},
		"country":             {SQL: "a.country", Type: postgres.Text, Nullable: true},
		"year_established":    {SQL: "a.year_established", Type: postgres.Int, Nullable: true},
		"annual_revenue":      {SQL: "a.annual_revenue", Type: postgres.Decimal, Nullable: true},
		"number_of_employees": {SQL: "a.number_of_employees", Type: postgres.Int, Nullable: true},
		"parent_account":      {SQL: "a.parent_account_id", Type: postgres.UUID, Nullable: true},
		"owner":               {SQL: "a.owner_membership_id", Type: postgres.UUID, Nullable: true},
		"record_type":         {SQL: "a.record_type_id", Type: postgres.UUID, Nullable: true},
		"external_ref":        {SQL: "a.external_ref", Type: postgres.Text, Nullable: true},
		"created_at":          {SQL: "a.created_at", Type: postgres.Time},
		"updated_at":          {SQL: "a.updated_at", Type: postgres.Time},
	},
}

// accountOwner is how lists of contacts are narrowed to one's own; nobody else can name it.
const accountOwner = "account.owner"

var contactList = postgres.List{
	From: "crm.contact c", ID: "c.id", Order: []operational.Sort{{Field: "updated_at", Desc: true}},
	Field: map[string]postgres.Column{
		"account":      {SQL: "c.account_id", Type: postgres.UUID},
		"first_name":   {SQL: "c.first_name", Type: postgres.Text, Nullable: true},
		"last_name":    {SQL: "c.last_name", Type: postgres.Text},
		"email":        {SQL: "c.email", Type: postgres.Text, Nullable: true},
		"phone":        {SQL: "c.phone", Type: postgres.Text, Nullable: true},
		"job_title":    {SQL: "c.job_title", Type: postgres.Text, Nullable: true},
		"record_type":  {SQL: "c.record_type_id", Type: postgres.UUID, Nullable: true},
		"external_ref": {SQL: "c.external_ref", Type: postgres.Text, Nullable: true},
		accountOwner: {
			SQL: "a.owner_membership_id", Type: postgres.UUID, Nullable: true,
			Within: "exists (select from crm.account a where a.org_id = c.org_id and a.id = c.account_id and %s)",
		},
		"created_at": {SQL: "c.created_at", Type: postgres.Time},
		"updated_at": {SQL: "c.updated_at", Type: postgres.Time},
	},
}

const accountColumns = `a.id, a.name, a.industry, a.website, a.country, a.year_established, a.annual_revenue, a.number_of_employees,
  a.parent_account_id, a.owner_membership_id, a.record_type_id, a.custom, a.external_ref, a.version, a.created_at, a.updated_at, a.touched`

const listAccounts = `select ` + accountColumns + `, {keys} as sort_keys from crm.account a where {where} order by {order} limit {limit}`

const getAccount = `select ` + accountColumns + ` from crm.account a where a.id = $1`

const accountsByRef = `select ` + accountColumns + ` from crm.account a where a.org_id = $1 and a.external_ref = any($2)`

// The rows to write, as one set: creating one account is creating a list of one.
const accountSet = `unnest(@ids::uuid[], @names::text[], @name_keys::text[], @industries::text[], @websites::text[], @countries::text[], @years::int[],
  @revenues::text[]::numeric[], @employees::int[], @parents::uuid[], @owners::uuid[], @types::uuid[], @customs::text[]::jsonb[], @refs::text[], @versions::bigint[], @touched::text[]::jsonb[])
  as n(id, name, name_key, industry, website, country, year_established, annual_revenue, number_of_employees, parent_account_id, owner_membership_id,
    record_type_id, custom, external_ref, version, touched)`

const insertAccounts = `
insert into crm.account (id, org_id, name, name_key, industry, website, country, year_established, annual_revenue, number_of_employees,
  parent_account_id, owner_membership_id, record_type_id, custom, external_ref, created_at, updated_at)
select n.id, @org, n.name, n.name_key, n.industry, n.website, n.country, n.year_established, n.annual_revenue, n.number_of_employees,
  n.parent_account_id, n.owner_membership_id, n.record_type_id, n.custom, n.external_ref, @now, @now
from ` + accountSet

const updateAccounts = `
update crm.account a set name = n.name, name_key = n.name_key, industry = n.industry, website = n.website, country = n.country,
  year_established = n.year_established, annual_revenue = n.annual_revenue, number_of_employees = n.number_of_employees,
  parent_account_id = n.parent_account_id, owner_membership_id = n.owner_membership_id, record_type_id = n.record_type_id, custom = n.custom, touched = n.touched, version = a.version + 1, updated_at = @now
from ` + accountSet + `
where a.id = n.id and a.version = n.version`

func accountArgs(tx *postgres.Tx, accounts []Account) pgx.NamedArgs {
	n := len(accounts)
	ids, names, keys := make([]uuid.UUID, 0, n), make([]string, 0, n), make([]string, 0, n)
	var industries, websites, countries, revenues, refs []*string
	var years, employees []*int
	var parents, owners, types []*uuid.UUID
	var customs, touched []string
	var versions []int64
	for _, a := range accounts {
		ids, names, keys = append(ids, a.ID), append(names, a.Name), append(keys, NameKey(a.Name))
		industries, websites, countries = append(industries, a.Industry), append(websites, a.Website), append(countries, a.Country)
		years, employees, parents = append(years, a.YearEstablished), append(employees, a.NumberOfEmployees), append(parents, a.ParentAccountID)
		owners, types, customs = append(owners, a.OwnerMembershipID), append(types, a.RecordTypeID), append(customs, objects.Written(a.Custom))
		var revenue *string
		if a.AnnualRevenue != nil {
			text := a.AnnualRevenue.String()
			revenue = &text
		}
		revenues, refs, versions = append(revenues, revenue), append(refs, a.ExternalRef), append(versions, a.Version)
		touched = append(touched, a.Touched.Text())
	}
	return pgx.NamedArgs{
		"org": tx.Actor.Org, "now": tx.Now, "ids": ids, "names": names, "name_keys": keys, "industries": industries, "websites": websites, "countries": countries,
		"years": years, "revenues": revenues, "employees": employees, "parents": parents, "owners": owners, "types": types, "customs": customs, "refs": refs, "versions": versions, "touched": touched,
	}
}

const contactColumns = `c.id, c.account_id, c.first_name, c.last_name, c.email, c.phone, c.job_title, c.record_type_id, c.custom, c.external_ref,
  c.version, c.created_at, c.updated_at, c.touched`

const listContacts = `select ` + contactColumns + `, {keys} as sort_keys from crm.contact c where {where} order by {order} limit {limit}`

// A contact belongs to whoever looks after its account.
const getContact = `select ` + contactColumns + `, a.owner_membership_id as account_owner
from crm.contact c join crm.account a on a.org_id = c.org_id and a.id = c.account_id where c.id = $1`

const insertContact = `
insert into crm.contact (id, org_id, account_id, first_name, last_name, email, phone, job_title, record_type_id, custom, external_ref, created_at, updated_at)
values (@id, @org, @account_id, @first_name, @last_name, @email, @phone, @job_title, @record_type_id, @custom::jsonb, @external_ref, @now, @now)`

const updateContact = `
update crm.contact set account_id = @account_id, first_name = @first_name, last_name = @last_name, email = @email, phone = @phone,
  job_title = @job_title, record_type_id = @record_type_id, custom = @custom::jsonb, touched = @touched::jsonb,
  version = version + 1, updated_at = @now
where id = @id and version = @version`

func contactArgs(tx *postgres.Tx, c Contact) pgx.NamedArgs {
	return pgx.NamedArgs{
		"id": c.ID, "org": tx.Actor.Org, "version": c.Version, "now": tx.Now, "account_id": c.AccountID, "first_name": c.FirstName,
		"last_name": c.LastName, "email": c.Email, "phone": c.Phone, "job_title": c.JobTitle,
		"record_type_id": c.RecordTypeID, "custom": objects.Written(c.Custom), "external_ref": c.ExternalRef, "touched": c.Touched.Text(),
	}
}

const deleteAccount = `select crm.delete_account($1, $2)`

const deleteContact = `select crm.delete_contact($1, $2)`

const insertLinks = `
insert into crm.account_link (connection_id, vendor_org_id, partner_org_id, vendor_account_id, partner_account_id, imported, created_at)
select c.id, c.vendor_org_id, c.partner_org_id, n.vendor_account_id, n.partner_account_id, true, @now
from unnest(@connections::uuid[], @vendor_accounts::uuid[], @partner_accounts::uuid[]) as n(connection_id, vendor_account_id, partner_account_id)
join crm.connection c on c.id = n.connection_id
on conflict do nothing`
