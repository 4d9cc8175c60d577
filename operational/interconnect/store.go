package interconnect

import (
	"strings"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const (
	organisationColumns = `
select o.id, o.name, o.country_code, o.created_at`

	sqlPage = `
where {where}
order by {order}
limit {limit}`

	sqlWorkspace = `
select w.org_id, o.name, o.country_code, w.time_zone, w.fiscal_year_start_month as fiscal_month, w.reporting_currency as currency, w.governs, w.sells, w.version
from crm.workspace w join crm.organisation o on o.id = w.org_id
where w.org_id = $1`

	sqlProvisionPartners = `
select crm.provision_partners($1, $2)`

	sqlProvisionStaff = `
select crm.provision_staff($1, $2)`

	sqlPartnersKnown = `
select coalesce(c.external_ref, '') as external_ref, c.partner_org_id as org_id, c.id as connection_id, e.id as contact_id, coalesce(o.name, f.name) as name, c.partner_number, c.tier, c.region, c.status
from crm.connection c
left join crm.organisation o on o.id = c.partner_org_id
left join crm.former_organisation f on f.org_id = c.partner_org_id
join lateral (select e.id from crm.external_contact e where e.connection_id = c.id order by e.id limit 1) e on true
where c.vendor_org_id = $1
order by c.status = 'ended', name, c.id`

	sqlStaffKnown = `
select m.external_ref, m.id as membership_id, p.display_name as name, m.role
from crm.membership m join crm.person p on p.id = m.person_id
where m.org_id = $1 and m.external_ref is not null
order by m.external_ref`
)

// Names of the two companies, as whoever asks may know them: those of a former partner or vendor as they were at the end.
const (
	connectionsFrom = `crm.connection c
left join crm.organisation v on v.id = c.vendor_org_id
left join crm.former_organisation vf on vf.org_id = c.vendor_org_id
left join crm.organisation p on p.id = c.partner_org_id
left join crm.former_organisation pf on pf.org_id = c.partner_org_id`

	vendorName  = `coalesce(v.name, vf.name)`
	partnerName = `coalesce(p.name, pf.name)`
)

// organisationsFrom are a side's own company and those that it is or was connected with. Since when these are here would
// tell a vendor who has worked for others before: what is said is since when the two have known each other.
func organisationsFrom(side operational.Side) string {
	theirs := "c.partner_org_id"
	if side != operational.SideVendor {
		theirs = "c.vendor_org_id"
	}
	known := "(select min(c.created_at) from crm.connection c where " + theirs + " = k.id)"
	return `(
  select k.id, k.name, k.country_code, coalesce(` + known + `, crm.own_company_since()) as created_at from crm.organisation k
  union all
  select k.id, k.name, k.country_code, ` + known + ` from (select org_id as id, name, country_code from crm.former_organisation) k where not exists (select from crm.organisation x where x.id = k.id)
) o`
}

// connectionsFor selects what a side may read of a connection: its manager is the vendor's affair.
func connectionsFor(side operational.Side, more ...string) string {
	manager := "c.channel_manager_id"
	if side != operational.SideVendor {
		manager = "null::uuid as channel_manager_id"
	}
	columns := append([]string{
		"c.id", "c.vendor_org_id", vendorName + " as vendor_name", "c.partner_org_id", partnerName + " as partner_name", "c.status", "c.status_reason", "c.status_side", "c.status_at", "c.partner_number", "c.tier", "c.region",
		manager, "c.version", "c.created_at", "c.updated_at", "c.ended_at",
	}, more...)
	return "\nselect " + strings.Join(columns, ", ") + "\nfrom " + connectionsFrom
}

type connectionRow struct {
	postgres.Keyed
	Connection
}

type organisationRow struct {
	postgres.Keyed
	Organisation
}

// organisationList is what a side lists organisations by.
func organisationList(side operational.Side) postgres.List {
	return postgres.List{
		From: organisationsFrom(side), ID: "o.id", Order: []operational.Sort{{Field: "name"}},
		Field: map[string]postgres.Column{
			"name":         {SQL: "o.name", Type: postgres.Text},
			"country_code": {SQL: "o.country_code", Type: postgres.Text, Nullable: true},
			"created_at":   {SQL: "o.created_at", Type: postgres.Time},
		},
	}
}

// connectionList is what a side may list connections by: no field that it may not read.
func connectionList(side operational.Side) postgres.List {
	l := postgres.List{
		From: connectionsFrom, ID: "c.id", Order: []operational.Sort{{Field: "updated_at", Desc: true}},
		Field: map[string]postgres.Column{
			"vendor_org_id":  {SQL: "c.vendor_org_id", Type: postgres.UUID},
			"vendor_name":    {SQL: vendorName, Type: postgres.Text},
			"partner_org_id": {SQL: "c.partner_org_id", Type: postgres.UUID},
			"partner_name":   {SQL: partnerName, Type: postgres.Text},
			"status":         {SQL: "c.status", Type: postgres.Text, Enum: []string{StatusActive, StatusSuspended, StatusEnded}},
			"partner_number": {SQL: "c.partner_number", Type: postgres.Text},
			"tier":           {SQL: "c.tier", Type: postgres.Text, Nullable: true},
			"region":         {SQL: "c.region", Type: postgres.Text, Nullable: true},
			"created_at":     {SQL: "c.created_at", Type: postgres.Time},
			"updated_at":     {SQL: "c.updated_at", Type: postgres.Time},
			"ended_at":       {SQL: "c.ended_at", Type: postgres.Time, Nullable: true},
		},
	}
	if side == operational.SideVendor {
		l.Field["channel_manager_id"] = postgres.Column{SQL: "c.channel_manager_id", Type: postgres.UUID, Nullable: true}
	}
	return l
}
