package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/sharepartner/sharepartner/api/portal"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/operational/postgres/local"
)

type doctorCommand struct {
	Config
	Live string `help:"Only ask the program at this address whether it is ready."`
}

// finding is one thing the doctor looked at; help is empty when it is well.
type finding struct{ what, state, help string }

// Run prints what is well and what is not; it changes nothing. Something missing makes it fail.
func (c *doctorCommand) Run(ctx context.Context) error {
	if c.Live != "" {
		return askLive(ctx, c.Live)
	}
	ill := 0
	for _, f := range c.examine(ctx) {
		mark := "ok      "
		if f.help != "" {
			mark = "missing "
			ill++
		}
		fmt.Printf("%s %-16s %s\n", mark, f.what, f.state)
		if f.help != "" {
			fmt.Printf("         %-16s -> %s\n", "", f.help)
		}
	}
	if ill > 0 {
		return fmt.Errorf("%d things are missing", ill)
	}
	return nil
}

func (c *doctorCommand) examine(ctx context.Context) []finding {
	var out []finding
	add := func(what, state string, err error) {
		f := finding{what: what, state: state}
		if err != nil {
			f.state, f.help = "", err.Error()
		}
		out = append(out, f)
	}
	add("settings", "valid", c.check())
	add("data folder", c.Data, writable(c.Data))
	if c.DatabaseURL == "" {
		dir, err := local.FindBinaries()
		add("postgres", dir, err)
	} else {
		add("postgres", "DATABASE_URL", postgres.Preflight(ctx, c.DatabaseURL, c.logger()))
	}
	state, err := c.preflightWarehouse(ctx)
	add("warehouse", state, err)
	add("page files", "built", portal.AssetsBuilt())
	add("address", c.Addr+" is free", portFree(c.Addr))
	return out
}

func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("%w; choose a folder that you may write with --data", err)
	}
	f, err := os.CreateTemp(dir, "doctor-")
	if err != nil {
		return fmt.Errorf("%w; choose a folder that you may write with --data", err)
	}
	f.Close()
	return os.Remove(f.Name())
}

func portFree(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("%w; the program may be running already, or choose another address with --addr", err)
	}
	return l.Close()
}

func askLive(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/v1/health", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the program does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New("the program is not ready: " + res.Status)
	}
	return nil
}
