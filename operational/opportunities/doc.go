// Package opportunities keeps deals in the pipeline, from the first row to won, lost or disqualified. It is the module
// after which the others are shaped.
//
// Where things are: opportunity.go and input.go (what comes out and goes in), rules.go (the status machine and all other
// verdicts, without a database), service.go (the one way in which every change goes), read.go (records, lists and
// history under rights), create.go and change.go (the steps of a transaction), store.go and store_write.go (SQL),
// private.go (the partner's half), list.go (what can be asked of lists), fields.go (the fields that roles speak of: where
// each shows, and how records are seen), history.go and touched.go (changes, as far as they are seen), custom.go (fields that companies have added), directory.go (what the records
// are called that opportunities refer to), import*.go (many at once from another system, with their past).
//
// One row belongs to both companies of a connection, or to one company alone when there is no connection. Whose it is
// comes from the connection row that the caller can see, never from the input. Each change makes one version and one
// row of history in the same transaction; the database refuses the one without the other.
//
// Decided:
//   - The update asks for the version again (where id = and version =), so no row is locked while rules are looked at:
//     of two changes at once the second is told that it is stale.
//   - Changes follow each other in business time. A stage may be entered as of an earlier moment, but not before the
//     last change: a row of history holds the whole state, so one that began earlier would hide the later ones in the
//     list and be hidden by them in figures. Would change with history by field.
//   - A closed opportunity goes nowhere but back to an active stage, by reopening. From won to lost takes two changes,
//     so that history shows both. Plain fields of closed ones can be corrected.
//   - None is deleted (operational.Idle locks the right to it in every role). Both companies count on what they share: the
//     one's forecast, the other's commission and the figures of past periods stand on rows that neither may take from the
//     other, and history is never rewritten. What came to nothing is closed as lost; what was entered by mistake or twice
//     is disqualified, with the reason in its history, and then counts in no win rate. Names of people go by erasure.
//   - What both companies share goes through the vendor's sales process and sells the vendor's products, since both
//     must be able to read the names. Region and tier are copied from the connection when the opportunity begins, so
//     that figures of the past stay where they were.
//   - The amount is what somebody enters; else the sum of the lines, called list_price as long as every line has the
//     list price and lines otherwise; else zero. Entering an amount stops it from following the lines, clearing it
//     lets it follow them again.
//   - One table (fields.go) says of each field that roles speak of where it shows. A hidden one is absent from records,
//     lists and history, cannot be asked by, and is no member of a change; what none of the caller's grants shows is not
//     even selected. A list over several vendors shows what each shows, and is asked by what all show.
//   - The reference that a vendor's system has for what is shared is the vendor's own key: its roles show it to partners
//     only where the vendor says so. A partner's own business has references of its own, also in a list with shared
//     opportunities: there it is asked by as far as it shows (the one field for which that is so, as an import is found
//     again by it).
//   - A change of which somebody sees nothing is no change for them. History keeps which fields each change was of, and the
//     record how often which fields changed together (touched.go), so that whoever reads not all counts only what they see:
//     their version and time of change stand still, and a change by such a version meets the row at whatever version it has.
//     One that is of hidden fields as well shows without them, without its reason, and without being a move or a reassignment
//     where that is hidden. An ETag names the fields that it was read with: after a change of the role it is stale. Forms
//     send the number alone; should a role change between form and answer, and another change make the number right again,
//     it passes.
//   - Lists are sorted and filtered by the time of the last change that their reader sees, and cursors hold that. A page is
//     still a walk along the index of the row's own time, which is never before it (postgres, list_ahead.go): an eighth of a
//     page more is read, and later pages go past the rows of those before. Where more rows changed unseen, some pages are
//     read; and after a nightly run over a hidden field the reader's rows are sorted.
//   - An opportunity changes hands by those who may change it and see it in the other hands too: the people who are offered
//     (Owners). Whoever works with their own records alone gives none away, as they create none for others: it would be gone
//     from their sight, with no way to take back a mistake, and ids could be tried. Somebody who sees both hands it over.
//   - Of other partners' records, where a vendor shows them, a partner reads neither number, partner, owner, connection,
//     lines nor history: connection and lines would tell who they are as well as a name.
//   - Values of added fields lie on the opportunity, where they are of the company of its sales process; a partner's own
//     ones of what it shares lie in its half. Lists are asked by the former only.
//   - In its own half a partner is held to what its own company's role lets it do: the vendor's has no say there.
//   - Connections that are not active are frozen for both sides: read, not write.
//   - What the layout of the record's type asks for, creation and plain changes have to bring (package objects says
//     how); moves, reopenings and imports of a whole channel are not asked.
//   - A change that changes nothing makes no version: repeating a request is harmless.
//   - Names of other records are not joined but looked up and remembered for a moment, for each organisation and side by
//     itself: every joined table would ask the wall again. So a new name may show a little late in reads of opportunities.
//   - The partner's half has a version of its own and no column on the shared row: not even its time of change shows.
//   - An import is known by connection and external reference, and by a digest of what its source said last. The same
//     again is not looked at; something new is added as new versions, compared with what was imported before, so that
//     stage, amount and close date that people changed here stand unless the source knows of something later. What it is
//     called and whose it is follow the source whenever that says something new.
//   - Unlike people, an import may add the past: its rows then end with one that says how things are.
package opportunities
