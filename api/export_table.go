package api

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// The columns of exports: members of a record, as deep as there is a value. A company's own fields come behind them.
var (
	accountColumns = []string{
		"id", "name", "industry", "website", "country", "year_established", "annual_revenue", "number_of_employees", "parent_account_id",
		"owner_membership_id", "record_type_id", "external_ref", "version", "created_at", "updated_at",
	}
	contactColumns = []string{
		"id", "account_id", "first_name", "last_name", "email", "phone", "job_title", "record_type_id", "external_ref", "version", "created_at", "updated_at",
	}
	productColumns = []string{
		"id", "organisation_id", "name", "family", "list_price.amount", "list_price.currency", "active", "record_type_id", "version", "created_at", "updated_at",
	}
	opportunityColumns = []string{
		"id", "number", "connection_id", "vendor.id", "vendor.name", "partner.id", "partner.name", "name", "customer_name", "vendor_account_id",
		"owner.id", "owner.name", "process.name", "stage.name", "stage.type", "vendor_net.amount", "vendor_net.currency", "amount_source", "close_date",
		"region", "tier", "record_type_id", "closed_at", "external_ref", "version", "created_at", "updated_at",
	}
	privateColumns = []string{"private.account_id", "private.end_customer_amount.amount", "private.end_customer_amount.currency", "private.note"}
)

// table writes records as rows of a CSV file. Another form of file would be another writer of the same cells.
type table struct {
	out     *csv.Writer
	columns [][]string // paths into a record
	cells   []string
}

func newTable(w io.Writer, columns []string) *table {
	t := &table{out: csv.NewWriter(w), cells: make([]string, len(columns))}
	for _, c := range columns {
		t.columns = append(t.columns, strings.Split(c, "."))
	}
	_ = t.out.Write(columns) // the writer keeps its fault until it is flushed
	return t
}

// row writes a record as the API would show it: what is absent there is empty here.
func (t *table) row(record any) error {
	text, err := json.Marshal(record)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var members map[string]any
	if err := d.Decode(&members); err != nil {
		return err
	}
	for i, path := range t.columns {
		var value any = members
		for _, step := range path {
			inner, _ := value.(map[string]any)
			value = inner[step]
		}
		t.cells[i] = fileCell(value)
	}
	return t.out.Write(t.cells)
}

func (t *table) flush() error {
	t.out.Flush()
	return t.out.Error()
}

var plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// fileCell writes a value for a spreadsheet, which must not run it. A number is no formula.
func fileCell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		if plainNumber.MatchString(v) {
			return v
		}
		return safeCell(v)
	default:
		return fmt.Sprint(v)
	}
}
