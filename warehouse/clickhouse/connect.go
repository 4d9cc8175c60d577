package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	engine "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// connections is how many questions and inserts go on at a time on each shard, where the address does not say it (max_open_conns); more
// wait.
const connections = 16

// optionsOf reads the address and adds what all questions need.
func optionsOf(o Options) (*engine.Options, error) {
	address, hosts := hostsOf(o.URL)
	options, err := engine.ParseDSN(address)
	if err != nil {
		return nil, fmt.Errorf("open the warehouse: WAREHOUSE_URL is not of the form clickhouse://user:password@host:9000/database: %w", withoutAddress(err))
	}
	options.Addr = hosts
	options.MaxOpenConns = cmp.Or(options.MaxOpenConns, connections)
	options.MaxIdleConns = options.MaxOpenConns
	options.DialTimeout = cmp.Or(options.DialTimeout, 10*time.Second)
	options.DialContext = dialer(options)
	options.Compression = &engine.Compression{Method: engine.CompressionLZ4}
	if options.Settings == nil {
		options.Settings = engine.Settings{}
	}
	options.Settings["join_use_nulls"] = 1 // as the standard says
	options.Settings["enable_materialized_cte"] = 1
	options.Settings["lightweight_deletes_sync"] = 2 // what is deleted is gone when that is said
	for name, value := range o.Engine.settings() {
		options.Settings[name] = value
	}
	return options, nil
}

// hostsOf reads an address that may name several servers, host:9000,host:9000: those after the first are asked where the ones before
// do not answer. An address has one host, so that the first one stays in it.
func hostsOf(address string) (one string, hosts []string) {
	scheme, rest, _ := strings.Cut(address, "://")
	authority, path, _ := strings.Cut(rest, "/")
	at := strings.LastIndex(authority, "@") + 1
	hosts = strings.Split(authority[at:], ",")
	return scheme + "://" + authority[:at] + hosts[0] + "/" + path, hosts
}

// dial makes the connections to a shard: to each of its servers, and to the first of them that answers. No line is opened yet.
func dial(options engine.Options, addresses []string) (*shard, error) {
	sh := &shard{name: strings.Join(addresses, ",")}
	for _, address := range addresses {
		options.Addr = []string{address}
		db, err := engine.Open(new(options))
		if err != nil {
			return nil, fmt.Errorf("open the warehouse: %w", err)
		}
		sh.servers = append(sh.servers, server{db, options})
	}
	sh.db = sh.servers[0].db
	if len(addresses) == 1 {
		return sh, nil
	}
	options.Addr = addresses
	var err error
	if sh.db, err = engine.Open(&options); err != nil {
		return nil, fmt.Errorf("open the warehouse: %w", err)
	}
	return sh, nil
}

// server is one that tables are made on.
type server struct {
	db      driver.Conn
	options engine.Options
}

// makeDatabase makes the database where it is not there: until then no connection can name it.
func (s server) makeDatabase(ctx context.Context) error {
	database := s.options.Auth.Database
	if database == "" || database == "default" {
		return nil
	}
	db, err := withoutDatabase(s.options)
	if err != nil {
		return err
	}
	err = db.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+ident(database))
	if err = errors.Join(told(ctx, err), db.Close()); err != nil {
		return fmt.Errorf("make the database %s of the warehouse: %w", database, err)
	}
	return nil
}

func withoutDatabase(options engine.Options) (driver.Conn, error) {
	options.Auth.Database = ""
	options.MaxOpenConns = 1
	db, err := engine.Open(&options)
	if err != nil {
		return nil, fmt.Errorf("open the warehouse: %w", err)
	}
	return db, nil
}

func (sh *shard) hangUp() error {
	err := sh.db.Close()
	for _, s := range sh.servers {
		if s.db != sh.db {
			err = errors.Join(err, s.db.Close())
		}
	}
	return err
}
