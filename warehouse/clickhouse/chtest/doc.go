// Package chtest gives a test a database on a real ClickHouse of its own, as pgtest does on Postgres.
//
//	func TestMain(m *testing.M) { chtest.Main(m) }
//
//	chtest.NewURL(t)                      // the address of an empty database on the server that the package shares
//	chtest.Connect(t, url)                // a connection that ends with the test
//	chtest.Own(t, local.Options{...})     // a server for this test alone: Kill, Pause, Resume, Restart, other settings
//	chtest.NewURLOn(t, server)            // a database there
//	chtest.NewRelay(t, address, config)   // a line to a server that speaks TLS, or leads elsewhere later
//	chtest.Shards(t, 2, local.Options{})  // servers that know one another as the cluster local.Cluster
//
// A shared server starts in half a second, with the first test that asks. An engine that is missing fails the test, and
// says how to fetch it.
package chtest
