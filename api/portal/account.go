package portal

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// account are the pages on which people look after what signs them in.
func (p *Portal) account(mux *http.ServeMux) {
	mux.HandleFunc("GET /account", p.page(operational.SignedIn, p.ownAccount))
	mux.HandleFunc("POST /account/password", p.page(operational.SignedIn, p.changePassword))
	mux.HandleFunc("POST /account/sessions/end-others", p.page(operational.SignedIn, p.endOtherSessions))
	mux.HandleFunc("POST /account/sessions/{id}/end", p.page(operational.SignedIn, p.endSession))
	p.ownProfile(mux)
	p.ownFactor(mux)
	p.ownSignIns(mux)
}

// accountDone are what the page says after an act.
var accountDone = map[string]views.Note{
	"password":     {Tone: "good", Title: "Your password is changed", Text: "You are signed out everywhere else.", Focus: true},
	"profile":      {Tone: "good", Title: "Your name and time zone are saved", Focus: true},
	"asked":        {Tone: "good", Title: "Look into your mail", Text: "If the address can be yours here, a link is on its way there. It is good for half an hour. Until you open it nothing changes.", Focus: true},
	"address":      {Tone: "good", Title: "Your mail address is changed", Text: "It signs you in from now on. The address before is told.", Focus: true},
	"factor":       {Tone: "good", Title: "Your second factor is removed", Text: "You are signed out everywhere else.", Focus: true},
	"connected":    {Tone: "good", Title: "The sign-in is connected", Text: "From now on it signs you in.", Focus: true},
	"disconnected": {Tone: "good", Title: "The sign-in is disconnected", Text: "What it had signed you in to has ended.", Focus: true},
	"others":       {Tone: "good", Title: "You are signed out everywhere else", Focus: true},
	"session":      {Tone: "good", Title: "The session has ended", Focus: true},
	"gone":         {Title: "The session had ended already", Text: "Nothing was changed.", Focus: true},
}

func (p *Portal) ownAccount(v *visit) error {
	var notes []views.Note
	if note, known := accountDone[v.r.URL.Query().Get("done")]; known {
		notes = append(notes, note)
	}
	return v.showAccount(http.StatusOK, accountForms{}, notes...)
}

// accountForms are the forms of the page that are shown once more, with their faults; empty: as they are at first.
type accountForms struct{ password, profile, address []views.Input }

func (v *visit) showAccount(status int, forms accountForms, notes ...views.Note) error {
	list, err := v.deps.Identity.Sessions(v.ctx, v.actor)
	if err != nil {
		return err
	}
	factor, err := v.factorCard()
	if err != nil {
		return err
	}
	connected, err := v.connected()
	if err != nil {
		return err
	}
	page := views.Account{Factor: factor, Connected: connected, Notes: notes, Others: len(list) > 1, Mail: v.me.Email, SendsMail: v.deps.Identity.MailsLinks()}
	page.Password, page.Profile, page.Address = forms.password, forms.profile, forms.address
	page.AddressOpen = forms.address != nil
	if v.actor.Looks() {
		page.Looks, page.Others = true, false
		page.Notes = append(page.Notes, views.Note{Title: "You look as a role", Text: "Meanwhile nothing of your own can be changed either. Stop looking to come to your name, your password and the rest."})
	}
	if page.Password == nil {
		page.Password = passwordFields(nil)
	}
	if page.Profile == nil {
		now, err := v.deps.Identity.OwnProfile(v.ctx, v.actor)
		if err != nil {
			return err
		}
		page.Profile = profileFields(now, nil)
	}
	if page.Address == nil {
		page.Address = addressFields("", factor.Set, nil)
	}
	for _, s := range list {
		device := s.Device
		if device == "" {
			device = "A browser"
		}
		own := views.OwnSession{
			Device: device, Where: s.Organisation.Name, Began: v.time(s.CreatedAt), Seen: v.time(s.LastSeenAt), Current: s.Current,
		}
		if !page.Looks {
			own.ID = s.ID.String()
		}
		page.Sessions = append(page.Sessions, own)
	}
	return v.render(status, views.Shell{Title: "Your account"}, views.AccountPage(page))
}

// passwordFields never repeat what was typed.
func passwordFields(faults map[string]string) []views.Input {
	return []views.Input{
		{ID: "current", Name: "current_password", Label: "Password of now", Kind: "password", Auto: "current-password", Max: 256, Required: true, Fault: faults["current_password"]},
		{ID: "new", Name: "new_password", Label: "New password", Hint: "At least 8 characters", Kind: "password", Auto: "new-password", Max: 256, Required: true, Fault: faults["new_password"]},
		{ID: "again", Name: "again", Label: "New password, once more", Kind: "password", Auto: "new-password", Max: 256, Required: true, Fault: faults["again"]},
	}
}

func (p *Portal) changePassword(v *visit) error {
	in := identity.PasswordChange{Current: v.r.PostFormValue("current_password"), New: v.r.PostFormValue("new_password"), From: v.api.PlaceOf(v.r)}
	if v.r.PostFormValue("again") != in.New {
		return v.passwordAgain(http.StatusUnprocessableEntity, map[string]string{"again": "is not the same as the new password"}, "The password was not changed", "Type all three once more.")
	}
	_, err := v.deps.Identity.ChangePassword(v.ctx, v.actor, in)
	switch operational.KindOf(err) {
	case operational.KindInvalid:
		return v.passwordAgain(http.StatusUnprocessableEntity, faultsOf(err), "The password was not changed", "Type all three once more.")
	case operational.KindLimited:
		return v.passwordAgain(http.StatusTooManyRequests, nil, "Too many attempts", messageOf(err))
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/account?done=password", http.StatusSeeOther)
	return nil
}

func (v *visit) passwordAgain(status int, faults map[string]string, title, text string) error {
	return v.showAccount(status, accountForms{password: passwordFields(faults)}, views.Note{Tone: "bad", Title: title, Text: text, Focus: true})
}

func (p *Portal) endOtherSessions(v *visit) error {
	if _, err := v.deps.Identity.EndOtherSessions(v.ctx, v.actor); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/account?done=others", http.StatusSeeOther)
	return nil
}

// endSession says also of a session that has ended by itself meanwhile that it is over: that is what was wished for.
func (p *Portal) endSession(v *visit) error {
	id, err := uuid.Parse(v.r.PathValue("id"))
	if err != nil {
		return operational.NotFound("session")
	}
	done := "session"
	err = v.deps.Identity.EndSession(v.ctx, v.actor, id)
	if operational.KindOf(err) == operational.KindNotFound {
		done, err = "gone", nil
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/account?done="+done, http.StatusSeeOther)
	return nil
}
