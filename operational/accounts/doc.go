// Package accounts keeps customers (accounts) and the people there (contacts). Each organisation has rows of its own;
// that a partner's account and a vendor's are the same customer is a link which only the partner can read.
//
// Decided:
//   - name_key, the name without legal form, case and punctuation, is made in Go (rules.go) and stored: two spellings
//     meet in an index, and the rule can be tested as a table.
//   - A partner links an account of its own by naming an opportunity that it shares with the vendor, since it never learns
//     which account that is of the vendor's. That the vendor keeps one it learns; that goes with the link itself. Links
//     are in the partner's audit alone.
//   - A website is an http or https address, or a domain that becomes one, so that it can be shown as a link (website.go).
//     The database checks the form too; a revenue and a number of employees below zero exist nowhere.
//   - What a layout asks for is asked of accounts and contacts too (package objects says how); asked.go says what they hold.
//   - No account is refused because of its name: likeness is for a person to judge.
package accounts
