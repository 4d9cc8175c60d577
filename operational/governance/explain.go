package governance

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

// Question asks why somebody may do something with a record, or not.
type Question struct {
	ContactID    uuid.UUID // one of a partner's people, by the vendor; else
	MembershipID uuid.UUID // one of one's own
	Object       operational.Object
	RecordID     uuid.UUID
	Act          operational.Act
	Field        string // empty: the record as a whole
}

// Explanation is the decision and the rules that made it.
type Explanation struct {
	operational.Decision
	OwnCompanyUnsaid bool `json:"own_company_unsaid" doc:"The person's own company may let it do less than this says: that is its own affair"`
}

// acts that are done with a record that is there.
var explained = []operational.Act{operational.ActRead, operational.ActEdit, operational.ActDelete, operational.ActExport}

// Validate says what is wrong with a question.
func (q Question) Validate() error {
	var faults operational.Faults
	if (q.ContactID == uuid.Nil) == (q.MembershipID == uuid.Nil) {
		faults.Add("contact_id", "Name one person: contact_id or membership_id.", nil)
	}
	if !slices.Contains(operational.Objects, q.Object) {
		faults.Add("object", "There is no such object.", string(q.Object))
	}
	if !slices.Contains(explained, q.Act) {
		faults.Add("act", "It is none of read, edit, delete, export.", string(q.Act))
	}
	return faults.Err()
}

// What is known of a record: through the wall of whoever asks.
var factsOf = map[operational.Object]string{
	operational.ObjectOpportunity: `
select o.connection_id, o.vendor_org_id, o.partner_org_id, null::uuid as org_id, o.owner_contact_id, o.owner_membership_id, o.record_type_id, o.frozen_at is not null as frozen
from crm.opportunity o where o.id = $1`,
	operational.ObjectAccount: `
select null::uuid as connection_id, null::uuid as vendor_org_id, null::uuid as partner_org_id, a.org_id, null::uuid as owner_contact_id, a.owner_membership_id, a.record_type_id, false as frozen
from crm.account a where a.id = $1`,
	operational.ObjectContact: `
select null::uuid as connection_id, null::uuid as vendor_org_id, null::uuid as partner_org_id, c.org_id, null::uuid as owner_contact_id, a.owner_membership_id, c.record_type_id, false as frozen
from crm.contact c join crm.account a on a.id = c.account_id where c.id = $1`,
	operational.ObjectProduct: `
select null::uuid as connection_id, null::uuid as vendor_org_id, null::uuid as partner_org_id, p.org_id, null::uuid as owner_contact_id, null::uuid as owner_membership_id, p.record_type_id, false as frozen
from crm.product p where p.id = $1`,
	operational.ObjectSalesProcess: `
select null::uuid as connection_id, null::uuid as vendor_org_id, null::uuid as partner_org_id, p.org_id, null::uuid as owner_contact_id, null::uuid as owner_membership_id, null::uuid as record_type_id, false as frozen
from crm.sales_process p where p.id = $1`,
}

type factsRow struct {
	ConnectionID, VendorOrgID, PartnerOrgID, OrgID, OwnerContactID, OwnerMembershipID, RecordTypeID *uuid.UUID
	Frozen                                                                                          bool
}

// facts are those of the record, for whoever works in this organisation on this side: what belongs to one company alone
// is its own business on the side that it works on, and for a partner the vendor's otherwise.
func (r factsRow) facts(org uuid.UUID, side operational.Side) operational.Facts {
	id := func(p *uuid.UUID) uuid.UUID {
		if p == nil {
			return uuid.Nil
		}
		return *p
	}
	f := operational.Facts{
		Connection: id(r.ConnectionID), Vendor: id(r.VendorOrgID), Partner: id(r.PartnerOrgID), OwnerContact: id(r.OwnerContactID),
		OwnerMembership: id(r.OwnerMembershipID), RecordType: id(r.RecordTypeID), Frozen: r.Frozen,
	}
	switch {
	case r.OrgID == nil:
	case side == operational.SidePartner && *r.OrgID == org:
		f.Partner = org
	default:
		f.Vendor = *r.OrgID
	}
	return f
}

