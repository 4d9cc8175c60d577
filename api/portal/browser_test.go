package portal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var (
	browserOnce  sync.Once
	browserCtx   context.Context
	browserErr   error
	browserClose []func()
)

// chromium is the browser of this machine; without one the tests fail, for a page that nobody looked at is not tested.
func chromium() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path, nil
	}
	var err error
	// The first is the same browser without the windows around the pages, and takes half the processor time.
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		var path string
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}

// unused is what each window of the browser would have around the page: a list under a bar for addresses, which is a page
// with a process of its own.
const unused = "Translate,WebUIOmniboxPopup,WebUIOmniboxAimPopup"

// brief is how scripts are run that run for moments: nothing of a page lives long enough to be worth compiling it well.
const brief = "--no-opt --no-maglev"

func startBrowser() {
	path, err := chromium()
	if err != nil {
		browserErr = err
		return
	}
	dir, err := os.MkdirTemp("", "sharepartner-browser-")
	if err != nil {
		browserErr = err
		return
	}
	browserClose = append(browserClose, func() { _ = os.RemoveAll(dir) })
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(dir),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("lang", "en-GB"),
		chromedp.Flag("disable-features", unused), chromedp.Flag("js-flags", brief))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	browserClose = append(browserClose, stop)
	ctx, stop := chromedp.NewContext(alloc)
	browserClose = append(browserClose, stop)
	browserCtx, browserErr = ctx, chromedp.Do(ctx, chromedp.Navigate("about:blank"))
}

func stopBrowser() {
	for i := len(browserClose) - 1; i >= 0; i-- {
		browserClose[i]()
	}
}

// tab is a browser window with its console watched.
type tab struct {
	t   testing.TB
	w   *world
	ctx context.Context

	axed    bool // each page that is opened from now on has axe in it: its source is long, and sent once
	mu      sync.Mutex
	console []string
}

// look is how a page is seen.
type look struct {
	name  string
	width int64
	dark  bool
}

var looks = []look{{"desktop-light", 1440, false}, {"desktop-dark", 1440, true}, {"mobile-light", 390, false}, {"mobile-dark", 390, true}}

// newTab opens a window of its own, with cookies of its own.
func newTab(t testing.TB, w *world) *tab {
	t.Helper()
	return newTabFor(t, w, 3*time.Minute)
}

// newTabFor opens a window that is of use for so long.
func newTabFor(t testing.TB, w *world, life time.Duration) *tab {
	t.Helper()
	browserOnce.Do(startBrowser)
	require.NoError(t, browserErr, "these tests need Chromium: install it, or set CHROMIUM to its path")
	ctx, stop := chromedp.NewContext(browserCtx, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	ctx, cancel := context.WithTimeout(ctx, life)
	t.Cleanup(cancel)
	b := &tab{t: t, w: w, ctx: ctx}
	b.do(chromedp.Navigate("about:blank"))
	// Several windows are at work at once, and each is to be as the one that a person looks at.
	_, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	require.NoError(t, err)
	go func() {
		for m, err := range chromedp.Console(ctx) {
			if err != nil {
				return
			}
			text, _ := json.Marshal(m)
			b.mu.Lock()
			b.console = append(b.console, string(text))
			b.mu.Unlock()
		}
	}()
	return b
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...))
}

func eval[T any](b *tab, js string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, "%.100s", js)
	return v
}

// until waits for a condition in the page.
func (b *tab) until(js, what string) {
	b.t.Helper()
	b.untilIn(time.Minute, js, what)
}

func (b *tab) untilIn(limit time.Duration, js, what string) {
	b.t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		// A page that is about to give way to another does not answer.
		if v, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+js+")")); err == nil && v {
			return
		}
		if time.Now().After(end) {
			require.FailNow(b.t, what, "at %s", eval[string](b, "location.href"))
		}
	}
}

// leaves does what leads to another page, and waits until the whole of that is there. The address alone says little: it
// changes before the page has come.
func (b *tab) leaves(what string, do func()) {
	b.t.Helper()
	eval[int](b, `(window.left = true, 0)`)
	do()
	b.until(`!window.left && document.readyState === 'complete'`, what)
}

// sends does it by script: a press of a button, with what is filled in before.
func (b *tab) sends(js, what string) {
	b.t.Helper()
	b.leaves(what, func() { eval[int](b, `(`+js+`, 0)`) })
}

