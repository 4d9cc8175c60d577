// Package imports takes files in, of two sorts. Any company imports its own customers, the people there and its own
// opportunities from one CSV file whose header names fields (records*.go): row by row, through the same doors and with the same rights as if its
// person had typed them, in one transaction; a row that cannot be kept is undone alone. A vendor besides takes a CRM's
// export into its workspace and those of its partners: crm-export, four or five CSV files and a mapping that says what
// their columns mean. The default mapping (crm_export.yaml) reads the public "CRM Sales Opportunities" export. Commands,
// the API and the demo come through the same code.
//
// The way of an import: the files are read (csv.go), cleansed by pure rules (rules.go, entry.go and a file for each
// sort of row) into an export in its own words (export.go), and written through the modules below (write.go,
// people.go). Each sales agent is a partner organisation with one person, each manager a channel manager, each
// regional office a region. Accounts are the vendor's; the partners that sell to them get copies of their own, linked.
//
// Decided:
//   - An import of records has the rights that its person has when the work is done, not when it was asked for. Findings
//     repeat values, so an import is seen by who started it, and by those who may import for the whole company.
//   - In a file of records an empty cell says nothing and changes nothing: whoever exports with fields hidden, and brings
//     the file back, must not empty them. Values are taken away by hand.
//   - Opportunities of a file are the company's own business: a vendor's direct sales, a partner's deals without a vendor.
//     Shared ones come by the vendor's export of its CRM, or one by one. Another stage is a move with its row of history,
//     a closed opportunity that the file has active again is reopened; that it changes its process is refused. Where the
//     file names an account and no customer, the customer is called as the account is when that is put on it.
//   - A column that its sender reads and does not write refuses the file at once. If that comes to be between sending
//     and doing, the rows that have a value there are not kept.
//   - One import is one transaction, its own end and its findings included: it is there as a whole or not at all. A
//     run after a kill either finds it done or does it. Only progress is told outside.
//   - A file that cannot be trusted as a whole refuses the import, with all faults of all files at once: wrong
//     encoding, an open quote, missing columns, days mostly in another form. A row that cannot be kept goes to
//     quarantine with line, column and reason; the others are kept. What cleansing changes is reported value by value.
//   - Files are kept until the import has ended, values in findings for 30 days more: they may name people. Which rule said
//     what of which line and field stays.
//   - Limits: 64 MB in all files, 500,000 rows in one, 100,000 characters in a field.
//   - Days are written one way in a whole export, as its mapping says; nothing is guessed. Where day and month come
//     in both orders in one column, days that read both ways are not trusted either.
//   - A day means the midnight that begins it in the vendor's time zone. The two dates of an opportunity become its
//     history, marked as imported; recorded_at is the same moment, because such an export does not say when its
//     people knew. An export that does has the fifth file, stage_history, with every step and its recorded_at.
//   - The value is the vendor's net amount. Where there is none an open opportunity, and the engaged state of a closed
//     one, takes the list price of the first import that brought it: a new price list is no news about old business.
//   - An opportunity without account is kept with its customer unknown; one whose account stands in no file adds it;
//     one whose partner or product is unknown cannot be kept, nor anything new about one whose connection is not active.
//   - Names are compared as written but for case; failing that without spaces, signs and marks, if only one fits.
//   - Importing again changes nothing. A newer export adds what is new. Connections (region, tier), the partners' own
//     copies of accounts, and whose an opportunity is, are not changed by an import.
//   - A customer is brought to a partner once, with the first business there. An account that the partner has linked itself
//     takes the place of the copy (package accounts says when), and a copy that it has deleted does not come back. What the
//     vendor is told of this (summary, audit) follows from its own export and imports alone.
package imports
