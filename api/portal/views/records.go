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
	Lines                   *FormLines
}

// FormLines are rows of a form, as many as there need to be. Add and the Drop of each row name buttons that ask for the
// form again.
type FormLines struct {
	Title, Text, Add, Fault string
	Rows                    []FormLine
}

// FormLine is one of them.
type FormLine struct {
	Name, Drop, Value string
	Fields            []Input
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
