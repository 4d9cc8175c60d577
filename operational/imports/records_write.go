package imports

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Rules of rows of records that cannot be kept.
const (
	ruleInvalid  = "invalid"   // a value does not fit its field
	ruleNotYours = "not-yours" // the record, or what it needs, is not the importer's to write
)

// record is a row of a file of records.
type record struct {
	w     *recordWriter
	table *table
	row   row
}

// get is a value without blanks that nobody meant, and without the apostrophe that an export puts before formulas.
func (r record) get(column string) string {
	v := squeeze(r.table.get(r.row, column))
	if rest, guarded := strings.CutPrefix(v, "'"); guarded && rest != "" {
		if first, _ := utf8.DecodeRuneInString(rest); strings.ContainsRune("=+-@＝＋－＠", first) {
			return rest
		}
	}
	return v
}

func (r record) ref() string { return r.get(refColumn) }

// isLate: the row refers to an account that this very file makes.
func (r record) isLate() bool {
	ref := r.get("parent_external_ref")
	_, known := r.w.accounts[ref]
	return ref != "" && !known
}

// values reads the cells of a row; all that are wrong are told at once. An empty cell says nothing: it changes nothing.
type values struct {
	record
	faults operational.Faults
}

func (v *values) text(column string) operational.Opt[string] {
	if text := v.get(column); text != "" {
		return operational.Set(text)
	}
	return operational.Opt[string]{}
}

func parsed[T any](v *values, column, what string, parse func(string) (T, error)) operational.Opt[T] {
	text := v.get(column)
	if text == "" {
		return operational.Opt[T]{}
	}
	value, err := parse(text)
	if err != nil {
		v.faults.Add(column, "It is not "+what+".", nil)
		return operational.Opt[T]{}
	}
	return operational.Set(value)
}

func (v *values) count(column string) operational.Opt[int] {
	return parsed(v, column, "a whole number", strconv.Atoi)
}

func (v *values) amount(column string) operational.Opt[decimal.Decimal] {
	return parsed(v, column, "an amount such as 1234.50", operational.ParseAmount)
}

func (v *values) date(column string) operational.Opt[operational.Date] {
	return parsed(v, column, `a day such as "2017-03-01"`, operational.ParseDate)
}

func (v *values) id(column string) operational.Opt[uuid.UUID] {
	return parsed(v, column, "an identifier", uuid.Parse)
}

// account is the account that a row refers to, by its id or by its reference.
func (v *values) account(idColumn, column string) operational.Opt[uuid.UUID] {
	if id := v.id(idColumn); id.Given {
		return id
	}
	ref := v.get(column)
	if ref == "" {
		return operational.Opt[uuid.UUID]{}
	}
	id, known := v.w.accounts[ref]
	if !known {
		v.faults.Add(column, "There is no account with this reference, or it is not yours to see.", nil)
		return operational.Opt[uuid.UUID]{}
	}
	return operational.Set(id)
}

// custom are the values of the company's own fields.
func (v *values) custom() map[string]any {
	set := map[string]any{}
	for _, f := range v.w.setup.Fields {
		text := v.get(f.Name)
		switch {
		case text == "":
		case f.Type == objects.Boolean && (text == "true" || text == "false"):
			set[f.Name] = text == "true"
		default:
			set[f.Name] = text
		}
	}
	return set
}

func writeAccount(ctx context.Context, w *recordWriter, tx *postgres.Tx, r record) (outcome, error) {
	v := &values{record: r}
	patch := accounts.UpdateAccount{
		Name: v.text("name"), Industry: v.text("industry"), Website: v.text("website"), Country: v.text("country"),
		YearEstablished: v.count("year_established"), AnnualRevenue: v.amount("annual_revenue"), NumberOfEmployees: v.count("number_of_employees"),
		ParentAccountID: v.account("parent_account_id", "parent_external_ref"), OwnerMembershipID: v.id("owner_membership_id"),
		RecordTypeID: v.id("record_type_id"), Custom: v.custom(),
	}
	if err := v.faults.Err(); err != nil {
		return 0, err
	}
	if old, known := w.known[r.ref()]; known {
		now, err := w.Runner.accounts.UpdateAccountTx(ctx, tx, old.ID, old.Version, patch)
		if err == nil { // rows further down may name it, as they name what the file brings
			w.accounts[r.ref()] = old.ID
		}
		return changedFrom(old, now.Version), wrapped(err, "account", r)
	}
	ref := r.ref()
	made, err := w.Runner.accounts.CreateAccountTx(ctx, tx, accounts.NewAccount{
		Name: r.get("name"), Industry: patch.Industry.Value, Website: patch.Website.Value, Country: patch.Country.Value, YearEstablished: patch.YearEstablished.Value,
		AnnualRevenue: patch.AnnualRevenue.Value, NumberOfEmployees: patch.NumberOfEmployees.Value, ParentAccountID: patch.ParentAccountID.Value,
		OwnerMembershipID: patch.OwnerMembershipID.Value, RecordTypeID: patch.RecordTypeID.Value, Custom: patch.Custom,
	}, &ref)
	if err == nil {
		w.accounts[ref] = made.ID
	}
	return rowCreated, wrapped(err, "account", r)
}

func writeContact(ctx context.Context, w *recordWriter, tx *postgres.Tx, r record) (outcome, error) {
	v := &values{record: r}
	patch := accounts.UpdateContact{
		AccountID: v.account("account_id", "account_external_ref"), FirstName: v.text("first_name"), LastName: v.text("last_name"), Email: v.text("email"),
		Phone: v.text("phone"), JobTitle: v.text("job_title"), RecordTypeID: v.id("record_type_id"), Custom: v.custom(),
	}
	old, known := w.known[r.ref()]
	if !known && !patch.AccountID.Given && len(v.faults) == 0 {
		v.faults.Add("account_external_ref", "A new contact needs an account.", nil)
	}
	if err := v.faults.Err(); err != nil {
		return 0, err
	}
	if known {
		now, err := w.Runner.accounts.UpdateContactTx(ctx, tx, old.ID, old.Version, patch)
		return changedFrom(old, now.Version), wrapped(err, "contact", r)
	}
	ref := r.ref()
	_, err := w.Runner.accounts.CreateContactTx(ctx, tx, accounts.NewContact{
		AccountID: *patch.AccountID.Value, FirstName: patch.FirstName.Value, LastName: r.get("last_name"), Email: patch.Email.Value,
		Phone: patch.Phone.Value, JobTitle: patch.JobTitle.Value, RecordTypeID: patch.RecordTypeID.Value, Custom: patch.Custom,
	}, &ref)
	return rowCreated, wrapped(err, "contact", r)
}

func changedFrom(old knownRecord, version int64) outcome {
	if version == old.Version {
		return rowUnchanged
	}
	return rowUpdated
}

func wrapped(err error, object string, r record) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %.60q: %w", object, r.ref(), err)
}
