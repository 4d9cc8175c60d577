// Package objects says what records are made of: the fields that every company has (registry.go), and what a company
// has set up for itself: fields of its own, types of records, and layouts (setup.go). Modules ask it what a layout asks
// for (required.go), and by which of the added fields their lists can be asked (listed.go).
//
// Decided:
//   - Labels and types of the fields that every company has are code: they change with the program and with nothing
//     else. That roles can name the same fields is in the database (sec.object_field); a test compares them.
//   - Values of a company's own fields are kept as text, but for yes and no: a number is exact text as everywhere here.
//   - A field that is no longer in use cannot be written; what it holds stays readable to whom it was.
//   - What the layout of a caller's role for the type of a record asks for is asked of everybody who makes or changes it,
//     in pages, by the API and from files: a layout that only a form obeys is a wish. Of fields that a condition shows,
//     it is asked while that holds. The program's own jobs have no role with layouts, so that nothing is asked of them.
//   - Nobody is asked for what they cannot set: a field that is hidden from them, that they only read, that nobody
//     writes, or that is not in use any more.
//   - An edit is refused for what it makes missing: a field that it empties, or one that is asked for because of it
//     (another type, a value that shows it). What was asked for and missing before may stay missing, or old records
//     could not be corrected. Stages move without questions: a field that only the next stage shows has no place in
//     the form before it.
//   - Conditions know values as they are written in the API and as pages show them: a stage or type by name or id, yes
//     and no as true, false, Yes, No. An amount of zero that nobody gave is none.
package objects
