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
//   - After the end neither company learns anything more of the other. What each is called is kept as it was then
//     (crm.former_organisation), contacts stay as they were and are not let in or kept out any more, which would tell who
//     has left since. Only an erasure reaches them.
//   - Since when a company is here is told to nobody else, as it would say whether it has worked for others before: the other
//     side has it from the day on which the two were first connected, and lists and sorts by that. How many people of a
//     partner a vendor knows the mail address of (Standing.Joined) says no more than its contacts do, each with its address.
//   - A vendor reads the whole of a shared record, whatever its roles show to the partner's people. So the partner's page on
//     what it sees lists the fields of the record, not those of the reader's role; a test compares it with all that a vendor
//     can read of a partner. Only the fields that the vendor has added for itself are its own affair, by name too.
//   - Suspension and end are in the audit of both companies, each with counts of what it may know: the vendor what stays
//     with it, the partner also what goes on and which sessions and keys ended. Each keeps the anchor of the other's event.
//   - Whoever is suspended loses sessions and API keys for good. Let in again, a person has a contact in every live
//     connection, also in those that were made meanwhile.
//   - A token is made of the invitation's id by a key of the deployment (Tickets), so it need not be kept to be mailed
//     later. Wrong, used, expired and revoked tokens are one answer. Inviting says the same of every address.
//   - Somebody new joins with an address that is theirs. Where mail is sent, a link that was mailed there shows it (a
//     ticket beside the token, made of the address by the same key); whoever holds the link of the invitation, as who
//     invited does, has it mailed to any address, and is told the same of each, five times an issue. Where no mail is sent
//     whoever invites names the address and vouches for it; another one, and one that is taken, are refused in the same
//     words, and five such attempts wear the invitation out. Who is signed in accepts by a click.
//   - An invitation stands as long as whoever made it could make it: their rights of the moment are asked for with each
//     look at it, so that a role that was narrowed gives nothing away by links of before. One that has expired can be sent
//     again, with a new link and a new end.
//   - A vendor may invite an administrator into a partner, as imports leave partners without one. The invitation, its page and
//     its answers are the same whoever works there: which people and other vendors a partner has is its own affair. In a
//     workspace that nobody has ever worked in or signed in to, that governs no channel of its own, and that no other vendor
//     ever had to do with, whoever is invited becomes the administrator. In all others nobody from outside does: it is passed
//     on to the partner's own people, who see it with the connection, and one of them can take it on while there is no
//     administrator and no channel, which is nothing that a vendor could let anybody into. Refusals are worded as those of a
//     wrong address, and no invitation ends because of another one. That somebody was let in at once is what remains to be
//     seen, by whoever was.
//   - What a vendor decides about a contact and what the partner decides about its person are kept apart: each can
//     keep the person out, and neither lets in whom the other keeps out.
//   - Which of its people work for a vendor is the partner's own affair: all, also who joins later, or those whom it has chosen.
//     The choice has a version of its own, so that the vendor sees contacts come and go and nothing else. Whoever is taken out
//     is a contact that the partner has suspended, since records name them; whoever was never chosen is none. The database
//     makes nobody a contact, or one again, beside the choice (crm.works_in).
//   - A company that sells for others may open a channel of its own, and is then the middle of two tiers: a session wears one
//     hat, and what the other one sees is not there for it. Its direct sales and its own business have numbers and references
//     of their own. It is not undone: what hangs on a channel (roles, partners, records) has no other place to go.
//     A company that governs a channel and becomes somebody's partner has its administrators work on both sides, and nobody
//     else. Where it has none, whoever accepts becomes one if they did everything there before, so that somebody can sell
//     and give others roles to sell; who did less cannot accept. Nobody else's role is widened.
//   - How it goes with a partner is told by what the vendor sees anyway: when something last happened to a shared record in
//     its reader's sight (an import brings the times of its source), and of how many people it knows the mail address, which they have since they joined. Who of them signs
//     in, and when, is the partner's own affair.
//   - Who was not there is told by mail, where mail is sent: who invited, of the answer; and those who manage connections, when
//     the other company has suspended, resumed or ended one. One job writes one letter to one person, says no more than the
//     page that it leads to, and is let go when nobody takes it. Who may not see that page any more is told nothing.
//   - Expiry is noted when somebody looks, so that lists say what the page behind the link says.
package interconnect
