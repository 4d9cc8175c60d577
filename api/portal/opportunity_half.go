package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// The partner's half of an opportunity: a form of its own, with a version of its own. A vendor's pages have none of it.

// ownNotes are the fields that the own company has added, where their values are in the half: of what is shared.
func (v *visit) ownNotes(o opportunities.Opportunity) ([]objects.FieldNote, error) {
	if o.ConnectionID == nil {
		return nil, nil
	}
	var setup objects.Setup
	err := v.deps.DB.Read(v.ctx, v.actor, func(b *pgx.Batch) {
		objects.Queue(b, v.actor.Org, operational.ObjectOpportunity, v.actor.Role, &setup)
	})
	own := v.actor.OwnGrant(operational.ObjectOpportunity)
	var notes []objects.FieldNote
	for _, f := range setup.Fields {
		if own.Read.Has(f.Name) {
			notes = append(notes, objects.FieldNote{
				Name: f.Name, Label: f.Label, Type: f.Type, Choices: f.Choices, Members: []string{customPrefix + f.Name}, Custom: true, Editable: own.Edit.Has(f.Name),
			})
		}
	}
	return notes, err
}

// editsHalf says whether the person may change the half. In it the own company's role alone has a say.
func (v *visit) editsHalf(o record) bool {
	return o.private != nil && v.actor.Allowed(operational.OpportunitiesWrite) && v.actor.OwnGrant(operational.ObjectOpportunity).May(operational.ActEdit)
}

// halfRow is the half as forms compare it.
func (v *visit) halfRow(o record) row {
	half := *o.private
	members := map[string]any{"note": half.Note, "custom": half.Custom}
	if half.AccountID != nil {
		members["account_id"] = half.AccountID.String()
	}
	if m := half.EndCustomerAmount; m != nil {
		members["end_customer_amount"] = m.Amount.StringFixed(2)
	}
	return row{id: o.ID, version: half.Version, members: members}
}

// halfCurrency is that of the opportunity; "" where this person does not learn it.
func halfCurrency(o record) string {
	if o.private.EndCustomerAmount != nil {
		return o.private.EndCustomerAmount.Currency
	}
	return o.VendorNet.Currency
}

// halfForm changes the half; none for those who may not.
func (v *visit) halfForm(o record, a attempt) ([]views.Form, error) {
	if !v.editsHalf(o) {
		return nil, nil
	}
	inputs, err := v.halfInputs(o, a)
	return []views.Form{{
		ID: "private", Title: "Your half, for your company only", Action: "/opportunities/" + o.ID.String() + "/private", Submit: "Save", Version: strconv.FormatInt(o.private.Version, 10), Fields: inputs,
	}}, err
}

func (v *visit) halfInputs(o record, a attempt) ([]views.Input, error) {
	was := v.halfRow(o)
	input := func(in views.Input) views.Input {
		in.ID, in.Value, in.Fault = "private-"+in.Name, a.value("private", in.Name, was.in(in.Name)), a.fault("private", in.Name)
		return in
	}
	var out []views.Input
	if currency := halfCurrency(o); currency != "" {
		out = append(out, input(views.Input{Name: "end_customer_amount", Label: "End customer price, " + currency, Mode: "decimal", Max: 20}))
	}
	if v.actor.Allowed(operational.AccountsRead) {
		in := input(views.Input{Name: "account_id", Label: "Your account of the customer", Max: 200})
		f := recordForm{known: known{visit: v}, fits: a.fits}
		if err := f.referAccount(&in); err != nil {
			return nil, err
		}
		if !in.Fixed {
			out = append(out, in)
		}
	}
	for _, n := range o.own {
		if !n.Editable {
			continue
		}
		in := customInput(views.Input{Name: customPrefix + n.Name}, n, nil)
		out = append(out, input(in))
	}
	return append(out, input(views.Input{Name: "note", Label: "Your note", Max: 4000, Rows: 4})), nil
}

// halfFacts are what the half holds besides amount, note and account.
func (v *visit) halfFacts(o record) []views.Field {
	var out []views.Field
	k := known{visit: v}
	for _, n := range o.own {
		if raw := v.halfRow(o).in(memberOf(n)); raw != "" {
			out = append(out, views.Field{Name: n.Label, Value: k.plain(n, raw)})
		}
	}
	return out
}

// editHalf changes what differs from the half, if nobody has changed that meanwhile.
func (p *Portal) editHalf(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	o, err := v.record()
	if err != nil {
		return err
	}
	if o.private == nil {
		return operational.NotFound("opportunity")
	}
	if err := v.onlyHalf(o, values); err != nil {
		return v.againFor(o, attempt{form: "private", values: values}, err)
	}
	patch, c := v.halfPatch(o, values)
	a := attempt{form: "private", values: values, fits: c.fits}
	after := *o.private
	if err = c.faults.Err(); err == nil && version != o.private.Version {
		err = operational.Stale("opportunity")
	} else if err == nil {
		after, err = v.deps.Opportunities.UpdatePrivate(v.ctx, v.actor, o.ID, version, patch)
	}
	switch operational.KindOf(err) {
	case "":
		if err != nil {
			return err
		}
	case operational.KindStale:
		return v.conflict("private", values)
	case operational.KindInvalid, operational.KindConflict:
		return v.againFor(o, a, err)
	default:
		return err
	}
	saved := "private"
	if after.Version == version {
		saved = "nothing"
	}
	http.Redirect(v.w, v.r, "/opportunities/"+o.ID.String()+"?saved="+saved, http.StatusSeeOther)
	return nil
}

// onlyHalf refuses what the form of the half cannot have had.
func (v *visit) onlyHalf(o record, values url.Values) error {
	return only(values, func(name string) bool {
		return slices.Contains([]string{"version", "note", "end_customer_amount"}, name) || name == "account_id" && v.actor.Allowed(operational.AccountsRead) || customIn(o.own, name)
	})
}

// halfPatch is what the form changes. What it does not have, it leaves alone.
func (v *visit) halfPatch(o record, values url.Values) (opportunities.UpdatePrivate, *changes) {
	k := known{visit: v, part: objects.ObjectPart{Fields: slices.DeleteFunc(slices.Clone(o.own), func(n objects.FieldNote) bool { return !n.Editable })}, accounts: map[string]string{}}
	was := v.halfRow(o)
	if id := was.in("account_id"); id != "" {
		k.accounts[id] = ""
		if err := v.nameAccounts(k.accounts); err != nil {
			v.log.WarnContext(v.ctx, "account of an opportunity not readable", "error", err)
		}
	}
	c := k.changesOf(values, was)
	patch := opportunities.UpdatePrivate{Note: c.text("note"), Custom: c.custom()}
	if v.actor.Allowed(operational.AccountsRead) {
		patch.AccountID = c.account("account_id")
	}
	if amount := c.exact("end_customer_amount"); amount.Given {
		patch.EndCustomerAmount.Given = true
		if amount.Value != nil {
			patch.EndCustomerAmount = operational.Set(operational.Money{Amount: *amount.Value, Currency: halfCurrency(o)})
		}
	}
	return patch, c
}
