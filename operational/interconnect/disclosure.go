package interconnect

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

// Disclosure is all that a vendor sees of a partner, for the partner.
type Disclosure struct {
	ConnectionID   uuid.UUID              `json:"connection_id" doc:"The connection"`
	VendorName     string                 `json:"vendor_name" doc:"The vendor"`
	Status         string                 `json:"status" enum:"active,suspended,ended" doc:"State of the connection. What was shared before it ended stays with the vendor as it was then"`
	StatusReason   *string                `json:"status_reason,omitempty" doc:"Why it is in that state, in the words of who did it; both of you read them"`
	Since          time.Time              `json:"since" doc:"Since when you are connected"`
	Company        DisclosedCompany       `json:"company" doc:"What it sees and says of your company"`
	People         string                 `json:"people" enum:"all,chosen" doc:"Whether all of your people work in the connection, also who joins later, or those whom you have chosen"`
	Contacts       []DisclosedContact     `json:"contacts" doc:"Your people as it knows them; of those whom you have taken out it keeps what it knew. Nobody else is known to it"`
	Opportunities  DisclosedOpportunities `json:"opportunities" doc:"The opportunities that you share"`
	LinkedAccounts []LinkedAccount        `json:"linked_accounts" doc:"Your accounts that you have linked with what you share with the vendor, at most 200; it sees neither the link nor your account"`
	Linked         int64                  `json:"linked_accounts_total" doc:"How many those are"`
}

// DisclosedCompany is what a vendor sees and says of a partner.
type DisclosedCompany struct {
	Name          string  `json:"name" doc:"Name of your organisation"`
	CountryCode   *string `json:"country_code,omitempty" doc:"Its country"`
	PartnerNumber string  `json:"partner_number" doc:"The vendor's own number for you"`
	Tier          *string `json:"tier,omitempty" doc:"Your level in its programme"`
	Region        *string `json:"region,omitempty" doc:"The region it counts you to"`
}

// DisclosedContact is a person as a vendor knows them.
type DisclosedContact struct {
	DisplayName  string    `json:"display_name" db:"display_name" doc:"Name"`
	WorkEmail    *string   `json:"work_email,omitempty" db:"work_email" doc:"Mail address at work"`
	Status       string    `json:"status" db:"status" enum:"active,suspended" doc:"Whether the person can work in the connection"`
	SuspendedBy  *string   `json:"suspended_by,omitempty" db:"suspended_by" enum:"vendor,partner" doc:"Who keeps the person out; the vendor sees this as well"`
	MembershipID uuid.UUID `json:"membership_id" db:"membership_id" doc:"Your own member that this is; the vendor does not see it"`
}

// DisclosedOpportunities says which opportunities a vendor sees, and what of them.
type DisclosedOpportunities struct {
	Open   int64    `json:"open" doc:"Open ones"`
	Closed int64    `json:"closed" doc:"Closed ones"`
	Fields []string `json:"fields" doc:"What it sees of each, whether its role shows it to you or not, beside number, companies and times of change; history has who changed what and when, with the reasons that were given. Of the fields that the vendor has added those are named that you see; it may have others of its own. Your private half (end customer amount, note, account, own fields) never is seen"`
	URL    string   `json:"url,omitempty" doc:"Where you find them, while the connection is active"`
}

// LinkedAccount is one of the partner's own accounts.
type LinkedAccount struct {
	ID   uuid.UUID `json:"id" db:"id" doc:"Id of your account"`
	Name string    `json:"name" db:"name" doc:"Its name in your workspace"`
}

