package portal_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func (b *tab) key(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys))
}

func (b *tab) path() string { return eval[string](b, "location.pathname + location.search") }

// hover moves the mouse over the middle of a part of an element.
func (b *tab) hover(selector string, x, y float64) {
	b.t.Helper()
	r := eval[[]float64](b, `(() => { const e = document.querySelector('`+selector+`'); e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect(); return [r.left, r.top, r.width, r.height] })()`)
	at := func(dx float64) chromedp.Action[chromedp.Void] {
		return chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, r[0]+r[2]*x+dx, r[1]+r[3]*y)
	}
	b.do(at(-3), chromedp.Sleep(40*time.Millisecond), at(0), chromedp.Sleep(120*time.Millisecond))
}

func TestTooltipsTellTheFiguresOfTheTable(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/funnel?period=" + yearNow(w))
	first := eval[string](b, `document.querySelector('.c-alt tbody tr td').textContent.trim()`)
	b.hover("[data-chart]", .3, .1)
	b.until(`document.querySelector('.c-tip')`, "a tooltip")
	tip := eval[string](b, `document.querySelector('.c-tip').innerText`)
	require.Contains(t, tip, "Registered")
	require.Contains(t, tip, "Reached\n"+first)
	require.Contains(t, tip, "Click to open the list")
	b.open("/briefing")
	b.hover(`[data-chart^="pace"]`, .3, .5)
	b.until(`document.querySelector('[data-chart^="pace"] .c-tip')`, "a tooltip on the running total")
	b.quiet()
}

func TestAClickOnABarOpensItsRows(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/funnel?period=" + yearNow(w))
	want := eval[string](b, `document.querySelector('.c-alt tbody tr td a').textContent.trim()`)
	r := eval[[]float64](b, `(() => { const r = document.querySelector('[data-chart]').getBoundingClientRect(); return [r.left + r.width * .25, r.top + r.height * .1] })()`)
	b.hover("[data-chart]", .25, .1)
	b.leaves("the rows", func() { b.do(chromedp.MouseClickXY(r[0], r[1])) })
	require.Contains(t, b.path(), "/receipts/")
	require.Equal(t, want, eval[string](b, `document.querySelector('[data-kpi="Opportunities"] .is-v').textContent.trim()`))
	b.quiet()
}

func TestKeyboard(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/briefing?period=" + yearNow(w))
	for i := 0; i < 40 && eval[string](b, `document.activeElement.dataset.kpi || ''`) != "Won"; i++ {
		b.key("\t")
	}
	require.Equal(t, "Won", eval[string](b, `document.activeElement.dataset.kpi || ''`), "the key figure is reached by tab")
	require.NotEqual(t, "none", eval[string](b, `getComputedStyle(document.activeElement).boxShadow`), "and shows it")
	goes := func(keys, path string) {
		t.Helper()
		b.leaves(keys+" leads to "+path, func() { b.key(keys) })
		require.Contains(t, b.path(), path)
	}
	goes("\r", "/receipts/")
	goes("gf", "/funnel")
	goes("go", "/opportunities")
	goes("n", "/opportunities/new")
	goes("go", "/opportunities")
	b.key("jj")
	second := eval[string](b, `document.activeElement.getAttribute('href')`)
	require.Equal(t, eval[string](b, `document.querySelectorAll('[data-row]')[1].getAttribute('href')`), second)
	goes("kj\r", second)
	b.key("/")
	require.Equal(t, "find", eval[string](b, `document.activeElement.id`))
	eval[int](b, `(document.activeElement.value = '', 0)`) // the test's keyboard types the letter all the same
	b.key("gb")
	require.Equal(t, second, eval[string](b, `location.pathname`), "keys typed into a field are letters")
	require.Equal(t, "gb", eval[string](b, `document.activeElement.value`))
	eval[int](b, `(document.activeElement.blur(), 0)`)
	b.key("?")
	b.until(`document.querySelector('#keys').open`, "the list of keys")
	b.key("\u001b")
	b.quiet()
}

func TestSingleKeysCanBeTurnedOff(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/help")
	b.sends(`document.querySelector('button[name="keys"][value="off"]').click()`, "the page without keys")
	require.Equal(t, "off", eval[string](b, `document.documentElement.dataset.keys`))
	b.key("go")
	time.Sleep(150 * time.Millisecond)
	require.Equal(t, "/help", b.path())
}

