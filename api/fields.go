package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// FieldsInput asks for a part of each record.
type FieldsInput struct {
	Fields string `query:"fields" maxLength:"2000" doc:"Only these fields of each record, parted by commas; of those that companies have added (x_...) each by its name" example:"id,name"`
}

// hiddenFields are fields that one side never sees: they do not exist for it.
var hiddenFields = map[operational.Side][]string{
	operational.SidePartner: {"vendor_account_id", "channel_manager_id"},
}

// fieldsOf are the names of the fields of the record that an output carries, alone or in a list; nil when it has none
// that can be chosen.
func fieldsOf[O any]() []string {
	body, ok := reflect.TypeFor[O]().FieldByName("Body")
	if !ok || body.Type.Kind() != reflect.Struct {
		return nil
	}
	t := body.Type
	if items, ok := t.FieldByName("Items"); ok {
		t = items.Type.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// checkFields refuses names that are no fields for this side, before anything is read.
func (a *API) checkFields(r *http.Request, op *huma.Operation, actor operational.Actor) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	wanted := splitFields(r.URL.Query().Get("fields"))
	known, _ := op.Metadata[metaFields].([]string)
	permission := op.Metadata[metaPermission].(operational.Permission)
	hidden := hiddenFrom(actor, permission)
	added, err := a.addedFields(r, actor, permission, known, wanted)
	if err != nil {
		return err
	}
	var faults operational.Faults
	for _, name := range wanted {
		if operational.IsCustom(name) && slices.Contains(added, name) {
			continue
		}
		if !slices.Contains(known, name) || slices.Contains(hiddenFields[actor.Side], name) || hidden(name) {
			faults.Add("query.fields", "there is no such field", name)
		}
	}
	return faults.Err()
}

// memberCustom is the member of a record that holds the fields which companies have added.
const memberCustom = "custom"

// addedFields are those of the wanted names that are fields which companies have added to the records of an operation,
// and that the actor reads on all of them.
func (a *API) addedFields(r *http.Request, actor operational.Actor, p operational.Permission, known, wanted []string) ([]string, error) {
	object, governed := p.Object()
	if !governed || !slices.Contains(known, memberCustom) || !slices.ContainsFunc(wanted, operational.IsCustom) {
		return nil, nil
	}
	types, err := objects.Added(r.Context(), a.deps.DB, actor, object, wanted)
	if err != nil {
		return nil, err
	}
	readable := actor.ReadableFields(object)
	return slices.DeleteFunc(slices.Collect(maps.Keys(types)), func(name string) bool { return !readable.Has(name) }), nil
}

// hiddenFrom says which members of the records that a permission is for the actor may not read on all of them.
func hiddenFrom(actor operational.Actor, p operational.Permission) func(member string) bool {
	object, _ := p.Object()
	described, found := objects.Of(object)
	readable := actor.ReadableFields(object)
	return func(member string) bool {
		field := described.FieldOf(member)
		return found && field != "" && !readable.Has(field)
	}
}

func splitFields(text string) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	names := strings.Split(text, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}

// chooseFields cuts an answer down to what `fields` asks for.
func chooseFields(ctx huma.Context, status string, v any) (any, error) {
	if status != "200" || ctx.Operation().Metadata[metaFields] == nil {
		return v, nil
	}
	wanted := splitFields(ctx.Query("fields"))
	if len(wanted) == 0 {
		return v, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	items, isList := whole["items"]
	if !isList {
		return chosen(whole, wanted), nil
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(items, &rows); err != nil {
		return nil, err
	}
	out := make([]map[string]json.RawMessage, len(rows))
	for i := range rows {
		out[i] = chosen(rows[i], wanted)
	}
	whole["items"], err = json.Marshal(out)
	return whole, err
}

// chosen is the part of a record with these members. Of the fields that companies have added each is one by itself.
func chosen(row map[string]json.RawMessage, wanted []string) map[string]json.RawMessage {
	part := make(map[string]json.RawMessage, len(wanted))
	var added, some map[string]json.RawMessage
	for _, name := range wanted {
		if value, ok := row[name]; ok {
			part[name] = value
		}
		if !operational.IsCustom(name) || slices.Contains(wanted, memberCustom) {
			continue
		}
		if added == nil {
			added, some = map[string]json.RawMessage{}, map[string]json.RawMessage{}
			_ = json.Unmarshal(row[memberCustom], &added) // written by us; absent when there are none
		}
		if value, ok := added[name]; ok {
			some[name] = value
		}
	}
	if len(some) > 0 {
		part[memberCustom], _ = json.Marshal(some) // texts and truths always marshal
	}
	return part
}
