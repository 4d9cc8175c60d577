package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// A partner chooses who works for a vendor: it reviews who would be taken out, applies it, and its page on what the vendor
// sees follows.
func TestWhoWorksForAVendor(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	chief, seller := w.as(t, chiefMail), w.as(t, partnerMail)
	at := "/connections/" + w.opportunity.ConnectionID.String()
	record := "/opportunities/" + w.opportunity.ID.String()
	require.Equal(t, http.StatusOK, seller.get(record).status)
	people := at + "/people"
	require.Equal(t, people, chief.get(at).first(people))
	p := chief.get(people)
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.text(), "All of your people, also who joins later")
	ticks := p.all(func(n *html.Node) bool { return attr(n, "name") == "person" })
	require.NotEmpty(t, ticks)
	for _, n := range ticks {
		_, on := attribute(n, "checked")
		require.True(t, on, "whoever begins takes people out")
	}
	require.Equal(t, http.StatusNotFound, seller.get(people).status)
	require.Equal(t, http.StatusNotFound, w.as(t, ownerMail).get(people).status)

	none := url.Values{"mode": {"chosen"}, "person": nil, "do": {"review"}}
	review := p.sends(people, none)
	require.Equal(t, http.StatusOK, review.status)
	require.Contains(t, review.text(), "The change is not applied")
	require.Contains(t, review.text(), "people would be taken out at once")
	require.Contains(t, review.text(), "Would be taken out")
	require.Equal(t, http.StatusOK, seller.get(record).status, "nothing is applied yet")
	unchanged := p.sends(people, url.Values{"mode": {"all"}, "person": nil, "do": {"review"}})
	require.Contains(t, unchanged.text(), "Nothing is changed yet", "ticks count where people are chosen")
	none.Set("do", "apply")
	done := p.sends(people, none)
	require.Equal(t, people+"?saved=1", done.path, done.text())
	require.Contains(t, done.text(), "Only the ticked people")
	require.Equal(t, http.StatusNotFound, seller.get(record).status)
	stale := p.sends(people, none)
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.text(), "nothing was saved")

	told := chief.get(at + "/disclosure")
	require.Contains(t, told.text(), "You have chosen who works for it")
	require.Contains(t, told.text(), "Suspended by you")
	require.Equal(t, http.StatusOK, w.as(t, ownerMail).get(record).status, "the vendor keeps what is shared")
}
