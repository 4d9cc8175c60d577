package portal

import (
	"net/http"
	"strconv"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// ownFactor are the pages on which people set their second factor, and take it away.
func (p *Portal) ownFactor(mux *http.ServeMux) {
	mux.HandleFunc("GET /account/second-factor", p.page(operational.SignedIn, p.secondFactor))
	mux.HandleFunc("POST /account/second-factor", p.page(operational.SignedIn, p.setFactor))
	mux.HandleFunc("GET /account/second-factor/remove", p.page(operational.SignedIn, p.askToDropFactor))
	mux.HandleFunc("POST /account/second-factor/remove", p.page(operational.SignedIn, p.dropFactor))
}

// factorCard says on the account's page how it stands.
func (v *visit) factorCard() (views.FactorCard, error) {
	f, err := v.deps.Identity.Factor(v.ctx, v.actor)
	card := views.FactorCard{Set: f.Set, Possible: f.Possible, CodesLeft: strconv.FormatInt(f.RecoveryCodes, 10), FewCodes: f.Set && f.RecoveryCodes < 3}
	if f.SetAt != nil {
		card.Since = v.day(*f.SetAt)
	}
	return card, err
}

func (p *Portal) secondFactor(v *visit) error {
	e, err := v.deps.Identity.BeginFactor(v.ctx, v.actor)
	if err != nil {
		return err
	}
	return v.showFactor(http.StatusOK, e, nil)
}

func (v *visit) showFactor(status int, e identity.Enrolment, faults map[string]string, notes ...views.Note) error {
	f, err := v.deps.Identity.Factor(v.ctx, v.actor)
	if err != nil {
		return err
	}
	page := views.FactorPage{
		Notes: notes, Setup: setupOf(e), Action: "/account/second-factor", Submit: "Set up a second factor", Mail: v.me.Email,
		Fields: []views.Input{codeField("code", "Code that the app shows", faults["code"]), passwordField(faults)},
	}
	if f.Set {
		page.Submit = "Use another authenticator"
		page.Fields = append(page.Fields, currentCodeField(faults))
	}
	return v.render(status, views.Shell{Title: "Second factor"}, views.SecondFactor(page))
}

func passwordField(faults map[string]string) views.Input {
	return views.Input{ID: "current", Name: "current_password", Label: "Your password", Kind: "password", Auto: "current-password", Max: 256, Required: true, Fault: faults["current_password"]}
}

func currentCodeField(faults map[string]string) views.Input {
	f := codeField("current_code", "Code of the authenticator that you have now", faults["current_code"])
	f.Hint = "Or a recovery code"
	return f
}

func (v *visit) factorChange() identity.FactorChange {
	q := v.r.PostForm
	return identity.FactorChange{
		Password: q.Get("current_password"), Token: q.Get("token"), Code: q.Get("code"), Current: q.Get("current_code"), From: v.api.PlaceOf(v.r),
	}
}

func (p *Portal) setFactor(v *visit) error {
	in := v.factorChange()
	codes, err := v.deps.Identity.SetFactor(v.ctx, v.actor, in)
	if kind := operational.KindOf(err); kind == operational.KindInvalid || kind == operational.KindLimited {
		e, good := v.deps.Identity.Again(in.Token)
		if !good {
			http.Redirect(v.w, v.r, "/account/second-factor", http.StatusSeeOther)
			return nil
		}
		return v.showFactor(statusOf(kind), e, faultsOf(err), noteOfFactor(kind, err))
	}
	if operational.KindOf(err) == operational.KindConflict {
		return v.factorOvertaken(err)
	}
	if err != nil {
		return err
	}
	page := views.FactorPage{Codes: codes, Notes: []views.Note{{Tone: "good", Title: "Your second factor is set", Text: "You are signed out everywhere else.", Focus: true}}}
	return v.render(http.StatusOK, views.Shell{Title: "Your recovery codes"}, views.SecondFactor(page))
}

// factorOvertaken begins another one, with what happened to the first.
func (v *visit) factorOvertaken(why error) error {
	e, err := v.deps.Identity.BeginFactor(v.ctx, v.actor)
	if err != nil {
		return err
	}
	return v.showFactor(http.StatusConflict, e, nil, views.Note{Tone: "bad", Title: "It was not set", Text: messageOf(why), Focus: true})
}

func statusOf(kind operational.Kind) int {
	if kind == operational.KindLimited {
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}

func noteOfFactor(kind operational.Kind, err error) views.Note {
	if kind == operational.KindLimited {
		return views.Note{Tone: "bad", Title: "Too many attempts", Text: messageOf(err), Focus: true}
	}
	return views.Note{Tone: "bad", Title: "Nothing was changed", Text: "Look at what is marked and type it once more.", Focus: true}
}

func (p *Portal) askToDropFactor(v *visit) error { return v.showDrop(http.StatusOK, nil) }

func (v *visit) showDrop(status int, faults map[string]string, notes ...views.Note) error {
	page := views.FactorPage{
		Notes: notes, Action: "/account/second-factor/remove", Submit: "Remove the second factor", Mail: v.me.Email,
		Text:   "From then on your password alone signs you in. You are signed out everywhere else.",
		Fields: []views.Input{passwordField(faults), currentCodeField(faults)},
	}
	return v.render(status, views.Shell{Title: "Second factor"}, views.SecondFactor(page))
}

func (p *Portal) dropFactor(v *visit) error {
	err := v.deps.Identity.DropFactor(v.ctx, v.actor, v.factorChange())
	switch kind := operational.KindOf(err); kind {
	case operational.KindInvalid, operational.KindLimited:
		return v.showDrop(statusOf(kind), faultsOf(err), noteOfFactor(kind, err))
	case operational.KindConflict:
		return v.showDrop(http.StatusConflict, nil, views.Note{Tone: "bad", Title: "It stays", Text: messageOf(err), Focus: true})
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/account?done=factor", http.StatusSeeOther)
	return nil
}
