package local

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Cluster is the name of the cluster that servers with Shards know.
const Cluster = "sharepartner"

// Options say where and how the server runs.
type Options struct {
	Dir      string            // its folder: data, settings, log
	Port     int               // of the native protocol on 127.0.0.1; 0 takes a free one
	User     string            // default "sharepartner"
	Password string            // default: made up
	Settings map[string]string // of each query, such as max_memory_usage
	Config   string            // further elements of config.xml, such as <max_server_memory_usage>
	// Environment holds variables (NAME=value) that elements of Config may refer to by from_env.
	Environment []string
	Shards      []int    // ports of all servers of the cluster, this one's among them
	Grants      []string // all that the user may do, such as "GRANT SELECT ON system.*"; nil: everything
}

// Server is a ClickHouse of one's own. Its methods are for one goroutine at a time.
type Server struct {
	options Options
	run     *run
}

// startLimit bounds how long a start may take on a busy machine.
const startLimit = 2 * time.Minute

// Start runs ClickHouse on the loopback interface and waits until it answers.
func Start(ctx context.Context, o Options) (*Server, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the folder of the engine: %w", err)
	}
	o.Dir = dir
	if o.User == "" {
		o.User = "sharepartner"
	}
	if o.Password == "" {
		o.Password = rand.Text()
	}
	s := &Server{options: o}
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// start brings the server up. Where it may choose the port, it takes another when somebody was quicker.
func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	library, err := FindEngine()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(s.options.Dir, "data"), 0o700); err != nil {
		return fmt.Errorf("make the folder of the engine: %w", err)
	}
	for chosen := s.options.Port; ; {
		if chosen == 0 {
			if s.options.Port, err = FreePort(); err != nil {
				return err
			}
		}
		err := s.bringUp(ctx, library)
		if !errors.Is(err, errPortTaken) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *Server) bringUp(ctx context.Context, library string) (err error) {
	if err := settingsOf(s.options.Dir, s.options); err != nil {
		return err
	}
	if s.run, err = launch(library, s.options); err != nil {
		return err
	}
	if err = s.waitReady(ctx); err != nil {
		s.Kill()
	}
	return err
}

// waitReady asks until the server answers to its own password: whoever else listens there does not know it.
func (s *Server) waitReady(ctx context.Context) error {
	options, err := clickhouse.ParseDSN(s.URL("default"))
	if err != nil {
		return fmt.Errorf("read the address of the engine: %w", err)
	}
	options.MaxOpenConns, options.DialTimeout, options.ReadTimeout = 1, 2*time.Second, 2*time.Second
	conn, err := clickhouse.Open(options)
	if err != nil {
		return fmt.Errorf("open the engine: %w", err)
	}
	defer func() { _ = conn.Close() }()
	for {
		err := conn.Ping(ctx)
		if err == nil {
			return nil
		}
		// The prompt comes when the engine has tried to listen and has said all about it.
		if said := s.run.said(); strings.Contains(said, prompt) && strings.Contains(said, "Code: ") {
			if strings.Contains(said, "Address already in use") {
				return errPortTaken
			}
			return fmt.Errorf("the engine refused to listen; it said:\n%s", s.run.words())
		}
		select {
		case <-s.run.exit:
			return fmt.Errorf("the engine ended at once; its last words are in %s:\n%s", s.run.out.Name(), s.run.words())
		case <-ctx.Done():
			return fmt.Errorf("the engine does not answer (%w); its last words are in %s:\n%s", err, s.run.out.Name(), s.run.words())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// URL is the address of a database of the server, with its user and password.
func (s *Server) URL(database string) string {
	u := url.URL{Scheme: "clickhouse", User: url.UserPassword(s.options.User, s.options.Password), Host: s.Address(), Path: "/" + database}
	return u.String()
}

// Address is host and port of the native protocol.
func (s *Server) Address() string { return "127.0.0.1:" + strconv.Itoa(s.options.Port) }

// Pid is the server's process id.
func (s *Server) Pid() int { return s.run.cmd.Process.Pid }

// Exited is closed when the server ends, asked or not.
func (s *Server) Exited() <-chan struct{} { return s.run.exit }

// Words are the last lines that the server wrote since its start; all of them are in clickhouse.log of its folder.
func (s *Server) Words() string { return s.run.words() }

// Kill ends the server without warning, also while it is paused. The data stays.
func (s *Server) Kill() {
	_ = s.run.cmd.Process.Kill()
	<-s.run.exit
	s.run.close()
}

// Stop shuts the server down in order, and hard if it does not end in time.
func (s *Server) Stop() {
	_ = s.Resume()
	s.run.leave()
	s.Kill()
}

// Pause lets the server stand still: it keeps its connections and answers nothing.
func (s *Server) Pause() error {
	if err := s.run.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("pause the engine: %w", err)
	}
	for !stopped(s.Pid()) {
		select {
		case <-s.run.exit:
			return errors.New("pause the engine: it has ended")
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// Resume lets a paused server go on.
func (s *Server) Resume() error { return s.run.cmd.Process.Signal(syscall.SIGCONT) }

// Restart starts the server anew on the same port and data, and kills it before if it still runs: a stop in order waits
// for whoever is connected. Options may be changed.
func (s *Server) Restart(ctx context.Context, changes ...func(*Options)) error {
	s.Kill()
	for _, change := range changes {
		change(&s.options)
	}
	return s.start(ctx)
}
