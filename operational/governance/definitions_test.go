package governance_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

func TestCustomFields(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	f, err := w.s.CreateCustomField(ctx, w.A, governance.NewCustomField{Object: operational.ObjectOpportunity, Label: "Asked discount", Type: "number"})
	require.NoError(t, err)
	require.Equal(t, "x_asked_discount", f.Name)
	require.True(t, f.Active)
	for name, label := range map[string]string{"of another script": "Скидка", "of digits": "2nd price"} {
		_, err := w.s.CreateCustomField(ctx, w.A, governance.NewCustomField{Object: operational.ObjectOpportunity, Label: label, Type: "text"})
		require.NoError(t, err, name)
	}
	for name, in := range map[string]governance.NewCustomField{
		"no such object": {Object: operational.ObjectSalesProcess, Label: "x", Type: "text"}, "no label": {Object: operational.ObjectAccount, Type: "text"},
		"no such type": {Object: operational.ObjectAccount, Label: "x", Type: "money"}, "choices of a text": {Object: operational.ObjectAccount, Label: "x", Type: "text", Choices: []string{"a"}},
		"no choices": {Object: operational.ObjectAccount, Label: "x", Type: "choice"}, "a choice twice": {Object: operational.ObjectAccount, Label: "x", Type: "choice", Choices: []string{"a", "a"}},
		"a name like ours": {Object: operational.ObjectAccount, Name: "name", Label: "x", Type: "text"}, "a blank choice": {Object: operational.ObjectAccount, Label: "x", Type: "choice", Choices: []string{" "}},
	} {
		_, err := w.s.CreateCustomField(ctx, w.A, in)
		kind(t, operational.KindInvalid, err, name)
	}
	_, err = w.s.CreateCustomField(ctx, w.A, governance.NewCustomField{Object: operational.ObjectOpportunity, Label: "asked DISCOUNT", Type: "text", Name: "x_other"})
	code(t, "field-name-taken", err)
	choice, err := w.s.CreateCustomField(ctx, w.P1, governance.NewCustomField{Object: operational.ObjectAccount, Label: "Size", Type: "choice", Choices: []string{"S", "L"}})
	require.NoError(t, err)
	kind(t, operational.KindInvalid, second(w.s.UpdateCustomField(ctx, w.P1, choice.ID, 1, governance.UpdateCustomField{Choices: operational.Set([]string{"S"})})), "records may hold it")
	choice, err = w.s.UpdateCustomField(ctx, w.P1, choice.ID, 1, governance.UpdateCustomField{Choices: operational.Set([]string{"S", "M", "L"}), Label: operational.Set("Size of it"), Active: operational.Set(false)})
	require.NoError(t, err)
	require.EqualValues(t, 2, choice.Version)
	require.Equal(t, []string{"S", "M", "L"}, choice.Choices)
	kind(t, operational.KindStale, second(w.s.UpdateCustomField(ctx, w.P1, choice.ID, 1, governance.UpdateCustomField{})), "older version")
	kind(t, operational.KindNotFound, second(w.s.UpdateCustomField(ctx, w.A, choice.ID, 2, governance.UpdateCustomField{})), "a partner's field")
	kind(t, operational.KindNotFound, second(w.s.CustomField(ctx, w.P1, f.ID)), "a vendor's field")

	// Roles do not have it until they are given it.
	r, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.External, Name: "Copy", CopyOf: "dealer_personnel"})
	require.NoError(t, err)
	require.NotContains(t, r.Objects[operational.ObjectOpportunity].Readable, f.Name)
	r, err = w.s.UpdateRole(ctx, w.A, r.Key, 1, on(governance.UpdateRights{Readable: operational.Set([]string{f.Name}), Editable: operational.Set([]string{f.Name})}))
	require.NoError(t, err)
	require.Equal(t, []string{f.Name}, r.Objects[operational.ObjectOpportunity].Editable)
	listed, err := w.s.CustomFields(ctx, w.A, operational.Query{})
	require.NoError(t, err)
	require.Len(t, listed.Items, 3)
}

func TestNoMoreCustomFieldsThanThereCanBe(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	w.exec(t, `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at)
		select gen_random_uuid(), $1, 'account', 'x_f' || i, 'F' || i, 'text', now(), now() from generate_series(1, $2) i`, w.A.Org, governance.MaxCustomFields-1)
	var wait sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wait.Go(func() {
			_, errs[i] = w.s.CreateCustomField(ctx, w.A, governance.NewCustomField{Object: operational.ObjectAccount, Label: fmt.Sprintf("One more %d", i), Type: "text"})
		})
	}
	wait.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		} else {
			code(t, "too-many-definitions", err)
		}
	}
	require.Equal(t, 1, made)
}

