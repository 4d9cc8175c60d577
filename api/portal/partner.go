package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// tried is a form that was sent and not carried out: its values are kept and its faults shown.
type tried struct {
	form   string
	values url.Values
	faults map[string]string
	note   *views.Note
	status int
}

func (t tried) input(form string, in views.Input) views.Input {
	in.ID = form + "-" + in.Name
	if t.form == form {
		in.Value, in.Fault = t.values.Get(in.Name), t.faults[in.Name]
	}
	return in
}

// notDone makes one of an error; false for faults that have a page of their own.
func notDone(form string, values url.Values, err error) (tried, bool) {
	status, note, known := refused(err)
	return tried{form: form, values: values, faults: faultsOf(err), note: &note, status: status}, known
}

var savedNotes = map[string]views.Note{
	"edit": {Tone: "good", Title: "Saved"}, "provider": {Tone: "good", Title: "The provider is added", Text: "Try it yourself before you ask everybody to: connect it on the page of your account, then sign in by it."}, "ended": {Tone: "good", Title: "The provider has ended"}, "rule": {Tone: "good", Title: "Saved", Text: "It holds from now on; who was signed in with less is signed out."}, "assign": {Tone: "good", Title: "Saved", Text: "It holds from their next request on."},
	"suspend": {Tone: "good", Title: "Suspended", Text: "It holds from the next request on."}, "resume": {Tone: "good", Title: "The connection is active again"},
	"channel":    {Tone: "good", Title: "The channel is open", Text: "Choose your company as a vendor, above your name, to invite partners and to say what they may do."},
	"erase":      {Tone: "good", Title: "Erased", Text: "Nothing names the person any more."},
	"unlink":     {Tone: "good", Title: "The connection has ended", Text: "That account signs nobody in here any more, and what it was signed in to has ended."},
	"reactivate": {Tone: "good", Title: "Let in again"}, "sign-out": {Tone: "good", Title: "Signed out", Text: "All sessions of this person here have ended."}, "end": {Tone: "good", Title: "The connection has ended"},
}

func (v *visit) savedNote() []views.Note {
	if n, known := savedNotes[v.r.URL.Query().Get("saved")]; known {
		return []views.Note{n}
	}
	return nil
}

// connection reads the connection that the address names.
func (v *visit) connection() (interconnect.Connection, error) {
	id, err := v.pathID("connection")
	if err != nil {
		return interconnect.Connection{}, err
	}
	return v.deps.Interconnect.Connection(v.ctx, v.actor, id)
}

// postedConnection is the connection that a form was sent about, with what was sent.
func (v *visit) postedConnection() (c interconnect.Connection, values url.Values, version int64, err error) {
	if values, version, err = v.posted(); err == nil {
		c, err = v.connection()
	}
	return c, values, version, err
}

// partner is the page of one partner.
func (p *Portal) partner(v *visit) error { return v.showPartner(tried{}) }

func (v *visit) showPartner(t tried) error {
	c, err := v.connection()
	if err != nil {
		return err
	}
	page := views.Sheet{
		Title: c.PartnerName, Text: v.partnerLine(c), Notes: v.savedNote(),
		Badges: []views.Cell{{Text: textOf(connectionStates, c.Status), Tone: connectionTone(c.Status)}},
		Acts:   []views.Act{{Text: "Opportunities", Href: "/opportunities?partner=" + c.PartnerOrgID.String(), Icon: "opportunity"}},
	}
	if t.note != nil {
		page.Notes = append(page.Notes, *t.note)
	}
	facts, err := v.partnerFacts(c)
	if err != nil {
		return err
	}
	people, err := v.contactsBlock(c)
	if err != nil {
		return err
	}
	page.Main = []views.Block{{ID: "facts", Title: "How it stands", Facts: facts}, people}
	if page.Side, err = v.partnerForms(c, t); err != nil {
		return err
	}
	status := http.StatusOK
	if t.status != 0 {
		status = t.status
	}
	return v.sheet(status, "Partners", page, views.Link{Text: "Partners", Href: "/partners"}, views.Link{Text: c.PartnerName})
}

// partnerLine answers first: since when, and what holds now.
func (v *visit) partnerLine(c interconnect.Connection) string {
	line := "Connected since " + v.day(c.CreatedAt) + "."
	switch c.Status {
	case interconnect.StatusSuspended:
		line += " Suspended: its people see nothing of the connection."
	case interconnect.StatusEnded:
		line += " Ended: what was shared stays here to be read, and nobody changes it."
	}
	return line
}

