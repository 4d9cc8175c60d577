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

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// NewRecords asks for the import of a file of records of one sort into the caller's own company.
type NewRecords struct {
	Kind   string // accounts, contacts
	File   []byte // CSV in UTF-8; the header names fields
	DryRun bool   // does everything, writes nothing, finds the same
}

// recordSort is a sort of records that a company imports for itself. Columns are called as the members of a record.
type recordSort struct {
	object  operational.Object
	columns map[string]string // column -> the field that it writes; "" for what is only looked up
	needed  []string          // of a new record
	write   func(ctx context.Context, w *recordWriter, tx *postgres.Tx, r record) (outcome, error)
}

const refColumn = "external_ref"

// ignored are columns that an export has and that nobody writes: what was taken along can be brought back.
var ignored = []string{"id", "version", "created_at", "updated_at"}

var recordSorts = map[string]recordSort{
	"accounts": {
		object: operational.ObjectAccount, needed: []string{"name"}, write: writeAccount,
		columns: map[string]string{
			refColumn: "", "name": "name", "industry": "industry", "website": "website", "country": "country", "year_established": "year_established",
			"annual_revenue": "annual_revenue", "number_of_employees": "number_of_employees", "parent_account_id": "parent_account_id",
			"parent_external_ref": "parent_account_id", "owner_membership_id": "owner", "record_type_id": "record_type",
		},
	},
	"contacts": {
		object: operational.ObjectContact, needed: []string{"last_name"}, write: writeContact,
		columns: map[string]string{
			refColumn: "", "account_id": "account_id", "account_external_ref": "account_id", "first_name": "first_name", "last_name": "last_name",
			"email": "email", "phone": "phone", "job_title": "job_title", "record_type_id": "record_type",
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
		if _, _, err := openRecords(ctx, tx, in.Kind, sort, in.File); err != nil {
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

// openRecords reads a file and checks its columns against what the actor may write.
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
		wrong = sort.place(t, g, setup)
	}
	if len(wrong) > 0 {
		var faults operational.Faults
		for _, w := range wrong {
			faults.Add(kind, w, nil)
		}
		return nil, setup, refused(faults)
	}
	for column := range t.at {
		if field := sort.fieldOf(column); field != "" && !g.Edit.Has(field) {
			return nil, setup, operational.NotEditable(column)
		}
	}
	return t, setup, nil
}

// fieldOf is the field that a column writes.
func (s recordSort) fieldOf(column string) string {
	if field, ours := s.columns[column]; ours {
		return field
	}
	return column // a company's own
}

// place finds the columns. One of a field that the caller does not read is unknown, like one that is misspelt.
func (s recordSort) place(t *table, g operational.Grant, setup objects.Setup) (wrong []string) {
	known := slices.Collect(maps.Keys(s.columns))
	for _, f := range setup.Fields {
		known = append(known, f.Name)
	}
	for name, i := range t.at {
		column := strings.TrimPrefix(name, "custom.")
		delete(t.at, name)
		switch field := s.fieldOf(column); {
		case slices.Contains(ignored, column):
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
