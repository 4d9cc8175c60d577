// Package events writes what happened into the outbox, in the transaction and under the role of the tenant it
// happened in. The relay of package jobs picks it up after the commit.
//
// Decided:
//   - An event names its record and nothing of its content: payloads hold ids only, so that whoever works on an
//     event later reads the record through the wall, with the rights of that moment.
//   - Tenants may insert into the outbox and not read it: an event is not a way to look at another's rows.
package events
