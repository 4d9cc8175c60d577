package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/identity/idptest"
)

const adminMail = "adam@halden.example"

// admin is somebody who may do everything in the vendor's company.
func (w *world) admin(t testing.TB) {
	t.Helper()
	_, err := identity.NewAdmin(w.db.Jobs).AddPerson(t.Context(), identity.NewPerson{Org: w.vendor, Role: operational.RoleAdministrator, Name: "Adam In", Email: adminMail, Password: password})
	require.NoError(t, err)
}

// idp is a provider that sends people back to the pages.
func (w *world) idp(t testing.TB) *idptest.Provider {
	t.Helper()
	idp := idptest.Start(t, w.server.URL+"/sign-in/back")
	idp.Knows(idptest.Person{ID: "adam", Name: "Adam In", Mail: adminMail, Verified: true})
	idp.Knows(idptest.Person{ID: "kim", Name: "Kim Lane", Mail: "kim@halden.example", Verified: true})
	return idp
}

// by follows the way to the provider, logs in there and comes back.
func (v *visitor) by(idp *idptest.Provider, door, person string) *answer {
	v.t.Helper()
	form := v.get(v.get(door).links()["Continue with Halden login"])
	require.Contains(v.t, form.path, "/login/username", form.text())
	res, err := v.client.PostForm(idp.Issuer+"/login/username", url.Values{"id": {form.hidden("id")}, "username": {person}, "password": {idptest.Password}})
	require.NoError(v.t, err)
	return v.read(res)
}

// links are the addresses that a page leads to, with their words.
func (a *answer) links() map[string]string {
	out := map[string]string{}
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "a" }) {
		out[strings.TrimSpace(text(n))] = attr(n, "href")
	}
	return out
}