// as puts a session of a person into the window.
func (b *tab) as(mail string) *tab {
	b.t.Helper()
	return b.adopt(b.w.as(b.t, mail))
}

// adopt puts a visitor's session into the window.
func (b *tab) adopt(v *visitor) *tab {
	b.t.Helper()
	at, err := url.Parse(b.w.server.URL)
	require.NoError(b.t, err)
	for _, c := range v.client.Jar.Cookies(at) {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.w.server.URL, HTTPOnly: new(true)})
		require.NoError(b.t, err)
	}
	return b
}

func (b *tab) see(l look) {
	b.t.Helper()
	b.light(l)
	height, opts := int64(900), []chromedp.EmulateViewportOption{}
	if l.width < 500 {
		height, opts = 844, append(opts, chromedp.EmulateMobile, chromedp.EmulateTouch)
	}
	b.do(chromedp.EmulateViewport(l.width, height, opts...))
}

// light makes the colours those of the look, of the page that is open too.
func (b *tab) light(l look) {
	b.t.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
	require.NoError(b.t, err)
}

// open goes to a page and draws all its charts, also those below the screen.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.w.server.URL + path))
	b.until(`document.readyState === 'complete'`, "loaded")
	b.charts()
}

// charts brings one chart after the other into sight and waits until it is drawn: on a busy machine nobody knows how long.
func (b *tab) charts() {
	b.t.Helper()
	for i := range eval[int](b, `document.querySelectorAll('[data-chart]').length`) {
		drawn := fmt.Sprintf(`(c => { if (c.dataset.ready && c.querySelector('canvas')) return true; c.scrollIntoView({block: 'center'}); return false })(document.querySelectorAll('[data-chart]')[%d])`, i)
		b.untilIn(time.Minute, drawn, fmt.Sprintf("chart %d is drawn", i))
	}
	eval[int](b, `(scrollTo(0, 0), 0)`)
}

// quiet says that nothing was written to the console: no fault of a script, no breach of the content policy.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.console)
}

var axeSource = sync.OnceValues(func() (string, error) {
	raw, err := os.ReadFile(filepath.Join("assets", "node_modules", "axe-core", "axe.min.js"))
	return string(raw), err
})

// accessible runs axe over the page.
func (b *tab) accessible() {
	b.t.Helper()
	b.axe(`['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']`)
}

// legible runs the rules of axe over the page that another theme can break, where all others were held already.
func (b *tab) legible() {
	b.t.Helper()
	b.axe(`{type:'rule', values:['color-contrast', 'link-in-text-block']}`)
}

// axe says how to find what breaks the rules: it need not for what keeps them.
func (b *tab) axe(rules string) {
	b.t.Helper()
	source, err := axeSource()
	require.NoError(b.t, err, "run `npm ci` in api/portal/assets (or make assets)")
	if !b.axed {
		b.axed = true
		_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		require.NoError(b.t, err)
		eval[int](b, source+";0")
	}
	found := eval[[]string](b, `axe.run({resultTypes: ['violations'], runOnly: `+rules+`}).then(r =>
		r.violations.map(v => v.id + ': ' + v.nodes.slice(0, 4).map(n => n.target.join(' ') + ' ' + (n.any[0] || n.all[0] || n.none[0] || {}).message).join(' | ')))`)
	require.Empty(b.t, found)
}

// fits says that the page does not scroll sideways.
func (b *tab) fits() {
	b.t.Helper()
	require.Empty(b.t, eval[string](b, `(() => { const w = document.documentElement.clientWidth, s = document.documentElement.scrollWidth; if (s <= w) return '';
		for (const e of document.querySelectorAll('body *')) { const r = e.getBoundingClientRect(); if (r.right > w + 1 && !e.closest('.c-scroll, .p-path')) return s + ' > ' + w + ' ' + e.tagName + '.' + e.className + ' ' + r.right }
		return s + ' > ' + w })()`))
}

// shot keeps a picture where SHAREPARTNER_SHOTS says.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("SHAREPARTNER_SHOTS")
	if dir == "" {
		return
	}
	require.NoError(b.t, os.MkdirAll(dir, 0o755))
	img, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, "/", "-")+".png"), img, 0o644))
}
