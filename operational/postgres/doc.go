// Package postgres is the only way to the operational database: pools per login, transactions that cannot be
// opened without an actor, translation of driver errors, and the migrations.
//
// The tenant wall. Four logins: the owner (migrations only), sharepartner_api and sharepartner_jobs (NOINHERIT,
// they own nothing and enter a tenant's role for one transaction), sharepartner_cdc (replication and the mirrored
// columns). A transaction starts with a signed statement of who asks, in the same round trip; row-level security
// checks the signature and shows that organisation's rows. Composite foreign keys keep tenant columns consistent
// even where a program errs. CheckWall proves all this at start.
//
// Decided:
//   - HMAC by the built-in sha256 over two padded keys, so that no extension is needed.
//   - A pool per side: a cached plan is made for one role, and a connection that changes role plans again.
//   - A read is one implicit transaction in one pipeline (set_config and the query); begin and commit would cost
//     two more messages and change nothing.
//   - numeric travels as decimal.Decimal, exactly: scan into decimal.Decimal or, where null may come, *decimal.Decimal;
//     pass either, or []decimal.Decimal for unnest($1::numeric[]), as arguments. No cast to text is needed.
package postgres
