package imports

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// dealing is what rows of opportunities refer to besides accounts, as far as the importer sees it.
type dealing struct {
	processes []catalog.SalesProcess // of the own company, the usual one first
	people    map[string]uuid.UUID   // members who work, by mail address
	currency  string                 // of reports
}

const (
	membersByMail = `select m.id, p.email_norm as mail from crm.membership m join crm.person p on p.id = m.person_id
where m.org_id = $1 and m.status = 'active' and p.email_norm = any($2)`

	reportingCurrency = `select reporting_currency from crm.workspace where org_id = $1`
)

func (w *recordWriter) dealing(ctx context.Context, tx *postgres.Tx, mails []string) (d dealing, err error) {
	if d.processes, err = catalog.OwnProcessesTx(ctx, tx); err != nil {
		return d, err
	}
	if err := tx.QueryRow(ctx, reportingCurrency, tx.Actor.Org).Scan(&d.currency); err != nil {
		return d, fmt.Errorf("read reporting currency: %w", err)
	}
	d.people = map[string]uuid.UUID{}
	rows, err := tx.Query(ctx, membersByMail, tx.Actor.Org, mails)
	if err != nil {
		return d, fmt.Errorf("find members by mail address: %w", err)
	}
	var id uuid.UUID
	var mail string
	_, err = pgx.ForEachRow(rows, []any{&id, &mail}, func() error {
		d.people[mail] = id
		return nil
	})
	return d, err
}

// process is the own sales process that a row names; the usual one where it names none.
func (v *values) process() (catalog.SalesProcess, bool) {
	name := v.get("sales_process")
	for _, p := range v.w.deals.processes {
		if name == "" || strings.EqualFold(p.Name, name) {
			return p, true
		}
	}
	if name != "" {
		v.faults.Add("sales_process", "Your company has no sales process of this name, or it is not yours to see. Write its name as the settings show it.", nil)
	}
	return catalog.SalesProcess{}, false
}

// stage is the stage of a process that a row names, if it names one.
func (v *values) stage(p catalog.SalesProcess) *uuid.UUID {
	name := v.get("stage")
	if name == "" {
		return nil
	}
	stage, found := p.Named(name)
	if !found {
		v.faults.Add("stage", "The sales process has no stage of this name.", nil)
		return nil
	}
	return &stage.ID
}

// customer is the account that a row names by its reference or, where none has that, by its exact name.
func (v *values) customer() (a accounts.Account, given bool) {
	text := v.get("account")
	if id := v.id("account_id").Value; text == "" && id != nil {
		if a, given = v.w.customers.ByID[*id]; !given {
			v.faults.Add("account_id", "There is no such account, or it is not yours to see.", nil)
		}
		return a, given
	}
	if text == "" {
		return a, false
	}
	if a, found := v.w.customers.ByRef[text]; found {
		return a, true
	}
	named := v.w.customers.ByName[text]
	if len(named) == 1 {
		return named[0], true
	}
	message := "There is no account with this reference or name, or it is not yours to see. Import the account first."
	if len(named) > 1 {
		message = "Several accounts have this name. Name the account by its reference."
	}
	v.faults.Add("account", message, nil)
	return a, false
}

func (v *values) owner() operational.Opt[uuid.UUID] {
	mail := strings.ToLower(v.get("owner_email"))
	if mail == "" {
		return v.id("owner_membership_id")
	}
	id, found := v.w.deals.people[mail]
	if !found {
		v.faults.Add("owner_email", "Nobody who works in your company signs in with this mail address.", nil)
		return operational.Opt[uuid.UUID]{}
	}
	return operational.Set(id)
}

// recordType is the type that a row names, by its name or by its id.
func (v *values) recordType() operational.Opt[uuid.UUID] {
	name := v.get("record_type")
	if name == "" {
		return v.id("record_type_id")
	}
	g, _ := v.w.actor.GrantOf(v.w.sort.object, uuid.Nil)
	i := slices.IndexFunc(v.w.setup.Types, func(t objects.RecordType) bool { return strings.EqualFold(t.Name, name) && g.HasType(&t.ID) })
	if i < 0 {
		v.faults.Add("record_type", "There is no such record type, or it is not yours to use.", nil)
		return operational.Opt[uuid.UUID]{}
	}
	return operational.Set(v.w.setup.Types[i].ID)
}

// money is the amount of a row, in its currency or in another where it names none.
func (v *values) money(currency string) operational.Opt[operational.Money] {
	amount := v.amount("amount")
	if given := v.get("currency"); given != "" {
		currency = strings.ToUpper(given)
	}
	if amount.Value == nil {
		return operational.Opt[operational.Money]{}
	}
	return operational.Set(operational.Money{Amount: *amount.Value, Currency: currency})
}

