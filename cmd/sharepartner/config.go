package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Config is every setting, with its default. Each is a flag and an environment variable; `sharepartner up --help` prints this table.
type Config struct {
	Addr             string        `help:"Address to serve on." default:"127.0.0.1:8080" env:"SHAREPARTNER_ADDR"`
	MetricsAddr      string        `name:"metrics-addr" help:"Address of metrics for Prometheus (GET /metrics), for example 127.0.0.1:9464; without it there are none. They tell of all companies: keep the address to your own network." env:"SHAREPARTNER_METRICS_ADDR"`
	Data             string        `help:"Folder of the private Postgres, the DuckDB file and the secret." default:".sharepartner" env:"SHAREPARTNER_DATA" type:"path"`
	DatabaseURL      string        `name:"database-url" help:"An existing Postgres 15+ (the login that owns the database). Without it the program runs its own." env:"DATABASE_URL"`
	WarehouseURL     string        `name:"warehouse-url" help:"A ClickHouse server to keep figures in, clickhouse://user:password@host:9000/database; of a cluster several may be named, host:9000,host:9000. With ?secure=true over TLS. Give it by the environment, as others see the arguments of a program. Without it they are kept in a DuckDB file in the data folder." env:"WAREHOUSE_URL"`
	WarehouseCluster string        `name:"warehouse-cluster" help:"The cluster of that ClickHouse, by its name in system.clusters, over whose shards figures are spread: each company's are on one. Without it one server keeps them." env:"WAREHOUSE_CLUSTER"`
	WarehouseEngine  string        `name:"warehouse-engine" help:"The engine of its tables: MergeTree, or ReplicatedMergeTree where the servers of a shard keep copies (SharedMergeTree in a cloud)." default:"MergeTree" env:"WAREHOUSE_ENGINE"`
	Secret           string        `help:"Secret of the deployment, at least 32 characters; keys and passwords of the database logins derive from it. Without it one is made in the data folder." env:"SHAREPARTNER_SECRET"`
	Connections      int32         `help:"Database connections per login and side." default:"16" env:"SHAREPARTNER_CONNECTIONS"`
	DuckDBMemory     string        `name:"duckdb-memory" help:"Memory limit of the embedded column store." default:"1GB" env:"SHAREPARTNER_DUCKDB_MEMORY"`
	DuckDBThreads    int           `name:"duckdb-threads" help:"Threads of the embedded column store; 0 takes all processors." default:"0" env:"SHAREPARTNER_DUCKDB_THREADS"`
	Aside            int           `name:"aside-per-minute" help:"How many rows that the column store cannot keep are set aside in a minute before the pipeline stops." default:"100" env:"SHAREPARTNER_ASIDE_PER_MINUTE"`
	DriftEvery       time.Duration `name:"drift-every" help:"How often some rows of the column store are compared with Postgres, and put right where they differ; below zero never." default:"1m" env:"SHAREPARTNER_DRIFT_EVERY"`
	DriftRows        int           `name:"drift-rows" help:"How many rows are compared each time; all tables take their turn." default:"20000" env:"SHAREPARTNER_DRIFT_ROWS"`
	Secure           bool          `help:"People come by https, also where a proxy in front ends it: cookies are then refused over http." env:"SHAREPARTNER_SECURE"`
	Rate             int           `help:"Requests per second and credential; bursts may be twice as high." default:"100" env:"SHAREPARTNER_RATE"`
	Proxies          []string      `name:"trusted-proxies" help:"Addresses or networks of the proxies in front, for example 10.0.0.0/8. What they say in X-Forwarded-For is where people come from, for limits of rates and sign-ins; without them no such header is believed." env:"SHAREPARTNER_TRUSTED_PROXIES"`
	Private          bool          `name:"private-providers" help:"Identity providers may stand inside one's own network, and speak http. Without it they are asked over https at public addresses alone." env:"SHAREPARTNER_PRIVATE_PROVIDERS"`
	Mail             Mail          `embed:""`
	LogLevel         string        `help:"What is logged: debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"SHAREPARTNER_LOG_LEVEL"`
}

// check lists all faults of the settings at once.
func (c Config) check() error {
	var faults []error
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		faults = append(faults, fmt.Errorf("--addr %q is not host:port", c.Addr))
	}
	if _, _, err := net.SplitHostPort(c.MetricsAddr); c.MetricsAddr != "" && err != nil {
		faults = append(faults, fmt.Errorf("--metrics-addr %q is not host:port", c.MetricsAddr))
	}
	if c.Secret != "" && len(c.Secret) < 32 {
		faults = append(faults, errors.New("SHAREPARTNER_SECRET is shorter than 32 characters"))
	}
	if c.DatabaseURL != "" && !strings.HasPrefix(c.DatabaseURL, "postgres://") && !strings.HasPrefix(c.DatabaseURL, "postgresql://") {
		faults = append(faults, errors.New("DATABASE_URL must begin with postgres:// or postgresql://"))
	}
	if _, database, _ := strings.Cut(strings.TrimPrefix(c.WarehouseURL, "clickhouse://"), "/"); c.WarehouseURL != "" && (!strings.HasPrefix(c.WarehouseURL, "clickhouse://") || database == "" || database[0] == '?') {
		faults = append(faults, errors.New("WAREHOUSE_URL must be of the form clickhouse://user:password@host:9000/database"))
	}
	if c.WarehouseURL == "" && (c.WarehouseCluster != "" || c.WarehouseEngine != "" && c.WarehouseEngine != "MergeTree") {
		faults = append(faults, errors.New("WAREHOUSE_CLUSTER and WAREHOUSE_ENGINE are of a ClickHouse: name its address in WAREHOUSE_URL"))
	}
	if c.Connections < 2 || c.Connections > 100 {
		faults = append(faults, errors.New("--connections must be between 2 and 100"))
	}
	if _, err := api.ParsePlaces(c.Proxies); err != nil {
		faults = append(faults, fmt.Errorf("--trusted-proxies are addresses or networks, separated by commas: %w", err))
	}
	if c.Aside < 1 {
		faults = append(faults, errors.New("--aside-per-minute must be at least 1"))
	}
	if c.Rate < 1 {
		faults = append(faults, errors.New("--rate must be at least 1"))
	}
	return errors.Join(append(faults, c.Mail.check())...)
}

// secret is the deployment's secret: from the settings, or made once and kept in the data folder.
func (c Config) secret() (postgres.Secret, error) {
	if c.Secret != "" {
		return postgres.Secret(c.Secret), nil
	}
	path := filepath.Join(c.Data, "secret")
	b, err := os.ReadFile(path)
	if err == nil {
		return postgres.Secret(strings.TrimSpace(string(b))), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	text := hex.EncodeToString(raw)
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("keep the secret in the data folder: %w", err)
	}
	return postgres.Secret(text), nil
}
