package portal

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// readTicket finds the address that the link to join was mailed to, if that is how somebody has come.
func (g *guest) readTicket() (err error) {
	if !g.offer.AskFirst || g.ticket() == "" {
		return nil
	}
	g.email, err = g.deps.Invitations.Invited(g.ctx, g.token, g.ticket())
	if operational.KindOf(err) == operational.KindNotFound { // of an earlier link, or cut: then it is asked for again
		return nil
	}
	return err
}

func (g *guest) ticket() string {
	if g.form == "join" {
		return g.r.PostForm.Get("ticket")
	}
	return g.r.PathValue("ticket")
}

// newcomerBlock is for somebody new: where mail is sent, first of all the link to join.
func (g *guest) newcomerBlock() views.Block {
	switch {
	case !g.offer.AskFirst || g.email != "":
		return g.joinBlock()
	case g.asked:
		return views.Block{ID: "asked", Title: "Look into your mail", Text: "If the address can be used, the link to join is on its way there. It can take a moment. Nothing came? Open the link of the invitation again and ask once more."}
	}
	email := views.Input{ID: "ask-email", Name: "email", Label: "Mail address", Hint: "You will sign in with it.", Kind: "email", Auto: "email", Max: 254, Required: true}
	if g.form == "ask" {
		email.Value, email.Fault = g.r.PostForm.Get("email"), g.faults["email"]
	}
	return views.Block{
		ID: "ask", Title: "You are new here?", Text: "Say where you read mail. You get a link there by which you join.",
		Form: &views.Sent{Action: g.base + "/ask", Submit: "Mail me the link", Fields: []views.Input{email}},
	}
}

// askToJoin has the link to join mailed; the page after it is the same for every address.
func (p *Portal) askToJoin(g *guest) error {
	if err := p.deps.Invitations.AskToJoin(g.ctx, g.token, g.r.PostForm.Get("email")); err != nil {
		return g.again("ask", err)
	}
	g.asked = true
	return g.show(http.StatusOK)
}

// joinBlock asks who is new: the person, and for a partner their company.
func (g *guest) joinBlock() views.Block {
	value := func(name, usual string) string {
		if g.form == "join" {
			return g.r.PostForm.Get(name)
		}
		return usual
	}
	var fields []views.Input
	title, text := "Create your account", "You are new here: say who you are. You sign in with your mail address and password from then on."
	if g.offer.Kind == interconnect.KindPartner {
		title, text = "Create your workspace", "Your company gets a workspace of its own. "+g.offer.Inviter+" sees what you share with it, nothing else."
		fields = []views.Input{
			{ID: "join-company", Name: "company", Label: "Company", Value: value("company", ""), Auto: "organization", Max: 200, Required: true},
			{ID: "join-country", Name: "country", Label: "Country (optional)", Hint: "Two letters, for example DE", Value: value("country", ""), Auto: "country", Max: 2},
			{ID: "join-currency", Name: "currency", Label: "Currency of your reports", Value: value("currency", "EUR"), Options: currencyOptions(value("currency", "EUR")), Required: true},
			{ID: "join-zone", Name: "time_zone", Label: "Time zone of your company", Value: value("time_zone", "UTC"), Options: zoneOptions(value("time_zone", "UTC"))},
			{ID: "join-month", Name: "fiscal_month", Label: "Your fiscal year begins in", Value: value("fiscal_month", "1"), Options: monthOptions()},
		}
	}
	fields = append(fields, views.Input{ID: "join-name", Name: "name", Label: "Your name", Value: value("name", ""), Auto: "name", Max: 200, Required: true})
	var hidden []views.Field
	if g.email != "" {
		text += " Your mail address is " + g.email + "."
		hidden = []views.Field{{Name: "email", Value: g.email}, {Name: "ticket", Value: g.ticket()}}
	} else {
		fields = append(fields, views.Input{
			ID: "join-email", Name: "email", Label: "Mail address", Hint: "The one that the invitation was made for.", Value: value("email", ""), Kind: "email", Auto: "username", Max: 254, Required: true,
		})
	}
	fields = append(fields,
		views.Input{ID: "join-password", Name: "password", Label: "Password", Hint: "At least 8 characters; a sentence is easy to remember.", Kind: "password", Auto: "new-password", Max: 256, Required: true},
	)
	for i := range fields {
		fields[i].Fault = g.faults[fields[i].Name]
	}
	return views.Block{ID: "join", Title: title, Text: text, Form: &views.Sent{Action: g.base + "/join", Submit: title, Fields: fields, Hidden: hidden}}
}

