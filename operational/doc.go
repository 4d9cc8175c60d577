// Package operational holds the words that every business module shares: who is asking (Actor), who may do
// what (policy.go, one table), what went wrong (Error), exact money and pages of lists.
//
// It imports nothing of the program. The modules below it (identity, interconnect, catalog, accounts,
// opportunities, imports ...) each keep their types, pure rules, steps in a transaction and SQL together;
// they import this package, operational/postgres and only those modules that stand before them in the order
// given in CONTRIBUTING.md.
package operational
