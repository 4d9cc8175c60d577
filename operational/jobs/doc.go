// Package jobs does work after the request: it relays events from the outbox into River, runs the workers that
// other modules hand in, and clears away what is done with.
//
// Decided:
//   - Arguments of a job hold ids only. A worker rebuilds its actor from them and enters the tenant's context, so
//     that a job has the rights of its organisation and no more. Only the jobs login writes River's tables.
//   - An event becomes a job in the transaction that marks it as relayed: once, whatever happens in between.
//   - Each running program holds an advisory lock named in its client id. When the lock is gone the program is, and
//     its jobs are given to the next one at once; River itself would wait for an hour. A job may therefore run
//     twice, and workers do their work in one transaction or notice that it is done.
//   - A job whose last attempt failed, or ended with its program, is put back once more to be given up: its worker says
//     so where people look. Otherwise what they asked for would seem to be at work for ever.
//   - The relay polls. Waking it by NOTIFY would put one lock around every commit of every tenant.
package jobs
