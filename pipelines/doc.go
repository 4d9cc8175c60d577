// Package pipelines carries committed changes from Postgres to the warehouse: pgsource reads and decodes, this package
// decides when a batch is loaded, what is confirmed, and what to do when something breaks.
//
// While one batch is loaded the next is decoded. A batch goes to the loader when it is full, or when the socket has been
// empty for a moment; while the loader is busy it grows, up to a bound, and then reading stops. A transaction larger
// than a batch goes in pieces into one open load, which becomes visible as a whole.
//
// Decided:
//   - The store keeps the checkpoint in the transaction of the rows; the server is told afterwards. A crash repeats
//     work and neither loses nor doubles it: transactions that committed before the checkpoint are left out.
//   - A position without rows of ours is confirmed too, so that an idle slot does not hold the server's log back, but
//     only after the store has kept it (at most every ten seconds, or when the server asks). So the slot never stands
//     before the checkpoint, and if it does, an old copy of the warehouse was put back.
//   - A store that cannot go on (see Reason) is compared with the snapshot of a new slot, table by table in the order of
//     keys, and what differs goes into its log in one load: history stays, and answers come from the state before until
//     it is complete. Only an empty store is filled by a copy. One of another deployment is refused.
//   - Places in the store's log never go back: for a server that counts from further back (a restored copy) a shift is
//     kept in the checkpoint and added to all that comes. One number then orders the log over all servers that it was
//     ever filled from; an epoch beside it would be one more column in every query about the past.
//   - Both sides are compared at a fence: the place of a temporary slot's snapshot, at which the follower stands still.
//     That holds the stream back for as long as the server takes to make a slot (milliseconds, while no transaction stays
//     open; a second at most), and is exact, which asking both sides about now is not.
//   - Some rows are compared every minute, all tables in turn, whole rows in Go: the sums of hashes that would tell two
//     ranges apart would have to read the same rows. A row that differs is looked at again at a second fence, with the
//     stream standing still, and put right there: nothing newer of it can be loaded already.
//   - An update leaves long values out that it did not change. Where the row before is not there, since somebody has deleted
//     it from the warehouse, the update is passed over and the row fetched at a fence; cut off, the drift check finds it.
//   - A table that is new among the mirrored ones is copied at a fence, with the stream standing still, and no other: its
//     changes are passed over until there. That delays the others once, by as long as the copy takes, and is exact.
//   - What is derived from the history is held against it by the store itself, with the history's range. What no
//     comparison can see is the past in the log of a table that also has a latest state.
//   - A server's files put back that have since counted beyond the checkpoint look like the same server. Files change
//     while the server is away: so when it was started again, the rows that the log says changed last are looked at at a
//     fence. A server that sent them has them; else all rows are compared.
//   - Lag comes from commit times and from asking the server where its log stands. A heartbeat message would do the
//     same, but write to the log of an idle server for ever.
//   - A row with a value that cannot be kept is set aside, as it came, in the transaction of the batch; the version
//     before it stands. A later version takes its place; a replay decodes it again, when the program has learned to
//     read it, and loads it at the place of the checkpoint, so that what was loaded up to there answers as before.
//     Long values that later updates leave out are found in the versions that were set aside (pgsource/aside.go).
//   - More than a hundred such rows in a minute are no odd rows: the pipeline stops before them until somebody lets it go on
//     (AllowAside). By itself it would keep figures of before for all of them, and say so where nobody looks at night; and
//     what is set aside already is not counted again when all rows are read. Those are read to the end all the same, so that
//     it can say how many there are, of which tables and columns; then again after as long as that took, as they are by then.
//   - Why all rows are read is kept until they have been: a slot that is gone or new says nothing of it.
//   - Two programs on one slot: the right to work on it is an advisory lock, held by a session of its own that asks every
//     other second. The server ends a session that has not asked for some seconds, so that a program which is paused or
//     cut off has lost the right before the next one begins; that one ends whoever still reads from the slot. A slot
//     alone would not do: it is free for a moment whenever its reader begins again. From the holder's last word until the
//     next one works ten seconds pass at most: seven until the server ends the session, one until the other asks again.
//   - A line may die without a word. The session with the right to the slot notices within seconds when all are dead. One
//     alone is: the stream when the server, asked every other second, has said nothing for a minute, a question without an
//     answer in that time, and a copy when the server, asked over another connection, no longer works on it: it may sort for
//     longer. A slot that the dead connection still holds is taken from it.
//   - The same session tells how much log the slot keeps, in every state of the pipeline: it is needed most when nothing
//     is loaded. Half of max_slot_wal_keep_size is a warning, four fifths an alarm.
//   - The status, and the lag of a day in some hundreds of samples, are kept in the store, whose own process may be another.
//     Where several programs have one store (Shared), only the one that works writes there; who takes over reads first what
//     the other one had found out. A store that is away at the start is waited for: what it keeps would be written over.
//   - What a publication leaves out never comes, and nothing in the stream tells of it. So a running pipeline looks every
//     ten seconds whether the tables are still published as it keeps them. When somebody has put them right, all rows
//     are looked at, since the stream cannot give what came meanwhile. A table that comes back between two looks, or while
//     no program runs, has another entry in the catalogue than the store knows it by: it alone is compared, within
//     those ten seconds and as long as its rows take.
//   - Tables change with the program: warehouse.Tables says where each column comes from by now, and a stream that does
//     not fit to it is never guessed at. The program of before stops at the first row of another shape and says so; the
//     next one goes on from there. What it meets in the stream from before a column came has null in it; and so have the
//     rows that it finds, until what they hold is brought: nothing where the migration has said that all hold null, else
//     that table is compared, and no other, at a fence. A shape of before that cannot be read so (a name, a kind that is
//     another by now) costs a comparison of all rows.
//   - Each migration that changes what is published says so in the log and in the database, in its own transaction. So a
//     table of another shape is either that of a newer program, which is to be started, or it was altered by hand; that
//     is told column by column, also where the rows can still be read. Whoever may sign in can write such words into the log:
//     they are believed only of a migration that the database knows, and say what that one has said there (pgsource.Genuine).
//   - Every fault is tried again, with pauses up to five seconds: also one that waits for a person, so that nobody has
//     to restart the program after repairing the database.
package pipelines
