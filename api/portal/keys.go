package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// keys are the API keys of the company, or one's own.
func (p *Portal) keys(v *visit) error { return v.showKeys(http.StatusOK) }

func (v *visit) showKeys(status int, notes ...views.Note) error {
	list, err := listed(func(q operational.Query) (operational.Listed[identity.Key], error) {
		return v.deps.Identity.Keys(v.ctx, v.actor, q)
	})
	if err != nil {
		return err
	}
	page := views.Sheet{
		Title: "API keys", Text: "Credentials of programs. A key does no more than its maker may, within what you tick for it.", Notes: notes,
		Acts: []views.Act{{Text: "Make a key", Href: "/settings/keys/new", Icon: "plus", Primary: true}},
	}
	if v.r.URL.Query().Get("saved") == "revoke" {
		page.Notes = append(page.Notes, views.Note{Tone: "good", Title: "The key has ended", Text: "It stays in the list, marked as revoked."})
	}
	names := map[string]string{}
	for _, c := range v.me.Vendors {
		names[c.ConnectionID.String()] = c.Vendor.Name
	}
	block := views.Block{ID: "keys", Title: "Keys", Aside: v.counted(int64(len(list)), "key", "keys"), Table: &views.Table{Caption: "API keys", Sticky: true, Columns: []views.Column{{Title: "Key"}, {Title: "State"}, {Title: "May"}, {Title: "Works in"}, {Title: "Last used"}, {Title: "Made"}}}}
	live := 0
	for _, k := range list {
		block.Table.Rows = append(block.Table.Rows, views.Row{Cells: v.keyCells(k, names)})
		if tone, _ := v.keyState(k); tone == "good" {
			live++
			page.Side = append(page.Side, views.Block{ID: "revoke-" + k.ID.String(), Title: "Revoke “" + k.Name + "”", Text: k.Prefix + "… Programs that use it are refused from then on. That is final.", Form: &views.Sent{
				Action: "/settings/keys/" + k.ID.String() + "/revoke", Submit: "Revoke for good", Ask: "Revoke…", Bad: true,
			}})
		}
	}
	if len(list) == 0 {
		block.Empty = &views.Empty{Icon: "lock", Title: "There are no keys", Text: "A program signs in with a key instead of a person's password. The API is described at /openapi.json.", Action: views.Link{Text: "Make a key", Href: "/settings/keys/new"}}
	}
	page.Main = []views.Block{block}
	return v.setting(status, "/settings/keys", page, views.Link{Text: "API keys"})
}

func (v *visit) keyState(k identity.Key) (tone, text string) {
	switch {
	case k.RevokedAt != nil:
		return "bad", "Revoked"
	case k.ExpiresAt != nil && !k.ExpiresAt.After(v.deps.Clock()):
		return "warn", "Expired"
	}
	return "good", "Active"
}

func (v *visit) keyCells(k identity.Key, vendors map[string]string) []views.Cell {
	tone, state := v.keyState(k)
	until, used, where := "Without end", "Never", "All your business"
	if k.ExpiresAt != nil {
		until = "Until " + v.day(*k.ExpiresAt)
	}
	if k.LastUsedAt != nil {
		used = v.time(*k.LastUsedAt)
	}
	if k.ConnectionID != nil {
		if where = vendors[k.ConnectionID.String()]; where == "" {
			where = "One connection"
		}
	}
	may := make([]string, 0, len(k.Scopes))
	for _, s := range k.Scopes {
		may = append(may, permissionNamed(s))
	}
	return []views.Cell{{Text: k.Name, Sub: k.Prefix + "…"}, {Text: state, Tone: tone, Sub: until}, {Text: strings.Join(may, ", "), Wide: true}, {Text: where}, {Text: used}, {Text: v.day(k.CreatedAt), Muted: true}}
}

// permissionNamed gives a permission in the words of people.
func permissionNamed(scope string) string {
	p := operational.Permission(scope)
	if object, ok := p.Object(); ok {
		_, act, _ := strings.Cut(scope, ".")
		return pluralOf(object) + ": " + act
	}
	return capabilityNamed(p)
}

