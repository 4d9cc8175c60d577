package views

// ProcessForm is the form of a sales process: what it is, and its stages in their order.
type ProcessForm struct {
	Title, Text, Action, Submit, Version, Back string
	Notes                                      []Note
	Fields                                     []Input
	Stages                                     []StageRow
}

// StageRow is a stage of the form; of one that is there the meaning is fixed.
type StageRow struct {
	Name, Place, Type Input
	Meaning           string
}