func TestThemeIsKept(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/briefing")
	light := eval[string](b, `getComputedStyle(document.body).backgroundColor`)
	eval[int](b, `(document.querySelector('button[name="theme"][value="dark"]').click(), 0)`)
	b.until(`document.documentElement.dataset.theme === 'dark'`, "dark")
	b.until(`getComputedStyle(document.body).backgroundColor !== '`+light+`'`, "other colours, by and by")
	b.open("/funnel")
	require.Equal(t, "dark", eval[string](b, `document.documentElement.dataset.theme`), "the server sends it with the next page")
	b.quiet()
}

func TestFiltersChangeThePageWithoutReload(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	b.open("/briefing?period=" + yearNow(w))
	eval[int](b, `(window.stays = true, document.querySelector('#f-region').click(), 0)`)
	before := eval[string](b, `document.querySelector('[data-kpi="Won"] .is-v').textContent`)
	eval[int](b, `([...document.querySelectorAll('#f-region + * a')].find(a => a.textContent.includes('CEE')).click(), 0)`)
	b.until(`location.search.includes('region=CEE')`, "the filter is in the address")
	b.until(`document.querySelector('.c-active')`, "the filter is named")
	require.True(t, eval[bool](b, `window.stays === true`), "the page was not loaded anew")
	require.NotEqual(t, before, eval[string](b, `document.querySelector('[data-kpi="Won"] .is-v').textContent`))
	b.until(`document.activeElement.id === 'f-region'`, "the keyboard is where it was")
	b.charts()
	b.fits()
	b.accessible()
	b.quiet()
}

func TestSigningIn(t *testing.T) {
	w := shared(t)
	b := newTab(t, w)
	b.see(looks[1])
	b.do(chromedp.Navigate(w.server.URL + "/funnel?period=2017-Q1"))
	b.until(`document.querySelector('#password')`, "the form")
	fill := func(mail, secret string) {
		b.sends(`document.querySelector('#email').value = '`+mail+`', document.querySelector('#password').value = '`+secret+`', document.querySelector('form button').click()`, "an answer")
	}
	fill("nobody@halden.example", "wrong password")
	unknown := eval[string](b, `document.querySelector('.c-note.is-bad').innerText`)
	require.Equal(t, "nobody@halden.example", eval[string](b, `document.querySelector('#email').value`), "what was typed is kept")
	require.Empty(t, eval[string](b, `document.querySelector('#password').value`))
	require.True(t, eval[bool](b, `document.activeElement === document.querySelector('.c-note.is-bad')`), "the refusal has the focus")
	b.accessible()
	fill(leaderMail, "wrong password")
	require.Equal(t, leaderMail, eval[string](b, `document.querySelector('#email').value`))
	require.Equal(t, unknown, eval[string](b, `document.querySelector('.c-note.is-bad').innerText`), "the answer does not tell who is here")
	fill(leaderMail, password)
	require.Equal(t, "/funnel?period=2017-Q1", b.path(), "where one wanted to go")
}

func TestAnEndedSessionLeadsBack(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	path := "/opportunities/" + w.evil.ID.String()
	b.open(path)
	_, err := w.db.Owner(t).Exec(context.Background(), `delete from sec.session`)
	require.NoError(t, err)
	b.sends(`document.querySelector('#edit-name').value = 'changed', document.querySelector('#edit button').click()`, "the form")
	require.Contains(t, eval[string](b, `document.querySelector('.c-note').innerText`), "nothing was saved")
	b.sends(`document.querySelector('#email').value = '`+leaderMail+`', document.querySelector('#password').value = '`+password+`', document.querySelector('form button').click()`, "the page one was on")
	require.Equal(t, path, b.path())
	require.Equal(t, evilName, eval[string](b, `document.querySelector('#edit-name').value`))
}

func TestNamesAreTextEverywhere(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	eval[int](b, `0`)
	for _, path := range []string{"/opportunities/" + w.evil.ID.String(), "/opportunities", "/briefing?period=" + yearNow(w) + "&all=partners", "/funnel", "/opportunities?q=" + url.QueryEscape(evilName), "/briefing?region=" + url.QueryEscape(evilPartner)} {
		b.open(path)
		require.False(t, eval[bool](b, `Boolean(document.querySelector('main img, main script:not([type="application/json"]), svg[onload], b[onmouseover], [onerror]'))`), path)
		b.quiet()
	}
	b.open("/opportunities/" + w.evil.ID.String())
	require.True(t, strings.Contains(eval[string](b, `document.querySelector('h1').textContent`), evilName))
	require.Contains(t, eval[string](b, `document.querySelector('main').textContent`), evilCustomer)
}

