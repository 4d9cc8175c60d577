// Package api is HTTP in, HTTP out: it binds a request, asks one service and writes the answer. It holds no rule
// and no SQL but that of idempotency keys, which belong to HTTP alone.
//
// The way of a request: request id and security headers, the log line, cross-origin check, body limit, strict
// reading of JSON, then per operation credential -> Actor, rate limit, permission, idempotency, and the handler.
//
// Decided:
//   - The tenant comes from the credential only. No body and no header names it.
//   - One map from errors to problem details (problem.go); "not yours" and "not there" are the same bytes.
//   - Bodies are read strictly before Huma sees them: no duplicate keys, no NUL, no invalid UTF-8, 32 levels.
//   - A receipt belongs to a scope (organisation and side), not to one person, so that colleagues may share a link;
//     its rows are still read through the rights of whoever opens it, as they are that day.
//   - The answer of a repeated POST is stored in the tenant's own rows; failures of the server are not stored.
package api
