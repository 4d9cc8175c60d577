// Package objects says what records are made of: the fields that every company has (registry.go), and what a company
// has set up for itself: fields of its own, types of records, and layouts (setup.go).
//
// Decided:
//   - Labels and types of the fields that every company has are code: they change with the program and with nothing
//     else. That roles can name the same fields is in the database (sec.object_field); a test compares them.
//   - Values of a company's own fields are kept as text, but for yes and no: a number is exact text as everywhere here.
//   - A field that is no longer in use cannot be written; what it holds stays readable to whom it was.
//   - Layouts say what a form asks for. They do not refuse a record that a program makes without it.
package objects