// askKey asks what a new key may do.
func (p *Portal) askKey(v *visit) error { return v.showAskKey(tried{values: url.Values{}}) }

// lives are how long a key can live.
var lives = []option{{"30", "30 days"}, {"90", "90 days"}, {"365", "One year"}, {"", "Without end"}}

func (v *visit) showAskKey(t tried) error {
	f := &views.Sent{Action: "/settings/keys/new", Submit: "Make the key", Legend: "What programs with it may do"}
	f.Fields = []views.Input{t.input("new", views.Input{Name: "name", Label: "What it is for", Value: "", Max: 100, Required: true})}
	life := views.Input{Name: "days", Label: "How long it lives", Value: "90", Hint: "A key that ends by itself does no harm when it is forgotten."}
	for _, l := range lives {
		life.Options = append(life.Options, views.Option{Value: l.value, Text: l.text})
	}
	f.Fields = append(f.Fields, t.input("new", life))
	if len(v.me.Vendors) > 0 {
		where := views.Input{Name: "connection_id", Label: "Where it works", Hint: "A program of one vendor needs no more than the connection with it.", Options: []views.Option{{Text: "All your business"}}}
		for _, c := range v.me.Vendors {
			where.Options = append(where.Options, views.Option{Value: c.ConnectionID.String(), Text: "Only for " + c.Vendor.Name})
		}
		f.Fields = append(f.Fields, t.input("new", where))
	}
	for _, s := range v.actor.Permissions() {
		if s == operational.SignedIn {
			continue
		}
		f.Ticks = append(f.Ticks, views.Tick{Name: "scope", Value: string(s), Word: permissionNamed(string(s)), On: slices.Contains(t.values["scope"], string(s))})
	}
	slices.SortStableFunc(f.Ticks, func(a, b views.Tick) int { return strings.Compare(a.Word, b.Word) })
	page := views.Sheet{Title: "Make an API key", Text: "Its secret is shown once, when it is made. A key acts as you, and ends to work when you are suspended.", Main: []views.Block{{ID: "new", Title: "New key", Form: f}}}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	return v.setting(status, "/settings/keys", page, views.Link{Text: "API keys", Href: "/settings/keys"}, views.Link{Text: "New"})
}

// makeKey makes one and shows its secret, this once.
func (p *Portal) makeKey(v *visit) error {
	q := v.r.PostForm
	in := identity.NewKey{Name: strings.TrimSpace(q.Get("name")), Scopes: q["scope"]}
	if life := q.Get("days"); life != "" {
		days, err := time.ParseDuration(life + "h")
		if err != nil {
			return errForm()
		}
		in.ExpiresAt = new(v.deps.Clock().Add(24 * days))
	}
	if id, err := uuid.Parse(q.Get("connection_id")); err == nil {
		in.ConnectionID = &id
	}
	key, secret, err := p.deps.Identity.CreateKey(v.ctx, v.actor, in)
	if err != nil {
		t, known := notDone("new", q, err)
		if !known {
			return err
		}
		return v.showAskKey(t)
	}
	page := views.Sheet{
		Title: "The key is made", Text: key.Name, Notes: []views.Note{{Tone: "warn", Title: "Copy the secret now", Text: "It is kept nowhere and shown this once. Whoever has it may do what the key may."}},
		Main: []views.Block{{ID: "secret", Title: "Secret", Copy: &views.Copy{ID: "secret-copy", Label: "API key", Hint: "Programs send it as: Authorization: Bearer sp_…", Value: secret}, Links: []views.Link{{Text: "All keys", Href: "/settings/keys"}}}},
	}
	return v.setting(http.StatusOK, "/settings/keys", page, views.Link{Text: "API keys", Href: "/settings/keys"}, views.Link{Text: "New"})
}

func (p *Portal) revokeKey(v *visit) error {
	id, err := v.pathID("API key")
	if err != nil {
		return err
	}
	if err := p.deps.Identity.RevokeKey(v.ctx, v.actor, id); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/settings/keys?saved=revoke", http.StatusSeeOther)
	return nil
}
