package portal

import (
	"errors"
	"net/http"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// ownProfile are the pages on which people change their name, their time zone and their mail address.
func (p *Portal) ownProfile(mux *http.ServeMux) {
	mux.HandleFunc("POST /account/profile", p.page(operational.SignedIn, p.changeProfile))
	mux.HandleFunc("POST /account/address", p.page(operational.SignedIn, p.askAddress))
	mux.HandleFunc("GET /account/address/{token}", p.page(operational.SignedIn, p.askedAddress))
	mux.HandleFunc("POST /account/address/{token}", p.page(operational.SignedIn, p.changeAddress))
}

func profileFields(now identity.Profile, faults map[string]string) []views.Input {
	zones := append([]views.Option{{Text: "That of the company"}}, zoneOptions(now.TimeZone)...)
	return []views.Input{
		{ID: "own-name", Name: "name", Label: "Name", Value: now.Name, Auto: "name", Max: 200, Required: true, Fault: faults["name"]},
		{ID: "own-zone", Name: "time_zone", Label: "Time zone", Hint: "Times are shown in it", Value: now.TimeZone, Options: zones, Fault: faults["time_zone"]},
	}
}

func addressFields(typed string, factor bool, faults map[string]string) []views.Input {
	fields := []views.Input{
		{ID: "own-email", Name: "email", Label: "New mail address", Value: typed, Kind: "email", Auto: "email", Max: 254, Required: true, Fault: faults["email"]},
		passwordField(faults),
	}
	fields[1].ID = "address-password" // another form of the page asks for it too
	if factor {
		code := currentCodeField(faults)
		code.Label = "Code of your authenticator"
		fields = append(fields, code)
	}
	return fields
}

func (p *Portal) changeProfile(v *visit) error {
	in := identity.Profile{Name: v.r.PostFormValue("name"), TimeZone: v.r.PostFormValue("time_zone")}
	err := v.deps.Identity.SetProfile(v.ctx, v.actor, in)
	switch operational.KindOf(err) {
	case operational.KindInvalid:
		return v.showAccount(http.StatusUnprocessableEntity, accountForms{profile: profileFields(identity.Profile{Name: clip(in.Name, 200), TimeZone: clip(in.TimeZone, 64)}, faultsOf(err))},
			views.Note{Tone: "bad", Title: "Nothing was saved", Text: "Look at what is marked.", Focus: true})
	case operational.KindForbidden:
		return v.showAccount(http.StatusForbidden, accountForms{}, views.Note{Tone: "bad", Title: "Your name stays", Text: messageOf(err), Focus: true})
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/account?done=profile", http.StatusSeeOther)
	return nil
}

func (p *Portal) askAddress(v *visit) error {
	q := v.r.PostForm
	err := v.deps.Identity.AskAddress(v.ctx, v.actor, identity.AddressChange{
		Email: q.Get("email"), Password: q.Get("current_password"), Current: q.Get("current_code"), From: v.api.PlaceOf(v.r),
	})
	switch kind := operational.KindOf(err); kind {
	case operational.KindInvalid, operational.KindLimited:
		f, fault := v.deps.Identity.Factor(v.ctx, v.actor)
		if fault != nil {
			return fault
		}
		return v.showAccount(statusOf(kind), accountForms{address: addressFields(clip(strings.TrimSpace(q.Get("email")), 254), f.Set, faultsOf(err))}, noteOfFactor(kind, err))
	case operational.KindConflict:
		return v.showAccount(http.StatusConflict, accountForms{}, views.Note{Tone: "bad", Title: "It stays", Text: messageOf(err), Focus: true})
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/account?done=asked", http.StatusSeeOther)
	return nil
}

// askedAddress asks once more: programs that look into mail open links too.
func (p *Portal) askedAddress(v *visit) error {
	email, err := v.deps.Identity.AskedAddress(v.ctx, v.actor, v.r.PathValue("token"))
	if err != nil {
		return v.addressOver(err)
	}
	v.w.Header().Set("Referrer-Policy", "strict-origin") // the address is a key
	page := views.AddressPage{From: v.me.Email, To: email, Action: "/account/address/" + v.r.PathValue("token")}
	return v.render(http.StatusOK, views.Shell{Title: "Mail address"}, views.ConfirmAddress(page))
}

func (p *Portal) changeAddress(v *visit) error {
	if err := v.deps.Identity.ChangeAddress(v.ctx, v.actor, v.r.PathValue("token")); err != nil {
		return v.addressOver(err)
	}
	http.Redirect(v.w, v.r, "/account?done=address", http.StatusSeeOther)
	return nil
}

func (v *visit) addressOver(err error) error {
	var fault *operational.Error
	if !errors.As(err, &fault) || fault.Code != "address-over" {
		return err
	}
	return v.showAccount(http.StatusNotFound, accountForms{}, views.Note{Tone: "bad", Title: "The link is over", Text: fault.Message, Focus: true})
}
