package portal

import (
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// edit changes plain fields; only those that differ are sent, so that an amount that follows its lines goes on doing so.
func (p *Portal) edit(v *visit) error {
	return v.change("edit", func(o record, version int64, values url.Values) (bool, error) {
		patch, changed, err := patchOf(o, values)
		if err != nil || !changed {
			return false, err
		}
		_, err = v.deps.Opportunities.Update(v.ctx, v.actor, o.ID, version, patch)
		return true, err
	})
}

// onlyEdited refuses what the form of the opportunity cannot have had: a field that is hidden or unknown.
func (v *visit) onlyEdited(o record, values url.Values) error {
	g := v.grantOf(o.Opportunity)
	return only(values, func(name string) bool {
		for _, f := range inForm {
			if f.member == name {
				return g.Read.Has(f.field)
			}
		}
		return name == "version" || name == "reason" || customIn(o.part.Fields, name)
	})
}

// customIn says whether an input is that of a field that a company has added, and the person knows.
func customIn(fields []objects.FieldNote, name string) bool {
	field, custom := strings.CutPrefix(name, customPrefix)
	return custom && slices.ContainsFunc(fields, func(n objects.FieldNote) bool { return n.Custom && n.Name == field })
}

// patchOf is what a form changes. What it does not have, it leaves alone.
func patchOf(o record, values url.Values) (patch opportunities.Update, changed bool, err error) {
	var faults operational.Faults
	patch.Reason = strings.TrimSpace(values.Get("reason"))
	if name := strings.TrimSpace(values.Get("name")); values.Has("name") && name != o.Name {
		patch.Name, changed = operational.Set(name), true
	}
	if customer := strings.TrimSpace(values.Get("customer_name")); values.Has("customer_name") && customer != o.CustomerName {
		patch.CustomerName, changed = optText(customer), true
	}
	if values.Has("vendor_net") {
		amount, err := operational.ParseAmount(strings.TrimSpace(values.Get("vendor_net")))
		switch {
		case err != nil:
			faults.Add("vendor_net", "use digits with at most two decimals, as 1234.50", values.Get("vendor_net"))
		case !amount.Equal(o.VendorNet.Amount):
			patch.VendorNet, changed = operational.Set(operational.Money{Amount: amount, Currency: o.VendorNet.Currency}), true
		}
	}
	if values.Has("close_date") {
		text := values.Get("close_date")
		date, err := operational.ParseDate(text)
		switch {
		case text == "" && o.CloseDate != nil:
			patch.CloseDate, changed = operational.Opt[operational.Date]{Given: true}, true
		case text == "":
		case err != nil:
			faults.Add("close_date", "write it as 2017-03-31", text)
		case o.CloseDate == nil || *o.CloseDate != date:
			patch.CloseDate, changed = operational.Set(date), true
		}
	}
	if values.Has("owner") {
		owner, differs, wrong := ownerIn(o, strings.TrimSpace(values.Get("owner")))
		switch {
		case wrong:
			faults.Add("owner", "choose a person", values.Get("owner"))
		case differs && o.ConnectionID == nil:
			patch.OwnerMemberID, changed = owner, true
		case differs:
			patch.OwnerContactID, changed = owner, true
		}
	}
	if id, err := uuid.Parse(values.Get("record_type_id")); err == nil && (o.RecordTypeID == nil || *o.RecordTypeID != id) {
		patch.RecordTypeID, changed = operational.Set(id), true
	}
	patch.Custom = customPatch(o, values)
	return patch, changed || len(patch.Custom) > 0, faults.Err()
}

// ownerIn is the owner that a form names, and whether that is another one than now; nobody, where it names none.
func ownerIn(o record, text string) (owner operational.Opt[uuid.UUID], differs, wrong bool) {
	if text == "" {
		return operational.Opt[uuid.UUID]{Given: true}, o.Owner != nil, false
	}
	id, err := uuid.Parse(text)
	return operational.Set(id), o.Owner == nil || o.Owner.ID != id, err != nil
}

// customPatch are the values of added fields that a form changes; null clears one.
func customPatch(o record, values url.Values) map[string]any {
	patch := map[string]any{}
	for _, f := range o.part.Fields {
		text := strings.TrimSpace(values.Get(customPrefix + f.Name))
		switch {
		case !f.Custom || !values.Has(customPrefix+f.Name) || text == customValue(o.Custom[f.Name]):
		case text == "":
			patch[f.Name] = nil
		case f.Type == objects.Boolean:
			patch[f.Name] = text == "true"
		default:
			patch[f.Name] = text
		}
	}
	return patch
}
