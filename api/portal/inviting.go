package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// inviting is one of the two sorts of invitations that a company gives out.
type inviting struct {
	kind, base, title, text string
	section                 string
	back                    views.Link
	needs                   operational.Permission
	side                    operational.Side // "": both
}

var (
	partnerInvitations = inviting{
		kind: interconnect.KindPartner, base: "/partner-invitations", title: "Invite a partner", section: "Partners", back: views.Link{Text: "Partners", Href: "/partners"},
		text:  "You get a link that the partner answers with. Its people see nothing of you before somebody has accepted.",
		needs: operational.ConnectionsManage, side: operational.SideVendor,
	}
	administratorInvitations = inviting{
		kind: interconnect.KindAdministrator, base: "/administrator-invitations", title: "Invite an administrator", section: "Partners", back: views.Link{Text: "Partners", Href: "/partners"},
		text:  "For a partner where nobody looks after the workspace yet: who answers manages its people and sees what you see of it. From then on its people are its own affair.",
		needs: operational.ConnectionsManage, side: operational.SideVendor,
	}
	memberInvitations = inviting{
		kind: interconnect.KindMember, base: "/settings/invitations", title: "Invite a colleague", section: "Settings", back: views.Link{Text: "People", Href: "/settings/people"},
		text: "You get a link that your colleague answers with, and begins to work with the role that you choose.", needs: operational.PeopleManage,
	}
)

// offered is an invitation of either sort as lists and pages show it.
type offered struct {
	interconnect.Invitation
	name  string
	facts []views.Fact
	to    string // where what came of it is
}

func (p *Portal) invitationsOf(mux *http.ServeMux, s inviting) {
	guarded := func(show func(*visit, inviting) error) http.HandlerFunc {
		run := func(v *visit) error { return show(v, s) }
		if s.side != "" {
			return p.ofSide(s.side, run, s.needs)
		}
		return p.governed(run, s.needs)
	}
	mux.HandleFunc("GET "+s.base, guarded(p.invitations))
	mux.HandleFunc("GET "+s.base+"/new", guarded(func(v *visit, s inviting) error {
		return v.askInvitation(s, http.StatusOK, url.Values{"connection": {v.r.URL.Query().Get("connection")}}, nil)
	}))
	mux.HandleFunc("POST "+s.base+"/new", guarded(p.invite))
	mux.HandleFunc("GET "+s.base+"/{id}", guarded(p.oneInvitation))
	mux.HandleFunc("POST "+s.base+"/{id}/{act}", guarded(p.changeInvitation))
}

func (v *visit) offeredOf(s inviting, id uuid.UUID) (offered, error) {
	if s.kind == interconnect.KindPartner {
		x, err := v.deps.Invitations.PartnerInvitation(v.ctx, v.actor, id)
		return v.ofPartner(x), err
	}
	if s.kind == interconnect.KindAdministrator {
		x, err := v.deps.Invitations.AdministratorInvitation(v.ctx, v.actor, id)
		return ofAdministrator(x), err
	}
	x, err := v.deps.Invitations.MemberInvitation(v.ctx, v.actor, id)
	return v.ofMember(x), err
}

func (v *visit) ofPartner(x interconnect.PartnerInvitation) offered {
	o := offered{Invitation: x.Invitation, name: x.PartnerName, facts: []views.Fact{{Name: "Your number", Value: x.PartnerNumber}, {Name: "Tier", Value: orNone(x.Tier)}, {Name: "Region", Value: orNone(x.Region)}}}
	if x.ExternalRole != nil {
		o.facts = append(o.facts, views.Fact{Name: "Role of its people", Value: words(*x.ExternalRole)})
	}
	if x.ConnectionID != nil {
		o.to = "/partners/" + x.ConnectionID.String()
	}
	return o
}

func ofAdministrator(x interconnect.AdministratorInvitation) offered {
	at := "/partners/" + x.IntoConnectionID.String()
	o := offered{Invitation: x.Invitation, name: "Administrator of " + x.PartnerName, facts: []views.Fact{{Name: "Partner", Value: x.PartnerName, Href: at}}}
	if x.Status == interconnect.InvitationAccepted {
		o.to = at
	}
	return o
}

func (v *visit) ofMember(x interconnect.MemberInvitation) offered {
	o := offered{Invitation: x.Invitation, name: "Colleague as " + words(x.Role), facts: []views.Fact{{Name: "Role", Value: words(x.Role)}}}
	if x.Email != nil {
		o.name = *x.Email
	}
	if x.MembershipID != nil {
		o.to = "/settings/people/" + x.MembershipID.String()
	}
	return o
}

