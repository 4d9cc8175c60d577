// Package warehouse is the analytic store: what is mirrored (tables.go), what each metric means (metrics.go), who
// may see which rows and fields (Scope) and what an engine must do (Store). It knows nothing of the rest of the
// program; the write-ahead log is the only bridge to the operational side.
//
// Every engine passes warehousetest. Engines return counts, sums and exact order statistics; rates, intervals and
// everything estimated is computed here, once, so that engines cannot differ.
//
// Decided:
//   - Three tables are derived while loading, in the same transaction as the log: opportunity_move (one row per row
//     of history, with the state before it), opportunity_wide (one row per opportunity) and opportunity_stay (first
//     entry into and last exit from each active stage). A metric of now reads these; a question about what was known
//     earlier computes the same from history, where something changed since.
//   - Days in stage are discrete quantiles (an element of the data), so that no engine interpolates.
//   - A page asks one View, not the store: its numbers then add up whatever is loaded meanwhile. Asking until all
//     answers have one watermark never ends on a busy system.
//   - opportunity_history is the source of all metrics; the mirrored opportunity serves lists and parity.
package warehouse