// newcomer reads the form.
func (g *guest) newcomer() interconnect.Newcomer {
	q := g.r.PostForm
	in := interconnect.Newcomer{Name: strings.TrimSpace(q.Get("name")), Email: strings.TrimSpace(q.Get("email")), Password: q.Get("password"), Ticket: q.Get("ticket"), Replaces: g.api.SessionToken(g.r)}
	if g.offer.Kind == interconnect.KindPartner {
		month, _ := strconv.Atoi(q.Get("fiscal_month")) // what is no number is refused as a month
		in.Company = &interconnect.NewCompany{
			Name: strings.TrimSpace(q.Get("company")), TimeZone: q.Get("time_zone"), FiscalMonth: month, Currency: strings.ToUpper(strings.TrimSpace(q.Get("currency"))),
			CountryCode: given(strings.ToUpper(q.Get("country"))),
		}
	}
	return in
}

// join makes the newcomer's account and goes in.
func (p *Portal) join(g *guest) error {
	if g.offer.Kind != interconnect.KindPartner { // who joins a company brings none
		err := only(g.r.PostForm, func(name string) bool { return slices.Contains([]string{"name", "email", "password", "ticket"}, name) })
		if err != nil {
			return err
		}
	}
	session, err := p.deps.Invitations.Join(g.ctx, g.token, g.newcomer())
	var fault *operational.Error
	if errors.As(err, &fault) && fault.Code == "more-proof-needed" { // joined, and the company asks its people for more than a password
		http.Redirect(g.w, g.r, "/sign-in?why=joined", http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return g.again("join", err)
	}
	http.SetCookie(g.w, p.api.SessionCookie(g.r, session))
	to := "/"
	if g.offer.Kind == interconnect.KindPartner {
		to = "/connections?saved=joined"
	}
	http.Redirect(g.w, g.r, to, http.StatusSeeOther)
	return nil
}

// fieldsOfJoin are the service's names for the fields of the form.
var fieldsOfJoin = map[string]string{
	"organisation.name": "company", "organisation.country_code": "country", "organisation.time_zone": "time_zone", "organisation.fiscal_month": "fiscal_month", "organisation.currency": "currency",
}

// currencyOptions are those offered first; the one that is chosen is always among them.
func currencyOptions(chosen string) []views.Option {
	return optionsOf([]string{"EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "JPY", "CNY", "INR", "AUD", "CAD", "BRL", "MXN", "ZAR"}, chosen)
}

// zoneOptions are places that most companies count their days by.
func zoneOptions(chosen string) []views.Option {
	return optionsOf([]string{
		"UTC", "Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Berlin", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam", "Europe/Vienna", "Europe/Zurich", "Europe/Oslo",
		"Europe/Stockholm", "Europe/Copenhagen", "Europe/Helsinki", "Europe/Warsaw", "Europe/Prague", "Europe/Budapest", "Europe/Bucharest", "Europe/Athens", "Europe/Istanbul", "Africa/Johannesburg",
		"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Toronto", "America/Mexico_City", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore",
		"Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Auckland",
	}, chosen)
}

func optionsOf(list []string, chosen string) []views.Option {
	if chosen != "" && !slices.Contains(list, chosen) {
		list = append([]string{chosen}, list...)
	}
	out := make([]views.Option, len(list))
	for i, x := range list {
		out[i] = views.Option{Value: x, Text: x}
	}
	return out
}

func monthOptions() []views.Option {
	out := make([]views.Option, 12)
	for i := range out {
		out[i] = views.Option{Value: strconv.Itoa(i + 1), Text: time.Month(i + 1).String()}
	}
	return out
}
