// Package duckdb is the warehouse in one DuckDB file: a log and a latest state per mirrored table, and three tables that
// are derived from the history of opportunities in the transaction that loads it.
//
// Decided:
//   - One connection writes, a pool reads. A view is a transaction on a connection of its own: it sees the state of its
//     beginning and neither waits for a load nor keeps one waiting. There are as many places as the pool has
//     connections for views; status and checkpoint have others. When the file must be opened again, views end.
//   - Rows go through a temporary staging table: appended once, row by row, and from there copied by column into
//     the log, the latest state and what is derived. The staging rows are deleted before the commit, so that they
//     never become part of the staging table: a temporary table does not give space back.
//   - Pieces of a first copy need no staging, as they change nothing that came before. The engine reads them by column
//     (Arrow) where they stand, for the log and for the latest state, which takes a third of the time; not so what the
//     stream brings: the view that this needs costs more than appending a few rows, and the engine does not give back
//     all of its memory.
//   - During a first copy the engine has one thread, as it lets a thread that waits for another spin, and one way to
//     compress texts.
//   - A large transaction is worked through in pieces with little memory, which takes as long (narrow.go), and is derived
//     without temporary tables (derive.go). With a gigabyte the program takes that and 400 MB beside it, and with temporary
//     tables 630 MB for 5 M rows; so it takes 400 MB for 1 M.
//   - No keys and no indexes: an upsert by key costs fifty times a delete and an insert (design page, pipeline).
//     Lookups of a few keys name them as literals, so that the minimum and maximum of each row group leave out
//     nearly all of the table; a parameter would not.
//   - TIMESTAMP in UTC, never with time zone: the driver's build has no ICU.
//   - A derived row is brought forward from the row before it; only an opportunity whose change came late
//     (back-dated, deleted) is derived again from its whole history. A load of few changes is folded in Go (fold.go),
//     as planning the queries takes longer than all else; a test holds both against a derivation of everything.
//   - A first copy of many rows is derived at its end, in parts that fit into memory: pieces of a copy hold parts of the
//     same opportunities, and bringing these forward with every piece took three times as long. Opportunities with one
//     row of history are left out of the ordering and the sums, which took three times as long as writing what they give.
//   - A question about the past (as of, as known at, as loaded by) computes only those opportunities from their history
//     that changed afterwards; of all others what is derived stands. A test holds it against the whole history.
//   - A briefing counts rows as they come. A table expression that is kept (MATERIALIZED) keeps all its columns: of ten million
//     opportunities those of a quarter did not fit into memory, and took eight times as long.
//   - Stays in stages are rows of their own: as a list in the wide row, unnesting made up most of a funnel.
//   - After a commit that failed the file is opened again: engine 1.1.2 takes rows back from memory without their
//     texts, and the next rows would come out with wrong ones. While that fails (no space), reading goes on. The engine's
//     own checkpoint at closing is off: after such a commit it wrote the memory down and so lost a row for good.
//   - A transaction whose commit lies before the checkpoint is dropped on arrival, so that sending it again is harmless.
//   - What was set aside is settled by the staged rows of the same load; while no letter is open, loads do not look.
//   - A file grows with the program: what is newly mirrored is added when it is opened, and the checkpoint marked, so that
//     the pipeline brings what it holds. Nothing is rewritten or taken away (grow.go). Only another form of what the
//     engine itself keeps needs a new file (schemaVersion).
//   - Extensions are neither loaded nor fetched: the store works without network.
package duckdb