func (v *visit) partnerFacts(c interconnect.Connection) ([]views.Fact, error) {
	facts := []views.Fact{{Name: "Your number", Value: c.PartnerNumber}, {Name: "Tier", Value: orNone(c.Tier)}, {Name: "Region", Value: orNone(c.Region)}}
	names, err := v.memberNames()
	if err != nil {
		return nil, err
	}
	manager := "—"
	if c.ChannelManagerID != nil {
		manager = names[*c.ChannelManagerID]
	}
	facts = append(facts, views.Fact{Name: "Manager", Value: manager})
	if o, some := v.openByPartner([]interconnect.Connection{c})[c.PartnerOrgID]; some {
		facts = append(facts, views.Fact{Name: "Open now", Value: o.words(), Href: "/opportunities?status=active&partner=" + c.PartnerOrgID.String()})
	}
	standing, err := v.deps.Interconnect.Standings(v.ctx, v.actor, operational.Query{}.Also(is("id", c.ID.String())))
	if err != nil {
		return nil, err
	}
	for _, x := range standing.Items {
		if x.LastActivity != nil {
			facts = append(facts, views.Fact{Name: "Last activity", Value: v.day(*x.LastActivity)})
		}
		facts = append(facts, views.Fact{Name: "Its people", Value: v.joinedOf(x)})
		if mark := v.mark(x); mark != "" {
			facts = append(facts, views.Fact{Name: "Worth a look", Value: mark})
		}
	}
	if last, err := v.lastChanged(c); err != nil {
		return nil, err
	} else if last.Value != "" {
		facts = append(facts, last)
	}
	if c.StatusAt != nil {
		facts = append(facts, views.Fact{Name: "State since", Value: v.time(*c.StatusAt) + ", by the " + orNone(c.StatusSide)}, views.Fact{Name: "Reason", Value: orNone(c.StatusReason)})
	}
	return facts, nil
}

// lastChanged is the opportunity that was changed last, as far as this person sees them.
func (v *visit) lastChanged(c interconnect.Connection) (views.Fact, error) {
	if !v.actor.Allowed(operational.OpportunitiesRead) {
		return views.Fact{}, nil
	}
	q := operational.Query{Page: operational.Page{Limit: 1}, Sort: []operational.Sort{{Field: "updated_at", Desc: true}}}
	found, err := v.deps.Opportunities.List(v.ctx, v.actor, q.Also(is("connection", c.ID.String())))
	if err != nil || len(found.Items) == 0 {
		return views.Fact{}, err
	}
	o := found.Items[0]
	return views.Fact{Name: "Changed last here", Value: v.time(o.UpdatedAt) + ", " + o.Number, Href: "/opportunities/" + o.ID.String()}, nil
}

