// Package local runs the private Postgres that the program uses when no DATABASE_URL is given: on the loopback
// interface, on a free port, with the data in a folder of the program.
//
// A folder is served by one program at a time: a lock says which. Whoever comes second gets a RunningError with the
// address, so that a command can work beside `up`. What a crash left behind is cleared at the next start: a server
// whose program is gone is stopped in order, a half-made data folder is put aside, an old pid file is removed.
//
// Decided:
//   - Postgres refuses to be root. Started as root it runs in a user namespace, where the same files belong to an
//     ordinary user; dropping to another account would fail below private folders. Where namespaces are not allowed it
//     does run as another account, with the data in a place which that account can reach (the file "place" names it).
//   - The data folder is made under another name and renamed when it is whole, so that it is there or not there.
//   - No physical replication (pg_hba.conf): the pipeline's login may not copy the files of the whole server.
//   - On Linux the server ends with its program, even if that is killed.
package local
