// Package clickhouse is the warehouse in a database of a ClickHouse server: for channels that outgrow one machine, and for
// several programs that read at once. It answers as warehouse/duckdb does, and its files have the same names.
//
// Decided:
//   - The engine has no transactions, so rows carry the number of the load that brought them, and count when the load does.
//     A load counts from one row in "term", written last. A writer takes a term before it writes anything, and every term
//     says where it went on from: what a writer leaves behind that was killed, or wakes up late, never counts (term.go).
//   - Rows are never changed. One that a later load takes the place of is named in "ended", with the load that brought it. A view
//     is nothing but the loads that counted when it was opened: it holds no connection and stays at its moment. Engines
//     that merge rows by a version (ReplacingMergeTree) would take away what an open view still reads; so only "term" and
//     "note", of which the last state alone is asked for, are such.
//   - Rows that ended cost every question a look at them. So they are deleted ten minutes later, with what was left behind (sweep.go):
//     a view lasts ten minutes at most. Logs and the history are never swept, which answer for the past.
//   - A load is written in pieces, each with a number of its own, so that a later piece can take the place of rows of an earlier one.
//     Nothing of a large transaction is kept in memory beyond the batch that is being written.
//   - What is derived of an opportunity is made anew from its whole history by each load that changes it, all in one way, whether a
//     change comes late or not. Aggregates that pick a whole row by its place (argMax of a tuple) take ten times as long as those
//     that pick each value of the one row that is marked; so moves carry marks.
//   - A large load derives its opportunities range by range, in the order that the history is kept in: for parts of any other kind the
//     engine reads the whole history each time, which takes a hundred times as long for ten times as much (parts.go).
//   - Times are microseconds since 1970, dates are days: the engine's own types end in 1900 and 2299, and give another value
//     for what lies outside without a word. Days of answers are counted by whole numbers for the same reason.
//   - Tables are in the order of their ids' bytes (UUIDToNum), in which both sides compare them; the engine itself orders ids
//     by their second half.
//   - What is written is on the disk when it is said to be (fsync), as the engine's own way is to leave that to the system: Postgres
//     forgets what was acknowledged. A load waits some milliseconds longer for each table that it writes to.
//   - Over shards each company's rows are on one: those of a vendor's channel, or of a partner's own business, in log, latest state and
//     what is derived. All else (catalogues, terms, notes) is small and on every shard, so that a shard answers for its companies by
//     itself, with the same SQL as a single server. The program asks each and adds up what they say: a vendor's question goes to one shard,
//     nothing but results travels, and it is known who did not answer. Distributed tables (x_all) are there for other tools; asked
//     through them, a question brings its rows to one server before it counts them, and skips a shard that is away without saying which.
//   - A load is written to all shards before the first of them is told that it counts, and counts when one has been told: so a view of
//     several shards is of one moment. Nothing is loaded while a shard is away; what others hold is answered, and says what is missing.
//   - Rows that end by their key alone do not say whose they were. They are logged on all shards.
//   - The program makes its tables on each server itself. ON CLUSTER would ask Keeper and wait for servers that are away.
//   - Replicated tables are written to a majority, one insert after the other for each table, and only read where nothing of that is
//     missing: a term that counts on one copy must find its rows on the other. (Golden text; no engine of the tests has them.)
//   - A question has a minute and a share of the memory. Of small ones planning takes most of the time, in the measure of how many
//     expressions there are, once for each time that a table expression is named. So questions about the past name what they
//     make from the history once or twice, and make only what they read (state.sql), not the derived tables as loads do.
//   - All samples of the lag stay for a day or two and are thinned when they are read.
package clickhouse
