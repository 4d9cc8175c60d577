// Package warehousetest is what every engine must pass: Run, a file per theme. Its Channel builds small data by hand,
// as the pipeline would bring it, and serves the tests of pages and operations as well.
//
// Decided:
//   - The small channel (golden.go) was worked out on paper, its answers (golden_answers.go) with it. No
//     answer of an engine was copied into it.
//   - Larger data is random, and is held against a plain reading of the definitions in Go (model.go), row by row.
package warehousetest
