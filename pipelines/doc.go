// Package pipelines carries committed changes from Postgres to the warehouse.
package pipelines
