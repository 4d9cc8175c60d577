package duckdb

import "github.com/sharepartner/sharepartner/warehouse"

type todo struct{ warehouse.Metrics }
