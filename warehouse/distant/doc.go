// Package distant keeps a warehouse on a server of its own usable while that server is away: the program starts without it, asks
// it again by itself, and makes nobody wait for it meanwhile.
//
// Decided:
//   - Only a server that cannot be reached is waited for. What a person has to put right (a password, a version, a database
//     of something else) ends the start, as it is a mistake in the settings. Later it is told in the log and tried again.
//   - A server that refuses this program, as its password is another one by now, is away at once. Connections of before may still
//     answer, and those that are new do not: it is back when a new one is let in, or figures would be there by chance.
//   - While the server is away every question fails at once with warehouse.ErrAway: pages that show records ask for the state of the
//     figures too, and would each wait as long as a connection takes to fail.
//   - A server that is slow, or has hung up on one line, is not away: it is asked once more, with patience, while questions go on.
//     Given up too soon it would be a page without figures for whoever has a busy machine. One that is paused takes
//     connections and says nothing: twenty seconds later it is given up, and short questions that wait for it end.
package distant
