package portal

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational/identity"
)

const signInSettings = "/settings/sign-in"

// Answers of the form that asks how people sign in.
const (
	byPassword = "password"
	byFactor   = "second_factor"
	byProvider = "provider:" // and its id
)

// signingIn is what the company asks of its people when they sign in.
func (p *Portal) signingIn(v *visit) error { return v.showSigningIn(tried{}) }

func (v *visit) showSigningIn(t tried) error {
	rule, err := v.deps.Identity.SignInRule(v.ctx, v.actor)
	if err != nil {
		return err
	}
	list, err := v.providers()
	if err != nil {
		return err
	}
	chosen := byPassword
	switch {
	case rule.ProviderID != nil:
		chosen = byProvider + rule.ProviderID.String()
	case rule.SecondFactor:
		chosen = byFactor
	}
	asks := t.input("rule", views.Input{
		Name: "asks", Label: "Your people sign in by", Value: chosen,
		Hint: "Who is signed in with less is signed out when you ask for more. API keys go on.",
	})
	asks.Options = []views.Option{{Value: byPassword, Text: "Password; a second factor if they wish"}, {Value: byFactor, Text: "Password and second factor"}}
	for _, p := range list {
		asks.Options = append(asks.Options, views.Option{Value: byProvider + p.ID.String(), Text: "Provider " + p.Name + " alone"})
	}
	page := views.Sheet{Title: "Sign-in", Text: "What your company asks of its people when they sign in.", Notes: v.savedNote(), Main: []views.Block{
		{ID: "rule", Title: "What is asked for", Form: &views.Sent{Action: signInSettings, Submit: "Save", Fields: []views.Input{asks}}},
		v.providersBlock(list),
	}}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	return v.setting(status, signInSettings, page, views.Link{Text: "Sign-in"})
}

func (p *Portal) askPeople(v *visit) error {
	values := v.r.PostForm
	rule, err := ruleOf(values.Get("asks"))
	if err != nil {
		return err
	}
	_, err = v.deps.Identity.SetSignInRule(v.ctx, v.actor, rule)
	return v.done("rule", signInSettings, values, err, v.showSigningIn)
}

func ruleOf(answer string) (identity.SignInRule, error) {
	if id, found := strings.CutPrefix(answer, byProvider); found {
		provider, err := uuid.Parse(id)
		if err != nil {
			return identity.SignInRule{}, errForm()
		}
		return identity.SignInRule{ProviderID: &provider}, nil
	}
	return identity.SignInRule{SecondFactor: answer == byFactor}, nil
}
