package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Address is how a running private server is reached.
type Address struct {
	URL      string // the owner's address of the database
	SuperURL string // the superuser's address of the maintenance database
	Pid      int
}

// RunningError says that another program runs the server of the folder, and where.
type RunningError struct {
	Dir     string
	Address Address
}

func (e *RunningError) Error() string {
	return fmt.Sprintf("the database in %s is run by another program (postgres has the process id %d)", e.Dir, e.Address.Pid)
}

// Running gives the address of the server of a folder, if one answers there.
func Running(dir string) (*Address, bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, false
	}
	if placed, err := os.ReadFile(filepath.Join(dir, "place")); err == nil {
		dir = strings.TrimSpace(string(placed))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return answering(ctx, dir)
}

// answering asks the server that the pid file names whether it serves this data.
func answering(ctx context.Context, dir string) (*Address, bool) {
	p, err := readPidFile(filepath.Join(dir, "data"))
	password, passwordErr := readPassword(dir)
	if err != nil || passwordErr != nil || p.port == 0 {
		return nil, false
	}
	a := &Address{SuperURL: address("postgres", password, p.port, "postgres"), Pid: p.pid}
	conn, err := pgx.Connect(ctx, a.SuperURL)
	if err != nil {
		return nil, false
	}
	defer conn.Close(ctx)
	var data, database string
	err = conn.QueryRow(ctx, `select current_setting('data_directory'), coalesce((select min(datname) from pg_database d join pg_roles r on r.oid = d.datdba where r.rolname = 'sharepartner_owner'), '')`).
		Scan(&data, &database)
	if err != nil || !sameFolder(data, filepath.Join(dir, "data")) || database == "" {
		return nil, false
	}
	a.URL = address("sharepartner_owner", password, p.port, database)
	return a, true
}

func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// pidFile is what a server writes into its data folder while it runs.
type pidFile struct {
	pid, port int
}

func readPidFile(data string) (pidFile, error) {
	b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(string(b), "\n")
	var p pidFile
	if p.pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil {
		return pidFile{}, fmt.Errorf("read %s: %w", filepath.Join(data, "postmaster.pid"), err)
	}
	if len(lines) > 3 {
		p.port, _ = strconv.Atoi(strings.TrimSpace(lines[3])) // not there yet when the server has just begun
	}
	return p, nil
}

func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

func procPath(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}

// clearLeftovers is called while this program alone holds the folder. A server that still runs has lost its program:
// it is shut down in order. A pid file of nobody is removed, or the server would not start if the number is in use again.
func (s *Server) clearLeftovers(ctx context.Context) error {
	data := s.home.data()
	making, _ := filepath.Glob(data + ".making-*")
	for _, m := range making {
		if err := os.RemoveAll(m); err != nil {
			return fmt.Errorf("clear what an earlier start left behind: %w", err)
		}
	}
	p, err := readPidFile(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil || !alive(p.pid) || !s.serves(ctx, p.pid):
		s.log.Info("clearing what a crash of postgres left behind", "dir", s.home.dir)
		return removePidFile(data)
	default:
		s.log.Info("stopping a postgres that has lost its program", "pid", p.pid)
		return s.stopOrphan(ctx, p.pid)
	}
}

func removePidFile(data string) error {
	err := os.Remove(filepath.Join(data, "postmaster.pid"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an old pid file: %w", err)
	}
	return nil
}

// serves says whether a live process is really the server of this data and not one that got its number.
func (s *Server) serves(ctx context.Context, pid int) bool {
	if is, known := worksIn(pid, s.home.data()); known {
		return is
	}
	_, answers := answering(ctx, s.home.dir)
	return answers
}

func (s *Server) stopOrphan(ctx context.Context, pid int) error {
	for _, try := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 20 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		_ = syscall.Kill(pid, try.signal)
		for end := time.Now().Add(try.wait); time.Now().Before(end); {
			if !alive(pid) {
				return removePidFile(s.home.data())
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(20 * time.Millisecond):
			}
		}
	}
	return fmt.Errorf("a postgres without its program (process id %d) does not end; end it by hand and start again", pid)
}
