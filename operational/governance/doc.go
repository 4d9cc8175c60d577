// Package governance is where a company says who may do and see what: roles with rights to objects and fields, who has
// which role, whom of its partners a vendor lets in, fields and types of its own, layouts; and where it asks why somebody
// may do something, or not (explain.go).
//
// A vendor's external roles, its access scope and who has which external role need channel.govern; everything that
// concerns a company's own people and records needs roles.manage, and who of them has which role people.manage. A partner
// governs its own people only.
//
// Decided:
//   - Rights are denied unless a role gives them, and a role is changed as a whole: one change set, one version.
//   - Nobody gives what they do not have. What is added to a role, and the role that is given to somebody, must lie within
//     the rights of whoever does it; to take away is always allowed. Nobody changes the role of somebody who may do more.
//   - In a company that both governs a channel and sells a role works on one side, or on both, from its beginning to its
//     end. Nobody gives rights on a side on which they do not work, also not whoever does everything on the other.
//   - Roles that are everything cannot be narrowed, and one person at least keeps such a role: the database holds it.
//   - A role that comes with the workspace can be changed like any other and is not deleted.
//   - What a partner's own company lets its people do is not told to the vendor that asks why one of them may do
//     something: the explanation says what the vendor's side says, and that the other side can only narrow it.
//   - Whoever looks as one of a partner's people, or as a role of its own company (identity.LookAs), sees at most what it sees
//     itself, and changes nothing: what a role would let its people change, is not offered either. A role has no people of its
//     own to look by, so what reaches a person's own records reaches those of whoever looks.
//   - An explanation is given of records that the asker sees; for others the record is not there.
package governance