// writeOpportunity keeps an opportunity of the company's own business: of a vendor its direct sales, of a partner what
// it sells without a vendor.
func writeOpportunity(ctx context.Context, w *recordWriter, tx *postgres.Tx, r record) (outcome, error) {
	v := &values{record: r}
	if old, known := w.known[r.ref()]; known {
		did, err := v.changeOpportunity(ctx, tx, old)
		return did, wrapped(err, "opportunity", r)
	}
	return rowCreated, wrapped(v.newOpportunity(ctx, tx), "opportunity", r)
}

func (v *values) newOpportunity(ctx context.Context, tx *postgres.Tx) error {
	in := opportunities.NewOpportunity{
		Name: v.get("name"), CustomerName: v.get("customer_name"), OwnerMemberID: v.owner().Value, CloseDate: v.date("close_date").Value,
		RecordTypeID: v.recordType().Value, VendorNet: v.money(v.w.deals.currency).Value, Custom: v.custom(),
	}
	if process, found := v.process(); found {
		in.StageID = v.stage(process)
		if !process.Default || v.get("sales_process") != "" {
			in.ProcessID = &process.ID
		}
	} else if v.get("stage") != "" && v.get("sales_process") == "" {
		v.faults.Add("stage", "Your company has no sales process, or none that is yours to see.", nil)
	}
	if in.VendorNet == nil && v.get("currency") != "" {
		v.faults.Add("currency", "A currency alone says nothing. Write an amount beside it, 0 if there is none yet.", nil)
	}
	customer, named := v.customer()
	if named && in.CustomerName == "" && v.w.edits("customer_name") {
		in.CustomerName = customer.Name
	}
	vendor := tx.Actor.Side == operational.SideVendor
	if named && vendor {
		in.VendorAccountID = &customer.ID
	}
	if err := v.faults.Err(); err != nil {
		return err
	}
	ref := v.ref()
	made, err := v.w.opportunities.CreateTx(ctx, tx, in, &ref)
	if err == nil && named && !vendor {
		_, err = v.w.opportunities.UpdatePrivateTx(ctx, tx, made.ID, opportunities.UpdatePrivate{AccountID: operational.Set(customer.ID)})
	}
	return err
}

// changeOpportunity patches an opportunity that an earlier import made. Another stage is a move, with its own row of history.
func (v *values) changeOpportunity(ctx context.Context, tx *postgres.Tx, old knownRecord) (outcome, error) {
	deals := v.w.opportunities
	now, err := deals.GetTx(ctx, tx, old.ID)
	if err != nil {
		return 0, err
	}
	patch := opportunities.Update{
		Name: v.text("name"), CustomerName: v.text("customer_name"), OwnerMemberID: v.owner(), CloseDate: v.date("close_date"),
		RecordTypeID: v.recordType(), VendorNet: v.money(now.VendorNet.Currency), Custom: v.custom(),
	}
	stage := v.stageNow(now)
	customer, named := v.customer()
	if err := v.faults.Err(); err != nil {
		return 0, err
	}
	another := named && (now.VendorAccountID == nil || *now.VendorAccountID != customer.ID)
	switch {
	case named && tx.Actor.Side == operational.SideVendor:
		patch.VendorAccountID = operational.Set(customer.ID)
	case named:
		if another, err = deals.UpdatePrivateTx(ctx, tx, old.ID, opportunities.UpdatePrivate{AccountID: operational.Set(customer.ID)}); err != nil {
			return 0, err
		}
	}
	if another && !patch.CustomerName.Given && customer.Name != "" && v.w.edits("customer_name") {
		patch.CustomerName = operational.Set(customer.Name)
	}
	after, err := deals.UpdateTx(ctx, tx, old.ID, now.Version, patch)
	if err == nil && stage != nil {
		after, err = deals.ReachTx(ctx, tx, old.ID, after.Version, *stage)
	}
	if err == nil && another && after.Version == now.Version {
		return rowUpdated, nil
	}
	return changedFrom(knownRecord{Version: now.Version}, after.Version), err
}

// stageNow is the stage that a row names, of the process that the opportunity goes through.
func (v *values) stageNow(now opportunities.Opportunity) *uuid.UUID {
	i := slices.IndexFunc(v.w.deals.processes, func(p catalog.SalesProcess) bool { return p.ID == now.Process.ID })
	if i < 0 {
		if v.get("stage") != "" || v.get("sales_process") != "" {
			v.faults.Add("stage", "The sales process of the opportunity is not yours to see.", nil)
		}
		return nil
	}
	process := v.w.deals.processes[i]
	if name := v.get("sales_process"); name != "" && !strings.EqualFold(name, process.Name) {
		v.faults.Add("sales_process", "The opportunity goes through "+process.Name+", and that does not change. Leave the cell empty.", nil)
		return nil
	}
	return v.stage(process)
}

// edits says whether the importer writes the field.
func (w *recordWriter) edits(field string) bool {
	g, found := w.actor.GrantOf(w.sort.object, uuid.Nil)
	return found && g.Read.Has(field) && g.Edit.Has(field)
}
