// Package postgres is the only way to the operational database: pools per login, transactions that cannot be
// opened without an actor, lists, translation of driver errors, the migrations, and the checks at start.
//
// The tenant wall. Four logins: the owner (migrations only), sharepartner_api and sharepartner_jobs (NOINHERIT,
// they own nothing and enter a tenant's role for one transaction), sharepartner_cdc (replication and the mirrored
// columns). A transaction starts with a signed statement of who asks, in the same round trip; row-level security
// checks the signature and shows that organisation's rows. Composite foreign keys keep tenant columns consistent
// even where a program errs. Preflight says what a server lacks; CheckWall proves the wall by trying it.
//
// Decided:
//   - Logins belong to a whole server, so two deployments on one must have one secret. Migrate tries the logins first and
//     refuses those that this secret does not open: a new password would end the other deployment.
//   - A migration of a live database waits less than a second for each lock, gives all its locks up and begins again: a
//     table that it waits for is shut to everybody else meanwhile. That is shorter than the server waits before it looks
//     for a deadlock (deadlock_timeout, a second), so that where a migration and a transaction of the program wait for
//     each other, it is nearly always the migration that gives way.
//   - HMAC by the built-in sha256 over two padded keys, so that no extension is needed.
//   - A pool per side: a cached plan is made for one role, and a connection that changes role plans again.
//   - A read is one implicit transaction in one pipeline (set_config and the query); begin and commit would cost
//     two more messages and change nothing. InTx sends begin and the context together, for which it has a transaction
//     of its own: the driver's takes no arguments at its beginning, and a signature in the text of a statement could be
//     read by others of the same login in pg_stat_activity.
//   - Contexts are signed by the wall clock, not by the program's business clock: the database compares with its own.
//   - Functions that look across tenants (passwords, new sessions, the program's own commands) ask for a signed
//     purpose (AsProgram): shedding the tenant's role gives an injected statement nothing.
//   - numeric travels as decimal.Decimal, exactly: scan into decimal.Decimal or, where null may come, *decimal.Decimal;
//     pass either, or []decimal.Decimal for unnest($1::numeric[]), as arguments. No cast to text is needed.
//   - Rows are read by Collect, which works out once how a type reads a statement's columns; the driver's RowToStructByName
//     does it for every row. What Collect has no reader for the driver reads, value by value.
//   - The policy on organisations asks "exists (a connection)": measured on a vendor with 1,000 partners, 50
//     opportunities joined with their organisations took 0.36 ms, by "in (all partners)" 0.48 ms, by an array 0.54 ms. Where a partner
//     reads its vendors' catalogues an array is better: few vendors, and the index on org_id serves.
//   - The wall shows a company's rows; which of them a role reaches, grants say, compiled here into SQL (list_reach.go):
//     never one wide condition, but parts that an index serves, each in order and cut to a page, of which the page is
//     made. All that the wall shows needs no condition. One record is not asked for with rights: it is read through the
//     wall and looked at in Go (operational.Grant.Covers), so that all callers share one prepared statement.
//   - Many connections are walked side by side (25 us for each) as long as their number is below the root of twice the
//     channel's; above, the walk goes along the wall's index and leaves out what is not theirs. Measured on a vendor with
//     150 connections and 62,000 opportunities, a page of 50 without rights taking 0.23 ms: 8 connections 0.43 ms side by
//     side and 0.56 ms leaving out, 16: 0.61 and 0.35, 100: 2.4 and 0.28. Fetching a page of each by lateral took 4, 15
//     and 67 ms; "= any" of the planner's own choice 12, 18 and 51 ms, since it fetches all rows to sort them. Left out is
//     by a sub-select: "= any" with 96 ids cost 0.75 ms of planning with every request and 1.0 in place of 0.6 ms to run.
//   - The records of all a vendor's partners are read in a role of its own, which may read that one table only. The
//     signed context names the connection in place of a side, which no tenant's policy takes; everything else about it
//     the database looks up itself, once for a statement.
//   - History is held by triggers that look at a statement's rows as a set, and by keys; tenants may add rows, but only
//     those that say what the opportunity says at its present version.
package postgres
