package portal

import (
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// known is what records refer to, by its name.
type known struct {
	*visit
	part              objects.ObjectPart
	members, accounts map[string]string // by id
}

// fields that hold the id of an account.
var accountFields = []string{"parent_account_id", "account_id"}

// known reads the names of what the records refer to, in as few questions as there are kinds.
func (v *visit) known(part objects.ObjectPart, rows ...row) (known, error) {
	k := known{visit: v, part: part, members: map[string]string{}, accounts: map[string]string{}}
	if _, owned := fieldOf(part, "owner"); owned {
		names, err := v.memberNames()
		if err != nil {
			return k, err
		}
		for id, name := range names {
			k.members[id.String()] = name
		}
	}
	for _, r := range rows {
		for _, f := range accountFields {
			if id := r.in(f); id != "" {
				k.accounts[id] = ""
			}
		}
	}
	return k, v.nameAccounts(k.accounts)
}

// nameAccounts fills in the names of accounts that are in sight.
func (v *visit) nameAccounts(names map[string]string) error {
	if len(names) == 0 || !v.actor.Allowed(operational.AccountsRead) {
		return nil
	}
	ids := operational.Filter{Field: "id", Op: "in"}
	for id := range names {
		ids.Values = append(ids.Values, id)
	}
	found, err := v.deps.Accounts.Accounts(v.ctx, v.actor, operational.Query{Page: operational.Page{Limit: mostChoices}, Filter: &ids})
	for _, a := range found.Items {
		names[a.ID.String()] = called(a.Name, "Account", a.ID)
	}
	return err
}

// fact is a field as a reader sees it, with the way to what it names.
func (k known) fact(f objects.FieldNote, raw string) views.Fact {
	fact := views.Fact{Name: f.Label, Value: raw}
	if raw == "" {
		return fact
	}
	switch f.Name {
	case "owner":
		fact.Value = k.members[raw]
	case "record_type":
		fact.Value = typeNamed(k.part, raw)
	case "parent_account_id", "account_id":
		if fact.Value = k.accounts[raw]; fact.Value != "" {
			fact.Href = "/accounts/" + raw
		}
	case "annual_revenue":
		if d, err := decimal.NewFromString(raw); err == nil {
			fact.Value = k.amount(d, k.space.Currency)
		}
	case "number_of_employees":
		if d, err := decimal.NewFromString(raw); err == nil {
			fact.Value = k.count(d.IntPart())
		}
	case "website":
		if strings.HasPrefix(raw, "https://") || strings.HasPrefix(raw, "http://") {
			fact.Value, fact.Href = strings.TrimPrefix(raw, "https://"), raw
		}
	case "email":
		fact.Href = "mailto:" + url.PathEscape(raw)
	default:
		fact.Value = k.plain(f, raw)
	}
	if fact.Value == "" { // a record that is not in sight
		fact.Value = raw[:min(8, len(raw))]
	}
	return fact
}

// plain is a value that names nothing else.
func (k known) plain(f objects.FieldNote, raw string) string {
	switch f.Type {
	case objects.Boolean:
		return map[string]string{"true": "Yes", "false": "No"}[raw]
	case objects.Date:
		if d, err := operational.ParseDate(raw); err == nil {
			return k.date(d)
		}
	}
	return raw
}

func typeNamed(part objects.ObjectPart, id string) string {
	for _, t := range part.Types {
		if t.ID.String() == id {
			return t.Name
		}
	}
	return ""
}

// laid is a part of a page or a form: fields in their order, with those that are asked for.
type laid struct {
	title  string
	fields []laidField
}

type laidField struct {
	objects.FieldNote
	required bool
}

// layout is how the person's role sees records of a type: as its layout has them, else all fields in their order. A field
// that waits for the value of another one is there when that has it.
func (k known) layout(recordType *uuid.UUID, holds func(objects.FieldNote) string) []laid {
	form := formOf(k.part, recordType)
	if form == nil {
		all := laid{title: "Details"}
		for _, f := range k.part.Fields {
			idle := f.Name == "record_type" && len(k.part.Types) == 0 || f.Name == "external_ref" && holds(f) == ""
			if !idle {
				all.fields = append(all.fields, laidField{FieldNote: f})
			}
		}
		return []laid{all}
	}
	var out []laid
	for _, s := range form.Definition.Sections {
		section := laid{title: s.Title}
		for _, place := range s.Fields {
			f, there := fieldOf(k.part, place.Name)
			if there && k.stands(place.ShowIf, holds) {
				section.fields = append(section.fields, laidField{f, place.Required})
			}
		}
		if len(section.fields) > 0 {
			out = append(out, section)
		}
	}
	return out
}

// stands says whether a condition is met, by the value as it is kept or as it is shown.
func (k known) stands(c *objects.Condition, holds func(objects.FieldNote) string) bool {
	if c == nil {
		return true
	}
	f, there := fieldOf(k.part, c.Field)
	if !there {
		return false
	}
	raw := holds(f)
	text := k.fact(f, raw).Value
	for _, value := range c.In {
		if value == raw || value == text {
			return true
		}
	}
	return false
}
