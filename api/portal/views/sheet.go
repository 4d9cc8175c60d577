package views

// Sheet is a page of cards: what is so stands first, what can be done beside it.
type Sheet struct {
	Title, Text string
	Badges      []Cell
	Acts        []Act
	TabsLabel   string
	Tabs        []Choice
	Filters     Filters
	Search      *Search
	Notes       []Note
	Lede        []Span
	Main, Side  []Block
}

// Act is a button that leads somewhere.
type Act struct {
	Text, Href, Icon string
	Key              string // does the same, where keys are on
	Primary          bool
}

// Search looks through the list of the page itself.
type Search struct {
	Label, Action, Value string
	Keep                 []Field
}

// Block is a card of a sheet.
type Block struct {
	ID, Title, Aside, Text string
	Links                  []Link
	Facts                  []Fact
	Table                  *Table
	Empty                  *Empty
	Copy                   *Copy
	Form                   *Sent
	Count, First, Next     string // leads through a list
	Foot                   string
}

// Fact is something that is so, with a way to it where there is one.
type Fact struct{ Name, Value, Href string }

// Copy is a text that the reader takes along.
type Copy struct{ ID, Label, Hint, Value string }

// Sent is a form of a sheet. With a word to ask with it opens only when that was chosen: what it does is not easily undone.
type Sent struct {
	Action, Submit, Version string
	Ask                     string
	Bad, Quiet              bool
	Files                   bool // it sends files
	Hidden                  []Field
	Fields                  []Input
	Legend                  string
	Ticks                   []Tick
	Open                    bool
}

func (f Sent) encoding() string {
	if f.Files {
		return "multipart/form-data"
	}
	return "application/x-www-form-urlencoded"
}