// holds is the value of a cookie that the visitor has.
func (v *visitor) holds(name string) string {
	at, err := url.Parse(v.w.server.URL)
	require.NoError(v.t, err)
	for _, c := range v.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func TestACompanyAddsItsProviderAndItsPeopleSignInByIt(t *testing.T) {
	w := newWorld(t)
	w.admin(t)
	idp := w.idp(t)
	adam := w.as(t, adminMail)
	require.Equal(t, 404, w.somebody(t, "none@halden.example").get("/settings/sign-in/providers/new").status)

	form := url.Values{"name": {"Halden login"}, "issuer": {"https://localhost:1"}, "client_id": {idptest.ClientID}, "client_secret": {idptest.Secret}}
	p := adam.get("/settings/sign-in/providers/new")
	require.Contains(t, p.raw, w.server.URL+"/sign-in/back", "what the provider has to know")
	p = adam.post("/settings/sign-in/providers/new", form)
	require.Equal(t, 422, p.status)
	require.Contains(t, p.text(), "No identity provider answers")
	require.NotContains(t, p.raw, idptest.Secret, "a secret is not repeated")
	form.Set("issuer", idp.Issuer)
	form.Set("join_role", "analyst")
	p = adam.post("/settings/sign-in/providers/new", form)
	require.Equal(t, 422, p.status)
	form.Set("domains", "halden.example, halden.test")
	p = adam.post("/settings/sign-in/providers/new", form)
	require.Contains(t, p.path, "?saved=provider", p.text())
	settings, _, _ := strings.Cut(p.path, "?")
	door := "/sign-in/with/" + settings[strings.LastIndexByte(settings, '/')+1:]
	require.Contains(t, p.raw, w.server.URL+door)
	require.NotContains(t, p.raw, idptest.Secret)
	p.inert()
	p.whole()

	p = adam.post("/settings/sign-in", url.Values{"asks": {"provider:" + strings.TrimPrefix(door, "/sign-in/with/")}})
	require.Equal(t, 409, p.status)
	require.Contains(t, p.text(), "Sign in by this provider yourself first")

	// Adam is known by his account there only after he said so here, with his password.
	phone := w.visitor(t)
	p = phone.by(idp, door+"?return=/account", "adam")
	require.Equal(t, 403, p.status)
	require.Contains(t, p.text(), "Somebody with this mail address is a member already")
	require.Equal(t, door+"?return=%2Faccount", p.links()["Try again"])
	connect := strings.Replace(door, "/sign-in/with/", "/account/sign-ins/", 1)
	require.Equal(t, connect, adam.get("/account").links()["Connect"])
	require.Contains(t, adam.post(connect, url.Values{"current_password": {"not the password"}}).text(), "is not your password")
	p = adam.post(connect, url.Values{"current_password": {password}})
	require.Equal(t, door+"?return=%2Faccount%3Fdone%3Dconnected", p.path)
	require.Contains(t, p.text(), "Connect Halden login")
	p = adam.by(idp, p.path, "adam")
	require.Equal(t, "/account?done=connected", p.path, p.text())
	require.Contains(t, p.text(), "Connected")

	// From then on it signs him in, and the browser remembers by what.
	p = phone.by(idp, door+"?return=/account", "adam")
	require.Equal(t, "/account", p.path, p.text())
	require.Empty(t, phone.holds("sharepartner-away"), "good for once")
	p = phone.post("/sign-out", nil)
	require.Equal(t, "/sign-in?why=provider", p.path)
	require.Contains(t, p.text(), "You are signed out here, but not at Halden login")
	p.inert()
	require.Equal(t, door+"/go?key="+phone.holds("sharepartner-door")+"&return=%2F", phone.get("/sign-in").links()["Continue with Halden login"])
	require.NotContains(t, w.visitor(t).get("/sign-in").text(), "Halden", "nobody else is told who is here")

	// A colleague joins by the address.
	kim := w.visitor(t)
	p = kim.by(idp, door, "kim")
	require.Equal(t, "/briefing", p.path, p.text())
	p = kim.get("/account")
	require.Contains(t, p.text(), "this is how you sign in")
	require.NotContains(t, p.text(), "Change your password")
	p.inert()

	// The company asks everybody for it; who has a password is led there by it.
	_ = phone.by(idp, door, "adam")
	p = phone.post("/settings/sign-in", url.Values{"asks": {"provider:" + strings.TrimPrefix(door, "/sign-in/with/")}})
	require.Equal(t, "/settings/sign-in?saved=rule", p.path, p.text())
	require.Contains(t, adam.get("/account").path, "/sign-in", "who signed in by password is out")
	idp.Knows(idptest.Person{ID: "ingrid", Name: "Ingrid", Mail: leaderMail, Verified: true})
	ingrid := w.visitor(t)
	p = ingrid.post("/sign-in", url.Values{"email": {leaderMail}, "password": {password}, "return": {"/funnel"}})
	require.Equal(t, door+"?return=%2Ffunnel", p.path)
	require.Contains(t, p.text(), "One step more, "+leaderMail)
	require.Equal(t, 403, ingrid.by(idp, door, "adam").status, "an account that is somebody else's")
	p = ingrid.post("/sign-in", url.Values{"email": {leaderMail}, "password": {password}, "return": {"/funnel"}})
	step := ingrid.holds("sharepartner-step")
	require.NotEmpty(t, step)
	p = ingrid.by(idp, p.path, "ingrid")
	require.Equal(t, "/funnel", p.path, p.text())
	require.Empty(t, ingrid.holds("sharepartner-step"))

	// Whoever manages people ends the connection of somebody who has another way in.
	page := func(name string) *answer { return phone.get(phone.get("/settings/people").links()[name]) }
	p = page("Kim Lane")
	require.Contains(t, p.text(), "Signs in with Halden login")
	require.Contains(t, p.text(), "It is the only way in, so it stays")
	require.Empty(t, p.hidden("identity_id"))
	require.NotContains(t, page("Adam In").text(), "Signs in with", "one's own are on the page of the account")
	p = page("Ingrid Solberg")
	p.inert()
	require.Equal(t, 404, phone.post(p.path+"/unlink", url.Values{"identity_id": {"x"}, "version": {p.hidden("version")}}).status)
	p = p.sends(p.path+"/unlink", nil)
	require.Contains(t, p.path, "?saved=unlink", p.text())
	require.NotContains(t, p.text(), "Signs in with")
	require.Contains(t, ingrid.get("/account").path, "/sign-in")

	// Somebody else who sits down there is not taken for the one who went away.
	idp.Knows(idptest.Person{ID: "lou", Name: "Lou", Mail: "lou@elsewhere.example", Verified: true})
	left := w.visitor(t)
	left.post("/sign-in", url.Values{"email": {analystMail}, "password": {password}})
	require.NotEmpty(t, left.holds("sharepartner-step"))
	for _, link := range []string{"/go", "/go?as=begun", "/go?as=begun&key=", "/go?as=begun&key=" + phone.holds("sharepartner-door")} {
		p = left.get(door + link)
		require.Equal(t, door+"?return=%2F", p.path, "a link from elsewhere begins nothing: the door asks first")
		require.Empty(t, left.holds("sharepartner-away"))
		require.Contains(t, p.text(), analystMail)
	}
	require.Equal(t, "/sign-in", left.get(left.get(door).links()["That is not you? Begin again"]).path[:8])
	require.Empty(t, left.holds("sharepartner-step"), "who begins anew is nobody yet")
	require.Equal(t, 403, left.by(idp, door, "lou").status)

	version := phone.get(settings).hidden("version")
	p = phone.post(settings+"/end", url.Values{"version": {version}})
	require.Equal(t, 409, p.status)
	require.Contains(t, p.text(), "must sign in by this provider")
	require.Equal(t, "/settings/sign-in?saved=rule", phone.post("/settings/sign-in", url.Values{"asks": {"password"}}).path)
	p = phone.post(settings, url.Values{"version": {version}, "name": {"Login"}, "join_role": {""}, "domains": {""}})
	require.Equal(t, settings+"?saved=edit", p.path, p.text())
	require.Equal(t, 409, phone.post(settings, url.Values{"version": {version}, "name": {"Again"}}).status)
	p = phone.post(settings+"/end", url.Values{"version": {p.hidden("version")}})
	require.Contains(t, p.path, "/sign-in", "the administrator's own session came of it")
	require.Contains(t, kim.get("/account").path, "/sign-in")
	gone, nothing := kim.get(door), kim.get("/sign-in/with/nonsense")
	require.Equal(t, 404, gone.status)
	require.Equal(t, nothing.text(), gone.text(), "as if it had never been there")
	require.NotContains(t, phone.get("/sign-in").text(), "Continue with")
	require.Equal(t, "/account", w.as(t, adminMail).get("/account").path)
}

func TestWhatComesBackIsForTheBrowserThatWentAway(t *testing.T) {
	w := newWorld(t)
	w.admin(t)
	idp := w.idp(t)
	adam := w.as(t, adminMail)
	p := adam.post("/settings/sign-in/providers/new", url.Values{"name": {"Halden login"}, "issuer": {idp.Issuer}, "client_id": {idptest.ClientID}, "client_secret": {idptest.Secret}})
	settings, _, _ := strings.Cut(p.path, "?")
	door := "/sign-in/with/" + settings[strings.LastIndexByte(settings, '/')+1:]

	v := w.visitor(t)
	for _, target := range []string{"https://elsewhere.example/", "//elsewhere.example", "/sign-in/back"} {
		require.Contains(t, v.get(door+"?"+url.Values{"return": {target}}.Encode()).raw, `&amp;return=%2F"`, "nobody is led elsewhere")
	}
	require.Equal(t, 401, v.get("/sign-in/back?state=x&code=y").status, "nothing was begun")
	away := v.get(door).links()["Continue with Halden login"]
	require.Equal(t, away, v.get(door).links()["Continue with Halden login"], "pages side by side are as good")
	v.get(away)
	require.NotEmpty(t, v.holds("sharepartner-away"))
	p = v.get("/sign-in/back?state=guessed&code=y")
	require.Equal(t, 401, p.status)
	require.Contains(t, p.text(), "Begin again")
	require.Equal(t, door+"?return=%2F", p.links()["Try again"])
	require.Empty(t, v.holds("sharepartner-away"), "whatever came of it")
	p.inert()

	// The cookie is for this program's pages alone, and no script reads it.
	stop := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	stop.Jar = v.client.Jar
	res, err := stop.Get(w.server.URL + away)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, 303, res.StatusCode)
	c := res.Header.Get("Set-Cookie")
	require.Contains(t, c, "HttpOnly")
	require.Contains(t, c, "SameSite=Lax")

	form := v.get(v.get(door + "?return=/funnel").links()["Continue with Halden login"])
	back := idp.Login(t, idp.Issuer+form.path, "adam")
	idp.Stop()
	p = v.get(back.RequestURI())
	require.Equal(t, 503, p.status)
	require.Contains(t, p.text(), "The provider does not answer")
	require.Equal(t, "/sign-in?return=%2Ffunnel", p.links()["Sign in with your password"])
}