const (
	rightsOfContact = `select partner as org_id, rights from crm.rights_of_contact($1)`
	rightsOfMember  = `select $2::uuid as org_id, rights from crm.rights_of_member($1)`
	fieldIsThere    = `
select exists (select from crm.governed_fields() f where f.object = $1 and f.field = $2) or exists (select from crm.custom_field c where c.object = $1 and c.name = $2)`
)

type personRow struct {
	OrgID  uuid.UUID
	Rights []byte
}

// Explain says whether the person may do this with the record, and which rule decided. The record must be one that the
// asker sees; the person one of its own, or of the vendor's partners. That it was asked is noted.
func (s *Service) Explain(ctx context.Context, actor operational.Actor, q Question) (Explanation, error) {
	if err := q.Validate(); err != nil {
		return Explanation{}, err
	}
	permission, rights, args := operational.RolesManage, rightsOfMember, []any{q.MembershipID, actor.Org}
	if q.ContactID != uuid.Nil {
		permission, rights, args = operational.ChannelGovern, rightsOfContact, []any{q.ContactID}
	}
	if err := actor.Require(permission); err != nil {
		return Explanation{}, err
	}
	var person personRow
	var record factsRow
	known := true
	var unnoted error
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		unnoted = audit.Queue(ctx, b, actor, s.db.Now(), q.noted())
		queueOne(b, "person", &person, rights, args...)
		queueOne(b, "record", &record, factsOf[q.Object], q.RecordID)
		if q.Field != "" {
			b.Queue(fieldIsThere, q.Object, q.Field).QueryRow(func(r pgx.Row) error { return r.Scan(&known) })
		}
	})
	if err = errors.Join(unnoted, err); err != nil {
		return Explanation{}, err
	}
	if !operational.Decide(actor, operational.ActRead, q.Object, record.facts(actor.Org, actor.Side), "").Allowed {
		return Explanation{}, operational.NotFound("record")
	}
	if !known {
		var faults operational.Faults
		faults.Add("field", "There is no such field.", q.Field)
		return Explanation{}, faults.Err()
	}
	return q.decide(actor, person, record)
}

func queueOne[T any](b *pgx.Batch, what string, into *T, sql string, args ...any) {
	b.Queue(sql, args...).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
		if errors.Is(err, pgx.ErrNoRows) {
			return operational.NotFound(what)
		}
		return err
	})
}

func (q Question) decide(actor operational.Actor, person personRow, record factsRow) (Explanation, error) {
	if person.Rights == nil {
		return Explanation{Decision: operational.Decision{DecidedBy: operational.RuleMember, Steps: []operational.Step{
			{Rule: operational.RuleMember, Outcome: operational.OutcomeDeny, Detail: "The person is no active member of the company, or works on its other side only."},
		}}}, nil
	}
	who, err := q.person(actor, person)
	if err != nil {
		return Explanation{}, err
	}
	d := operational.Decide(who, q.Act, q.Object, record.facts(who.Org, who.Side), q.Field)
	return Explanation{d, who.Rights.Own.Unsaid()}, nil
}

// person is whom the question is about, as an actor. One that is asked about as a contact works with this vendor.
func (q Question) person(actor operational.Actor, person personRow) (operational.Actor, error) {
	who := operational.Actor{Org: person.OrgID, Membership: q.MembershipID, Side: actor.Side, Rights: &operational.Rights{}}
	if err := json.Unmarshal(person.Rights, who.Rights); err != nil {
		return who, err
	}
	if q.ContactID != uuid.Nil {
		who.Side = operational.SidePartner
		for _, l := range who.Rights.Links {
			who.Connection = l.Connection
		}
	}
	return who, nil
}

// noted is what the audit keeps: who asked about whom and what; never what the answer was.
func (q Question) noted() audit.Record {
	r := audit.Record{Action: "explain.asked", Object: string(q.Object), ID: q.RecordID}
	r.Codes, r.IDs = map[string]string{"act": string(q.Act)}, map[string]uuid.UUID{}
	for name, id := range map[string]uuid.UUID{"contact_id": q.ContactID, "membership_id": q.MembershipID} {
		if id != uuid.Nil {
			r.IDs[name] = id
		}
	}
	return r
}
