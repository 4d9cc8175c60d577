package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// NewRecords asks for the import of a file of records of one sort into the caller's own company.
type NewRecords struct {
	Kind   string // accounts, contacts, opportunities
	File   []byte // CSV in UTF-8; the header names fields
	DryRun bool   // does everything, writes nothing, finds the same
}

// recordSort is a sort of records that a company imports for itself. Columns are called as the members of a record.
type recordSort struct {
	object  operational.Object
	table   string // where the records are, and which of its columns says whose
	whose   string
	columns map[string]string // column -> the field that it writes; "" for what is only looked up
	also    map[string]string // what exports call a column -> column
	idle    []string          // columns that only exports have, beside those that are ignored of every sort
	named   map[string]string // what faults call a field -> the column that it comes from, where that is another
	needed  []string          // of a new record
	write   func(ctx context.Context, w *recordWriter, tx *postgres.Tx, r record) (outcome, error)
}

const refColumn = "external_ref"

// sharedColumn is that of a file of opportunities which says that one is shared with another company.
const sharedColumn = "connection_id"

// ignored are columns that an export has and that nobody writes: what was taken along can be brought back.
var ignored = []string{"id", "version", "created_at", "updated_at"}

var recordSorts = map[string]recordSort{
	KindAccounts: {
		object: operational.ObjectAccount, table: "crm.account", whose: "org_id", needed: []string{"name"}, write: writeAccount,
		columns: map[string]string{
			refColumn: "", "name": "name", "industry": "industry", "website": "website", "country": "country", "year_established": "year_established",
			"annual_revenue": "annual_revenue", "number_of_employees": "number_of_employees", "parent_account_id": "parent_account_id",
			"parent_external_ref": "parent_account_id", "owner_membership_id": "owner", "record_type_id": "record_type",
		},
	},
	KindContacts: {
		object: operational.ObjectContact, table: "crm.contact", whose: "org_id", needed: []string{"last_name"}, write: writeContact,
		columns: map[string]string{
			refColumn: "", "account_id": "account_id", "account_external_ref": "account_id", "first_name": "first_name", "last_name": "last_name",
			"email": "email", "phone": "phone", "job_title": "job_title", "record_type_id": "record_type",
		},
	},
	KindOpportunities: {
		object: operational.ObjectOpportunity, table: "crm.opportunity", whose: "scope_id", needed: []string{"name"}, write: writeOpportunity,
		columns: map[string]string{
			refColumn: "", "name": "name", "account": "vendor_account_id", "customer_name": "customer_name", "sales_process": "stage", "stage": "stage",
			"amount": "vendor_net", "currency": "vendor_net", "close_date": "close_date", "owner_email": "owner", "record_type": "record_type", "record_type_id": "record_type",
			"account_id": "vendor_account_id", "owner_membership_id": "owner", sharedColumn: "",
		},
		also: map[string]string{
			"vendor_account_id": "account_id", "private.account_id": "account_id", "owner.id": "owner_membership_id", "process.name": "sales_process", "stage.name": "stage",
			"vendor_net.amount": "amount", "vendor_net.currency": "currency",
		},
		idle: []string{
			"number", "vendor.id", "vendor.name", "partner.id", "partner.name", "owner.name", "stage.type", "amount_source", "region", "tier", "closed_at",
			"private.end_customer_amount.amount", "private.end_customer_amount.currency", "private.note",
		},
		named: map[string]string{
			"vendor_account_id": "account", "account_id": "account", "process_id": "sales_process", "stage_id": "stage", "vendor_net": "amount", "vendor_net.currency": "currency",
			"owner_membership_id": "owner_email", "record_type_id": "record_type",
		},
	},
}

// StartRecords stores the file and queues its import; a job does the work, with the rights that its person has then.
// A file that cannot be read at all, or a column that the caller may not write, is refused here.
func (s *Service) StartRecords(ctx context.Context, actor operational.Actor, in NewRecords) (Import, error) {
	sort, found := recordSorts[in.Kind]
	if !found {
		return Import{}, operational.NotFound("import")
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Import{}, fmt.Errorf("make an id: %w", err)
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		t, _, err := openRecords(ctx, tx, in.Kind, sort, in.File)
		if err != nil {
			return err
		}
		if err := sort.writable(tx.Actor, t); err != nil {
			return err
		}
		if err := insert(ctx, tx, id, in.Kind, Mapping{}, map[string][]byte{in.Kind: in.File}, in.DryRun); err != nil {
			return err
		}
		return events.Append(ctx, tx, EventRequested, id, map[string]uuid.UUID{"membership": actor.Membership})
	})
	if err != nil {
		return Import{}, err
	}
	return s.Get(ctx, actor, id)
}

// Columns are the columns that a file of this kind can have for the caller: those that it writes, and those by which
// records are found. The fields that its company has added come last.
func (s *Service) Columns(ctx context.Context, actor operational.Actor, kind string) ([]string, error) {
	sort, found := recordSorts[kind]
	g, reached := actor.GrantOf(sort.object, uuid.Nil)
	if !found || !reached || !g.May(operational.ActImport) {
		return nil, operational.NotFound("import")
	}
	var setup objects.Setup
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) { objects.Queue(b, actor.Org, sort.object, actor.Role, &setup) })
	if err != nil {
		return nil, fmt.Errorf("read fields of %s: %w", kind, err)
	}
	columns := append([]string{refColumn}, sort.needed...)
	for _, column := range slices.Sorted(maps.Keys(sort.columns)) {
		if field := sort.fieldOf(actor, column); column != sharedColumn && !slices.Contains(columns, column) && (field == "" || g.Read.Has(field) && g.Edit.Has(field)) {
			columns = append(columns, column)
		}
	}
	for _, f := range setup.Fields {
		if g.Read.Has(f.Name) && g.Edit.Has(f.Name) {
			columns = append(columns, f.Name)
		}
	}
	return columns, nil
}

