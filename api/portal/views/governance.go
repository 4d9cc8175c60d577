package views

import "github.com/a-h/templ"

// Roles is the page of roles and permissions.
type Roles struct {
	Title, Text string
	Notes       []Note
	Acts        []Link
	Audiences   []Choice
	Roles       []Choice
	Pages       []Choice
	Action      string
	Hidden      []Field
	Bar         SaveBar
	Chosen      string
	ChosenHref  string
	Locked      bool // the chosen role is everything
	Reach       string
	Objects     []ObjectRow
	FieldsTitle string
	Columns     []RoleColumn
	Groups      []FieldGroup
	Types       []TypeRow
}

// SaveBar says what is not applied yet.
type SaveBar struct {
	Changed, Refused bool
	Open             bool // the list of changes is open
	Title, Text      string
	Lines            []string
	Columns          []Column
	Rows             []Row
	Discard          string
}

// ObjectRow are the rights of one role to an object.
type ObjectRow struct {
	Name, Href string
	Current    bool
	Acts       []Tick
	Reach      Picked
}

// Tick is a box to tick; Was is how it stands without the form.
type Tick struct {
	Name, Value, Label, Letter, Word string
	On, Was, Locked                  bool
	Why                              string // it does nothing
}

// Picked is a choice of several; Was is how it stands without the form.
type Picked struct {
	Name, Label, Value, Was string
	Options                 []Option
}

// RoleColumn heads the fields of a role.
type RoleColumn struct {
	Name, Href, People string
	Side               string // that it works on, in a company with two; or ""
	Default            bool
}

// FieldGroup are fields under a heading.
type FieldGroup struct {
	Title string
	Rows  []FieldRow
}

// FieldRow is a field with what each role does with it.
type FieldRow struct {
	Name  string
	Cells []PermCell
}

// TypeRow is a record type with the roles that work with it.
type TypeRow struct {
	Name  string
	Ticks []Tick
}

// PermCell is what a role does with a field; Fixed says that it cannot be otherwise.
type PermCell struct {
	Name, Label, Value, Was, Fixed string
	Options                        []Option
}

func permIcon(level string) string {
	switch level {
	case "edit":
		return "pen"
	case "read":
		return "eye"
	}
	return "eye-off"
}

func permWord(level string) string {
	switch level {
	case "edit":
		return "Edit"
	case "read":
		return "Read"
	}
	return "Hidden"
}

// reviewed makes a form ask with each change what it would do, where there is script: only the bar is put in place.
func reviewed(action, part string) templ.Attributes {
	return templ.Attributes{
		"hx-post": action, "hx-trigger": "change delay:150ms", "hx-select": part, "hx-target": part, "hx-swap": "outerHTML",
		"hx-vals": `{"do":"review"}`, "hx-sync": "this:replace",
	}
}

// Role is the page of one role.
type Role struct {
	Title, Text, Version string
	Notes                []Note
	Permissions, Copy    string // addresses
	History, Edit        string
	MakeDefault, Delete  string // empty: it cannot be
	Fields               []Input
	Capabilities         []Tick
	Facts                []Field
	With                 Input
	Compared             string
	Differences          []Row
}

// Asked is a page that is one form.
type Asked struct {
	Title, Text, Action, Submit, Version string
	Notes                                []Note
	Fields                               []Input
}

// Access is the page of the external access scope.
type Access struct {
	Action, Version, Search string
	Notes                   []Note
	Lede                    []Span
	Bar                     SaveBar
	Modes                   []Tick
	Companies, Contacts     []Tick
	Ticked                  bool // only those are listed that are
	More                    bool // than are listed
}

// Tester is the page that says why somebody may do something.
type Tester struct {
	Search string // by which the people are chosen
	Notes  []Note
	Fields []Input
	Answer Note
	Steps  []TestStep
}

// TestStep is a rule and what it said.
type TestStep struct{ Rule, Outcome, Text string }

// AuditLog is the page of what was done.
type AuditLog struct {
	State       Note
	KPIs        []KPI
	Search      []Input
	Keep        []Field
	Filters     Filters
	Table       Table
	Empty       *Empty
	Count       string
	First, Next string
	Export      string // address of the file of what the filters leave; "": there is none to take along
}

// Types is the page of record types, custom fields and layouts of an object.
type Types struct {
	Notes []Note
	Lede  []Span
	Tabs  []Choice
	Cards []SetupCard
}

// SetupCard lists what there is of one sort, with a form to add more.
type SetupCard struct {
	ID, Title, Action, Submit string
	Table                     Table
	Empty                     Empty
	Hidden                    []Field
	Fields                    []Input
}

// LayoutEditor is the page of one layout.
type LayoutEditor struct {
	Title, Text, Action, Version string
	Notes                        []Note
	Name                         Input
	Sections                     []LayoutSection
	Left                         []Option // fields that are not in it
	As                           Input
	Seen                         []SeenSection
}

// LayoutSection is a part of a layout in its editor.
type LayoutSection struct {
	At     string
	First  bool
	Title  Input
	Places []LayoutPlace
}

// LayoutPlace is a field in its editor.
type LayoutPlace struct {
	At, Name, Label, If, In string
	Required, Fixed         bool // fixed: nobody writes it
	Others                  []Option
}

// SeenSection is a part of a form as one role sees it.
type SeenSection struct {
	Title  string
	Fields []Field
}

// ViewAs is the page that shows what somebody else sees: the whole workspace as a role of one's own company, or what one
// of a partner's people sees.
type ViewAs struct {
	Notes   []Note
	Role    *Input // nil: whoever asks does not govern these roles
	Contact *Input // nil: or those of partners' people
	With    *Input // the role to look with
	Search  string // by which they are chosen
	Lede    []Span
	Table   Table
	Empty   *Empty
}

// joined are two sentences, of which the second may be missing.
func joined(text, more string) string {
	if more == "" {
		return text
	}
	return text + ". " + more
}
