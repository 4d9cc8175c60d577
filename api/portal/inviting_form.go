package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// askInvitation is the form of a new one.
func (v *visit) askInvitation(s inviting, status int, values url.Values, fault error) error {
	faults := faultsOf(fault)
	f := &views.Sent{Action: s.base + "/new", Submit: "Make the invitation"}
	input := func(in views.Input) {
		in.ID, in.Value = "invite-"+in.Name, values.Get(in.Name)
		in.Fault = faults[in.Name]
		f.Fields = append(f.Fields, in)
	}
	title := s.title
	switch s.kind {
	case interconnect.KindPartner:
		input(views.Input{Name: "partner_name", Label: "Partner", Hint: "What you call the company", Max: 200, Required: true})
	case interconnect.KindAdministrator:
		id, _ := uuid.Parse(values.Get("connection")) // what is no id is the connection of nobody
		c, err := v.deps.Interconnect.Connection(v.ctx, v.actor, id)
		if err != nil {
			return err
		}
		title, f.Hidden = s.title+" of "+c.PartnerName, []views.Field{{Name: "connection", Value: id.String()}}
	default:
		roles, err := v.roleOptions(governance.Internal, "")
		if err != nil {
			return err
		}
		input(views.Input{Name: "role", Label: "Role", Options: roles})
	}
	input(v.addressInput())
	if s.kind == interconnect.KindPartner {
		input(views.Input{Name: "partner_number", Label: "Your number for it (optional)", Hint: "Left out: the next free one", Max: 60})
		input(views.Input{Name: "tier", Label: "Tier (optional)", Max: 60})
		input(views.Input{Name: "region", Label: "Region (optional)", Max: 60})
		if v.actor.Allowed(operational.ChannelGovern) {
			roles, err := v.roleOptions(governance.External, "The default one")
			if err != nil {
				return err
			}
			input(views.Input{Name: "external_role", Label: "Role of its people", Options: roles})
		}
		managers, err := v.managerOptions()
		if err != nil {
			return err
		}
		input(views.Input{Name: "channel_manager_id", Label: "Channel manager", Options: managers})
	}
	if values.Get("good_for") == "" {
		values.Set("good_for", "14")
	}
	input(views.Input{Name: "good_for", Label: "Good for", Options: lifeOptions})
	input(views.Input{Name: "message", Label: "Message (optional)", Hint: "The page of the link shows it.", Max: 2000, Rows: 4})
	page := views.Sheet{Title: title, Text: s.text, Main: []views.Block{{ID: "invite", Title: "Invitation", Form: f}}, Side: []views.Block{{
		ID: "then", Title: "What happens then", Text: "Whoever has the link may answer: accept, or reject with a reason. You can take it back at any time until then, or send it again with a new link. It ends by itself when you could not make it any more.",
	}}}
	if fault != nil {
		_, note, _ := refused(fault)
		page.Notes = append(page.Notes, note)
	}
	return v.sheet(status, s.section, page, s.back, views.Link{Text: "Invitations", Href: s.base}, views.Link{Text: title})
}

// lifeOptions are how long an invitation can be good for, in days.
var lifeOptions = []views.Option{{Value: "3", Text: "3 days"}, {Value: "7", Text: "7 days"}, {Value: "14", Text: "14 days"}, {Value: "30", Text: "30 days"}, {Value: "90", Text: "90 days"}}

// goodUntil is when an invitation shall expire; nil for what the form did not say.
func (v *visit) goodUntil(values url.Values) *time.Time {
	days, err := strconv.Atoi(values.Get("good_for"))
	if err != nil {
		return nil
	}
	return new(v.deps.DB.Now().AddDate(0, 0, days))
}

// addressInput asks where the invitation goes: it can be left out where mail is sent, because whoever joins says then
// where they read it.
func (v *visit) addressInput() views.Input {
	if v.deps.Invitations.SendsMail() {
		return views.Input{Name: "email", Label: "Mail address (optional)", Hint: "Where the link is sent to. Without it you pass the link on yourself.", Kind: "email", Max: 254}
	}
	return views.Input{Name: "email", Label: "Mail address", Hint: "This program sends no mail: you pass the link on, and somebody new joins with this address. Take one that you know to be theirs.", Kind: "email", Max: 254, Required: true}
}

// roleOptions are the roles that can be given to an audience.
func (v *visit) roleOptions(audience, none string) ([]views.Option, error) {
	list, err := v.rolesOf(audience)
	out := []views.Option{}
	if none != "" {
		out = append(out, views.Option{Text: none})
	}
	for _, r := range list {
		text := r.Name
		if v.twoSided() && audience == governance.Internal {
			text += " (" + strings.ToLower(sideWorked(r)) + ")"
		}
		out = append(out, views.Option{Value: r.Key, Text: text})
	}
	return out, err
}

// invite makes one and shows its link, this once.
func (p *Portal) invite(v *visit, s inviting) error {
	q := v.r.PostForm
	var (
		id   uuid.UUID
		link string
		err  error
	)
	switch s.kind {
	case interconnect.KindPartner:
		var x interconnect.Issued[interconnect.PartnerInvitation]
		x, err = p.deps.Invitations.InvitePartner(v.ctx, v.actor, interconnect.NewPartnerInvitation{
			PartnerName: strings.TrimSpace(q.Get("partner_name")), Email: given(q.Get("email")), PartnerNumber: given(q.Get("partner_number")),
			Tier: given(q.Get("tier")), Region: given(q.Get("region")), ExternalRole: given(q.Get("external_role")), Message: given(q.Get("message")),
			ChannelManagerID: givenID(q.Get("channel_manager_id")), ExpiresAt: v.goodUntil(q),
		})
		id, link = x.Invitation.ID, x.Link
	case interconnect.KindAdministrator:
		var x interconnect.Issued[interconnect.AdministratorInvitation]
		into, _ := uuid.Parse(q.Get("connection"))
		x, err = p.deps.Invitations.InviteAdministrator(v.ctx, v.actor, into, interconnect.NewAdministratorInvitation{Email: given(q.Get("email")), Message: given(q.Get("message")), ExpiresAt: v.goodUntil(q)})
		id, link = x.Invitation.ID, x.Link
	default:
		var x interconnect.Issued[interconnect.MemberInvitation]
		x, err = p.deps.Invitations.InviteMember(v.ctx, v.actor, interconnect.NewMemberInvitation{Role: q.Get("role"), Email: given(q.Get("email")), Message: given(q.Get("message")), ExpiresAt: v.goodUntil(q)})
		id, link = x.Invitation.ID, x.Link
	}
	if status, _, known := refused(err); known {
		return v.askInvitation(s, status, q, err)
	}
	if err != nil {
		return err
	}
	return v.showInvitation(s, id, http.StatusOK, link, views.Note{Tone: "good", Title: "The invitation is made", Text: "Its link is below, this once."})
}
