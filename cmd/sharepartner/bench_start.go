package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
)

// benchStart times this program from an empty data folder to its first page, and to a complete demo channel.
func (c *benchCommand) benchStart(ctx context.Context) ([]measurement, error) {
	dir, err := os.MkdirTemp("", "sharepartner-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "up", "--demo", "--data", dir, "--addr", addr, "--log-level", "warn")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = io.Discard
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	}()
	complete := make(chan time.Duration, 1)
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			if strings.Contains(s.Text(), "is complete") {
				complete <- time.Since(begin)
			}
		}
		close(complete)
	}()
	first, err := untilPage(ctx, "http://"+addr+"/sign-in", begin)
	if err != nil {
		return nil, err
	}
	whole, ok := <-complete
	if !ok {
		return nil, fmt.Errorf("the program ended before the demo channel was complete")
	}
	return []measurement{
		atMost("built program to first page, empty data folder", first.Seconds(), "s", 15),
		atMost("built program to complete demo channel", whole.Seconds(), "s", 30),
	}, nil
}

func untilPage(ctx context.Context, url string, begin time.Time) (time.Duration, error) {
	for time.Since(begin) < time.Minute {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return 0, err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return time.Since(begin), nil
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
	return 0, fmt.Errorf("no page at %s within a minute", url)
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// benchImport times the import of the public export into an empty deployment.
func (c *benchCommand) benchImport(ctx context.Context) ([]measurement, error) {
	if c.Data == "" {
		fmt.Fprintln(os.Stderr, "  left out: no --data")
		return nil, nil
	}
	command := importCRMExport{Dir: filepath.Join(c.Data, "pipeline", "maven")}
	in, err := command.read()
	if err != nil {
		return nil, err
	}
	cfg, done, err := scratchConfig()
	if err != nil {
		return nil, err
	}
	defer done()
	g, err := openGround(ctx, cfg, cfg.logger())
	if err != nil {
		return nil, err
	}
	defer g.Close()
	vendor, err := identity.NewAdmin(g.Jobs).CreateVendor(ctx, identity.NewVendor{Name: "Bench", TimeZone: "UTC", FiscalMonth: 1, Currency: "USD"})
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	_, err = imports.NewRunner(g.Jobs).Import(ctx, operational.Actor{}.As(vendor, operational.SideVendor, "import"), in, nil)
	if err != nil {
		return nil, err
	}
	return []measurement{atMost("import of the public CRM export", time.Since(begin).Seconds(), "s", 5)}, nil
}

// scratchConfig is a deployment in a folder that goes away.
func scratchConfig() (Config, func(), error) {
	dir, err := os.MkdirTemp("", "sharepartner-bench-")
	if err != nil {
		return Config{}, nil, err
	}
	cfg := Config{Addr: "127.0.0.1:0", Data: dir, Connections: 16, DuckDBMemory: "1GB", Rate: 1_000_000, LogLevel: "warn"}
	return cfg, func() { _ = os.RemoveAll(dir) }, nil
}

// benchTests times the test suite as the README runs it.
func (c *benchCommand) benchTests(ctx context.Context) ([]measurement, error) {
	begin := time.Now()
	cmd := exec.CommandContext(ctx, "make", "test")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("make test: %w", err)
	}
	return []measurement{atMost("make test", time.Since(begin).Minutes(), "min", 10)}, nil
}
