// Package local runs the private Postgres that the program uses when no DATABASE_URL is given.
package local
