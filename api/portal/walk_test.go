package portal_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// stop is a page on a walk: who looks at it, and where it is.
type stop struct{ name, mail, path string }

// Windows that a walk uses, as many as run at once on a small machine.
const walkers = 2

// walk looks at pages in every look: as wide as on a desk and as on a telephone, in the light and in the dark. The windows
// are used again for one page after the other.
func (w *world) walk(t *testing.T, prefix string, stops []stop) {
	t.Helper()
	windows := make(chan *tab, walkers)
	for range walkers {
		windows <- newTabFor(t, w, 8*time.Minute)
	}
	for _, p := range stops {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			b := <-windows
			defer func() { windows <- b }()
			if p.name == missing { // a browser notes the status 404 itself, perhaps later
				newTab(t, w).as(p.mail).looks(prefix, p)
				return
			}
			b.t, b.w = t, w
			b.nobody()
			if p.mail != "" {
				b.as(p.mail)
			}
			b.looks(prefix, p)
			b.quiet()
		})
	}
}

// missing is the page that is not there.
const missing = "not-found"

// nobody makes the window that of somebody who is not signed in.
func (b *tab) nobody() {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, network.ClearBrowserCookies, cdp.Empty{})
	require.NoError(b.t, err)
}

// still has the page drawn in its new look, and colours faded into each other. A browser may draw nothing for a window
// that it takes for hidden, and what fades would then never end.
func (b *tab) still() {
	b.t.Helper()
	eval[int](b, `new Promise(r => { requestAnimationFrame(() => requestAnimationFrame(r)); setTimeout(r, 2000) }).then(() => (document.getAnimations().forEach(a => a.finish()), 0))`)
}

// looks looks at a page in every look. When it is opened only charts ask how wide the window is: a page without any is not
// opened anew for another width, for styles follow the window.
func (b *tab) looks(prefix string, p stop) {
	b.t.Helper()
	opened := false
	b.everyLook(prefix+p.name, func() {
		if opened && !eval[bool](b, `Boolean(document.querySelector('[data-chart]'))`) {
			b.still()
			return
		}
		opened = true
		b.open(p.path)
	})
}

// everyLook looks at what is open in every look, and opens it anew for another width; nil leaves it as it is.
func (b *tab) everyLook(name string, anew func()) {
	b.t.Helper()
	for i, l := range looks {
		first := i == 0 || l.width != looks[i-1].width
		if first {
			b.see(l)
		} else {
			b.light(l)
		}
		if first && anew != nil {
			anew()
		} else {
			b.still()
			b.charts()
		}
		b.shot(name + "-" + l.name)
		b.fits()
		if first {
			b.accessible()
		} else {
			b.legible()
		}
	}
}