// openRecords reads a file and finds its columns.
func openRecords(ctx context.Context, tx *postgres.Tx, kind string, sort recordSort, content []byte) (*table, objects.Setup, error) {
	g, found := tx.Actor.GrantOf(sort.object, uuid.Nil)
	if !found || !g.May(operational.ActImport) {
		return nil, objects.Setup{}, g.Require(operational.ActImport)
	}
	setup, err := objects.OwnTx(ctx, tx, sort.object)
	if err != nil {
		return nil, setup, err
	}
	t, wrong := readRecords(kind, content)
	if len(wrong) == 0 {
		wrong = sort.place(tx.Actor, t, g, setup)
	}
	if len(wrong) > 0 {
		var faults operational.Faults
		for _, w := range wrong {
			faults.Add(kind, w, nil)
		}
		return nil, setup, refused(faults)
	}
	return t, setup, nil
}

// writable refuses a file with columns that the caller reads and does not write, before its import begins. Where that
// comes to be later, the rows say so that have a value there.
func (s recordSort) writable(actor operational.Actor, t *table) error {
	g, _ := actor.GrantOf(s.object, uuid.Nil)
	for _, column := range slices.Sorted(maps.Keys(t.at)) {
		if field := s.fieldOf(actor, column); field != "" && !g.Edit.Has(field) {
			return operational.NotEditable(column)
		}
	}
	return nil
}

// fieldOf is the field that a column writes. A partner's own account of a customer lies in its half, which is no field.
func (s recordSort) fieldOf(actor operational.Actor, column string) string {
	field, ours := s.columns[column]
	switch {
	case !ours:
		return column // a company's own
	case field == "vendor_account_id" && actor.Side != operational.SideVendor:
		return ""
	}
	return field
}

// columnOf is the column of a field that a fault names.
func (s recordSort) columnOf(t *table, field string) string {
	field = strings.TrimPrefix(strings.TrimPrefix(field, "body."), "custom.")
	if column, other := s.named[field]; other {
		if _, there := t.at[field]; !there {
			return column
		}
	}
	return field
}

// place finds the columns. One of a field that the caller does not read is unknown, like one that is misspelt.
func (s recordSort) place(actor operational.Actor, t *table, g operational.Grant, setup objects.Setup) (wrong []string) {
	known := slices.Collect(maps.Keys(s.columns))
	for _, f := range setup.Fields {
		known = append(known, f.Name)
	}
	for name, i := range t.at {
		column := strings.TrimPrefix(name, "custom.")
		if ours, exported := s.also[name]; exported {
			column = ours
		}
		delete(t.at, name)
		switch field := s.fieldOf(actor, column); {
		case slices.Contains(ignored, column) || slices.Contains(s.idle, name) || s.ofOthers(actor, name, known):
		case !slices.Contains(known, column) || field != "" && !g.Read.Has(field):
			wrong = append(wrong, fmt.Sprintf("there is no field %q", clip(name)))
		default:
			t.at[column], t.header[column] = i, name
		}
	}
	slices.Sort(wrong)
	for _, column := range append([]string{refColumn}, s.needed...) {
		if _, there := t.at[column]; !there {
			wrong = append(wrong, "the column "+column+" is missing")
		}
	}
	return wrong
}

// ofOthers says whether a column of an export holds what a vendor has added to the records that it shares with the
// caller, or what of the caller's own fields lies in its half of them: neither is of the caller's own business.
func (s recordSort) ofOthers(actor operational.Actor, name string, known []string) bool {
	if half, is := strings.CutPrefix(name, "private.custom."); is {
		return slices.Contains(known, half)
	}
	field, is := strings.CutPrefix(name, "custom.")
	return is && !slices.Contains(known, field) && slices.ContainsFunc(actor.Grants(s.object), func(g operational.Grant) bool {
		return g.Connection != uuid.Nil && slices.Contains(g.Read.Names, field)
	})
}

// readRecords reads a file whose header names its columns.
func readRecords(name string, content []byte) (*table, []string) {
	content, err := decode(content)
	if err != nil {
		return nil, []string{err.Error()}
	}
	if len(content) > MaxBytes {
		return nil, []string{fmt.Sprintf("the file has more than %d MB; import it in parts", MaxBytes>>20)}
	}
	reader, header, faults := openTable(content, "the names of fields")
	if faults != nil {
		return nil, faults
	}
	t := &table{role: name, name: name, at: map[string]int{}, header: map[string]string{}}
	for i, column := range header {
		column = strings.TrimSpace(column)
		if _, twice := t.at[column]; twice {
			return nil, []string{fmt.Sprintf("the column %q is there twice", clip(column))}
		}
		t.at[column] = i
	}
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, []string{csvFault(err)}
		}
		if len(t.rows)+len(t.broken) >= MaxRecords {
			return nil, []string{fmt.Sprintf("the file has more than %d rows; import it in parts", MaxRecords)}
		}
		line, _ := reader.FieldPos(0)
		t.add(line, fields, len(header))
	}
}

// MaxRecords is the most rows of a file of records.
const MaxRecords = 50_000
