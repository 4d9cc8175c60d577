// Package local runs a real ClickHouse without an installation, for tests and benchmarks: on the loopback interface, on
// the native protocol, with the data in a folder of the caller.
//
// The engine is a library from npm (engine/package.json; make engine fetches it). It holds ClickHouse's own command line,
// which can open ClickHouse's own listener: nothing of the protocol is imitated. The library takes the process that loads
// it for its own, so the program that starts a server is started a second time, and that child becomes the engine.
//
//	s, err := local.Start(ctx, local.Options{Dir: dir})
//	s.URL("default")                      // clickhouse://sharepartner:...@127.0.0.1:20123/default
//	s.Kill()                              // without warning; the data stays
//	s.Pause(), s.Resume()                 // it stands still and answers nothing
//	s.Restart(ctx, func(o *local.Options) { o.Config = "<max_server_memory_usage>300000000</max_server_memory_usage>" })
//	s.Stop()                              // in order
//
// Decided:
//   - The engine works at the prompt of a terminal that we hold. Without one it takes any exception that leaves a
//     connection as fatal, and aborts four seconds after the first wrong password. Whoever closes the terminal ends it.
//   - The kernel kills the server with the program that started it, also while it is paused.
//   - Ports are those from which the kernel takes none for connections, so that a server comes back on its own.
//   - It has no Keeper, so no replicated tables and no ON CLUSTER; users come from its settings, not from SQL. Tables
//     want a database of their own (CREATE DATABASE), since "default" is of another kind here.
//   - Rows written through a Distributed table may take seconds to their shard: set distributed_foreground_insert.
package local
