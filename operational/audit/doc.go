// Package audit keeps what was done, and by whom, so that nobody can change it later without it being seen.
//
// Every change that goes through package events is noted with it, in the same transaction and round trip; acts that
// change no record (signing in, exporting, reading history) are noted by Append, Queue or Service.Note.
//
// An organisation's events form a chain: each carries the hash of the one before it, and its own,
//
//	hash = sha256(hash of the event before || the event as canonical JSON)
//
// where the first stands behind 32 zero bytes, and canonical JSON is that of the event's members seq, id, org_id, at,
// side, membership_id, key_id, system, action, object, record_id, connection_id, anchor_of, details and request_id,
// sorted by name, without blanks, without members that are null, times in UTC with six decimals, hashes in hex.
// The API shows exactly these members, so that a company can compute its chain with a program of its own.
//
// Decided:
//   - Writing an event takes no lock and waits for nobody: a job chains what was committed, moments later, in the order
//     in which it finds it. Until then a row could be changed by somebody with the owner's login; the program itself
//     has no right to. What a killed program leaves unchained the next one chains.
//   - The head row of a chain is its lock (FOR UPDATE SKIP LOCKED): any number of programs may run, one works on one
//     organisation's chain at a time.
//   - An event on a record that two companies share leaves an anchor in the other's chain: the hash, the connection and
//     the time, and nothing of the content. Deleting an event, also the last one with its head, then breaks the promise
//     that the other company holds. Not its place in the chain, which would tell how much its owner does elsewhere.
//   - What a vendor imports by thousands leaves one event of each connection that it was written into, and so one anchor; the
//     end and the suspension of a connection are events of both companies, each with the counts that it may know.
//   - What the partner does to its private half, and what either side reads, is not shared: no anchor.
//   - Noted is reading that goes past what somebody's daily work shows them: the history of a record, the rows behind a
//     figure, what is taken along in a file (the audit too), why somebody may do something, looking as somebody else, and
//     what a vendor sees of one's company. Plain reads of records and lists are not: rights decide over them before, they
//     outnumber changes by far, and a log of each would say of people how they work, which nobody is to watch.
//   - Events refer by id and hold no names and no values, so the erasure of a person leaves the chain as it is.
//   - A decision (roles and what they may do, regions, who may come in, types, fields and layouts, keys, how one signs in)
//     is noted with what it changed, from which code, key or id to which: that somebody decided answers nothing later. Names
//     are looked up by whoever reads it. Names of regions and domains become codes; labels, titles and choices that somebody
//     typed are only named as changed. An event has room for some 250 changes, and counts what it leaves out; of what came
//     into a list, and of what was taken out of it, it names sixty and counts all.
//   - Who may read the audit (audit.read) reads all of its company's, of both sides, without the fields that its own role
//     hides, also in what was decided about them; a credential that works in one connection reads that connection's.
//   - Events stay for ever. At about 500 bytes each, a million changes are half a gigabyte.
package audit
