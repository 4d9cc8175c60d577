// Package parity computes every metric a second time, by plain SQL on Postgres, and holds it against the answer of the
// warehouse at the same place of the log. The difference is published; it is 0.
//
// The reference (queries) reads the history of opportunities and nothing that was derived from it. It is written from
// the words of the metrics, not from the engines' statements, so that one fault is not made twice.
//
// Decided:
//   - Everything is compared per vendor: over all time and over the last quarters that have data. Funnels and briefings
//     have to be asked for one vendor after the other; of many vendors some are looked at each time, the next ones the
//     next time.
//   - A value that is zero is the same as one that is not there: engines leave different ones out.
package parity
