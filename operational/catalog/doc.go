// Package catalog keeps what an organisation sells and how: products, and sales processes with their stages.
//
// Vendors set them up; connected partners read them and use them on the opportunities that both share. A partner may
// have products and processes of its own for business without a connection.
//
// Decided:
//   - A stage may be called otherwise, and new ones come to a process. One that opportunities have been in stays, and
//     keeps its place among the open ones: history and figures count by it. Its type never changes. Another path
//     altogether is a new process; the old one is retired, which takes no new opportunities and lets those in it go on.
//   - Products are never deleted but made inactive, for the same reason.
//   - What is sold and how belongs to a company, not to one of its people: a role's data scope does not narrow the
//     catalogue. Which vendors' catalogues a partner's person sees, and which types and fields, the roles say.
//   - A change of which somebody sees nothing is no change for them, as of opportunities (touched.go): a partner to whom its
//     vendor shows no list prices does not learn that they have changed. Which process is usual and which are retired all see.
package catalog