const (
	sqlDisclosed = `
select c.status, c.status_reason, c.created_at, coalesce(v.name, vf.name), cp.mode, p.name, p.country_code, c.partner_number, c.tier, c.region
from crm.connection c left join crm.organisation v on v.id = c.vendor_org_id
left join crm.former_organisation vf on vf.org_id = c.vendor_org_id join crm.organisation p on p.id = c.partner_org_id
join crm.connection_people cp on cp.connection_id = c.id
where c.id = $1 and c.partner_org_id = $2`

	sqlDisclosedContacts = `select display_name, work_email, status, suspended_by, membership_id from crm.external_contact where connection_id = $1 order by display_name, id`

	sqlDisclosedCounts = `
select count(*) filter (where stage_type = 'active'), count(*) filter (where stage_type <> 'active') from crm.opportunity where connection_id = $1`

	// The vendor reads the whole shared row, whatever its roles show to the partner's people.
	sqlSharedFields = `select array_agg(field order by field) from crm.governed_fields() where object = 'opportunity' and not internal_only`

	sqlLinkedAccounts = `
select a.id, a.name from crm.account_link l join crm.account a on a.id = l.partner_account_id
where l.connection_id = $1 and $2 and ($3 or a.record_type_id is null or a.record_type_id = any ($4)) and ($5::uuid is null or a.owner_membership_id = $5)
order by a.name, a.id limit 200`

	sqlLinkedCount = `select count(*) from crm.account_link where connection_id = $1`
)

// Disclosure tells a partner what exactly one of its vendors sees of it. For a vendor there is none.
func (s *Service) Disclosure(ctx context.Context, actor operational.Actor, id uuid.UUID) (d Disclosure, err error) {
	if actor.Side != operational.SidePartner || !worksIn(actor, id) {
		return Disclosure{}, operational.NotFound("connection")
	}
	d = Disclosure{ConnectionID: id, LinkedAccounts: []LinkedAccount{}, Contacts: []DisclosedContact{}}
	err = s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(sqlDisclosed, id, actor.Org).QueryRow(func(r pgx.Row) error {
			c := &d.Company
			return r.Scan(&d.Status, &d.StatusReason, &d.Since, &d.VendorName, &d.People, &c.Name, &c.CountryCode, &c.PartnerNumber, &c.Tier, &c.Region)
		})
		b.Queue(sqlDisclosedContacts, id).Query(into(&d.Contacts))
		b.Queue(sqlDisclosedCounts, id).QueryRow(func(r pgx.Row) error { return r.Scan(&d.Opportunities.Open, &d.Opportunities.Closed) })
		b.Queue(sqlSharedFields).QueryRow(func(r pgx.Row) error { return r.Scan(&d.Opportunities.Fields) })
		b.Queue(sqlLinkedAccounts, append([]any{id}, accountsInSight(actor)...)...).Query(into(&d.LinkedAccounts))
		b.Queue(sqlLinkedCount, id).QueryRow(func(r pgx.Row) error { return r.Scan(&d.Linked) })
	})
	if errors.Is(err, pgx.ErrNoRows) || operational.KindOf(err) == operational.KindNotFound {
		return Disclosure{}, operational.NotFound("connection")
	}
	if err != nil {
		return Disclosure{}, err
	}
	if err := audit.New(s.db).Note(ctx, actor, audit.Record{Action: "connection.disclosure_read", ID: id}); err != nil {
		return Disclosure{}, err
	}
	d.Opportunities.Fields = append(d.Opportunities.Fields, addedFields(actor, id)...)
	if d.Status == StatusActive {
		d.Opportunities.URL = "/v1/opportunities?filter=" + url.QueryEscape("connection eq '"+id.String()+"'")
	}
	return d, nil
}

// accountsInSight are the arguments of sqlLinkedAccounts: which accounts the caller sees with their names.
func accountsInSight(actor operational.Actor) []any {
	g, there := actor.GrantOf(operational.ObjectAccount, uuid.Nil)
	var owner *uuid.UUID
	if g.Visibility == operational.VisibilityPrivate {
		owner = &actor.Membership
	}
	return []any{there && g.Read.Has("name"), g.AllTypes, g.RecordTypes, owner}
}

func into[T any](rows *[]T) func(pgx.Rows) error {
	return func(r pgx.Rows) error {
		found, err := pgx.CollectRows(r, pgx.RowToStructByName[T])
		*rows = append(*rows, found...)
		return err
	}
}

// addedFields are those that the vendor has added to opportunities, as far as the caller sees them: what else a vendor has
// added is its own affair, by name too.
func addedFields(actor operational.Actor, connection uuid.UUID) (fields []string) {
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		for _, name := range g.Read.Names {
			if g.Connection == connection && strings.HasPrefix(name, "x_") {
				fields = append(fields, name)
			}
		}
	}
	slices.Sort(fields)
	return fields
}
