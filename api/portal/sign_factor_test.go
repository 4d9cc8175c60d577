package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// codeSoon is what an authenticator shows so long from now: a code is taken once, and half a minute before its time too.
func codeSoon(t testing.TB, secret string, after time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(after))
	require.NoError(t, err)
	return code
}

// hidden is what a hidden input of a form holds.
func (a *answer) hidden(name string) string {
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == name }) {
		return attr(n, "value")
	}
	return ""
}

// secret is the key that the page shows to be typed.
func (a *answer) secret(t testing.TB) string {
	t.Helper()
	u := ""
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "a" }) {
		if at, err := url.Parse(attr(n, "href")); err == nil && at.Scheme == "otpauth" {
			u = at.Query().Get("secret")
		}
	}
	require.NotEmpty(t, u, a.text())
	return u
}

// codes are the recovery codes that the page shows.
func (a *answer) codes() (out []string) {
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "ul" && attr(n, "class") == "p-codes" }) {
		for _, c := range find(n, func(n *html.Node) bool { return n.Data == "code" }) {
			out = append(out, text(c))
		}
	}
	return out
}

// Somebody sets a second factor, signs in by it on a page of its own, and takes it away.
func TestASecondFactorIsSetAskedForAndRemoved(t *testing.T) {
	const mail = "factor@halden.example"
	w := shared(t)
	v := w.somebody(t, mail)
	require.Contains(t, v.get("/account").text(), "Set up")
	p := v.get("/account/second-factor")
	secret := p.secret(t)
	require.NotEmpty(t, p.all(func(n *html.Node) bool { return n.Data == "svg" && attr(n, "class") == "p-qr" }))
	form := url.Values{"token": {p.hidden("token")}, "code": {"000000"}, "current_password": {password}}
	tab := v.get("/account/second-factor")
	again := v.post("/account/second-factor", form)
	require.Equal(t, 422, again.status)
	require.Equal(t, secret, again.secret(t), "the same key stays on the page")
	require.Contains(t, again.text(), "is not right")
	form.Set("code", codeSoon(t, secret, 0))
	set := v.post("/account/second-factor", form)
	codes := set.codes()
	require.Len(t, codes, 10, set.text())
	set.inert()
	late := v.post("/account/second-factor", url.Values{"token": {tab.hidden("token")}, "code": {codeSoon(t, tab.secret(t), 0)}, "current_password": {password}})
	require.Equal(t, 409, late.status)
	require.Contains(t, late.text(), "perhaps in another tab")
	require.NotEqual(t, tab.secret(t), late.secret(t), "the page begins again, in place of the one that is set")
	require.Contains(t, v.get("/account").text(), "Recovery codes left: 10")

	phone := w.visitor(t)
	require.Contains(t, phone.get("/sign-in/code").path, "why=over", "nothing has begun")
	p = phone.post("/sign-in", url.Values{"email": {mail}, "password": {password}, "return": {"/account"}})
	require.Equal(t, "/sign-in/code?return=%2Faccount", p.path)
	require.Contains(t, phone.get("/account").path, "/sign-in", "a password alone is no session")
	require.Equal(t, 422, phone.post("/sign-in/code", url.Values{"code": {"12"}, "return": {"/account"}}).status)
	p = phone.post("/sign-in/code", url.Values{"code": {codeSoon(t, secret, 30*time.Second)}, "return": {"https://elsewhere.example/"}})
	require.Equal(t, "/briefing", p.path, "nobody is led elsewhere")
	require.Equal(t, "/account", phone.get("/account").path)
	require.Equal(t, "/briefing", phone.post("/sign-in/code", url.Values{"code": {codes[0]}}).path, "it is finished")

	require.Equal(t, 422, phone.post("/account/second-factor/remove", url.Values{"current_password": {password}, "current_code": {"000000"}}).status)
	p = phone.post("/account/second-factor/remove", url.Values{"current_password": {password}, "current_code": {codes[1]}})
	require.Equal(t, "/account?done=factor", p.path, p.text())
	require.Contains(t, v.get("/account").path, "/sign-in", "signed out everywhere else")
	require.Equal(t, "/account", w.as(t, mail).get("/account").path)
}

// A company asks its people for a second factor: who has none is led through setting one up.
func TestACompanyAsksForASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := identity.NewAdmin(w.db.Jobs).AddPerson(t.Context(), identity.NewPerson{Org: w.vendor, Role: operational.RoleAdministrator, Name: "Adam In", Email: "adam@halden.example", Password: password})
	require.NoError(t, err)
	admin, late := w.as(t, "adam@halden.example"), w.somebody(t, "late@halden.example")
	require.NotContains(t, late.get("/settings").text(), "Sign-in")
	require.Equal(t, 404, late.get("/settings/sign-in").status)
	p := admin.post("/settings/sign-in", url.Values{"asks": {"second_factor"}})
	require.Equal(t, 409, p.status)
	require.Contains(t, p.text(), "Set up your own second factor first")
	p = admin.get("/account/second-factor")
	admin.post("/account/second-factor", url.Values{"token": {p.hidden("token")}, "code": {codeSoon(t, p.secret(t), 0)}, "current_password": {password}})
	p = admin.post("/settings/sign-in", url.Values{"asks": {"second_factor"}})
	require.Equal(t, "/settings/sign-in?saved=rule", p.path, p.text())
	require.Contains(t, late.get("/account").path, "/sign-in", "who has none is out")

	b := newTab(t, w)
	b.open("/sign-in?return=/account")
	b.typed("#email", "late@halden.example")
	b.typed("#password", password)
	b.follow("form button", "the factor is asked for")
	require.Contains(t, b.path(), "/sign-in/factor")
	b.everyLook("sign-in-factor", nil)
	secret := eval[string](b, `new URL(document.querySelector('a[href^=otpauth]').href).searchParams.get('secret')`)
	b.typed("#code", codeSoon(t, secret, 0))
	b.follow("form button", "the recovery codes are shown")
	require.Equal(t, 10, eval[int](b, `document.querySelectorAll('.p-codes code').length`))
	b.everyLook("sign-in-codes", nil)
	b.follow("main a.c-btn", "in")
	require.Equal(t, "/account", b.path())
	for _, path := range []string{"/account", "/account/second-factor", "/account/second-factor/remove"} {
		b.looks("", stop{name: strings.ReplaceAll(path[1:], "/", "-"), path: path})
	}
	b.quiet()

	again := newTab(t, w)
	again.open("/sign-in")
	again.typed("#email", "late@halden.example")
	again.typed("#password", password)
	again.follow("form button", "the code is asked for")
	require.Contains(t, again.path(), "/sign-in/code")
	again.everyLook("sign-in-code", nil)
	again.typed("#code", codeSoon(t, secret, 30*time.Second))
	again.follow("form button", "in by the code")
	require.Contains(t, again.path(), "/briefing")
}
