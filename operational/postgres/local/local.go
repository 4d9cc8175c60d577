package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options say where and how the private server runs.
type Options struct {
	Dir      string            // its folder: data, log, password
	Settings map[string]string // beyond the program's own; for tests
	Database string            // made at first start; default "sharepartner"
}

// Server is a running private Postgres.
type Server struct {
	URL string // the owner's address of the database
	// SuperURL is the superuser's address of the maintenance database: for logins and for tests.
	SuperURL string

	dir  string
	cmd  *exec.Cmd
	log  *os.File
	exit chan struct{}
	once sync.Once
	err  error
}

// Start runs Postgres on a free loopback port, making the data folder when it is empty.
func Start(ctx context.Context, o Options) (*Server, error) {
	bin, err := FindBinaries()
	if err != nil {
		return nil, err
	}
	if o.Database == "" {
		o.Database = "sharepartner"
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	password, err := ensureCluster(ctx, bin, dir)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, exit: make(chan struct{})}
	s.SuperURL = fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/postgres?sslmode=disable", password, port)
	if err := s.launch(bin, port, o.Settings); err != nil {
		return nil, err
	}
	if err := s.waitReady(ctx); err != nil {
		_ = s.Stop()
		return nil, err
	}
	ownerURL := fmt.Sprintf("postgres://sharepartner_owner:%s@127.0.0.1:%d/%s?sslmode=disable", password, port, o.Database)
	if err := ensureOwner(ctx, s.SuperURL, password, o.Database); err != nil {
		_ = s.Stop()
		return nil, err
	}
	s.URL = ownerURL
	return s, nil
}

func (s *Server) launch(bin string, port int, extra map[string]string) error {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(port), "unix_socket_directories": "",
		"wal_level": "logical", "max_wal_senders": "10", "max_replication_slots": "10", "max_slot_wal_keep_size": "10GB",
		"shared_buffers": "256MB", "max_connections": "100", "timezone": "UTC", "log_timezone": "UTC", "lc_messages": "C",
	}
	for k, v := range extra {
		settings[k] = v
	}
	args := []string{"-D", filepath.Join(s.dir, "data")}
	for k, v := range settings {
		args = append(args, "-c", k+"="+v)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "postgres.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	s.log = log
	s.cmd = exec.Command(filepath.Join(bin, "postgres"), args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = unprivileged()
	if err := s.cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	go func() {
		s.err = s.cmd.Wait()
		close(s.exit)
	}()
	return nil
}

// Stop shuts the server down as SIGINT does (fast), and hard if it does not end in time.
func (s *Server) Stop() error {
	s.once.Do(func() {
		_ = s.cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-s.exit:
		case <-time.After(20 * time.Second):
			_ = s.cmd.Process.Signal(syscall.SIGQUIT)
			<-s.exit
		}
		_ = s.log.Close()
	})
	return nil
}

// Exited is closed when the server ends, asked or not.
func (s *Server) Exited() <-chan struct{} { return s.exit }

// Pid is the server's process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.SuperURL)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exit:
			return fmt.Errorf("postgres ended at once; its last words are in %s:\n%s", s.log.Name(), tail(s.log.Name()))
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func tail(path string) string {
	b, _ := os.ReadFile(path)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func run(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = unprivileged()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, strings.TrimSpace(out.String()))
	}
	return nil
}

var errNoPostgres = errors.New("PostgreSQL 15 or newer was not found on this machine (looked in PATH and the usual places). Install it, on Debian or Ubuntu with: apt-get install postgresql. Or set DATABASE_URL to a server that is there")
