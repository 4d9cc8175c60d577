package clickhouse

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// ofScope begins the names of the parameters that a scope is made of: no receipt tells them.
const ofScope = "scope"

// scope holds the rows that the caller may see.
func (q *query) scope() string {
	if q.who.Whole() {
		return q.wall()
	}
	return q.wall() + " AND opportunity_id IN (SELECT id FROM reach)"
}

// wall bounds the rows of the scope by a column that all tables have.
func (q *query) wall() string {
	if org, ok := q.who.Vendor(); ok {
		return "vendor_org_id = " + q.bind(ofScope, "UUID", org.String())
	}
	if org, ok := q.who.Partner(); ok {
		return "partner_org_id = " + q.bind(ofScope, "UUID", org.String())
	}
	if q.who.Everything() {
		return "true"
	}
	return "false"
}

// reach gives the table expression "reach" with the opportunities of the scope, where more than the wall decides: by
// their mirrored records as they are now.
func (q *query) reach() []string {
	if q.who.Whole() {
		return nil
	}
	branches := q.who.Branches()
	each := make([]string, len(branches))
	for i, b := range branches {
		each[i] = "SELECT id FROM " + q.view.table("opportunity", "id") + " WHERE " + q.wall() + " AND " + q.branch(fmt.Sprintf("%s_%d", ofScope, i+1), b)
	}
	return []string{"reach AS MATERIALIZED (" + strings.Join(each, " UNION ALL ") + ")"}
}

// branch holds the records of one branch.
func (q *query) branch(name string, b warehouse.Branch) string {
	conditions := []string{"false"}
	switch b.Part {
	case warehouse.PartAll:
		conditions[0] = "true"
	case warehouse.PartUnconnected:
		conditions[0] = "connection_id IS NULL"
	case warehouse.PartConnections:
		conditions[0] = q.among("connection_id", name+"_connections", b.Connections)
	case warehouse.PartOthers:
		conditions[0] = "connection_id IS NOT NULL AND partner_org_id <> " + q.bind(name+"_partner", "UUID", b.Partner.String())
	}
	if b.Living {
		conditions = append(conditions, "frozen_at IS NULL")
	}
	if b.Private {
		mine := q.among("owner_contact_id", name+"_contacts", b.Contacts)
		if b.Part == warehouse.PartUnconnected {
			mine = "owner_membership_id = " + q.bind(name+"_membership", "UUID", b.Membership.String())
		}
		conditions = append(conditions, mine)
	}
	if !b.AllTypes {
		conditions = append(conditions, "(record_type_id IS NULL OR "+q.among("record_type_id", name+"_types", b.RecordTypes)+")")
	}
	return strings.Join(conditions, " AND ")
}

// among holds the rows whose column is one of some ids; the text of the question says neither which nor how many. They go
// beside it as a table: a parameter is made a part of the question, and copied wherever that names these rows.
func (q *query) among(column, name string, ids []uuid.UUID) string {
	if len(ids) == 0 {
		return "false"
	}
	q.lists[name] = ids
	return column + " IN (SELECT id FROM " + name + ")"
}

// shown replaces in fixed fragments what the scope does not read: amounts of all currencies are then one count.
func (q *query) shown() []string {
	fragments := []string{
		"{amount}", "vendor_net_amount", "{currency}", "coalesce(toString(currency), '')", "{back_amount}", "back_amount", "{back_currency}", "coalesce(toString(back_currency), '')",
		"{known}", "event <> ''",
	}
	if !q.who.Reads(warehouse.FieldAmount) {
		for i, nothing := range []string{"CAST(0, 'Decimal(18, 2)')", "''", "CAST(0, 'Decimal(18, 2)')", "''"} {
			fragments[2*i+1] = nothing
		}
	}
	if !q.who.Reads(warehouse.FieldStage) {
		fragments[9] = "event = '" + warehouse.EventNew + "'"
	}
	return fragments
}

// told are the parameters that a receipt tells.
func (q *query) told() map[string]any {
	told := make(map[string]any, len(q.params))
	for name, value := range q.params {
		if !strings.HasPrefix(name, ofScope) {
			told[name] = value
		}
	}
	return told
}
