// Package pgsource reads a Postgres database as a source of changes: a snapshot of the mirrored tables and, from
// exactly that moment on, every committed transaction in the order of its commit.
//
// The way: Preflight says whether it can work; CreateSlot makes the slot and its snapshot; Snapshot.Copy reads the
// tables; Snapshot.Stream, or after a restart Source.Stream, gives the messages; a Decoder turns them into typed rows
// of warehouse tables. Stream.Confirm lets the server forget what is durable elsewhere.
//
// Decided:
//   - One's own decoder, on pgconn alone: pgoutput is small, and each value goes straight into its typed column.
//   - Columns are matched by name in every description that the server sends. A column too many or too few stops
//     the stream by name instead of shifting values.
//   - A row with a value that the warehouse cannot keep exactly (NaN, infinity, a nineteenth digit) is set aside with
//     its message and the table's description, so that a later decoder can read both. Nothing is rounded. The key
//     says what is deleted, so that a delete is never set aside for its other columns. Rows of a snapshot are written
//     as the message of an insert.
//   - No deadline per message: a second goroutine reports every two seconds and asks the server to answer, which
//     keeps the server's side alive while ours is busy, and finds a dead line.
//   - Protocol 2 without streaming of unfinished transactions: those that are rolled back never come.
package pgsource
