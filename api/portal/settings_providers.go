package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/identity"
)

const providerSettings = signInSettings + "/providers"

// providersOf are the pages on which a company looks after its identity providers.
func (p *Portal) providersOf(mux *http.ServeMux) {
	manage := operational.WorkspaceManage
	mux.HandleFunc("GET "+providerSettings+"/new", p.governed(p.askProvider, manage))
	mux.HandleFunc("POST "+providerSettings+"/new", p.governed(p.addProvider, manage))
	mux.HandleFunc("GET "+providerSettings+"/{id}", p.governed(p.provider, manage))
	mux.HandleFunc("POST "+providerSettings+"/{id}", p.governed(p.changeProvider, manage))
	mux.HandleFunc("POST "+providerSettings+"/{id}/end", p.governed(p.endProvider, manage))
}

func (v *visit) providers() ([]identity.Provider, error) {
	return listed(func(q operational.Query) (operational.Listed[identity.Provider], error) {
		return v.deps.Identity.Providers(v.ctx, v.actor, q)
	})
}

// providersBlock lists them on the page of signing in.
func (v *visit) providersBlock(list []identity.Provider) views.Block {
	b := views.Block{ID: "providers", Title: "Identity providers", Aside: v.counted(int64(len(list)), "provider", "providers")}
	if len(list) == 0 {
		b.Aside = ""
		b.Empty = &views.Empty{
			Icon: "lock", Title: "There is no identity provider", Text: "Your people can sign in by your company's own account system, if it speaks OpenID Connect.",
			Action: views.Link{Text: "Add a provider", Href: providerSettings + "/new"},
		}
		return b
	}
	b.Links = []views.Link{{Text: "Add a provider", Href: providerSettings + "/new"}}
	b.Table = &views.Table{Caption: "Identity providers", Sticky: true, Columns: []views.Column{{Title: "Provider"}, {Title: "Joining"}, {Title: "Since"}}}
	for _, p := range list {
		joining := "By invitation"
		if p.JoinRole != nil {
			joining = "As " + words(*p.JoinRole) + " with an address of " + strings.Join(p.Domains, ", ")
		}
		b.Table.Rows = append(b.Table.Rows, views.Row{Go: true, Cells: []views.Cell{
			{Text: p.Name, Sub: p.Issuer, Href: providerSettings + "/" + p.ID.String()}, {Text: joining, Wide: true}, {Text: v.day(p.CreatedAt), Muted: true},
		}})
	}
	return b
}

// backBlock shows what the provider has to know.
func (v *visit) backBlock() views.Block {
	return views.Block{ID: "back", Title: "At the provider", Text: "Make an application there for sign-in by authorization code, with PKCE.", Copy: &views.Copy{
		ID: "back-copy", Label: "Address to send people back to", Hint: "It is asked for as redirect URI.", Value: v.base(v.r) + backPath,
	}}
}

// joinFields ask who joins by themselves.
func (v *visit) joinFields(t tried, form string, p identity.Provider) ([]views.Input, error) {
	roles, err := v.roleOptions(governance.Internal, "Nobody joins by themselves")
	if err != nil {
		return nil, err
	}
	role := ""
	if p.JoinRole != nil {
		role = *p.JoinRole
	}
	return []views.Input{
		t.input(form, views.Input{
			Name: "join_role", Label: "Whoever has an address of your domains joins as", Value: role, Options: roles,
			Hint: "The provider has to say that the address is theirs. Others are invited.",
		}),
		t.input(form, views.Input{Name: "domains", Label: "Domains of mail addresses (optional)", Hint: "Parted by commas, for example example.com, example.org", Value: strings.Join(p.Domains, ", "), Max: 1000}),
	}, nil
}

// secretInput never repeats what was typed.
func secretInput(t tried, form, label, hint string, required bool) views.Input {
	in := views.Input{ID: form + "-client_secret", Name: "client_secret", Label: label, Hint: hint, Kind: "password", Auto: "off", Max: 500, Required: required}
	if t.form == form {
		in.Fault = t.faults["client_secret"]
	}
	return in
}

func (p *Portal) askProvider(v *visit) error { return v.showAskProvider(tried{}) }

