package portal_test

import (
	"testing"
)

// Every page in every look: axe finds nothing, the console is empty, nothing hangs over, all charts are drawn.
func TestEveryPageInEveryLook(t *testing.T) {
	w := shared(t)
	w.walk(t, "", []stop{
		{"sign-in", "", "/sign-in"},
		{"briefing", leaderMail, "/briefing"},
		{"funnel", leaderMail, "/funnel?period=" + yearNow(w)},
		{"opportunities", leaderMail, "/opportunities"},
		{"opportunity", leaderMail, "/opportunities/" + w.opportunity.ID.String()},
		{"receipt", leaderMail, firstNumber(t, w)},
		{"help", leaderMail, "/help"},
		{"account", leaderMail, "/account?done=others"},
		{"not-found", leaderMail, "/nowhere"},
		{"partner-briefing", partnerMail, "/briefing"},
		{"partner-opportunity", partnerMail, "/opportunities/" + w.evil.ID.String()},
		{"analyst-opportunity", analystMail, "/opportunities/" + w.opportunity.ID.String()},
		{"first-use", strangerMail, "/briefing"},
		{"no-match", leaderMail, "/opportunities?q=there+is+no+such+thing&region=CEE"},
	})
}

// stop is a page on a walk: who looks at it, and where it is.
type stop struct{ name, mail, path string }

// walk looks at pages in every look.
func (w *world) walk(t *testing.T, prefix string, stops []stop) {
	t.Helper()
	for _, p := range stops {
		t.Run(p.name, func(t *testing.T) {
			b := newTab(t, w)
			if p.mail != "" {
				b.as(p.mail)
			}
			for _, l := range looks {
				b.see(l)
				b.open(p.path)
				b.shot(prefix + p.name + "-" + l.name)
				b.fits()
				b.accessible()
				if p.name != "not-found" { // a browser notes the status 404 itself
					b.quiet()
				}
			}
		})
	}
}

func yearNow(w *world) string { return w.deps.Clock().Format("2006") }

// firstNumber is the address behind the first key figure of the briefing.
func firstNumber(t testing.TB, w *world) string {
	t.Helper()
	return attr(w.as(t, leaderMail).get("/briefing?period="+yearNow(w)).kpi("Won"), "href")
}
