// Package identity says who is asking: people and their passwords, sessions and API keys, each turned into an
// operational.Actor. It also holds what only the program's own commands may do (Admin).
//
// Decided:
//   - Tokens and key secrets have 256 random bits; only their sha256 is stored. Passwords are argon2id.
//   - One neutral answer for an unknown address, a wrong password and a suspended person, after the same work.
//   - Failed sign-ins are counted for an address at a place, a place, and an address at all places. The last holds off those who
//     guess from many places and spares the places from which the person has signed in within 30 days, so that nobody can
//     lock somebody else out; who is signed in stays so anyway. Counts are digests in the database, the same for addresses
//     that belong to nobody.
//   - People see their sessions in all of their companies and end them. Another password needs the one of now, counted apart
//     from sign-ins, and ends all sessions but the one that asks; API keys stay. Of what a browser says of itself only its
//     name and its system are kept, in words of ours.
//   - An identity provider (OpenID Connect) is a setting of one company, whose people it speaks for there and nowhere else: a
//     session by a provider is of that company alone and learns nothing of others. Another issuer or client is another
//     provider. Its secret is sealed and never given back. Ending it ends its sessions and links.
//   - A provider's subjects are people here only after they were linked: by a right password, with a code where there is a
//     second factor, or by joining. A mail address links nobody, for addresses change hands.
//   - People may join by themselves with a verified address of the company's domains, where it wishes so: with a role that
//     is not everything and that whoever offered it could give. Their address is shown and is nobody's name to sign in by, so
//     that no company's provider takes an address from its holder or asks whether somebody has it here: only whether a
//     member of its own company has.
//   - A session by a provider needs no second factor of ours: that is the provider's affair, as are its passwords.
//   - Signing out here ends nothing at the provider, and the page says so. To be led there for it (RP-initiated logout) would
//     sign people out of all else that their company uses; without a kept id_token providers ask anyway, and many know no
//     such way. Would change if companies with shared computers asked for it.
//   - The way to a provider is kept by the browser, sealed, for ten minutes: state, nonce, proof key (PKCE) and what it is for.
//     Providers are asked over https at public addresses alone, looked at when connecting, unless the deployment lets them
//     stand inside its own network. No page finds a provider by a mail address: it would tell who is a customer.
//   - A lost password: where mail is sent, a link to set another one goes to the address, good for half an hour and once. Its
//     token is made of the asking's id by a key of the deployment; the digest alone is stored. The answer is the same for
//     every address; askings are counted as sign-ins are, and three links of a person are good at once. Whoever signs in by a
//     provider alone has none to lose. Another password ends all sessions and half-done sign-ins, leaves second factor and API
//     keys, and is in the audits of all companies. Where no mail is sent, whoever runs the program helps (person set-password):
//     an administrator cannot, because the password opens the person's other companies as well.
//   - Another mail address is asked for with the password (and a code) and proven by a link that is mailed there, good for half an
//     hour and once, for whoever asked and is signed in: a link that went astray gives a stranger nothing. Whether an address is
//     taken is told to nobody: no link goes there. The address before is told afterwards, links in its box lead nowhere, and
//     another password ends what was asked for. Whoever signs in by a provider alone has no address of ours.
//   - Name and time zone are the person's in all companies, which note the names of what changed. Vendors' copies follow while the
//     connection lives. A session by a provider gives no other name to somebody who signs in by a password too or works elsewhere.
//   - A session looks as a role of its company until it looks no more, or ends: the role lies with the session, so that all its
//     windows and requests look alike, and no other session or key of the person does. Rights are those of both roles to read,
//     worked out anew with each change; API and pages refuse what is no reading, and the transactions of such a session are
//     read-only for the database. That something was read is noted all the same.
//   - Whoever manages people signs them out, suspends and erases them where it could give them their role, and nobody else:
//     an API key, which gives nobody anything, does none of it. It also ends the connection of a person to a provider of the
//     company, which may have been made with a wrong account, but never the only way in: that is what suspending is for.
//   - A second factor (TOTP) belongs to a person, who sets it with the password and a first code. A right password then opens
//     a half-done sign-in: a sealed token that the browser keeps for ten minutes and that can do nothing but finish; nothing of
//     it is stored, and it ends with the password that it came from. A code is taken once and never after a later one; wrong
//     ones are counted for the person, apart from passwords: a hundred are taken, then one an hour, so that whoever knows the
//     password finds a code within a year in three cases of a hundred. Time alone gives tries back, for a right code may be
//     the holder's. Each usual place of the person has an allowance of its own. Of two factors begun at once the first stays.
//   - Recovery codes are ten, once each, kept as keyed digests and counted apart: nobody guesses one, so they help while
//     codes wait.
//   - A company may ask its people for one (sec.sign_in_rule). The table of sessions itself refuses what has shown less, and
//     those that have end when the company begins to ask; whoever asks has it already, so that nobody locks a company out.
//     Somebody in several companies is let into those that ask for less. API keys are not asked: they have no person at them.
//   - An administrator of a company cannot take somebody's second factor away, for other companies of that person may rely on
//     it: recovery codes help, and in the end whoever runs the program (person forget-factor).
//   - Whose a credential is stays remembered for half a minute, as a belief: for reads that enter the wall first, the
//     statement that enters compares two counts of the organisation (sec.prove), of changes to rights and of credentials
//     that ended or changed. So each request proves its credential and none pays a round trip for it; all others ask.
//     A credential's own time is the program's clock's affair, as it is when the database is asked.
//   - The api login reaches people, passwords, sessions and keys by definer functions that each answer one
//     question; no tenant role reads the tables.
//   - Names and addresses of people are in crm.person, external_contact and contact, and everything else refers to them by
//     id. Erasing takes them out there, with passwords, places, sessions, keys and kept answers; history, receipts and the
//     audit stay whole. What somebody wrote about a person in free text (names of deals, notes, reasons) is not searched.
//     Names that a program remembers for lists follow within half a minute; files of imports go within the hour after
//     their end, values in findings after 30 days (in one's own company's at once), sealed answers to repeated requests
//     after 48 hours. Importing a file again that names the person brings the name back.
//   - The reason of an erasure is a code: free words might name the person, in an audit that is never rewritten.
package identity
