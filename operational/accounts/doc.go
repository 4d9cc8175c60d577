// Package accounts keeps customers (accounts) and the people there (contacts). Each organisation has rows of its own;
// that a partner's account and a vendor's are the same customer is a link which only the partner can read.
//
// Decided:
//   - name_key, the name without legal form, case and punctuation, is made in Go (rules.go) and stored: two spellings
//     meet in an index, and the rule can be tested as a table.
//   - A partner links an account of its own with a vendor by naming an opportunity of that customer which the two share.
//     Whether the vendor keeps an account of it, which, and whether that is the one of another opportunity, the partner does
//     not learn: not by the answer, not by what it lists, and not when the vendor deletes its own. What the vendor keeps is
//     noted where the partner cannot read it, for the vendor's imports. Links are in the partner's audit alone.
//   - The vendor may come to keep an account of that customer later. Then its import finds by the name what the partner has
//     linked on that connection, if only one fits, and makes no second account of it. The partner's other accounts are not
//     looked at: that one of them is a customer of the vendor's is for the partner to say. The vendor is told the same of a
//     link that the partner has made and of a copy that it got, and nothing of what becomes of either.
//   - Whoever works with its own accounts alone may give one away, also to somebody in whose hands it does not see it any
//     more. An account is handed over by whoever looks after it, who leaves the company or gets another region: to ask for
//     somebody who sees all accounts would leave customers with nobody, and small companies have nobody like that. It stays
//     in the company and in its audit, and others can give it back. With an opportunity it is otherwise, since both companies
//     count on who works on it and it has people of another company as holders (package opportunities). It is given to people
//     who work in the company, not to those who are suspended.
//   - A change of which somebody sees nothing is no change for them: version, ETag and time of change of an account or a
//     contact, and the order and filters of lists, are those of what the reader sees (touched.go; package opportunities says
//     why and how). By their version they change, delete and erase the record at whatever version it is.
//   - A website is an http or https address, or a domain that becomes one, so that it can be shown as a link (website.go).
//     The database checks the form too; a revenue and a number of employees below zero exist nowhere.
//   - What a layout asks for is asked of accounts and contacts too (package objects says how); asked.go says what they hold.
//   - No account is refused because of its name: likeness is for a person to judge.
package accounts
