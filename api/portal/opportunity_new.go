package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// dealPlace is where a new opportunity can lie: with the own company alone, or on a connection.
type dealPlace struct {
	name       string
	connection *uuid.UUID
	grant      operational.Grant
	part       objects.ObjectPart
}

// with is the place in an address and in a form.
func (p dealPlace) with() string {
	if p.connection == nil {
		return ownDeals
	}
	return p.connection.String()
}

// ownDeals is business without a connection, in addresses.
const ownDeals = "own"

// makesDeals says whether the person may make an opportunity somewhere: none is made without a name.
func (v *visit) makesDeals() bool {
	return v.actor.Allowed(operational.OpportunitiesCreate) && slices.ContainsFunc(v.actor.Grants(operational.ObjectOpportunity), makesDeals)
}

func makesDeals(g operational.Grant) bool {
	return g.May(operational.ActCreate) && g.Read.Has("name") && g.Edit.Has("name")
}

// dealPlaces are those in which the person may make an opportunity, vendors before the own business.
func (v *visit) dealPlaces() ([]dealPlace, error) {
	described, err := objects.New(v.deps.DB).Get(v.ctx, v.actor, operational.ObjectOpportunity)
	if err != nil {
		return nil, err
	}
	connections, err := listed(func(q operational.Query) (operational.Listed[connectionRow], error) {
		return v.activeConnections(q)
	}, is("status", "active"))
	if err != nil {
		return nil, err
	}
	var places []dealPlace
	var own *dealPlace
	for i, g := range v.actor.Grants(operational.ObjectOpportunity) {
		if !makesDeals(g) || i >= len(described.Parts) {
			continue
		}
		if g.Connection == uuid.Nil {
			own = &dealPlace{name: "Own business, without a vendor", grant: g, part: described.Parts[i]}
		}
		for _, c := range connections {
			mine := v.vendor() && (g.Visibility != operational.VisibilityPrivate || slices.Contains(v.actor.Rights.Managed, c.id))
			if mine || g.Connection == c.id {
				places = append(places, dealPlace{name: c.name, connection: &c.id, grant: g, part: described.Parts[i]})
			}
		}
	}
	slices.SortStableFunc(places, func(a, b dealPlace) int { return byText(option{"", a.name}, option{"", b.name}) })
	switch {
	case own == nil:
	case v.vendor():
		own.name = "Direct business, without a partner"
		places = append([]dealPlace{*own}, places...)
	default:
		places = append(places, *own)
	}
	return places, nil
}

// connectionRow is a connection with the name of the other company.
type connectionRow struct {
	id   uuid.UUID
	name string
}

func (v *visit) activeConnections(q operational.Query) (operational.Listed[connectionRow], error) {
	found, err := v.deps.Interconnect.Connections(v.ctx, v.actor, q)
	out := operational.Listed[connectionRow]{Next: found.Next, Total: found.Total}
	for _, c := range found.Items {
		out.Items = append(out.Items, connectionRow{c.ID, v.otherOf(c)})
	}
	return out, err
}

// dealForm is the form of a new opportunity on its way, with what was sent before and not carried out.
type dealForm struct {
	*visit
	places []dealPlace
	at     dealPlace
	kind   *objects.TypeNote // of the new opportunity
	chosen bool              // whether it may be chosen
	sent   url.Values
	fault  error
	fits   map[string][]views.Option
	ways   []way
	owners []opportunities.Ref
	rows   []int // of the lines that were read
}

// askDeal asks for a new opportunity.
func (p *Portal) askDeal(v *visit) error {
	q := v.r.URL.Query()
	f, err := v.dealForm(q.Get("with"), q.Get("type"))
	if err != nil {
		return err
	}
	f.sent = url.Values{}
	for _, name := range []string{"account_id", "vendor_account_id"} {
		if id, err := uuid.Parse(q.Get(name)); err == nil {
			f.sent.Set(name, id.String())
		}
	}
	return f.show()
}