func TestTwoPeopleChangeOneOpportunity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w).as(leaderMail)
	b.see(looks[0])
	path := "/opportunities/" + w.opportunity.ID.String()
	b.open(path)
	now, err := w.deps.Opportunities.Get(context.Background(), w.leader, w.opportunity.ID)
	require.NoError(t, err)
	_, err = w.deps.Opportunities.Update(context.Background(), w.partner, now.ID, now.Version, opportunities.Update{Name: operational.Set("Theirs")})
	require.NoError(t, err)
	send := func(js string) { b.sends(js+`, document.querySelector('#edit form button').click()`, "an answer") }
	send(`document.querySelector('#edit-name').value = 'Mine', document.querySelector('#edit-amount').value = '500000'`)
	require.Contains(t, eval[string](b, `document.querySelector('.p-compare').innerText`), "Theirs")
	require.Contains(t, eval[string](b, `document.querySelector('.p-compare').innerText`), "Mine")
	require.Equal(t, "Mine", eval[string](b, `document.querySelector('#edit-name').value`), "what was typed is kept")
	b.accessible()
	b.shot("conflict")
	send(`document.querySelector('#edit-amount').value = 'much'`)
	require.True(t, eval[bool](b, `Boolean(document.querySelector('[aria-invalid="true"]'))`), "a field that is wrong")
	require.Equal(t, "much", eval[string](b, `document.querySelector('#edit-amount').value`))
	require.True(t, eval[bool](b, `document.activeElement.matches('.c-note.is-bad')`), "the summary has the focus")
	b.accessible()
	b.shot("invalid")
	send(`document.querySelector('#edit-amount').value = '500000', document.querySelector('#edit-close').value = '2031-03-31'`)
	require.Contains(t, b.path(), "?saved=edit")
	require.Contains(t, eval[string](b, `document.querySelector('.p-tl').innerText`), "€500,000")
	b.sends(`document.querySelector('#move-reason').value = 'they signed', [...document.querySelector('#move-stage').options].forEach(o => { if (o.text === 'Won') o.selected = true }), document.querySelector('#move form button').click()`, "an answer")
	require.Contains(t, b.path(), "?saved=move")
	require.Contains(t, eval[string](b, `document.querySelector('.p-tl').innerText`), "they signed")
	b.shot("won")
	b.accessible()
	b.sends(`document.querySelector('#reopen form button').click()`, "an answer")
	require.Contains(t, b.path(), "?saved=reopen")
	w.loaded(t)
	b.open("/briefing")
	require.Equal(t, "1", eval[string](b, `[...document.querySelectorAll('[aria-labelledby="events-t"] tbody tr')].find(r => r.innerText.startsWith('Reopened')).children[1].innerText.trim()`), "the warehouse saw it")
}

func TestWithoutScript(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(t, err)
	b.see(looks[2])
	b.do(chromedp.Navigate(w.server.URL + "/briefing?period=" + yearNow(w)))
	b.do(chromedp.Click(".l-burger"))
	b.shot("drawer-no-script")
	b.do(chromedp.Click(`.l-rail a[data-go="o"]`))
	b.do(chromedp.WaitVisible(`.c-table`))
	b.do(chromedp.Click(`#f-status`))
	b.do(chromedp.Click(`#f-status + .c-menu-panel li, #f-status + .c-menu-panel a:nth-of-type(2)`))
	b.do(chromedp.WaitVisible(`.c-active`))
	b.shot("list-no-script")
}

// Menus are as accessible open as closed, and stay on the screen.
func TestOpenMenus(t *testing.T) {
	w := shared(t)
	b := newTab(t, w).as(leaderMail)
	for _, l := range []look{looks[0], looks[3]} {
		b.see(l)
		b.open("/briefing?period=" + yearNow(w) + "&region=CEE&tier=Gold")
		for _, id := range []string{"f-period", "f-partner", "f-as_of"} {
			eval[int](b, `(document.querySelector('#`+id+`').click(), 0)`)
			b.until(`document.querySelectorAll('details.c-menu[open]').length === 1`, "one menu is open")
			require.True(t, eval[bool](b, `(() => { const r = document.querySelector('details.c-menu[open] .c-menu-panel').getBoundingClientRect(); return r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight })()`), "%s is on the screen", id)
			b.shot("menu-" + id + "-" + l.name)
			b.fits()
			b.accessible()
		}
		b.key("\u001b")
		b.until(`!document.querySelector('details.c-menu[open]')`, "Escape closes it")
		require.Equal(t, "f-as_of", eval[string](b, `document.activeElement.id`))
	}
	b.quiet()
}

// typed puts a text into a field as a person would.
func (b *tab) typed(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(selector))
	b.key(text)
}

// press clicks on the first thing that is named so.
func (b *tab) press(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(selector))
}

// follow presses what leads to another page.
func (b *tab) follow(selector, what string) {
	b.t.Helper()
	b.leaves(what, func() { b.press(selector) })
}
