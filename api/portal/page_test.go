package portal_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// answer is a page as a browser without script gets it.
type answer struct {
	v      *visitor
	status int
	path   string // where it ended, with query
	header http.Header
	raw    string
	parsed *html.Node
}

func (v *visitor) get(path string) *answer {
	v.t.Helper()
	res, err := v.client.Get(v.w.server.URL + path)
	require.NoError(v.t, err)
	return v.read(res)
}

func (v *visitor) post(path string, form url.Values) *answer {
	v.t.Helper()
	res, err := v.client.PostForm(v.w.server.URL+path, form)
	require.NoError(v.t, err)
	return v.read(res)
}

func (v *visitor) read(res *http.Response) *answer {
	v.t.Helper()
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(v.t, err)
	return &answer{v: v, status: res.StatusCode, path: res.Request.URL.RequestURI(), header: res.Header, raw: string(raw)}
}

// doc is what the page says, which is read when somebody asks: of many pages only the status counts.
func (a *answer) doc() *html.Node {
	a.v.t.Helper()
	if a.parsed == nil {
		var err error
		a.parsed, err = html.Parse(strings.NewReader(a.raw))
		require.NoError(a.v.t, err)
	}
	return a.parsed
}

// all finds elements by a predicate.
func (a *answer) all(match func(*html.Node) bool) []*html.Node { return find(a.doc(), match) }

func find(n *html.Node, match func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && match(d) {
			out = append(out, d)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, class string) bool {
	for _, c := range strings.Fields(attr(n, "class")) {
		if c == class {
			return true
		}
	}
	return false
}

// space says where a browser breaks text; a space that holds words together is none.
func space(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' }

// text is what a reader sees of a node.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.TrimSpace(strings.Join(strings.FieldsFunc(b.String(), space), " "))
}

func (a *answer) text() string { return text(a.doc()) }

// title is the page's heading.
func (a *answer) title() string {
	for _, h := range a.all(func(n *html.Node) bool { return n.Data == "h1" }) {
		return text(h)
	}
	return ""
}

// kpi is a key figure by its name.
func (a *answer) kpi(name string) *html.Node {
	a.v.t.Helper()
	list := a.all(func(n *html.Node) bool { return attr(n, "data-kpi") == name })
	require.NotEmpty(a.v.t, list, "key figure %s on %s", name, a.path)
	return list[0]
}

// inside finds the first element with a class below a node, as text.
func inside(n *html.Node, class string) string {
	for _, e := range find(n, func(x *html.Node) bool { return has(x, class) }) {
		return text(e)
	}
	return ""
}

// table gives the rows of the table in a card, as texts.
func (a *answer) table(id string) [][]string {
	a.v.t.Helper()
	cards := a.all(func(n *html.Node) bool { return attr(n, "aria-labelledby") == id })
	require.Len(a.v.t, cards, 1, "card %s on %s", id, a.path)
	var rows [][]string
	for _, tr := range find(cards[0], func(n *html.Node) bool { return n.Data == "tr" && n.Parent.Data != "thead" }) {
		var cells []string
		for _, c := range find(tr, func(n *html.Node) bool { return n.Data == "th" || n.Data == "td" }) {
			cells = append(cells, text(c))
		}
		rows = append(rows, cells)
	}
	return rows
}
