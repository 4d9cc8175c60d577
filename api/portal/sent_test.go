package portal_test

import (
	"net/url"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// inputs gives the values of a form as a browser would send them; set changes some.
func (a *answer) inputs(action string, set url.Values) url.Values {
	a.v.t.Helper()
	forms := a.all(func(n *html.Node) bool {
		return n.Data == "form" && attr(n, "method") == "post" && attr(n, "action") == action
	})
	require.Len(a.v.t, forms, 1, "form %s on %s", action, a.path)
	out := sentBy(forms[0])
	for name, list := range set {
		out[name] = list
	}
	return out
}

// sentBy are the values of a form as a browser would send them, without its buttons.
func sentBy(form *html.Node) url.Values {
	out := url.Values{}
	for _, n := range find(form, func(n *html.Node) bool {
		return n.Data == "input" || n.Data == "select" || n.Data == "textarea"
	}) {
		if _, off := attribute(n, "disabled"); off || attr(n, "name") == "" {
			continue
		}
		switch {
		case n.Data == "textarea":
			out.Add(attr(n, "name"), text(n))
		case n.Data == "select":
			out.Add(attr(n, "name"), chosenOf(n))
		case attr(n, "type") == "checkbox" || attr(n, "type") == "radio":
			if _, on := attribute(n, "checked"); on {
				out.Add(attr(n, "name"), attr(n, "value"))
			}
		default:
			out.Add(attr(n, "name"), attr(n, "value"))
		}
	}
	return out
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func chosenOf(n *html.Node) string {
	options := find(n, func(n *html.Node) bool { return n.Data == "option" })
	for _, o := range options {
		if _, on := attribute(o, "selected"); on {
			return attr(o, "value")
		}
	}
	if len(options) == 0 {
		return ""
	}
	return attr(options[0], "value")
}

// form is the address of the form on a page whose address begins so.
func (a *answer) form(prefix string) string {
	a.v.t.Helper()
	for _, n := range a.all(func(n *html.Node) bool { return n.Data == "form" && attr(n, "method") == "post" }) {
		if action := attr(n, "action"); len(action) >= len(prefix) && action[:len(prefix)] == prefix {
			return action
		}
	}
	require.Fail(a.v.t, "no such form", "%s on %s", prefix, a.path)
	return ""
}