func orNone(text *string) string {
	if text == nil || *text == "" {
		return "—"
	}
	return *text
}

// offeredList reads one page of them, newest first.
func (v *visit) offeredList(s inviting, q operational.Query) (list []offered, next []string, total *int64, err error) {
	if s.kind == interconnect.KindPartner {
		found, err := v.deps.Invitations.PartnerInvitations(v.ctx, v.actor, q)
		for _, x := range found.Items {
			list = append(list, v.ofPartner(x))
		}
		return list, found.Next, found.Total, err
	}
	if s.kind == interconnect.KindAdministrator {
		found, err := v.deps.Invitations.AdministratorInvitations(v.ctx, v.actor, q)
		for _, x := range found.Items {
			list = append(list, ofAdministrator(x))
		}
		return list, found.Next, found.Total, err
	}
	found, err := v.deps.Invitations.MemberInvitations(v.ctx, v.actor, q)
	for _, x := range found.Items {
		list = append(list, v.ofMember(x))
	}
	return list, found.Next, found.Total, err
}

var invitationStates = []option{{"open", "Open"}, {"accepted", "Accepted"}, {"rejected", "Rejected"}, {"expired", "Expired"}, {"revoked", "Taken back"}}

// invitations is the list of one sort.
func (p *Portal) invitations(v *visit, s inviting) error {
	q := v.r.URL.Query()
	query := operational.Query{Page: operational.Page{Limit: pageLength, Count: q.Get("cursor") == ""}}
	if state := q.Get("status"); state != "" {
		query = query.Also(is("status", state))
	}
	var err error
	if query.After, err = decodeCursor(q.Get("cursor")); err != nil {
		return err
	}
	list, next, total, err := v.offeredList(s, query)
	if err != nil {
		return err
	}
	page := views.Sheet{
		Title: "Invitations", Text: "What you have offered, newest first, and what came of it.", Acts: []views.Act{{Text: s.title, Href: s.base + "/new", Icon: "plus", Primary: true}},
		Filters: v.simpleBar(s.base, "status", "State", invitationStates),
	}
	action := page.Acts[0]
	if s.kind == interconnect.KindAdministrator { // they begin on the page of a partner
		action, page.Acts = views.Act{Text: "Partners", Href: "/partners"}, nil
	}
	block := views.Block{ID: "invitations", Title: "Invitations", Table: v.invitationTable(s, list)}
	v.paged(&block, s.base, len(list), next, total, "invitation", "invitations")
	if len(list) == 0 {
		block.Empty = &views.Empty{Icon: "handshake", Title: "There is no such invitation", Text: s.text, Action: views.Link{Text: action.Text, Href: action.Href}}
		block.Count = ""
	}
	page.Main = []views.Block{block}
	return v.sheet(http.StatusOK, s.section, page, s.back, views.Link{Text: "Invitations"})
}

func (v *visit) invitationTable(s inviting, list []offered) *views.Table {
	t := &views.Table{Caption: "Invitations", Sticky: true, Columns: []views.Column{{Title: "To"}, {Title: "State"}, {Title: "Mail"}, {Title: "Sent"}, {Title: "Good until"}}}
	for _, x := range list {
		tone, state := stateOf(x.Status)
		sub := ""
		if x.Email != nil && *x.Email != x.name {
			sub = *x.Email
		}
		t.Rows = append(t.Rows, views.Row{Go: true, Cells: []views.Cell{
			{Text: x.name, Sub: sub, Href: s.base + "/" + x.ID.String()}, {Text: state, Tone: tone}, {Text: mailWord(x.Mail), Muted: true}, {Text: v.day(x.CreatedAt)}, {Text: v.day(x.ExpiresAt)},
		}})
	}
	return t
}

func stateOf(status string) (tone, text string) {
	return map[string]string{"open": "info", "accepted": "good", "rejected": "bad"}[status] + "", textOf(invitationStates, status)
}

func mailWord(state string) string {
	return map[string]string{"none": "None: pass the link on", "waiting": "On its way", "sent": "Sent", "failed": "Could not be sent"}[state]
}

// oneInvitation is the page of one.
func (p *Portal) oneInvitation(v *visit, s inviting) error {
	id, err := v.pathID("invitation")
	if err != nil {
		return err
	}
	var notes []views.Note
	if v.r.URL.Query().Get("saved") == "revoke" {
		notes = append(notes, views.Note{Tone: "good", Title: "The invitation is taken back", Text: "Its link leads nowhere from now on."})
	}
	return v.showInvitation(s, id, http.StatusOK, "", notes...)
}

