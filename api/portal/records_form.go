package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// recordForm is a form on its way: of a record, or of a new one, with what was sent before and not carried out.
type recordForm struct {
	*book
	known
	row   row
	fresh bool
	sent  url.Values
	fault error
	fits  map[string][]views.Option
}

// newRecord asks for a new record, with what the address says of it already.
func (v *visit) newRecord(b *book) error {
	f, err := v.formFor(b, row{members: map[string]any{}})
	if err != nil {
		return err
	}
	f.fresh, f.sent = true, url.Values{}
	for _, name := range accountFields {
		if id, err := uuid.Parse(v.r.URL.Query().Get(name)); err == nil {
			f.sent.Set(name, id.String())
		}
	}
	if v.actor.Membership != uuid.Nil {
		f.sent.Set("owner_membership_id", v.actor.Membership.String())
	}
	return f.show()
}

// editRecord asks for other values of a record.
func (v *visit) editRecord(b *book) error {
	r, err := v.bookRow(b)
	if err != nil {
		return err
	}
	f, err := v.formFor(b, r)
	if err != nil {
		return err
	}
	return f.show()
}

func (v *visit) formFor(b *book, r row) (*recordForm, error) {
	part, err := v.part(b)
	if err != nil {
		return nil, err
	}
	k, err := v.known(part, r)
	return &recordForm{book: b, known: k, row: r}, err
}

// makeRecord makes a record of what was sent.
func (v *visit) makeRecord(b *book) error {
	f, err := v.formFor(b, row{members: map[string]any{}})
	if err != nil {
		return err
	}
	f.fresh, f.sent = true, v.r.PostForm
	c := f.changesOf(f.sent, f.row)
	if f.fault = c.unless(); f.fault == nil {
		f.row, f.fault = b.make(c)
	}
	if f.fault == nil {
		http.Redirect(v.w, v.r, b.path+"/"+f.row.id.String()+"?saved=made", http.StatusSeeOther)
		return nil
	}
	f.row, f.fits = row{members: map[string]any{}}, c.fits
	return f.show()
}

// saveRecord changes what differs from the record as it is.
func (v *visit) saveRecord(b *book) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	r, err := v.bookRow(b)
	if err != nil {
		return err
	}
	f, err := v.formFor(b, r)
	if err != nil {
		return err
	}
	f.sent = values
	c := f.changesOf(values, r)
	saved := r
	if f.fault = c.unless(); f.fault == nil && version != r.version {
		f.fault = operational.Stale(string(b.object))
	} else if f.fault == nil {
		saved, f.fault = b.change(c, version)
	}
	if f.fault == nil {
		done := "edit"
		if saved.version == version {
			done = "nothing"
		}
		http.Redirect(v.w, v.r, b.path+"/"+r.id.String()+"?saved="+done, http.StatusSeeOther)
		return nil
	}
	f.fits = c.fits
	if operational.KindOf(f.fault) == operational.KindStale && version == r.version { // it changed just now
		if f.row, err = b.get(v, r.id); err != nil {
			return err
		}
	}
	return f.show()
}

// show writes the page of the form. After a fault the values that were sent are still in it.
func (f *recordForm) show() error {
	page, status := views.RecordForm{Title: "New " + f.one, Action: f.path + "/new", Submit: "Create", Back: f.path}, http.StatusOK
	if !f.fresh {
		at := f.path + "/" + f.row.id.String()
		page = views.RecordForm{Title: "Edit " + f.row.title, Action: at + "/edit", Submit: "Save", Back: at, Version: strconv.FormatInt(f.row.version, 10)}
	}
	if f.fault != nil {
		code, note, known := refused(f.fault)
		if !known {
			return f.fault
		}
		status = code
		if operational.KindOf(f.fault) == operational.KindStale {
			note.Tone, note.Title = "warn", "Somebody changed it while you had it open, so nothing was saved"
			note.Text = "Below are both versions. Your values are still in the form: send it again to put them over the present ones."
			var err error
			if page.Conflict, err = f.compared(); err != nil {
				return err
			}
		}
		page.Notes = []views.Note{note}
	}
	if err := f.fill(&page); err != nil {
		return err
	}
	crumbs := []views.Link{{Text: f.me.Organisation.Name}, {Text: f.title, Href: f.path}, {Text: page.Title}}
	return f.render(status, views.Shell{Title: page.Title, Section: f.title, Crumbs: crumbs}, views.RecordFormPage(page))
}

// holds is the value of a field in the form: what was sent, else what the record has.
func (f *recordForm) holds(n objects.FieldNote) string {
	if member := memberOf(n); f.sent.Has(member) {
		return f.sent.Get(member)
	}
	return f.row.in(memberOf(n))
}

// faults are the messages of fields, by the name of the input.
func (f *recordForm) faults() map[string]string {
	out := map[string]string{}
	for field, message := range faultsOf(f.fault) {
		out[strings.TrimPrefix(field, "body.")] = message
	}
	return out
}

// compared are the fields in which the form and the record differ.
func (f *recordForm) compared() ([]views.Compared, error) {
	for _, name := range accountFields {
		if id, err := uuid.Parse(f.sent.Get(name)); err == nil {
			f.accounts[id.String()] = ""
		}
	}
	if err := f.nameAccounts(f.accounts); err != nil {
		return nil, err
	}
	var out []views.Compared
	for _, n := range f.part.Fields {
		member := memberOf(n)
		if !f.sent.Has(member) || strings.TrimSpace(f.sent.Get(member)) == f.row.in(member) {
			continue
		}
		yours := f.fact(n, strings.TrimSpace(f.sent.Get(member))).Value
		out = append(out, views.Compared{Field: n.Label, Theirs: f.fact(n, f.row.in(member)).Value, Yours: yours})
	}
	return out, nil
}
