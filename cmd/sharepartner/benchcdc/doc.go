// Package benchcdc measures the pipeline against what Postgres itself can give: pg_recvlogical into /dev/null.
//
// Both read the same part of the same log, from two slots that stand at the same place, in the same minute; so the
// ratio says something on any machine.
package benchcdc