func (v *visit) showInvitation(s inviting, id uuid.UUID, status int, link string, notes ...views.Note) error {
	x, err := v.offeredOf(s, id)
	if err != nil {
		return err
	}
	tone, state := stateOf(x.Status)
	page := views.Sheet{Title: x.name, Text: "Invitation of " + v.time(x.CreatedAt), Badges: []views.Cell{{Text: state, Tone: tone}}, Notes: notes}
	if link != "" {
		page.Main = append(page.Main, v.linkBlock(x, link))
	}
	page.Main = append(page.Main, views.Block{ID: "facts", Title: "Details", Facts: append(v.invitationFacts(x), x.facts...)})
	if x.Message != nil {
		page.Main = append(page.Main, views.Block{ID: "message", Title: "Message", Text: *x.Message})
	}
	if x.to != "" {
		page.Acts = append(page.Acts, views.Act{Text: "Open what came of it", Href: x.to, Icon: "arrow-right"})
	}
	at, version := s.base+"/"+id.String(), strconv.FormatInt(x.Version, 10)
	switch x.Status {
	case interconnect.InvitationExpired:
		page.Side = []views.Block{{ID: "again", Title: "Send it again", Text: "It is open again then, with a new link that is good for 14 days.", Form: &views.Sent{Action: at + "/again", Version: version, Submit: "Make a new link"}}}
	case interconnect.InvitationOpen:
		page.Side = []views.Block{
			{ID: "again", Title: "Send it again", Text: "Makes a new link, good for 14 days. The one before leads nowhere then.", Form: &views.Sent{Action: at + "/again", Version: version, Submit: "Make a new link", Quiet: true}},
			{ID: "revoke", Title: "Take it back", Text: "Its link leads nowhere from then on. That is final; you can invite anew.", Form: &views.Sent{Action: at + "/revoke", Version: version, Submit: "Take back for good", Ask: "Take back…", Bad: true}},
		}
	}
	return v.sheet(status, s.section, page, s.back, views.Link{Text: "Invitations", Href: s.base}, views.Link{Text: x.name})
}

func (v *visit) linkBlock(x offered, link string) views.Block {
	if strings.HasPrefix(link, "/") {
		link = v.origin() + link
	}
	text := "Pass the link on yourself: no mail is sent."
	if x.Mail == "waiting" && x.Email != nil {
		text = "The link is being sent to " + *x.Email + ". You can pass it on as well."
	}
	return views.Block{ID: "link", Title: "The link", Text: text, Copy: &views.Copy{ID: "link-copy", Label: "Link of the invitation", Hint: "Shown this once. Whoever has it may answer.", Value: link}}
}

// origin is the address that the browser reaches this program under.
func (v *visit) origin() string {
	scheme := "http"
	if v.deps.Secure || v.r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + v.r.Host
}

func (v *visit) invitationFacts(x offered) []views.Fact {
	_, state := stateOf(x.Status)
	facts := []views.Fact{{Name: "State", Value: state}, {Name: "Mail", Value: mailWord(x.Mail)}, {Name: "Mail address", Value: orNone(x.Email)}, {Name: "Good until", Value: v.time(x.ExpiresAt)}}
	if x.ClosedAt != nil {
		facts = append(facts, views.Fact{Name: state, Value: v.time(*x.ClosedAt)})
	}
	if x.ClosedReason != nil {
		facts = append(facts, views.Fact{Name: "Reason", Value: *x.ClosedReason})
	}
	return facts
}

// changeInvitation sends one again or takes it back.
func (p *Portal) changeInvitation(v *visit, s inviting) error {
	_, version, err := v.posted()
	if err != nil {
		return err
	}
	id, err := v.pathID("invitation")
	if err != nil {
		return err
	}
	link, note := "", views.Note{}
	switch v.r.PathValue("act") {
	case "again":
		link, err = p.deps.Invitations.SendAgain(v.ctx, v.actor, s.kind, id, version)
		note = views.Note{Tone: "good", Title: "There is a new link", Text: "The one before leads nowhere from now on."}
	case "revoke":
		err = p.deps.Invitations.Revoke(v.ctx, v.actor, s.kind, id, version)
	default:
		return operational.NotFound("page")
	}
	switch status, fault, known := refused(err); {
	case known:
		return v.showInvitation(s, id, status, "", fault)
	case err != nil:
		return err
	case link != "":
		return v.showInvitation(s, id, http.StatusOK, link, note)
	}
	http.Redirect(v.w, v.r, s.base+"/"+id.String()+"?saved=revoke", http.StatusSeeOther)
	return nil
}
