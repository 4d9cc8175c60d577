package portal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// book is a sort of records of one's own company that has pages: a list, a page for each, and a form. Which fields are
// on them, rights and layouts say.
type book struct {
	object    operational.Object
	path      string // of the list
	title     string // of the list, and of the rail's entry
	one, many string
	empty     string // what the first one is good for

	read, create, edit, remove, export operational.Permission

	needed  []string // fields without which none can be made
	words   []string // fields of the list in which words are looked for
	columns []bookColumn
	filters []bookFilter

	listing func(*visit, []bookFilter) (operational.Listing, error)
	list    func(*visit, operational.Query) (operational.Listed[row], error)
	get     func(*visit, uuid.UUID) (row, error)
	make    func(*changes) (row, error)
	change  func(*changes, int64) (row, error)
	delete  func(*visit, uuid.UUID, int64) error
	blocks  func(*visit, row) (main, side []views.Block, err error) // what belongs to a record
	erase   func(*visit, *book, row, tried) []views.Block           // takes out what names a person; nil where nobody is named
}

// row is a record as its pages know it: its members as the API has them, without those that are hidden.
type row struct {
	id               uuid.UUID
	version          int64
	title, line      string
	recordType       *uuid.UUID
	created, updated time.Time
	members          map[string]any
}

// membersOf takes a record apart as the API would show it.
func membersOf(record any) (map[string]any, error) {
	text, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("take a record apart: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var members map[string]any
	return members, d.Decode(&members)
}

// in is what the record holds in a member, as a form has it.
func (r row) in(member string) string {
	var value any = r.members
	for step := range strings.SplitSeq(member, ".") {
		inner, _ := value.(map[string]any)
		value = inner[step]
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// memberOf is the member of a record that holds a field, and the name of its input.
func memberOf(f objects.FieldNote) string {
	if len(f.Members) == 0 {
		return f.Name
	}
	return f.Members[0]
}

// records mounts the pages of a book. To whom they are not open they are not there.
func (p *Portal) records(mux *http.ServeMux, b *book) {
	show := func(needs operational.Permission, page func(*visit, *book) error) http.HandlerFunc {
		return p.governed(func(v *visit) error { return page(v, b) }, needs)
	}
	mux.HandleFunc("GET "+b.path, show(b.read, (*visit).bookList))
	mux.HandleFunc("GET "+b.path+"/new", show(b.create, (*visit).newRecord))
	mux.HandleFunc("POST "+b.path+"/new", show(b.create, (*visit).makeRecord))
	mux.HandleFunc("GET "+b.path+"/{id}", show(b.read, (*visit).recordPage))
	mux.HandleFunc("GET "+b.path+"/{id}/edit", show(b.edit, (*visit).editRecord))
	mux.HandleFunc("POST "+b.path+"/{id}/edit", show(b.edit, (*visit).saveRecord))
	mux.HandleFunc("POST "+b.path+"/{id}/delete", show(b.remove, (*visit).deleteRecord))
	if b.erase != nil {
		mux.HandleFunc("POST "+b.path+"/{id}/erase", show(b.remove, (*visit).eraseContact))
	}
}

// customersNav are the entries of the rail on customers.
func (v *visit) customersNav() []views.NavItem {
	var out []views.NavItem
	for _, x := range []struct {
		book      *book
		icon, key string
	}{{accountBook, "account", "a"}, {contactBook, "contact", "c"}} {
		if v.actor.Allowed(x.book.read) {
			out = append(out, views.NavItem{Title: x.book.title, Icon: x.icon, Href: x.book.path, Key: x.key, Group: "Customers"})
		}
	}
	return out
}

// part says what the person may do with such records of their own company, and what these are made of.
func (v *visit) part(b *book) (objects.ObjectPart, error) {
	described, err := objects.New(v.deps.DB).Get(v.ctx, v.actor, b.object)
	if err != nil {
		return objects.ObjectPart{}, err
	}
	for _, p := range described.Parts {
		if p.ConnectionID == nil {
			return p, nil
		}
	}
	return objects.ObjectPart{}, operational.NotFound(string(b.object))
}

// may says whether a record of the book can be made by this person: every field that it needs can be written.
func (b *book) mayMake(v *visit, part objects.ObjectPart) bool {
	return v.actor.Allowed(b.create) && !slices.ContainsFunc(b.needed, func(name string) bool {
		f, known := fieldOf(part, name)
		return !known || !f.Editable
	})
}

func fieldOf(part objects.ObjectPart, name string) (objects.FieldNote, bool) {
	i := slices.IndexFunc(part.Fields, func(f objects.FieldNote) bool { return f.Name == name })
	if i < 0 {
		return objects.FieldNote{}, false
	}
	return part.Fields[i], true
}

// called names a record whose name is empty or hidden.
func called(name, kind string, id uuid.UUID) string {
	if name = strings.TrimSpace(name); name != "" {
		return name
	}
	return kind + " " + id.String()[:8]
}

// bookRow is the record that the address names.
func (v *visit) bookRow(b *book) (row, error) {
	id, err := v.pathID(string(b.object))
	if err != nil {
		return row{}, err
	}
	return b.get(v, id)
}
