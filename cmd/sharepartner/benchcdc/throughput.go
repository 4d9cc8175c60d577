package benchcdc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sharepartner/sharepartner/operational/postgres/local"
	"github.com/sharepartner/sharepartner/pipelines"
	"github.com/sharepartner/sharepartner/pipelines/pgsource"
)

// ThroughputResult compares the two readers of the same changes.
type ThroughputResult struct {
	Changes   int           `json:"changes"`
	Reference time.Duration `json:"reference"` // pg_recvlogical, binary, into /dev/null
	Pipeline  time.Duration `json:"pipeline"`  // into the warehouse
	Ratio     float64       `json:"ratio"`     // speed of the pipeline by that of the reference
}

// Throughput writes changes while the pipeline stands still, and then lets both read them. Rows is how many opportunities and accounts are there before.
func Throughput(ctx context.Context, s Source, open Engine, rows, changes int) (ThroughputResult, error) {
	var r ThroughputResult
	b, err := loaded(ctx, s, rows, open)
	if err != nil {
		return r, err
	}
	defer b.end(ctx)
	if r.Changes, err = b.change(ctx, rows, changes); err != nil {
		return r, err
	}
	end, err := b.place(ctx)
	if err != nil {
		return r, err
	}
	const copySQL = `select pg_copy_logical_replication_slot($1, 'benchcdc_reference')`
	if _, err := b.conn.Exec(ctx, copySQL, slotOf(s)); err != nil {
		return r, fmt.Errorf("copy the slot: %w", err)
	}
	defer func() {
		_, _ = b.conn.Exec(context.WithoutCancel(ctx), `select pg_drop_replication_slot('benchcdc_reference')`)
	}()
	if r.Reference, err = receive(ctx, s.OwnerURL, end); err != nil {
		return r, err
	}
	if r.Pipeline, err = b.catchUp(ctx); err != nil {
		return r, err
	}
	r.Ratio = r.Reference.Seconds() / r.Pipeline.Seconds()
	return r, nil
}

func slotOf(s Source) string {
	cfg, err := pgconn.ParseConfig(s.CDCURL)
	if err != nil {
		return ""
	}
	return pgsource.SlotName(cfg.Database)
}

// place is where the server's log stands.
func (c *channel) place(ctx context.Context) (lsn string, err error) {
	err = c.conn.QueryRow(ctx, `select pg_current_wal_flush_lsn()::text`).Scan(&lsn)
	return lsn, err
}

// catchUp runs a pipeline until it has all that is committed now, and says how long that took.
func (b *bed) catchUp(ctx context.Context) (time.Duration, error) {
	text, err := b.place(ctx)
	if err != nil {
		return 0, err
	}
	end, err := pgsource.ParseLSN(text)
	if err != nil {
		return 0, err
	}
	p := pipelines.New(pipelines.Config{SourceURL: b.source.CDCURL, Store: b.store})
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	began := time.Now()
	go func() { done <- p.Run(running) }()
	err = p.WaitFor(ctx, end)
	took := time.Since(began)
	if err != nil {
		status, _ := p.Status(ctx)
		err = fmt.Errorf("%w (%s: %s)", err, status.State, status.Detail)
	}
	stop()
	return took, errors.Join(err, <-done)
}

// receive times pg_recvlogical up to a place in the log.
func receive(ctx context.Context, ownerURL, end string) (time.Duration, error) {
	bin, err := local.FindBinaries()
	if err != nil {
		return 0, err
	}
	cfg, err := pgconn.ParseConfig(ownerURL)
	if err != nil {
		return 0, fmt.Errorf("read database address: %w", err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "pg_recvlogical"), "-h", cfg.Host, "-p", fmt.Sprint(cfg.Port), "-U", cfg.User, "-d", cfg.Database,
		"-S", "benchcdc_reference", "--start", "--no-loop", "--endpos", end, "-f", "/dev/null",
		"-o", "binary=true", "-o", "proto_version=2", "-o", "publication_names=sharepartner")
	cmd.Env = append(os.Environ(), "PGPASSWORD="+cfg.Password)
	began := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("pg_recvlogical: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return time.Since(began), nil
}
