package views

// RecordForm is a page on which a record is made or changed, part by part as its layout has it.
type RecordForm struct {
	Title, Text             string
	TabsLabel               string
	Tabs                    []Choice
	Choose                  *Chooser
	Notes                   []Note
	Conflict                []Compared
	Action, Submit, Version string
	Back                    string // where one goes who changes nothing
	Hidden                  []Field
	Sections                []FormSection
}

// FormSection is a part of a form under one heading.
type FormSection struct {
	ID, Title string
	Fields    []Input
}

// Chooser asks for what another form follows from: it leads to that form and changes nothing.
type Chooser struct {
	Action, Title, Submit string
	Fields                []Input
}
