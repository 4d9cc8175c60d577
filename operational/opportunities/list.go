package opportunities

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Fields both sides may list by.
var shared = map[string]postgres.Column{
	"number":        {SQL: "o.number", Type: postgres.Int, Prefix: numberPrefix},
	"name":          {SQL: "o.name", Type: postgres.Text},
	"customer_name": {SQL: "o.customer_name", Type: postgres.Text, Nullable: true},
	"connection":    {SQL: "o.connection_id", Type: postgres.UUID, Nullable: true},
	"vendor":        {SQL: "o.vendor_org_id", Type: postgres.UUID, Nullable: true},
	"partner":       {SQL: "o.partner_org_id", Type: postgres.UUID, Nullable: true},
	"owner":         {SQL: "coalesce(o.owner_contact_id, o.owner_membership_id)", Type: postgres.UUID, Nullable: true},
	"process":       {SQL: "o.process_id", Type: postgres.UUID},
	"stage":         {SQL: "o.stage_id", Type: postgres.UUID},
	"stage_type":    {SQL: "o.stage_type", Type: postgres.Text, Enum: []string{"active", "won", "lost", "disqualified"}},
	"amount":        {SQL: "o.vendor_net_amount", Type: postgres.Decimal},
	"amount_source": {SQL: "o.amount_source", Type: postgres.Text, Enum: []string{"entered", "imported", "list_price", "lines"}},
	"currency":      {SQL: "o.currency", Type: postgres.Text},
	"close_date":    {SQL: "o.close_date", Type: postgres.Date, Nullable: true},
	"region":        {SQL: "o.region", Type: postgres.Text, Nullable: true},
	"tier":          {SQL: "o.tier", Type: postgres.Text, Nullable: true},
	"record_type":   {SQL: "o.record_type_id", Type: postgres.UUID, Nullable: true},
	"external_ref":  {SQL: "o.external_ref", Type: postgres.Text, Nullable: true},
	"closed_at":     {SQL: "o.closed_at", Type: postgres.Time, Nullable: true},
	"created_at":    {SQL: "o.created_at", Type: postgres.Time},
	"updated_at":    {SQL: "o.updated_at", Type: postgres.Time},
	"product":       {SQL: "l.product_id", Type: postgres.UUID, Within: "exists (select from crm.opportunity_line l where l.opportunity_id = o.id and %s)"},
	"family":        {SQL: "f.family", Type: postgres.Text, Within: "exists (select from crm.opportunity_line l join crm.product f on f.id = l.product_id where l.opportunity_id = o.id and %s)"},
}

var lists = map[operational.Side]postgres.List{
	operational.SidePartner: listOf(operational.SidePartner, map[string]postgres.Column{
		// The partner's own account of the customer: the wall shows it nobody else's half.
		"account": {SQL: "h.account_id", Type: postgres.UUID, Nullable: true, Within: "exists (select from crm.opportunity_private h where h.opportunity_id = o.id and %s)"},
	}),
	operational.SideVendor: listOf(operational.SideVendor, map[string]postgres.Column{
		"vendor_account": {SQL: "o.vendor_account_id", Type: postgres.UUID, Nullable: true},
	}),
}

func listOf(side operational.Side, own map[string]postgres.Column) postgres.List {
	fields := maps.Clone(shared)
	maps.Copy(fields, own)
	l := postgres.List{From: "crm.opportunity o", ID: "o.id", Order: []operational.Sort{{Field: "updated_at", Desc: true}}, Field: fields, Reach: reach}
	l.Reach.Columns = qualified(side)
	return l
}

// Listing says by which fields the actor can list opportunities: those that it may read on all of them. What it cannot
// read is not there. Fields that companies have added are in it when asked names them.
func (s *Service) Listing(ctx context.Context, actor operational.Actor, asked ...string) (operational.Listing, error) {
	added, err := s.added(ctx, actor, asked)
	if err != nil {
		return operational.Listing{}, err
	}
	return listFor(actor, added).Listing(), nil
}

// listFor is the list as the actor may ask for it.
func listFor(actor operational.Actor, added map[string]postgres.Column) postgres.List {
	l := lists[actor.Side]
	read := actor.ReadableFields(operational.ObjectOpportunity)
	_, others := actor.PublicGrant(operational.ObjectOpportunity)
	families := actor.ReadableFields(operational.ObjectProduct).Has("family") // lines name products, and those their family
	if read.All && families && !others && len(added) == 0 {
		return l
	}
	if others {
		l.Reach.Columns = strings.Replace(l.Reach.Columns, ", o."+fieldRef, "", 1)
	}
	l.Field = maps.Clone(l.Field)
	maps.Copy(l.Field, added)
	maps.DeleteFunc(l.Field, func(name string, _ postgres.Column) bool {
		field := fieldOfList(name)
		return field != "" && !read.Has(field) || name == "family" && !families || others && slices.Contains(listsOfOthers, name)
	})
	if !read.Whole() || others {
		l.Field["updated_at"] = changedAt(actor, actor.ListableFields(operational.ObjectOpportunity))
	}
	if ref, some := ownRef(actor); some && !others && !read.Has(fieldRef) {
		l.Field[fieldRef] = ref
	}
	return l
}

// ownRef is the reference by which a partner finds its own business again, beside business of vendors who keep theirs to
// themselves: where it is hidden there is none.
func ownRef(actor operational.Actor) (postgres.Column, bool) {
	if actor.Side != operational.SidePartner {
		return postgres.Column{}, false
	}
	own, shown := false, ""
	for _, g := range actor.Grants(operational.ObjectOpportunity) {
		switch {
		case !g.Read.Has(fieldRef):
		case g.Connection == uuid.Nil:
			own = true
		default:
			shown += " or o.connection_id = '" + g.Connection.String() + "'"
		}
	}
	return postgres.Column{SQL: "case when o.connection_id is null" + shown + " then o.external_ref end", Type: postgres.Text, Nullable: true}, own
}
