package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// guest is a request of somebody who came by the link of an invitation, signed in or not.
type guest struct {
	*Portal
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	token string
	base  string
	asked bool   // for the link to join
	email string // that the link to join was mailed to
	offer interconnect.Offer
	actor operational.Actor
	me    identity.Me // when signed in

	form   string // that was sent and not carried out
	faults map[string]string
}

// invited runs a page behind a link. The link itself is the secret: it goes into no log, and other pages learn of it
// no more than where this program runs (the browser leaves out the rest).
func (p *Portal) invited(show func(*guest) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "strict-origin")
		w.Header().Set("X-Robots-Tag", "noindex")
		ctx, cancel := context.WithTimeout(r.Context(), pageTime)
		defer cancel()
		g := &guest{Portal: p, w: w, r: r, ctx: ctx, token: r.PathValue("token")}
		g.base = "/invitations/" + g.token
		if err := g.load(); err != nil {
			g.fault(err)
			return
		}
		if err := readForm(r); err != nil {
			g.fault(err)
			return
		}
		if err := show(g); err != nil {
			g.fault(err)
		}
	}
}

func (g *guest) load() (err error) {
	if g.actor, err = g.api.Authenticate(g.r); err != nil && operational.KindOf(err) != operational.KindUnauthenticated {
		return err
	}
	if err := g.api.Admit(g.r, g.actor); err != nil {
		return err
	}
	if g.offer, err = g.deps.Invitations.Look(g.ctx, g.token); err != nil {
		return err
	}
	if g.actor.IsZero() {
		return nil
	}
	api.NoteActor(g.r.Context(), g.actor)
	g.me, err = g.deps.Identity.Me(g.ctx, g.actor)
	return err
}

// fault answers for links that lead nowhere in one way, whatever the reason is.
func (g *guest) fault(err error) {
	if operational.KindOf(err) != operational.KindNotFound {
		g.bareFault(g.w, g.r, err)
		return
	}
	showBare(g.w, g.r, faultPage{
		status: http.StatusNotFound, title: "This invitation is not open",
		text:  "It was answered, taken back or has expired, whoever made it may not invite like this any more, or the link is not complete.",
		lines: []string{"Check that the whole link was copied.", "Ask whoever invited you for a new one: it takes them one click."},
	})
}

// show is the page of the invitation.
func (g *guest) show(status int, notes ...views.Note) error {
	f := newFormat(g.me.TimeZone)
	page := views.Sheet{Title: g.offer.Inviter + " invites you", Text: "The invitation is open until " + f.time(g.offer.ExpiresAt) + " (" + f.loc.String() + ").", Notes: notes}
	switch {
	case g.offer.Kind == interconnect.KindPartner:
		page.Title = g.offer.Inviter + " invites your company as a partner"
	case g.offer.Kind == interconnect.KindAdministrator && g.offer.Company != nil:
		page.Title = g.offer.Inviter + " invites you to look after the workspace of " + *g.offer.Company
	}
	if g.offer.Kind == interconnect.KindAdministrator { // the same words wherever it leads
		page.Text += " Where the company has people here already, one of them answers it: somebody from outside cannot."
	}
	if g.offer.Message != nil {
		page.Lede = []views.Span{{Text: *g.offer.Message}}
	}
	if g.actor.IsZero() {
		if err := g.readTicket(); err != nil {
			return err
		}
		page.Main = append(page.Main, g.newcomerBlock(), g.signInBlock())
	} else {
		page.Main = append(page.Main, g.acceptBlock())
	}
	if !g.actor.Looks() {
		page.Main = append(page.Main, g.rejectBlock())
	}
	return render(g.w, g.r, status, views.Bare(bareShell(g.r, "Invitation"), true, views.InvitationPage(page)))
}

// acceptBlock is for somebody who is signed in: whether they may answer for their company, and what follows.
func (g *guest) acceptBlock() views.Block {
	b := views.Block{ID: "accept", Title: "Accept"}
	who := "You are signed in as " + g.me.Name + " of " + g.me.Organisation.Name + "."
	switch {
	case g.actor.Looks():
		b.Text = who + " You look as a role, so you answer nothing. Stop looking first, then open the link again."
		b.Links = []views.Link{{Text: "Open your workspace", Href: "/"}}
		return b
	case g.offer.Kind == interconnect.KindMember:
		b.Text = who + " If you accept, you can also work for " + g.offer.Inviter + ", and change between the two at the top of the menu."
	case g.offer.Kind == interconnect.KindAdministrator:
		b.Text = who + " If you accept, you look after the workspace of " + textIn(g.offer.Company) + ": its people, its connections and all of its business."
	case g.me.ConnectionID != nil:
		b.Text = who + " Your session works for one vendor only, so it cannot answer for your company. Choose “All my business” first, at the top of the menu."
		b.Links = []views.Link{{Text: "Open your workspace", Href: "/"}}
		return b
	case !g.actor.Allowed(operational.ConnectionsManage):
		b.Text = who + " Your role may not connect your company with others. Pass the link on to an administrator of " + g.me.Organisation.Name + "."
		return b
	default:
		b.Text = who + " If you accept, " + g.me.Organisation.Name + " is connected with " + g.offer.Inviter + ": it sees the opportunities that you share with it and nothing else of your workspace."
	}
	b.Form = &views.Sent{Action: g.base + "/accept", Submit: "Accept"}
	return b
}