// partnerForms are what this person may do.
func (v *visit) partnerForms(c interconnect.Connection, t tried) ([]views.Block, error) {
	var out []views.Block
	base, version := "/partners/"+c.ID.String(), strconv.FormatInt(c.Version, 10)
	if c.Status == interconnect.StatusEnded {
		return nil, nil
	}
	if v.actor.Allowed(operational.ConnectionsManage) {
		out = append(administratorBlock(c), views.Block{ID: "edit", Title: "What you say of it", Form: &views.Sent{Action: base + "/edit", Version: version, Submit: "Save", Quiet: true, Fields: []views.Input{
			t.input("edit", views.Input{Name: "partner_number", Label: "Your number for it", Value: c.PartnerNumber, Max: 60, Required: true}),
			t.input("edit", views.Input{Name: "tier", Label: "Tier", Value: textIn(c.Tier), Max: 60}), t.input("edit", views.Input{Name: "region", Label: "Region", Value: textIn(c.Region), Max: 60}),
		}}})
	}
	if v.actor.Allowed(operational.ChannelGovern) {
		b, err := v.assignBlock(c, base, t)
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	if v.actor.Allowed(operational.ConnectionsManage) {
		out = append(out, lifeBlocks(c, base, version, t)...)
	}
	return out, nil
}

func textIn(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// assignBlock gives the company its role and its manager.
func (v *visit) assignBlock(c interconnect.Connection, base string, t tried) (views.Block, error) {
	a, err := v.rights().ConnectionAssignment(v.ctx, v.actor, c.ID)
	if err != nil {
		return views.Block{}, err
	}
	roles, err := v.roleOptions(governance.External, "The default one")
	if err != nil {
		return views.Block{}, err
	}
	options, err := v.managerOptions()
	if err != nil {
		return views.Block{}, err
	}
	chosen := ""
	if a.ChannelManagerID != nil {
		chosen = a.ChannelManagerID.String()
	}
	return views.Block{ID: "assign", Title: "Role and manager", Form: &views.Sent{Action: base + "/assign", Version: strconv.FormatInt(a.Version, 10), Submit: "Save", Quiet: true, Fields: []views.Input{
		t.input("assign", views.Input{Name: "role", Label: "Role of its people", Hint: "People who have a role of their own keep it.", Value: textIn(a.Role), Options: roles}),
		t.input("assign", views.Input{Name: "channel_manager_id", Label: "Channel manager", Value: chosen, Options: options}),
	}}}, nil
}

// managerOptions are the own people by name, to look after a partner.
func (v *visit) managerOptions() ([]views.Option, error) {
	names, err := v.memberNames()
	managers := []option{}
	for id, name := range names {
		managers = append(managers, option{id.String(), name})
	}
	slices.SortFunc(managers, byText)
	options := []views.Option{{Text: "Nobody"}}
	for _, m := range managers {
		options = append(options, views.Option{Value: m.value, Text: m.text})
	}
	return options, err
}

// givenID is an id that may be left out.
func givenID(text string) *uuid.UUID {
	id, err := uuid.Parse(text)
	if err != nil {
		return nil
	}
	return &id
}

// administratorBlock invites somebody to look after a partner's workspace. It is there whoever works in it: that is the
// partner's own affair.
func administratorBlock(c interconnect.Connection) []views.Block {
	if c.Status != interconnect.StatusActive {
		return nil
	}
	return []views.Block{{
		ID: "administrator", Title: "Somebody to look after its workspace", Text: "Partners from an import have nobody who invites colleagues or sees what you see of the company. Where people of the partner are here already, your invitation is passed on to them, and they decide.",
		Links: []views.Link{{Text: "Invite an administrator", Href: administratorInvitations.base + "/new?connection=" + c.ID.String()}},
	}}
}

// done goes back to a page after a form was carried out, or shows it again with what was wrong.
func (v *visit) done(form, to string, values url.Values, err error, again func(tried) error) error {
	if err == nil {
		http.Redirect(v.w, v.r, to+"?saved="+form, http.StatusSeeOther)
		return nil
	}
	t, known := notDone(form, values, err)
	if !known {
		return err
	}
	if operational.KindOf(err) == operational.KindStale {
		t.note.Text = "Your values are still in the form, and the rest of the page is as it is now. Send it again to put yours over it."
	}
	return again(t)
}

// optText is a text of a form that empties what it is left out of.
func optText(text string) operational.Opt[string] {
	if text = strings.TrimSpace(text); text == "" {
		return operational.Opt[string]{Given: true}
	}
	return operational.Set(text)
}

func (p *Portal) editPartner(v *visit) error {
	c, values, version, err := v.postedConnection()
	if err != nil {
		return err
	}
	_, err = p.deps.Interconnect.UpdateConnection(v.ctx, v.actor, c.ID, version, interconnect.UpdateConnection{
		PartnerNumber: operational.Set(strings.TrimSpace(values.Get("partner_number"))), Tier: optText(values.Get("tier")), Region: optText(values.Get("region")),
	})
	return v.done("edit", "/partners/"+c.ID.String(), values, err, v.showPartner)
}

func (p *Portal) assignPartner(v *visit) error {
	c, values, version, err := v.postedConnection()
	if err != nil {
		return err
	}
	in := governance.UpdateConnectionAssignment{Role: optText(values.Get("role")), ChannelManagerID: operational.Opt[uuid.UUID]{Given: true}}
	if id, bad := uuid.Parse(values.Get("channel_manager_id")); bad == nil {
		in.ChannelManagerID = operational.Set(id)
	}
	_, err = v.rights().AssignConnection(v.ctx, v.actor, c.ID, version, in)
	return v.done("assign", "/partners/"+c.ID.String(), values, err, v.showPartner)
}