func (v *visit) showAskProvider(t tried) error {
	joining, err := v.joinFields(t, "provider", identity.Provider{})
	if err != nil {
		return err
	}
	fields := []views.Input{
		t.input("provider", views.Input{Name: "name", Label: "Name", Hint: "What your people know it by, for example Acme login", Max: 60, Required: true}),
		t.input("provider", views.Input{Name: "issuer", Label: "Issuer", Hint: "As the provider calls itself, for example https://login.example.com. It never changes.", Kind: "url", Max: 300, Required: true}),
		t.input("provider", views.Input{Name: "client_id", Label: "Client id", Hint: "It never changes.", Max: 300, Required: true}),
		secretInput(t, "provider", "Client secret", "It is kept sealed and never shown again.", true),
	}
	page := views.Sheet{
		Title: "Add an identity provider", Text: "It is asked who it is before it is saved. It speaks for your people in your company, and nowhere else.",
		Main: []views.Block{{ID: "new", Title: "Provider", Form: &views.Sent{Action: providerSettings + "/new", Submit: "Add the provider", Fields: append(fields, joining...)}}}, Side: []views.Block{v.backBlock()},
	}
	return v.providerSheet(page, t, views.Link{Text: "New provider"})
}

func (v *visit) providerSheet(page views.Sheet, t tried, last views.Link) error {
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	return v.setting(status, signInSettings, page, views.Link{Text: "Sign-in", Href: signInSettings}, last)
}

// domainsIn are the domains that somebody has typed.
func domainsIn(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

func (p *Portal) addProvider(v *visit) error {
	q := v.r.PostForm
	made, err := v.deps.Identity.AddProvider(v.ctx, v.actor, identity.NewProvider{
		Name: q.Get("name"), Issuer: q.Get("issuer"), ClientID: q.Get("client_id"), ClientSecret: q.Get("client_secret"), Domains: domainsIn(q.Get("domains")), JoinRole: given(q.Get("join_role")),
	})
	return v.done("provider", providerSettings+"/"+made.ID.String(), q, err, v.showAskProvider)
}

func (p *Portal) provider(v *visit) error { return v.showProvider(tried{}) }

func (v *visit) showProvider(t tried) error {
	id, err := v.pathID("identity provider")
	if err != nil {
		return err
	}
	x, err := v.deps.Identity.Provider(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	joining, err := v.joinFields(t, "edit", x)
	if err != nil {
		return err
	}
	at, version := providerSettings+"/"+id.String(), strconv.FormatInt(x.Version, 10)
	fields := []views.Input{
		t.input("edit", views.Input{Name: "name", Label: "Name", Value: x.Name, Max: 60, Required: true}),
		secretInput(t, "edit", "New client secret (optional)", "Left empty, the one of now stays.", false),
	}
	end := &views.Sent{Action: at + "/end", Version: version, Submit: "End for good", Ask: "End…", Bad: true, Open: t.form == "end"}
	page := views.Sheet{Title: x.Name, Text: "Identity provider of your company.", Notes: v.savedNote(), Main: []views.Block{
		{ID: "address", Title: "For your people", Copy: &views.Copy{ID: "address-copy", Label: "Address to sign in at", Hint: "Give it to your people, or put it where they begin their day.", Value: v.base(v.r) + doorOf(id)}},
		{ID: "edit", Title: "Provider", Facts: []views.Fact{{Name: "Issuer", Value: x.Issuer}, {Name: "Client id", Value: x.ClientID}}, Form: &views.Sent{Action: at, Version: version, Submit: "Save", Fields: append(fields, joining...)}},
	}, Side: []views.Block{
		v.backBlock(),
		{ID: "end", Title: "End the provider", Text: "Whoever was signed in by it is signed out, and it signs in nobody any more. Who has no password here cannot come in then.", Form: end},
	}}
	return v.providerSheet(page, t, views.Link{Text: x.Name})
}

func (p *Portal) changeProvider(v *visit) error {
	q, version, err := v.posted()
	if err != nil {
		return err
	}
	id, err := v.pathID("identity provider")
	if err != nil {
		return err
	}
	in := identity.UpdateProvider{Name: operational.Set(q.Get("name")), Domains: operational.Set(domainsIn(q.Get("domains"))), JoinRole: optText(q.Get("join_role"))}
	if secret := strings.TrimSpace(q.Get("client_secret")); secret != "" {
		in.ClientSecret = operational.Set(secret)
	}
	_, err = v.deps.Identity.ChangeProvider(v.ctx, v.actor, id, version, in)
	return v.done("edit", providerSettings+"/"+id.String(), q, err, v.showProvider)
}

func (p *Portal) endProvider(v *visit) error {
	_, version, err := v.posted()
	if err != nil {
		return err
	}
	id, err := v.pathID("identity provider")
	if err != nil {
		return err
	}
	err = v.deps.Identity.EndProvider(v.ctx, v.actor, id, version)
	return v.done("ended", signInSettings, url.Values{}, err, v.showProvider)
}
