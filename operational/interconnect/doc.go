// Package interconnect holds organisations, their workspaces, the connections between vendors and partners, and how
// people come in and go: invitations, members, the contacts by which a vendor knows a partner's people.
// What each side sees of the other is the wall's business: a vendor sees its partners and its own number, tier and
// region for each; a partner sees its vendors; neither sees anyone else's connections.
//
// Decided:
//   - A connection is active or suspended, and ends once. Only the vendor suspends and resumes; both may end. Rules and
//     database draw the same machine. Connected anew, the pair has a new connection and its people new contacts.
//   - The end is one transaction. Shared records stay with the vendor, frozen, and are gone for the partner; each open one
//     goes on in the partner's own workspace as a new record that no vendor sees, with what the roles of company and owner
//     let the partner read of it. What cannot be a value there (lines of the vendor's products, the vendor's own fields)
//     becomes text in the private note. Records are locked before the connection, as changes lock them.
//   - Suspension and end are in the audit of both companies, each with counts of what it may know: the vendor what stays
//     with it, the partner also what goes on and which sessions and keys ended. Each keeps the anchor of the other's event.
//   - Whoever is suspended loses sessions and API keys for good. Let in again, a person has a contact in every live
//     connection, also in those that were made meanwhile.
//   - A token is made of the invitation's id by a key of the deployment (Tickets), so it need not be kept to be mailed
//     later. Wrong, used, expired and revoked tokens are one answer. Inviting says the same of every address.
//   - Somebody new who joins by an address that is taken is refused, in words that leave open why, and five such attempts
//     wear an invitation out. Telling nothing at all would need every newcomer to wait for a mail. Would change if
//     mail were there in every deployment.
//   - What a vendor decides about a contact and what the partner decides about its person are kept apart: each can
//     keep the person out, and neither lets in whom the other keeps out.
//   - Expiry is noted when somebody looks, so that lists say what the page behind the link says.
package interconnect
