// Package demo makes a channel to look around in: two vendors, their partners, three years of business. It is made
// from a fixed seed and a given now, and written through the same import and services as anybody's data.
//
// Decided:
//   - The generator is pure and writes the files of a CRM's export, stage history included. Nothing here knows the
//     database but the few steps that make vendors and people.
//   - All names are invented. The same seed and the same day give the same channel.
//   - A second run finds the channel and changes nothing: what somebody tried out in it stays.
package demo
