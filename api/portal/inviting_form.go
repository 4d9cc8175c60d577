package portal

import (
	"net/http"
	"net/url"
	"strings"

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
	if s.kind == interconnect.KindPartner {
		input(views.Input{Name: "partner_name", Label: "Partner", Hint: "What you call the company", Max: 200, Required: true})
	} else {
		roles, err := v.roleOptions(governance.Internal, "")
		if err != nil {
			return err
		}
		input(views.Input{Name: "role", Label: "Role", Options: roles})
	}
	input(views.Input{Name: "email", Label: "Mail address (optional)", Hint: "Where the link is sent to, when this program can send mail. Without it you pass the link on yourself.", Kind: "email", Max: 254})
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
	}
	input(views.Input{Name: "message", Label: "Message (optional)", Hint: "The page of the link shows it.", Max: 2000, Rows: 4})
	page := views.Sheet{Title: s.title, Text: s.text, Main: []views.Block{{ID: "invite", Title: "Invitation", Form: f}}, Side: []views.Block{{
		ID: "then", Title: "What happens then", Text: "The link is good for 14 days. Whoever has it may answer: accept, or reject with a reason. You can take it back at any time until then, or send it again with a new link.",
	}}}
	if fault != nil {
		_, note, _ := refused(fault)
		page.Notes = append(page.Notes, note)
	}
	return v.sheet(status, s.section, page, s.back, views.Link{Text: "Invitations", Href: s.base}, views.Link{Text: s.title})
}

// roleOptions are the roles that can be given to an audience.
func (v *visit) roleOptions(audience, none string) ([]views.Option, error) {
	list, err := v.rolesOf(audience)
	out := []views.Option{}
	if none != "" {
		out = append(out, views.Option{Text: none})
	}
	for _, r := range list {
		out = append(out, views.Option{Value: r.Key, Text: r.Name})
	}
	return out, err
}

// invite makes one and shows its link, this once.
func (p *Portal) invite(v *visit, s inviting) error {
	if err := v.r.ParseForm(); err != nil {
		return errForm()
	}
	q := v.r.PostForm
	var (
		id   uuid.UUID
		link string
		err  error
	)
	if s.kind == interconnect.KindPartner {
		var x interconnect.Issued[interconnect.PartnerInvitation]
		x, err = p.deps.Invitations.InvitePartner(v.ctx, v.actor, interconnect.NewPartnerInvitation{
			PartnerName: strings.TrimSpace(q.Get("partner_name")), Email: given(q.Get("email")), PartnerNumber: given(q.Get("partner_number")),
			Tier: given(q.Get("tier")), Region: given(q.Get("region")), ExternalRole: given(q.Get("external_role")), Message: given(q.Get("message")),
		})
		id, link = x.Invitation.ID, x.Link
	} else {
		var x interconnect.Issued[interconnect.MemberInvitation]
		x, err = p.deps.Invitations.InviteMember(v.ctx, v.actor, interconnect.NewMemberInvitation{Role: q.Get("role"), Email: given(q.Get("email")), Message: given(q.Get("message"))})
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
