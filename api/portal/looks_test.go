package portal_test

import (
	"testing"
)

// Every page in every look: axe finds nothing, the console is empty, nothing hangs over, all charts are drawn.
func TestEveryPageInEveryLook(t *testing.T) {
	w := shared(t)
	t.Parallel() // when the tests that change the shared world are over
	w.walk(t, "", []stop{
		{"sign-in", "", "/sign-in"},
		{"briefing", leaderMail, "/briefing"},
		{"funnel", leaderMail, "/funnel?period=" + yearNow(w)},
		{"opportunities", leaderMail, "/opportunities"},
		{"opportunity", leaderMail, "/opportunities/" + w.opportunity.ID.String()},
		{"opportunity-new", leaderMail, "/opportunities/new"},
		{"partner-opportunity-new", partnerMail, "/opportunities/new"},
		{"selling-new", leaderMail, "/settings/selling/new"},
		{"selling-form", leaderMail, "/settings/selling/" + w.opportunity.Process.ID.String()},
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

func yearNow(w *world) string { return w.deps.Clock().Format("2006") }

// firstNumber is the address behind the first key figure of the briefing.
func firstNumber(t testing.TB, w *world) string {
	t.Helper()
	return attr(w.as(t, leaderMail).get("/briefing?period="+yearNow(w)).kpi("Won"), "href")
}
