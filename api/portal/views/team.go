package views

// Team is the page on which of the own people work for a vendor.
type Team struct {
	Title, Action, Here, Version string
	Search, Kept                 string
	Notes                        []Note
	Lede                         []Span
	Bar                          SaveBar
	Modes, People                []Tick
	More                         bool // than are listed
}