func (g *guest) signInBlock() views.Block {
	return views.Block{
		ID: "known", Title: "You have signed in here before?", Text: "Sign in and answer the invitation then.",
		Links: []views.Link{{Text: "Sign in", Href: "/sign-in?return=" + g.base}},
	}
}

func (g *guest) rejectBlock() views.Block {
	f := &views.Sent{Action: g.base + "/reject", Submit: "Reject for good", Ask: "Reject…", Bad: true}
	reason := views.Input{ID: "reject-reason", Name: "reason", Label: "Why", Hint: g.offer.Inviter + " reads it.", Max: 500, Required: true, Rows: 2}
	if g.form == "reject" {
		reason.Value, reason.Fault, f.Open = g.r.PostForm.Get("reason"), g.faults["reason"], true
	}
	f.Fields = []views.Input{reason}
	return views.Block{ID: "reject", Title: "Not for you?", Text: "You can reject the invitation. That is final; nothing of you is kept but your reason.", Form: f}
}

func (p *Portal) invitation(g *guest) error { return g.show(http.StatusOK) }

// given is a text, nil when it is empty: fields that may be left out.
func given(text string) *string {
	if text = strings.TrimSpace(text); text == "" {
		return nil
	}
	return &text
}

// again shows the page with what was wrong; what was typed stays but for the password.
func (g *guest) again(form string, err error) error {
	status, note, known := refused(err)
	if !known {
		return err
	}
	g.form, g.faults, note.Lines = form, map[string]string{}, nil
	for field, message := range faultsOf(err) {
		if name := fieldsOfJoin[field]; name != "" {
			field = name
		}
		g.faults[field] = message
		note.Lines = append(note.Lines, fieldName(field)+": "+message)
	}
	slices.Sort(note.Lines)
	return g.show(status, note)
}

// accept answers yes for somebody who is signed in, and takes them to what came of it.
func (p *Portal) accept(g *guest) error {
	if g.actor.IsZero() {
		http.Redirect(g.w, g.r, "/sign-in?return="+g.base, http.StatusSeeOther)
		return nil
	}
	err := g.actor.OnlyLooks()
	if err == nil {
		_, err = p.deps.Invitations.Accept(g.ctx, g.actor, g.token)
	}
	if err != nil {
		return g.again("accept", err)
	}
	v := &visit{Portal: p, w: g.w, r: g.r, ctx: g.ctx, actor: g.actor, me: g.me}
	to, target := identity.Place{Side: new(operational.SidePartner)}, "/connections?saved=accepted"
	if g.offer.Kind != interconnect.KindPartner {
		target = "/"
		if to, err = v.newPlace(); err != nil {
			return err
		}
	}
	if to.Organisation != nil || to.Side != nil && *to.Side != g.actor.Side {
		if err := v.enter(to); err != nil {
			return err
		}
	}
	http.Redirect(g.w, g.r, target, http.StatusSeeOther)
	return nil
}

// newPlace is the company that the person has just become a member of.
func (v *visit) newPlace() (identity.Place, error) {
	now, err := v.deps.Identity.Me(v.ctx, v.actor)
	for _, c := range now.Workspaces {
		if !slices.ContainsFunc(v.me.Workspaces, func(was identity.Choice) bool { return was.Organisation.ID == c.Organisation.ID }) {
			return identity.Place{Organisation: &c.Organisation.ID}, err
		}
	}
	return identity.Place{}, err
}

// reject answers no.
func (p *Portal) reject(g *guest) error {
	if err := g.actor.OnlyLooks(); err != nil {
		return g.again("reject", err)
	}
	if err := p.deps.Invitations.Reject(g.ctx, g.token, strings.TrimSpace(g.r.PostForm.Get("reason"))); err != nil {
		return g.again("reject", err)
	}
	text := g.offer.Inviter + " reads your reason. Nothing else of you was kept."
	page := views.Fault("You have rejected the invitation", text, nil, nil, "")
	return render(g.w, g.r, http.StatusOK, views.Bare(bareShell(g.r, "Invitation rejected"), true, page))
}
