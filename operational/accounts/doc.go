// Package accounts keeps customers (accounts) and the people there (contacts). Each organisation has rows of its own;
// that a partner's account and a vendor's are the same customer is a link which only the partner can read.
//
// Decided:
//   - name_key, the name without legal form, case and punctuation, is made in Go (rules.go) and stored: two spellings
//     meet in an index, and the rule can be tested as a table.
//   - No account is refused because of its name: likeness is for a person to judge.
package accounts
