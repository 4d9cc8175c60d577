package benchcdc

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

// Engine opens an empty warehouse, with what it keeps in a folder.
type Engine func(ctx context.Context, dir string) (warehouse.Store, error)

// DuckDB is the embedded engine.
func DuckDB(o duckdb.Options) Engine {
	return func(ctx context.Context, dir string) (warehouse.Store, error) {
		o.Path = filepath.Join(dir, "warehouse.duckdb")
		return duckdb.Open(ctx, o)
	}
}

// ClickHouse is a server of its own on this machine, which ends with the store.
func ClickHouse(ctx context.Context, dir string) (warehouse.Store, error) {
	server, err := local.Start(ctx, local.Options{Dir: filepath.Join(dir, "clickhouse")})
	if err != nil {
		return nil, fmt.Errorf("start ClickHouse: %w", err)
	}
	store, err := clickhouse.Open(ctx, clickhouse.Options{URL: server.URL("bench")})
	if err != nil {
		server.Kill()
		return nil, err
	}
	return &served{Store: store, server: server}, nil
}

// served is a store whose server is ours.
type served struct {
	*clickhouse.Store
	server *local.Server
}

// Close closes the store and ends the server.
func (s *served) Close() error {
	err := s.Store.Close()
	s.server.Kill()
	return err
}
