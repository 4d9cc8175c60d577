// Package portal is the program's face for people: HTML pages over the same services and the same analytics that the
// API uses. A handler file per page turns their answers into texts; package views turns texts into HTML; static holds
// our styles and scripts, assets what comes from npm packages.
//
// Decided:
//   - A page is one address: filters live in the query string, every action is a form or a link, and all of it works
//     without script. Script adds keys, charts, menus that close and pages that change without a reload.
//   - Every number is a link to the rows behind it, through the receipt of the answer it came from. So the list shows
//     the question as it was asked, also when data has come in since.
//   - All questions of one page are put to one view of the data, so that totals agree whatever is loaded meanwhile.
//   - A page is sent when the whole of it is there, so that a fault, a panic too, can still take its place.
//   - Forms that change rights say before they are sent whom they touch and what they reveal, by the same request as a
//     review without script. They carry what they showed: what two people change at once is told to the second, and only
//     what it changed itself is put over what is there then.
//   - A form of a record has the fields of its layout that the person's role reads; those it may not set are shown. It
//     changes what differs from the record, and a field that is hidden is refused as one that does not exist.
//   - One reader takes all forms (posted.go). It knows which fields each address takes and refuses every other one by its
//     name: what says whose a record is cannot come by a form. An address without an entry there takes no fields.
//   - What a form follows from (with which company, of which type) is asked before it by an address, so that each form
//     asks only for what can be set there.
//   - The rail, its keys and the way back from a fault lead only to what opens for this person.
//   - The way to an identity provider begins only on a page that was made for this browser: its links carry a key that lies
//     in a cookie. Forms could not do it, for the content security policy lets none lead to another site.
//   - Nothing inline: the content security policy allows no script, style or connection but our own.
//   - Amounts in several currencies are never added: a key figure then has a line for each.
//   - Single keys can be turned off (WCAG 2.1.4); theme and keys live in cookies, so that the first byte is right.
package portal
