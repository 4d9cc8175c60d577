package portal

import (
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// timeline is the history, newest first, each change with what it changed.
func (v *visit) timeline(o record) []views.Event {
	var out []views.Event
	for i, c := range o.history {
		e := views.Event{Icon: changeIcon(c), Who: v.who(o, c), What: changeWords[c.Kind], At: v.time(c.EffectiveAt), Reason: c.Reason}
		if i == 0 {
			e.Diffs = v.beginning(c)
		} else {
			e.Diffs = v.diffs(o.history[i-1], c)
		}
		if names := o.withoutValues(c, e.Diffs); names != "" {
			e.What = strings.TrimSuffix(e.What, " it")
			if c.Kind != opportunities.ChangeEdited {
				e.What = changeWords[c.Kind] + ", changed"
			}
			e.What += " " + names
		}
		switch {
		case c.Imported:
			e.Note = ", imported"
		case c.RecordedAt.Sub(c.EffectiveAt).Minutes() > 1:
			e.Note = ", recorded " + v.time(c.RecordedAt)
		}
		out = append(out, e)
	}
	slices.Reverse(out)
	return out
}

// withoutValues names the fields that a change is of and that its differences do not show: history keeps not all values.
func (o record) withoutValues(c opportunities.Change, diffs []views.Diff) string {
	var names []string
	for _, f := range o.part.Fields {
		told := slices.ContainsFunc(diffs, func(d views.Diff) bool { return d.Field == valuesOf[f.Name] })
		if slices.Contains(c.Fields, f.Name) && !told {
			names = append(names, f.Label)
		}
	}
	return strings.Join(names, ", ")
}

// valuesOf are the fields of which history keeps values, as differences call them.
var valuesOf = map[string]string{"stage": "Stage", "vendor_net": "Vendor net", "close_date": "Close date", "owner": "Owner", "region": "Region", "tier": "Tier"}

var changeWords = map[opportunities.ChangeKind]string{
	opportunities.ChangeCreated: "created the opportunity", opportunities.ChangeEdited: "changed it", opportunities.ChangeStageMoved: "moved the stage",
	opportunities.ChangeReopened: "reopened it", opportunities.ChangeReassigned: "assigned it anew",
}

func changeIcon(c opportunities.Change) string {
	switch c.Kind {
	case opportunities.ChangeCreated:
		return "plus"
	case opportunities.ChangeStageMoved:
		if _, icon := stageTone(c.Stage.Type); icon != "" {
			return icon
		}
		return "move"
	case opportunities.ChangeReopened:
		return "reopen"
	case opportunities.ChangeReassigned:
		return "user"
	default:
		return "pen"
	}
}

// who names the person where the reader may know it, else the company.
func (v *visit) who(o record, c opportunities.Change) string {
	switch {
	case c.ChangedBy != nil && c.ChangedBy.Name != "":
		return c.ChangedBy.Name
	case c.Side == "vendor" && o.Vendor != nil:
		return o.Vendor.Name
	case c.Side == "partner" && o.Partner != nil:
		return o.Partner.Name
	case c.Imported:
		return "The import"
	case c.Side == "system":
		return "SharePartner"
	default:
		return v.me.Organisation.Name
	}
}

// beginning is what an opportunity was created with, as far as it is shown.
func (v *visit) beginning(c opportunities.Change) []views.Diff {
	var out []views.Diff
	if c.Stage.Name != "" {
		out = append(out, views.Diff{Field: "Stage", After: c.Stage.Name})
	}
	if c.VendorNet.Currency != "" {
		out = append(out, views.Diff{Field: "Vendor net", After: v.money(c.VendorNet)})
	}
	return out
}

func (v *visit) diffs(was, is opportunities.Change) []views.Diff {
	var out []views.Diff
	add := func(field, before, after string) {
		if before == after {
			return
		}
		if after == "" {
			after = "none"
		}
		out = append(out, views.Diff{Field: field, Before: before, After: after})
	}
	add(valuesOf["stage"], was.Stage.Name, is.Stage.Name)
	if is.VendorNet.Currency != "" {
		add(valuesOf["vendor_net"], v.money(was.VendorNet), v.money(is.VendorNet))
	}
	add(valuesOf["close_date"], v.maybeDate(was.CloseDate), v.maybeDate(is.CloseDate))
	add(valuesOf["owner"], refName(was.Owner), refName(is.Owner))
	add(valuesOf["region"], was.Region, is.Region)
	add(valuesOf["tier"], was.Tier, is.Tier)
	return out
}

func (f format) maybeDate(d *operational.Date) string {
	if d == nil {
		return ""
	}
	return f.date(*d)
}

func refName(r *opportunities.Ref) string {
	if r == nil {
		return ""
	}
	return r.Name
}