func TestRecordTypesAndLayouts(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	sale, err := w.s.CreateRecordType(ctx, w.A, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Project sale", Default: true})
	require.NoError(t, err)
	renewal, err := w.s.CreateRecordType(ctx, w.A, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Renewal", Default: true})
	require.NoError(t, err)
	sale, err = w.s.RecordType(ctx, w.A, sale.ID)
	require.NoError(t, err)
	require.False(t, sale.Default, "there is one default")
	require.True(t, renewal.Default)
	code(t, "record-type-name-taken", second(w.s.CreateRecordType(ctx, w.A, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Renewal"})))
	kind(t, operational.KindInvalid, second(w.s.UpdateRecordType(ctx, w.A, renewal.ID, renewal.Version, governance.UpdateRecordType{Active: operational.Set(false)})), "the default stays in use")

	definition := objects.FormDefinition{Sections: []objects.FormSection{{Title: "The deal", Fields: []objects.Place{
		{Name: "name", Required: true}, {Name: "stage"}, {Name: "close_date", Required: true, ShowIf: &objects.Condition{Field: "stage", In: []string{"Won"}}},
	}}, {Title: "Empty"}}}
	l, err := w.s.CreateLayout(ctx, w.A, governance.NewLayout{Object: operational.ObjectOpportunity, Name: "Short", Definition: definition})
	require.NoError(t, err)
	require.Equal(t, "close_date", l.Definition.Sections[0].Fields[2].Name)
	require.NotNil(t, l.Definition.Sections[1].Fields)
	sale, err = w.s.UpdateRecordType(ctx, w.A, sale.ID, sale.Version, governance.UpdateRecordType{Layouts: operational.Set(map[string]uuid.UUID{"dealer_personnel": l.ID, "analyst": l.ID})})
	require.NoError(t, err)
	require.Equal(t, map[string]uuid.UUID{"dealer_personnel": l.ID, "analyst": l.ID}, sale.Layouts)
	sale, err = w.s.UpdateRecordType(ctx, w.A, sale.ID, sale.Version, governance.UpdateRecordType{Layouts: operational.Set(map[string]uuid.UUID{"analyst": l.ID})})
	require.NoError(t, err)
	require.Equal(t, map[string]uuid.UUID{"analyst": l.ID}, sale.Layouts)
	foreign, err := w.s.CreateLayout(ctx, w.A, governance.NewLayout{Object: operational.ObjectAccount, Name: "Short"})
	require.NoError(t, err)
	for name, layouts := range map[string]map[string]uuid.UUID{"of another object": {"analyst": foreign.ID}, "no such role": {"nobody": l.ID}, "no such layout": {"analyst": uuid.New()}} {
		_, err := w.s.UpdateRecordType(ctx, w.A, sale.ID, sale.Version, governance.UpdateRecordType{Layouts: operational.Set(layouts)})
		kind(t, operational.KindInvalid, err, name)
	}
	err = w.s.DeleteLayout(ctx, w.A, l.ID, l.Version)
	code(t, "layout-in-use", err)
	require.ErrorContains(t, err, "Project sale")
	changed, err := w.s.UpdateLayout(ctx, w.A, l.ID, 1, governance.UpdateLayout{Name: operational.Set("Shorter")})
	require.NoError(t, err)
	require.EqualValues(t, 2, changed.Version)
	require.Equal(t, l.Definition, changed.Definition)
	same, err := w.s.UpdateLayout(ctx, w.A, l.ID, 2, governance.UpdateLayout{Definition: operational.Set(definition)})
	require.NoError(t, err)
	require.EqualValues(t, 2, same.Version, "nothing changed")
	kind(t, operational.KindStale, second(w.s.UpdateLayout(ctx, w.A, l.ID, 1, governance.UpdateLayout{})), "older version")
	require.NoError(t, w.s.DeleteLayout(ctx, w.A, foreign.ID, 1))
	kind(t, operational.KindNotFound, w.s.DeleteLayout(ctx, w.P1, l.ID, 2), "a vendor's layout")
	for _, list := range []func() (int, error){
		func() (int, error) { x, err := w.s.Layouts(ctx, w.A, operational.Query{}); return len(x.Items), err },
		func() (int, error) {
			x, err := w.s.RecordTypes(ctx, w.A, operational.Query{})
			return len(x.Items) - 1, err
		},
	} {
		n, err := list()
		require.NoError(t, err)
		require.Equal(t, 1, n)
	}
}

func TestLayoutsNameWhatThereIs(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	one := func(places ...objects.Place) []objects.FormSection {
		return []objects.FormSection{{Title: "One", Fields: places}}
	}
	for name, sections := range map[string][]objects.FormSection{
		"unknown field": one(objects.Place{Name: "margin"}), "a field twice": one(objects.Place{Name: "name"}, objects.Place{Name: "name"}),
		"asked for and not written": one(objects.Place{Name: "region", Required: true}), "no title": {{Fields: []objects.Place{{Name: "name"}}}},
		"waits for what comes later": one(objects.Place{Name: "name", ShowIf: &objects.Condition{Field: "stage", In: []string{"x"}}}, objects.Place{Name: "stage"}),
		"waits for itself":           one(objects.Place{Name: "name", ShowIf: &objects.Condition{Field: "name", In: []string{"x"}}}),
		"waits for nothing":          one(objects.Place{Name: "stage"}, objects.Place{Name: "name", ShowIf: &objects.Condition{Field: "stage"}}),
		"too many sections":          make([]objects.FormSection, governance.MaxSections+1),
		"another's custom field":     one(objects.Place{Name: "x_own"}),
		"far too long":               {{Title: strings.Repeat("x", 101)}},
	} {
		_, err := w.s.CreateLayout(ctx, w.A, governance.NewLayout{Object: operational.ObjectOpportunity, Name: "L", Definition: objects.FormDefinition{Sections: sections}})
		kind(t, operational.KindInvalid, err, name)
	}
	_, err := w.s.CreateCustomField(ctx, w.P1, governance.NewCustomField{Object: operational.ObjectOpportunity, Name: "x_own", Label: "Own", Type: "text"})
	require.NoError(t, err)
	_, err = w.s.CreateLayout(ctx, w.P1, governance.NewLayout{Object: operational.ObjectOpportunity, Name: "L", Definition: objects.FormDefinition{Sections: one(objects.Place{Name: "x_own", Required: true})}})
	require.NoError(t, err)
}
