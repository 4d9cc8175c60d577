package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// nameless is what erased people are called.
const nameless = "Erased person"

var erasureReasons = []views.Option{{Value: "requested", Text: "The person asked for it"}, {Value: "left", Text: "The person has left"}, {Value: "mistake", Text: "It was a mistake"}, {Value: "order", Text: "An authority ordered it"}}

// eraseForm takes everything that names somebody out, once the name was typed.
func eraseForm(t tried, action, name string, version int64) *views.Sent {
	return &views.Sent{
		Action: action, Version: strconv.FormatInt(version, 10), Submit: "Erase " + clip(name, 60) + " for good", Ask: "Erase…", Bad: true, Open: t.form == "erase",
		Fields: []views.Input{
			t.input("erase", views.Input{Name: "reason", Label: "Why", Hint: "It stays in the audit.", Value: "requested", Options: erasureReasons}),
			t.input("erase", views.Input{Name: "confirm", Label: "Type the name", Hint: "Exactly as it stands: " + name, Max: 400, Required: true}),
		},
	}
}

// erasePersonBlock ends one of the own people for good; somebody else does it to oneself.
func erasePersonBlock(x interconnect.Person, self bool, t tried) []views.Block {
	if self || x.Name == nameless && x.Email == nil {
		return nil
	}
	return []views.Block{{
		ID: "erase", Title: "Erase", Text: "Goes, and cannot be brought back: name and mail address, here and as vendors know them; sessions, API keys, passwords and all that signs the person in.\n" +
			"Stays: what they did, its history and the audit, by ids. Values in the findings of imports are gone after 30 days at the latest, and backups are not changed. Who is a member of other companies goes on there.",
		Form: eraseForm(t, "/settings/people/"+x.ID.String()+"/erase", x.Name, x.Version),
	}}
}

// eraseContactBlock erases a person at a customer; whoever does not read the whole name cannot type it.
func eraseContactBlock(v *visit, b *book, r row, t tried) []views.Block {
	name := strings.TrimSpace(r.in("first_name") + " " + r.in("last_name"))
	g, there := v.actor.GrantOf(b.object, uuid.Nil)
	if !v.actor.Allowed(b.remove) || !there || !g.Read.Has("first_name") || !g.Read.Has("last_name") || name == nameless {
		return nil
	}
	return []views.Block{{
		ID: "erase", Title: "Erase", Text: "Goes, and cannot be brought back: name, mail address, telephone, job title, reference and all own fields.\n" +
			"Stays: the contact itself, without a name, for what refers to it; its history and the audit, by ids. Values in the findings of imports are gone after 30 days at the latest, and backups are not changed.",
		Form: eraseForm(t, b.path+"/"+r.id.String()+"/erase", name, r.version),
	}}
}

// eraseContact erases a contact that is as it was shown.
func (v *visit) eraseContact(b *book) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	id, err := v.pathID(string(b.object))
	if err != nil {
		return err
	}
	if _, err = v.deps.Accounts.EraseContact(v.ctx, v.actor, id, version, erasureOf(values)); err == nil {
		http.Redirect(v.w, v.r, b.path+"/"+id.String()+"?saved=erased", http.StatusSeeOther)
		return nil
	}
	t, known := notDone("erase", values, err)
	if !known {
		return err
	}
	return v.showRecord(b, t)
}

func erasureOf(values url.Values) identity.Erasure {
	return identity.Erasure{Reason: values.Get("reason"), Confirm: values.Get("confirm")}
}
