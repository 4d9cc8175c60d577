// Package catalog keeps what an organisation sells and how: products, and sales processes with their stages.
//
// Vendors set them up; connected partners read them and use them on the opportunities that both share. A partner may
// have products and processes of its own for business without a connection.
//
// Decided:
//   - The stages of a process are fixed when it is created: opportunities point to them, and a stage that moved would
//     change what history says. A changed path is a new process.
//   - Products are never deleted but made inactive, for the same reason.
//   - What is sold and how belongs to a company, not to one of its people: a role's data scope does not narrow the
//     catalogue. Which vendors' catalogues a partner's person sees, and which types and fields, the roles say.
package catalog