// dealForm makes the form for a place and a type, or for the first ones where none are named.
func (v *visit) dealForm(with, kind string) (*dealForm, error) {
	places, err := v.dealPlaces()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(places, func(p dealPlace) bool { return with == "" || p.with() == with })
	if at < 0 { // a place that is not there, or no more
		return nil, operational.NotFound("page")
	}
	f := &dealForm{visit: v, places: places, at: places[at]}
	f.chooseKind(kind)
	if f.sets("stage") {
		if f.ways, err = v.waysOf(f.at.part.Organisation); err != nil {
			return nil, err
		}
	}
	if f.sets("owner") {
		if f.owners, err = v.deps.Opportunities.Owners(v.ctx, v.actor, f.at.connection); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// chooseKind settles of which type it is to be; each has a form of its own.
func (f *dealForm) chooseKind(wanted string) {
	f.chosen = f.sets("record_type")
	for _, t := range f.at.part.Types {
		if f.chosen && t.ID.String() == wanted || f.kind == nil && t.Default {
			f.kind = &t
		}
	}
	if f.kind == nil && f.chosen && len(f.at.part.Types) > 0 {
		f.kind = &f.at.part.Types[0]
	}
}

// sets says whether the person may set the field of a new opportunity here.
func (f *dealForm) sets(field string) bool {
	return f.at.grant.Read.Has(field) && f.at.grant.Edit.Has(field)
}

// accountMember is the input for the own account of the customer; "" where this person cannot name one. The vendor's
// is on the opportunity; a partner's in its own half.
func (f *dealForm) accountMember() string {
	switch {
	case !f.actor.Allowed(operational.AccountsRead):
		return ""
	case f.vendor() && f.sets("vendor_account_id"):
		return "vendor_account_id"
	case !f.vendor() && f.actor.Allowed(operational.OpportunitiesWrite) && f.actor.OwnGrant(operational.ObjectOpportunity).May(operational.ActEdit):
		return "account_id"
	}
	return ""
}

// makeDeal makes the opportunity, or shows the form again with what was wrong.
func (p *Portal) makeDeal(v *visit) error {
	values := v.r.PostForm
	f, err := v.dealForm(values.Get("with"), values.Get("record_type_id"))
	if err != nil {
		return err
	}
	f.sent = values
	if f.fault = f.unless(); f.fault != nil || f.takesLines() && f.rearranged() {
		return f.show()
	}
	made, err := f.make()
	if f.fault = err; err == nil {
		http.Redirect(v.w, v.r, "/opportunities/"+made.ID.String()+"?saved=made", http.StatusSeeOther)
		return nil
	}
	return f.show()
}

func (f *dealForm) make() (opportunities.Opportunity, error) {
	in, account, err := f.read()
	if err != nil {
		return opportunities.Opportunity{}, err
	}
	if f.vendor() || account == nil {
		in.VendorAccountID = account
		return f.deps.Opportunities.Create(f.ctx, f.actor, in)
	}
	return f.deps.Opportunities.CreateWith(f.ctx, f.actor, in, opportunities.UpdatePrivate{AccountID: operational.Set(*account)})
}

// show writes the page of the form. After a fault the values that were sent are still in it.
func (f *dealForm) show() error {
	page, status := views.RecordForm{Title: "New opportunity", Text: f.sentence(), Action: "/opportunities/new", Submit: "Create", Back: "/opportunities"}, http.StatusOK
	if f.fault != nil {
		code, note, known := refused(f.fault)
		if !known {
			return f.fault
		}
		note.Lines = nil
		for _, x := range f.faultLines() {
			note.Lines = append(note.Lines, x.text+": "+x.value)
		}
		status, page.Notes = code, []views.Note{note}
	}
	page.Hidden = []views.Field{{Name: "with", Value: f.at.with()}}
	if f.chosen && f.kind != nil {
		page.Hidden = append(page.Hidden, views.Field{Name: "record_type_id", Value: f.kind.ID.String()})
	}
	page.Choose = f.chooser()
	if f.sets("stage") && len(f.ways) == 0 && f.actor.Allowed(operational.ProcessesRead) {
		page.Notes = append(page.Notes, views.Note{Tone: "warn", Title: "There is no sales process for it yet", Text: "An opportunity goes through the stages of a process: of the vendor, or in business without one of your own company. One is made in the settings."})
	}
	if err := f.fill(&page); err != nil {
		return err
	}
	if err := f.fillLines(&page); err != nil {
		return err
	}
	return f.render(status, views.Shell{Title: page.Title, Section: "Opportunities", Crumbs: []views.Link{{Text: "Opportunities", Href: "/opportunities"}, {Text: page.Title}}}, views.RecordFormPage(page))
}

// sentence says who will see it.
func (f *dealForm) sentence() string {
	if f.at.connection == nil {
		return f.at.name + ": your company alone sees it."
	}
	return "With " + f.at.name + ": both companies see it."
}

// chooser leads to the form for another place or another type; nil where there is no choice.
func (f *dealForm) chooser() *views.Chooser {
	c := views.Chooser{Action: "/opportunities/new", Title: "Which type", Submit: "Show its form"}
	if len(f.places) > 1 {
		c.Title = "With whom"
		with := views.Input{ID: "with", Name: "with", Label: "With", Value: f.at.with()}
		for _, p := range f.places {
			with.Options = append(with.Options, views.Option{Value: p.with(), Text: p.name})
		}
		c.Fields = append(c.Fields, with)
	}
	if f.chosen && len(f.at.part.Types) > 1 {
		kind := views.Input{ID: "type", Name: "type", Label: "Type", Value: f.kind.ID.String()}
		for _, t := range f.at.part.Types {
			kind.Options = append(kind.Options, views.Option{Value: t.ID.String(), Text: t.Name})
		}
		c.Fields = append(c.Fields, kind)
	}
	if len(c.Fields) == 0 {
		return nil
	}
	return &c
}

// faultLines are the messages of fields, each with the label of its field.
func (f *dealForm) faultLines() []option {
	var out []option
	for member, message := range f.faults() {
		out = append(out, option{message, f.labelOf(member)})
	}
	slices.SortFunc(out, func(a, b option) int { return strings.Compare(a.text+a.value, b.text+b.value) })
	return out
}
