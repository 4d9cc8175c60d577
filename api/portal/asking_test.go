package portal_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// Whoever asks for what belongs to others is answered as if it were not there: in each box that takes words, and by each
// page that says that something was wrong. What was asked for may be said back; nothing else of it is on the page.
func TestAskingForWhatIsOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t).administrators(t)
	for mail, marks := range map[string][]string{
		ownerMail:    {"Norrland", "N-77"},
		chiefMail:    {"Meridian", "P-002"},
		strangerMail: {"Kestrel", "Halden"},
	} {
		v := w.as(t, mail)
		boxes, forms, known := 0, 0, map[string]bool{}
		for _, p := range v.places(40) {
			for _, form := range p.all(func(n *html.Node) bool { return n.Data == "form" }) {
				for _, box := range find(form, takesWords) {
					place := attr(form, "action") + " " + attr(box, "name")
					if known[place] {
						continue
					}
					known[place] = true
					if attr(form, "method") == "post" {
						forms += v.posts(t, form, attr(box, "name"), marks)
						continue
					}
					v.asks(t, form, attr(box, "name"), marks)
					boxes++
				}
			}
		}
		if mail != strangerMail {
			require.NotEqual(t, shapeOf(v.get("/opportunities?q=Zzyzx"), "Zzyzx"), shapeOf(v.get("/opportunities?q=Gdynia"), "Gdynia"), "what is there is found")
		}
		t.Logf("%s: %d boxes, %d fields of forms", mail, boxes, forms)
		require.Greater(t, boxes, 5, mail)
		require.Greater(t, forms, 0, mail)
		for _, path := range []string{"/opportunities/", "/accounts/", "/partners/", "/connections/", "/nowhere/"} {
			nothing := v.get(path + "Zzyzx")
			for _, mark := range marks {
				sameButFor(t, nothing, v.get(path+url.PathEscape(mark)), mark, marks)
			}
		}
	}
}

// places are the pages that menus lead to, those of single records left out.
func (v *visitor) places(most int) (pages []*answer) {
	queue := []string{"/"}
	for i := 0; i < len(queue) && i < most; i++ {
		pages = append(pages, v.get(queue[i]))
		for _, a := range pages[i].all(func(n *html.Node) bool { return n.Data == "a" }) {
			to, err := url.Parse(attr(a, "href"))
			if err == nil && to.Host == "" && strings.HasPrefix(to.Path, "/") && !strings.Contains(kindOf(to.Path), "*") && !strings.HasSuffix(to.Path, "export") && !slices.Contains(queue, to.Path) {
				queue = append(queue, to.Path)
			}
		}
	}
	return pages
}

func takesWords(n *html.Node) bool {
	return n.Data == "input" && attr(n, "name") != "" && slices.Contains([]string{"", "search", "text"}, attr(n, "type"))
}

// asks sends words by a form that searches.
func (v *visitor) asks(t *testing.T, form *html.Node, name string, marks []string) {
	t.Helper()
	ask := func(words string) *answer {
		values := sentBy(form)
		values.Set(name, words)
		return v.get(attr(form, "action") + "?" + values.Encode())
	}
	nothing := ask("Zzyzx")
	for _, mark := range marks {
		sameButFor(t, nothing, ask(mark), mark, marks)
	}
}

// posts sends words by a form that changes a record, of a version that there is not: nothing is saved, and a page says so.
func (v *visitor) posts(t *testing.T, form *html.Node, name string, marks []string) int {
	t.Helper()
	send := func(words string) *answer {
		values := sentBy(form)
		values.Set("version", "0")
		values.Set(name, words)
		return v.post(attr(form, "action"), values)
	}
	if !sentBy(form).Has("version") {
		return 0
	}
	nothing := send("Zzyzx")
	require.GreaterOrEqual(t, nothing.status, http.StatusBadRequest, attr(form, "action"))
	for _, mark := range marks {
		sameButFor(t, nothing, send(mark), mark, marks)
	}
	return 1
}

// sameButFor says that two answers are one but for the words that were asked for.
func sameButFor(t *testing.T, nothing, p *answer, mark string, marks []string) {
	t.Helper()
	require.Equal(t, nothing.status, p.status, "%s: %q", p.path, mark)
	require.Equal(t, shapeOf(nothing, "Zzyzx"), shapeOf(p, mark), "%s: %q", p.path, mark)
	said := p.raw
	for _, form := range []string{mark, url.QueryEscape(mark), url.PathEscape(mark)} {
		said = strings.ReplaceAll(said, form, "")
	}
	for _, other := range marks {
		require.NotContains(t, said, other, "%s: asked for %q", p.path, mark)
	}
}

// shapeOf is how much is on a page and where its links lead.
func shapeOf(p *answer, asked string) map[string]int {
	shape := map[string]int{}
	for _, n := range p.all(func(n *html.Node) bool { return slices.Contains([]string{"tr", "li", "option", "dd", "a"}, n.Data) }) {
		shape[n.Data]++
		if href, err := url.QueryUnescape(attr(n, "href")); err == nil && strings.Contains(href, asked) {
			shape[strings.ReplaceAll(href, asked, "…")]++
		}
	}
	return shape
}
