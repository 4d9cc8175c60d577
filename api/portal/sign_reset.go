package portal

import (
	"errors"
	"net/http"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
)

// resets are the pages for whoever has lost a password.
func (p *Portal) resets(mux *http.ServeMux) {
	mux.HandleFunc("GET /sign-in/forgotten", p.forgottenPage)
	mux.HandleFunc("POST /sign-in/forgotten", p.bare(p.askReset))
	mux.HandleFunc("GET /sign-in/reset/{token}", p.resetPage)
	mux.HandleFunc("POST /sign-in/reset/{token}", p.bare(p.resetPassword))
}

func (p *Portal) forgottenPage(w http.ResponseWriter, r *http.Request) {
	if !p.deps.Resets.SendsMail() {
		showBare(w, r, faultPage{
			status: http.StatusOK, title: "Forgot your password?", text: "This program sends no mail, so it cannot send you a link.",
			lines: []string{"Tell an administrator of your organisation: whoever runs the program gives you another password."},
		})
		return
	}
	p.showForgotten(w, r, http.StatusOK, "", "")
}

func (p *Portal) showForgotten(w http.ResponseWriter, r *http.Request, status int, email, fault string, notes ...views.Note) {
	step := views.SignStep{
		Title: "Forgot your password?", Text: "Type the mail address that you sign in with. A link to set another password is sent there.", Notes: notes, Action: "/sign-in/forgotten", Return: "/",
		Fields: []views.Input{{ID: "email", Name: "email", Label: "Mail address", Value: email, Kind: "email", Auto: "username", Max: 254, Required: true, Fault: fault}}, Submit: "Send the link",
	}
	_ = render(w, r, status, views.Bare(bareShell(r, step.Title), false, views.SignInStep(step)))
}

// askReset says the same of every address.
func (p *Portal) askReset(w http.ResponseWriter, r *http.Request) {
	email := r.PostFormValue("email")
	err := p.deps.Resets.Ask(r.Context(), email, p.api.PlaceOf(r))
	switch operational.KindOf(err) {
	case operational.KindInvalid:
		p.showForgotten(w, r, http.StatusUnprocessableEntity, clip(email, 254), faultsOf(err)["email"])
	case operational.KindLimited:
		p.showForgotten(w, r, http.StatusTooManyRequests, clip(email, 254), "", views.Note{Tone: "bad", Title: "Too many attempts", Text: "Wait a little, then try again.", Focus: true})
	default:
		if err != nil {
			p.bareFault(w, r, err)
			return
		}
		showBare(w, r, faultPage{
			status: http.StatusOK, title: "Look into your mail", text: "If somebody signs in here with this address, a link to set another password is on its way there. It is good for half an hour and works once.",
			lines: []string{"Nothing comes? Look whether it is the address that you sign in with, and into the folder for unwanted mail."},
		})
	}
}

func (p *Portal) resetPage(w http.ResponseWriter, r *http.Request) {
	if err := p.deps.Resets.Stands(r.Context(), r.PathValue("token")); err != nil {
		p.resetOver(w, r, err)
		return
	}
	p.showReset(w, r, http.StatusOK, "")
}

func (p *Portal) showReset(w http.ResponseWriter, r *http.Request, status int, fault string) {
	w.Header().Set("Referrer-Policy", "strict-origin") // the address is a key
	step := views.SignStep{
		Title: "Set another password", Text: "You are signed out everywhere by it. A second factor stays as it is.", Action: "/sign-in/reset/" + r.PathValue("token"), Return: "/",
		Fields: []views.Input{{ID: "new_password", Name: "new_password", Label: "New password", Hint: "At least 8 characters", Kind: "password", Auto: "new-password", Max: 200, Required: true, Fault: fault}}, Submit: "Set it",
	}
	_ = render(w, r, status, views.Bare(bareShell(r, step.Title), false, views.SignInStep(step)))
}

func (p *Portal) resetPassword(w http.ResponseWriter, r *http.Request) {
	err := p.deps.Resets.Set(r.Context(), r.PathValue("token"), r.PostFormValue("new_password"))
	switch {
	case err == nil:
		http.SetCookie(w, p.api.ClearedCookie(r))
		http.Redirect(w, r, "/sign-in?why=reset", http.StatusSeeOther)
	case operational.KindOf(err) == operational.KindInvalid:
		p.showReset(w, r, http.StatusUnprocessableEntity, faultsOf(err)["new_password"])
	default:
		p.resetOver(w, r, err)
	}
}

func (p *Portal) resetOver(w http.ResponseWriter, r *http.Request, err error) {
	var fault *operational.Error
	if !errors.As(err, &fault) || fault.Code != "reset-over" {
		p.bareFault(w, r, err)
		return
	}
	showBare(w, r, faultPage{status: http.StatusNotFound, title: "The link is over", text: fault.Message, lines: []string{"On the page to sign in you can ask for a new one."}})
}
