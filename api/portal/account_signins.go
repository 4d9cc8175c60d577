package portal

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// ownSignIns are the pages on which people connect providers, and disconnect them.
func (p *Portal) ownSignIns(mux *http.ServeMux) {
	mux.HandleFunc("GET /account/sign-ins/{id}", p.page(operational.SignedIn, p.askToConnect))
	mux.HandleFunc("POST /account/sign-ins/{id}", p.page(operational.SignedIn, p.connect))
	mux.HandleFunc("POST /account/sign-ins/{id}/end", p.page(operational.SignedIn, p.disconnect))
}

// connected are the providers of the person's companies, as the page of the account shows them.
func (v *visit) connected() ([]views.ConnectedSignIn, error) {
	list, err := v.deps.Identity.OwnProviders(v.ctx, v.actor)
	var out []views.ConnectedSignIn
	for _, p := range list {
		c := views.ConnectedSignIn{ID: p.ProviderID.String(), Name: p.Name, Where: p.Organisation.Name}
		if i := p.Identity; i != nil {
			c.Identity, c.Since = i.ID.String(), v.day(i.LinkedAt)
			if i.LastUsedAt != nil {
				c.Used = v.time(*i.LastUsedAt)
			}
		}
		out = append(out, c)
	}
	return out, err
}

func (p *Portal) askToConnect(v *visit) error { return v.showConnect(http.StatusOK, nil) }

// showConnect asks for what a person signs in with now: whoever only found an open session connects nothing of theirs.
func (v *visit) showConnect(status int, faults map[string]string, notes ...views.Note) error {
	id, err := v.pathID("identity provider")
	if err != nil {
		return err
	}
	list, err := v.deps.Identity.OwnProviders(v.ctx, v.actor)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(p identity.OwnProvider) bool { return p.ProviderID == id })
	if at < 0 {
		return operational.NotFound("identity provider")
	}
	f, err := v.deps.Identity.Factor(v.ctx, v.actor)
	if err != nil {
		return err
	}
	if !f.Possible {
		return operational.Fault(operational.KindConflict, "only-way-in", "You have no password here to show that it is you. Nothing was changed.")
	}
	fields := []views.Input{passwordField(faults)}
	if f.Set {
		code := currentCodeField(faults)
		code.Label = "Code of your authenticator"
		fields = append(fields, code)
	}
	page := views.ConnectPage{Name: list[at].Name, Notes: notes, Action: "/account/sign-ins/" + id.String(), Fields: fields, Mail: v.me.Email}
	return v.render(status, views.Shell{Title: "Connect " + page.Name}, views.Connect(page))
}

func (p *Portal) connect(v *visit) error {
	id, err := v.pathID("identity provider")
	if err != nil {
		return err
	}
	half, err := v.deps.Identity.BeginLink(v.ctx, v.actor, identity.LinkWish{
		Provider: id, Password: v.r.PostFormValue("current_password"), Current: v.r.PostFormValue("current_code"), From: v.api.PlaceOf(v.r),
	})
	switch kind := operational.KindOf(err); kind {
	case operational.KindInvalid, operational.KindLimited:
		return v.showConnect(statusOf(kind), faultsOf(err), noteOfFactor(kind, err))
	}
	if err != nil {
		return err
	}
	http.SetCookie(v.w, p.stepCookie(v.r, half.Token, half.EndsAt))
	http.Redirect(v.w, v.r, address(doorOf(id), url.Values{"return": {"/account?done=connected"}}.Encode()), http.StatusSeeOther)
	return nil
}

func (p *Portal) disconnect(v *visit) error {
	id, err := v.pathID("connected sign-in")
	if err != nil {
		return err
	}
	err = v.deps.Identity.Unlink(v.ctx, v.actor, id)
	if operational.KindOf(err) == operational.KindConflict {
		return v.showAccount(http.StatusConflict, accountForms{}, views.Note{Tone: "bad", Title: "It stays", Text: messageOf(err), Focus: true})
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/account?done=disconnected", http.StatusSeeOther)
	return nil
}
