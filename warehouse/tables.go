package warehouse

// Kind is the type of a mirrored column.
type Kind uint8

// The kinds that the mirrored schema uses.
const (
	KindUUID    Kind = iota
	KindText         // text
	KindInt          // int, bigint
	KindDecimal      // numeric(18, Scale)
	KindTime         // timestamptz, kept as UTC in microseconds
	KindDate         // date, in days since 1970-01-01
	KindBool
)

// Column is a mirrored column.
type Column struct {
	Name  string // in the warehouse, for ever: logs are never rewritten
	Kind  Kind
	Scale int // of KindDecimal
	// Source is the name in Postgres, where that is another one by now: after a rename, or for the column that a
	// column of another kind goes on in (amount__2).
	Source string
	// Gone columns are not in Postgres any more: rows that come from there on have null in them.
	Gone bool
}

// From is the name of the column in Postgres.
func (c Column) From() string {
	if c.Source != "" {
		return c.Source
	}
	return c.Name
}

// Table is a mirrored table.
type Table struct {
	Name    string // in the warehouse; the log is Name_log
	Schema  string // in Postgres
	Columns []Column
	Key     []string // primary key
	// AppendOnly tables never change a row: their log is their state.
	AppendOnly bool
}

// TableColumn is a column of a table.
type TableColumn struct {
	Table  *Table
	Column string // its name in the warehouse
}

// Index gives the position of a column, -1 when there is none.
func (t *Table) Index(column string) int {
	for i := range t.Columns {
		if t.Columns[i].Name == column {
			return i
		}
	}
	return -1
}

// IndexFrom gives the position of the column that Postgres calls so, -1 when there is none.
func (t *Table) IndexFrom(source string) int {
	for i := range t.Columns {
		if !t.Columns[i].Gone && t.Columns[i].From() == source {
			return i
		}
	}
	return -1
}

func col(name string, kind Kind) Column { return Column{Name: name, Kind: kind} }
func dec(name string, scale int) Column { return Column{Name: name, Kind: KindDecimal, Scale: scale} }

// A migration that changes a mirrored table changes its entry here too, with these means: a new column or table is added
// (at the end or not: names count); a renamed column gets a Source; a dropped one is marked Gone; one that becomes of
// another kind is marked Gone, and goes on in a new one with its Source (amount__2). A wider type of the same kind needs
// nothing. Names and kinds of columns never change, since the logs are never rewritten.

// Tables are all mirrored tables. A test compares them with the publication and the Postgres catalogue.
var Tables = []*Table{
	{Name: "organisation", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("name", KindText), col("country_code", KindText), col("created_at", KindTime),
	}},
	{Name: "connection", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("vendor_org_id", KindUUID), col("partner_org_id", KindUUID), col("status", KindText), col("partner_number", KindText),
		col("tier", KindText), col("region", KindText), col("created_at", KindTime), col("updated_at", KindTime), col("ended_at", KindTime),
	}},
	{Name: "product", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("org_id", KindUUID), col("name", KindText), col("family", KindText), dec("list_price", 2), col("currency", KindText), col("active", KindBool),
	}},
	{Name: "sales_process", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("org_id", KindUUID), col("name", KindText), col("version", KindInt),
	}},
	{Name: "stage", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("org_id", KindUUID), col("process_id", KindUUID), col("name", KindText), col("position", KindInt), col("type", KindText),
	}},
	{Name: "account", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("org_id", KindUUID), col("industry", KindText), col("country", KindText), col("created_at", KindTime), col("updated_at", KindTime),
	}},
	{Name: "opportunity", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("connection_id", KindUUID), col("vendor_org_id", KindUUID), col("partner_org_id", KindUUID), col("number", KindInt),
		col("vendor_account_id", KindUUID), col("owner_contact_id", KindUUID), col("owner_membership_id", KindUUID), col("process_id", KindUUID), col("stage_id", KindUUID), col("stage_type", KindText),
		dec("vendor_net_amount", 2), col("amount_source", KindText), col("currency", KindText), col("close_date", KindDate), col("region", KindText), col("tier", KindText),
		col("closed_at", KindTime), col("record_type_id", KindUUID), col("frozen_at", KindTime), col("version", KindInt), col("created_at", KindTime), col("updated_at", KindTime),
	}},
	{Name: "opportunity_line", Schema: "crm", Key: []string{"id"}, Columns: []Column{
		col("id", KindUUID), col("opportunity_id", KindUUID), col("connection_id", KindUUID), col("vendor_org_id", KindUUID), col("partner_org_id", KindUUID),
		col("product_id", KindUUID), dec("quantity", 4), dec("unit_price", 2),
	}},
	{Name: "opportunity_history", Schema: "crm", Key: []string{"opportunity_id", "version"}, AppendOnly: true, Columns: []Column{
		col("opportunity_id", KindUUID), col("version", KindInt), col("seq", KindInt), col("connection_id", KindUUID), col("vendor_org_id", KindUUID),
		col("partner_org_id", KindUUID), col("effective_at", KindTime), col("recorded_at", KindTime), col("imported", KindBool), col("change", KindText),
		col("process_id", KindUUID), col("process_version", KindInt), col("stage_id", KindUUID), col("stage_type", KindText), col("stage_position", KindInt),
		dec("vendor_net_amount", 2), col("currency", KindText), col("close_date", KindDate), col("owner_contact_id", KindUUID), col("region", KindText), col("tier", KindText),
	}},
}
