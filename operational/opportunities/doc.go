// Package opportunities keeps deals in the pipeline, from the first row to won, lost or disqualified.
package opportunities
