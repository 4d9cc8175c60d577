package views

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// Input is a labelled field of a form.
type Input struct {
	ID, Name, Label, Hint, Value, Fault string
	Form                                string // of which it is, where it stands outside of it
	Kind                                string // type of the input; text
	Auto                                string // autocomplete; off
	Max                                 int
	Mode                                string // inputmode
	Required                            bool
	Options                             []Option // makes it a select
	Rows                                int      // makes it a text of several lines
	Fixed                               bool     // shown only: whoever reads the form may not change it
}

// Option is a choice of a select.
type Option struct{ Value, Text string }

func (f Input) kind() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

func (f Input) auto() string {
	if f.Auto == "" {
		return "off"
	}
	return f.Auto
}

func (f Input) aria() templ.Attributes {
	a := templ.Attributes{}
	var by []string
	if f.Hint != "" {
		by = append(by, f.ID+"-h")
	}
	if f.Fault != "" {
		by = append(by, f.ID+"-e")
		a["aria-invalid"] = "true"
	}
	if len(by) > 0 {
		a["aria-describedby"] = strings.Join(by, " ")
	}
	if f.Form != "" {
		a["form"] = f.Form
	}
	if f.Max > 0 {
		a["maxlength"] = strconv.Itoa(f.Max)
	}
	if f.Mode != "" {
		a["inputmode"] = f.Mode
	}
	return a
}

// shown is a value, or a dash where there is none.
func shown(value string) string {
	if value == "" {
		return "—"
	}
	return value
}

func tierClass(rank int) string { return "is-" + strconv.Itoa(rank) }

// boosted makes the links below an element fetch the page by script where there is script, without a reload. All hx-
// attributes come from here, so that another version of htmx is one change.
func boosted() templ.Attributes {
	return templ.Attributes{"hx-boost": "true", "hx-push-url": "true"}
}