func TestSigningInByAProviderInChromium(t *testing.T) {
	w := newWorld(t)
	w.admin(t)
	idp := w.idp(t)
	b := newTab(t, w).as(adminMail)
	seen := func(name string) { b.everyLook("provider-"+name, nil) }
	b.open("/settings/sign-in")
	seen("none")
	b.follow("#providers a.c-btn, #providers a", "the form")
	require.Equal(t, "/settings/sign-in/providers/new", b.path())
	b.typed("#provider-name", "Halden login")
	b.typed("#provider-issuer", idp.Issuer)
	b.typed("#provider-client_id", idptest.ClientID)
	b.typed("#provider-client_secret", idptest.Secret)
	b.typed("#provider-domains", "halden.example")
	eval[int](b, `(document.querySelector('#provider-join_role').value = 'analyst', 0)`)
	seen("new")
	b.follow("#new form button", "it is added")
	seen("added")
	door := eval[string](b, `document.querySelector('#address-copy').value`)
	b.open("/settings/sign-in")
	seen("listed")

	b.open("/account")
	seen("account")
	b.follow("#connected a", "the password is asked for")
	seen("connect")
	b.typed("#current", password)
	b.follow("#connect form button", "the door")
	require.Contains(t, b.path(), "/sign-in/with/")
	seen("door")
	b.follow("main a.c-btn", "the provider's form")
	b.typed("input[name=username]", "adam")
	b.typed("input[name=password]", idptest.Password)
	b.follow("button", "connected")
	require.Contains(t, b.path(), "?done=connected")
	seen("connected")

	kim := newTab(t, w)
	kim.do(chromedp.Navigate(door))
	kim.until(`document.readyState === 'complete'`, "the door")
	kim.follow("main a.c-btn", "the provider's form")
	kim.typed("input[name=username]", "kim")
	kim.typed("input[name=password]", idptest.Password)
	kim.follow("button", "in")
	require.Contains(t, kim.path(), "/briefing")
	kim.open("/account")
	kim.see(looks[2])
	kim.fits()
	kim.accessible()
	b.quiet()
	kim.quiet()
}
