package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
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
	Log      *slog.Logger      // default: the program's
}

// Server is a running private Postgres.
type Server struct {
	URL string // the owner's address of the database
	// SuperURL is the superuser's address of the maintenance database: for logins and for tests.
	SuperURL string

	home  home
	log   *slog.Logger
	lock  *os.File
	cmd   *exec.Cmd
	out   *os.File
	mark  int64 // how long the server's log was before this start
	exit  chan struct{}
	once  sync.Once
	grace time.Duration // for a shutdown in order
}

// startLimit bounds how long a start may take, recovery after a crash included.
const startLimit = 60 * time.Second

// Start runs Postgres on a free loopback port, making the data folder at first. If another program runs the server
// of the folder, the error is a *RunningError with its address.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Database == "" {
		o.Database = "sharepartner"
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, explain(fmt.Errorf("make the data folder: %w", err), dir)
	}
	s := &Server{log: o.Log, exit: make(chan struct{}), grace: 20 * time.Second}
	if s.lock, err = hold(ctx, dir); err != nil {
		return nil, err
	}
	if err := s.start(ctx, dir, o); err != nil {
		_ = s.Stop()
		return nil, err
	}
	return s, nil
}

// hold makes this program the one that runs the folder's server. Its end, however it comes, lets go.
func hold(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, explain(fmt.Errorf("lock the data folder: %w", err), dir)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close()
			return nil, fmt.Errorf("lock the data folder: %w", err)
		}
		if a, ok := Running(dir); ok {
			_ = f.Close()
			return nil, &RunningError{Dir: dir, Address: *a}
		}
		select { // the other program is just starting, or ending
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("another program holds the data folder %s, but its database does not answer: end it and start again", dir)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) start(ctx context.Context, dir string, o Options) (err error) {
	all := installed()
	if len(all) == 0 {
		return errNoPostgres
	}
	if s.home, err = homeOf(dir, all[0].path("postgres"), s.log); err != nil {
		return err
	}
	if err := s.clearLeftovers(ctx); err != nil {
		return err
	}
	version, err := dataVersion(s.home.data())
	if err != nil {
		return err
	}
	bin, err := choose(all, version, s.home.data())
	if err != nil {
		return err
	}
	if version == 0 {
		if err := s.makeCluster(ctx, bin, o.Settings["fsync"] != "off"); err != nil {
			return err
		}
	}
	password, err := readPassword(s.home.dir)
	if err != nil {
		return err
	}
	port, err := s.bringUp(ctx, bin, password, o.Settings)
	if err != nil {
		return explain(err, s.home.dir)
	}
	s.URL = address("sharepartner_owner", password, port, o.Database)
	return ensureOwner(ctx, s.SuperURL, password, o.Database)
}

// bringUp launches the server and waits for it. Another port is tried when somebody took the free one meanwhile, and
// some patience is had when children of a killed server are still going.
func (s *Server) bringUp(ctx context.Context, bin binaries, password string, extra map[string]string) (int, error) {
	for {
		port, err := freePort()
		if err != nil {
			return 0, err
		}
		s.SuperURL = address("postgres", password, port, "postgres")
		if err := s.launch(bin, port, extra); err != nil {
			return 0, err
		}
		err = s.waitReady(ctx)
		if err == nil {
			return port, nil
		}
		passing := strings.Contains(err.Error(), "could not bind") || strings.Contains(err.Error(), "is still in use") || strings.Contains(err.Error(), "could not create any TCP/IP sockets")
		if !passing || ctx.Err() != nil {
			return 0, err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// tied has the server end with the program where the kernel can do that. Tests untie it.
var tied = true

func (s *Server) launch(bin binaries, port int, extra map[string]string) error {
	settings := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(port), "unix_socket_directories": "",
		"wal_level": "logical", "max_wal_senders": "10", "max_replication_slots": "10", "max_slot_wal_keep_size": "10GB",
		"shared_buffers": "256MB", "max_connections": "300", "timezone": "UTC", "log_timezone": "UTC", "lc_messages": "C",
	}
	for k, v := range extra {
		settings[k] = v
	}
	args := []string{"-D", s.home.data()}
	for k, v := range settings {
		args = append(args, "-c", k+"="+v)
	}
	out, err := os.OpenFile(filepath.Join(s.home.dir, "postgres.log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of postgres: %w", err)
	}
	if s.out != nil {
		_ = s.out.Close()
	}
	s.out, s.mark, s.exit = out, size(out), make(chan struct{})
	s.cmd = exec.Command(bin.path("postgres"), args...)
	s.cmd.Dir = s.home.dir
	s.cmd.Stdout, s.cmd.Stderr = out, out
	s.cmd.SysProcAttr = s.home.attr
	if tied {
		s.cmd.SysProcAttr = endsWithProgram(s.home.attr)
	}
	started := make(chan error)
	go s.attend(started)
	return <-started
}

// attend starts the server and waits for its end on one thread: the kernel ties the server's life to that thread.
func (s *Server) attend(started chan<- error) {
	runtime.LockOSThread()
	cmd, exit := s.cmd, s.exit
	if err := cmd.Start(); err != nil {
		s.cmd = nil
		close(exit)
		started <- fmt.Errorf("start postgres: %w", err)
		return
	}
	started <- nil
	_ = cmd.Wait()
	close(exit)
}

// Stop shuts the server down in order, and hard if it does not end in time.
func (s *Server) Stop() error {
	s.once.Do(func() {
		if s.cmd != nil {
			s.end()
		}
		if s.out != nil {
			_ = s.out.Close()
		}
		_ = s.lock.Close()
	})
	return nil
}

func (s *Server) end() {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		_ = s.cmd.Process.Signal(signal)
		select {
		case <-s.exit:
			return
		case <-time.After(s.grace):
		}
	}
	<-s.exit
}

// Exited is closed when the server ends, asked or not.
func (s *Server) Exited() <-chan struct{} { return s.exit }

// Pid is the server's process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

func (s *Server) waitReady(ctx context.Context) error {
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Second) // somebody else may listen there, and say nothing
		conn, err := pgx.Connect(attempt, s.SuperURL)
		cancel()
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exit:
			return fmt.Errorf("postgres ended at once; its last words are in %s:\n%s", s.out.Name(), wordsSince(s.out, s.mark))
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func size(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// wordsSince are the last lines that the server wrote after a place in its log.
func wordsSince(f *os.File, from int64) string {
	b := make([]byte, max(0, size(f)-from))
	n, _ := f.ReadAt(b, from)
	lines := strings.Split(strings.TrimSpace(string(b[:n])), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}

// freePort asks the kernel. Tests put another answer in its place.
var freePort = func() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func address(login, password string, port int, database string) string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", login, password, port, database)
}
