// Package catalog keeps what an organisation sells and how: products, and sales processes with their stages.
//
// Vendors set them up; connected partners read them and use them on the opportunities that both share. A partner may
// have products and processes of its own for business without a connection.
//
// Decided:
//   - The stages of a process are fixed when it is created: opportunities point to them, and a stage that moved would
//     change what history says. A changed path is a new process.
//   - Products are never deleted but made inactive, for the same reason.
package catalog
