package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/sharepartner/sharepartner/operational/jobs"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/operational/postgres/local"
)

// ground is the operational database, ready for use: private or given, migrated, its wall proven.
type ground struct {
	Secret postgres.Secret
	CDCURL string
	API    *postgres.DB
	Jobs   *postgres.DB

	ownerURL string
	private  *local.Server // nil with a database of one's own
}

// openGround brings the database up. A private server that another command of the program runs is used, not disturbed.
func openGround(ctx context.Context, cfg Config, log *slog.Logger) (*ground, error) {
	if cfg.DatabaseURL == "" || cfg.Secret == "" {
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return nil, fmt.Errorf("make the data folder %s: %w", cfg.Data, err)
		}
	}
	secret, err := cfg.secret()
	if err != nil {
		return nil, err
	}
	g := &ground{Secret: secret, ownerURL: cfg.DatabaseURL}
	if cfg.DatabaseURL == "" {
		if err := g.openPrivate(ctx, cfg, log); err != nil {
			return nil, err
		}
	}
	if err := g.connect(ctx, cfg, log); err != nil {
		g.Close()
		return nil, err
	}
	return g, nil
}

func (g *ground) openPrivate(ctx context.Context, cfg Config, log *slog.Logger) error {
	server, err := local.Start(ctx, local.Options{Dir: filepath.Join(cfg.Data, "postgres")})
	var running *local.RunningError
	var super string
	switch {
	case errors.As(err, &running):
		g.ownerURL, super = running.Address.URL, running.Address.SuperURL
	case err != nil:
		return err
	default:
		g.private, g.ownerURL, super = server, server.URL, server.SuperURL
	}
	if err := postgres.EnsureLogins(ctx, super, g.Secret); err != nil {
		g.Close()
		return err
	}
	return nil
}

// connect migrates, proves the wall and opens the logins.
func (g *ground) connect(ctx context.Context, cfg Config, log *slog.Logger) error {
	if err := postgres.Preflight(ctx, g.ownerURL, log); err != nil {
		return err
	}
	if err := (postgres.Migration{Log: log}).Run(ctx, g.ownerURL, g.Secret); err != nil {
		return err
	}
	var err error
	if g.CDCURL, err = postgres.LoginURL(g.ownerURL, postgres.LoginCDC, g.Secret); err != nil {
		return err
	}
	if g.API, err = g.open(ctx, postgres.LoginAPI, cfg.Connections); err != nil {
		return err
	}
	if g.Jobs, err = g.open(ctx, postgres.LoginJobs, max(jobs.Connections, cfg.Connections/4)); err != nil {
		return err
	}
	return postgres.CheckWall(ctx, g.ownerURL, g.Secret)
}

func (g *ground) open(ctx context.Context, login string, connections int32) (*postgres.DB, error) {
	url, err := postgres.LoginURL(g.ownerURL, login, g.Secret)
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, url, postgres.NewSigner(g.Secret), connections, time.Now)
}

// exited is closed when the private server ends; with a database of one's own it never is.
func (g *ground) exited() <-chan struct{} {
	if g.private == nil {
		return nil
	}
	return g.private.Exited()
}

// Close closes the logins, then stops the private server.
func (g *ground) Close() {
	for _, db := range []*postgres.DB{g.API, g.Jobs} {
		if db != nil {
			db.Close()
		}
	}
	if g.private != nil {
		_ = g.private.Stop()
	}
}
