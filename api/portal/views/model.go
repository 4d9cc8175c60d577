// Package views renders pages from texts that the handlers have prepared: no rules, no queries, no formats.
// Components have one prefix each in the styles (.c-... parts, .l-... the frame, .p-... one page).
package views

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/sharepartner/sharepartner/api/portal/assets"
	"github.com/sharepartner/sharepartner/dashboards"
)

// Shell is what surrounds a page.
type Shell struct {
	Title    string
	Section  string // title of the rail's entry that the page belongs to, where it is not its own
	Theme    string // light, dark or "" for the system's
	KeysOff  bool   // single keys do nothing
	Return   string // this page, to come back to
	Person   *Person
	Nav      []NavItem
	Crumbs   []Link
	Finds    bool    // opportunities can be searched
	Query    string  // in the search box
	FindKeep []Field // filters that a search keeps
	Foot     Foot
	Missing  []string // assets that were not built
	Charts   bool     // the page has charts
	Again    int      // seconds after which the page is looked at again by itself; 0: never
}

// Person is who is signed in, and the room that the session works in.
type Person struct {
	Name, Role, Org, Side string
	Rooms                 []Room // where else it can work; empty where there is no choice
	Bound                 string // the only vendor that it works for; "": all of the company's business
	Looks                 string // the role that the session looks as; "": none
}

// Room is a place that a session can work in.
type Room struct {
	Heading         string // stands before it
	Text, Sub, Name string // Name goes into the form
	Current         bool
}

// NavItem is an entry of the rail.
type NavItem struct {
	Title, Icon, Href, Key string
	Group                  string // heading that it stands under; "" for the first entries
	Current                bool
}

// NavGroup are entries of the rail under one heading.
type NavGroup struct {
	Title string
	Items []NavItem
}

// groups parts the entries by their headings, in the order in which these come first.
func groups(list []NavItem) []NavGroup {
	var out []NavGroup
	for _, n := range list {
		i := slices.IndexFunc(out, func(g NavGroup) bool { return g.Title == n.Group })
		if i < 0 {
			out, i = append(out, NavGroup{Title: n.Group}), len(out)
		}
		out[i].Items = append(out[i].Items, n)
	}
	return out
}

// quick are the entries that a narrow screen has at hand.
func quick(list []NavItem) []NavItem {
	return slices.DeleteFunc(slices.Clone(list), func(n NavItem) bool { return n.Group != "" })
}

// has says whether a key leads to one of the entries.
func has(list []NavItem, key string) bool {
	return slices.ContainsFunc(list, func(n NavItem) bool { return n.Key == key })
}

// Link is a link with a text; without address it is only the text.
type Link struct{ Text, Href string }

// Foot is what the pipeline says of itself.
type Foot struct {
	Known bool
	Tone  string // "", warn or bad
	State string // Data is complete
	Since string // last commit
	Fault string // the last fault
}

// Note is a message on a page.
type Note struct {
	Tone  string // "", good, warn, bad
	Title string
	Text  string
	Lines []string
	Links []Link
	Focus bool // takes the focus when the page comes
	Bar   *Bar // how far something is
}

// Bar is how far something is that takes long.
type Bar struct {
	Label   string
	Percent int
}

// Empty is a card without rows: why, and what to do.
type Empty struct {
	Icon, Title, Text, Code string
	Action                  Link
}

// Span is a piece of a sentence.
type Span struct {
	Text string
	Bold bool
	Tone string
}

// KPI is a key figure.
type KPI struct {
	Name, Value, Small, Href string
	Delta                    string // ▲ €1.4M
	Tone                     string // of the delta
	Detail                   string
	More                     []string // further lines: another currency, the exact amount
}

// Menu is a filter whose choices are links.
type Menu struct {
	ID, Name, Value string
	On              bool
	Choices         []Choice
	Form            *MenuForm
	Note            string
}

// MenuForm lets a value be typed instead of chosen.
type MenuForm struct {
	Action, Field, Label, Hint, Value string
	Kind                              string // type of the input
	Keep                              []Field
}

// Field is a hidden value of a form, or something that is so, with a way to it where there is one.
type Field struct{ Name, Value, Href string }

// Choice is a value of a filter.
type Choice struct {
	Text, Href string
	On         bool
	Heading    bool // only a heading between choices
}

// Filters are the menus of a page and what is chosen.
type Filters struct {
	Menus  []Menu
	Active []Link // takes the filter away
	Clear  string
}

// Table is any table.
type Table struct {
	Caption string
	Columns []Column
	Rows    []Row
	Foot    []Row
	Sticky  bool
	Stacked bool // on a telephone the cells of a row stand below each other: nothing of it is to the side
}

// Column is a column of a table.
type Column struct {
	Title string
	Num   bool
	Sort  string // address that sorts by it
	Order string // ascending or descending when it is sorted by
}

// Row is a row of a table; its first cell names it.
type Row struct {
	Cells []Cell
	Go    bool // the whole row opens the link of its first cell
}

// Cell is a cell of a table.
type Cell struct {
	Text, Sub, Href string
	Lines, More     []string // in place of the text; more of them are opened
	Tone            string   // shows a badge
	Icon            string   // in the badge
	Tier            int      // 1..4 shows the tier mark
	Muted, Wide     bool
	Day             bool   // stays on one line
	Label           string // for those who do not see the column
}

// Figure is a chart with all that belongs to it.
type Figure struct {
	ID, Title, Aside string
	Receipt          string // address of the receipt
	Finding          string
	Key              []KeyMark
	Chart            dashboards.Chart
	Table            Table
	Caption          string
	Empty            *Empty
	Size             string // css class of the chart's height
	Open             bool   // the data table is open from the start
}

// KeyMark is an entry of a chart's legend.
type KeyMark struct{ Class, Mark, Text string }

// Card is a card around a table.
type Card struct {
	ID, Title, Aside string
	Receipts         []Link
	Finding          string
	Table            Table
	Empty            *Empty
	Foot             string
}

func icon(name string) templ.Component { return templ.Raw(assets.Default().Icon(name)) }

func asset(name string) string { return assets.Default().URL(name) }

// initials are the first letters of the first two words.
func initials(name string) string {
	out := ""
	for word := range strings.FieldsSeq(name) {
		for _, r := range word {
			out += strings.ToUpper(string(r))
			break
		}
		if len([]rune(out)) == 2 {
			break
		}
	}
	return out
}

func when(on bool, class string) string {
	if on {
		return class
	}
	return ""
}

func toned(tone string) string {
	if tone == "" {
		return ""
	}
	return "is-" + tone
}

func chartSize(f Figure) string {
	switch {
	case f.Size != "":
		return f.Size
	case f.Chart.Marks <= 3:
		return "is-rows-3"
	case f.Chart.Marks <= 5:
		return "is-rows-5"
	case f.Chart.Marks <= 8:
		return "is-rows-8"
	case f.Chart.Marks <= 17:
		return "is-rows-12"
	default:
		return "is-rows-25"
	}
}

func pressed(on bool) string {
	if on {
		return "true"
	}
	return "false"
}

// Number is a small number as text.
func Number(n int) string { return strconv.Itoa(n) }
