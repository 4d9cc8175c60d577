// Package api is HTTP in, HTTP out: it binds a request, asks one service and writes the answer. It holds no rule
// and no SQL but that of idempotency keys, which belong to HTTP alone.
//
// The way of a request: request id and security headers, the log line, cross-origin check, body limit, strict
// reading of JSON, then per operation credential -> Actor, rate limit, permission, idempotency, and the handler.
//
// Decided:
//   - Reads that enter the wall first (admit.go) have the credential proven by the statement that enters. No answer goes
//     out before the proof: what a credential that changed was shown is dropped, and its holder asked about anew.
//   - The tenant comes from the credential only. No body and no header names it.
//   - One map from errors to problem details (problem.go); "not yours" and "not there" are the same bytes.
//   - Bodies are read strictly before Huma sees them: no duplicate keys, no NUL, no invalid UTF-8, 32 levels.
//   - Places and commit times in the write-ahead log are those of all companies, and by the moment they tell how busy
//     others are. They are shown to a vendor's people with pipelines.read, who look after the pipeline; everybody else
//     learns how fresh the figures are to the minute, and receipts are sealed. Would change if each company had a log.
//   - A member of a body whose field the caller reads nowhere is unexpected, whatever its value is and whatever else is wrong.
//   - A receipt belongs to a scope (organisation and side), not to one person, so that colleagues may share a link;
//     its rows are still read through the rights of whoever opens it, as they are that day.
//   - The answer of a repeated POST is stored, sealed, in the tenant's own rows; failures of the server do not stick.
//     When the first request died between its work and its answer nobody knows what happened, so the key is answered
//     with 409 for good and nothing is done again.
//   - The answer of a repeated POST is given again only while the caller's rights are what they were: their name is kept
//     beside it. Otherwise 409 says that it was done; reading the record then shows what the role shows now. Reading the
//     record in place of the stored answer would have to know of each operation what to read.
//   - The ETag of a record of which a role hides fields names these too, so that a cache does not go on showing what has
//     been hidden since. If-Match compares the version alone: it is the record's.
//   - There is no expand: records name what they refer to by id and, where that cannot hide more than the record itself does, by
//     name. A whole record inside another one would have rights, a version and an audit of its own, so that the ETag around it
//     would be that of neither, and a cursor would go on over rows that some other right has changed. One list with
//     id in (...) reads those that a page refers to. Would change if callers had to ask more than twice for one page.
//   - A cursor is bound to caller, filter and sort, not to rights: it holds values of the sort keys only, which the filter
//     and sort beside it must be allowed to name at each page.
//   - If-Match takes one strong tag. `*` and weak ones do not say what the caller saw: 412, as anything else that names no
//     version, so that nobody's change is put over unseen. Without it: 428.
//   - An Idempotency-Key may go with every POST and must go with none. A script that repeats itself is made safe by one header;
//     whoever tries an operation by hand is not sent away for want of it, and changes of what is there are safe without it
//     anyway, by If-Match. Would change if records were made twice by callers that send no key.
//   - Every code of a problem has a page at /problems/<code> (problems.go is the one catalogue; a test finds those without words).
//   - An export is read page by page, each with the credential and the rights of its moment. When they have become less the
//     connection is cut, because a file that simply ended would look whole. Would change if files were made first and
//     fetched later.
//   - An id of the path that is no id is 404 like every other record that is not there.
//   - Names of partners and stages come from Postgres under the caller's rights, never from the warehouse.
//   - Every answer of every test is checked against the document (contract_test.go); a change of the document is a
//     difference in testdata/openapi.json.
package api
