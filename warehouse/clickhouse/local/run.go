package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// run is one life of the server.
type run struct {
	cmd  *exec.Cmd
	keys *os.File // of the terminal that it was started on
	out  *os.File
	mark int64 // how long the log was before
	exit chan struct{}
	once sync.Once
}

func launch(library string, o Options) (*run, error) {
	keys, screen, err := openTerminal()
	if err != nil {
		return nil, err
	}
	defer screen.Close()
	out, err := os.OpenFile(filepath.Join(o.Dir, "clickhouse.log"), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		_ = keys.Close()
		return nil, fmt.Errorf("open the log of the engine: %w", err)
	}
	r := &run{keys: keys, out: out, mark: size(out), exit: make(chan struct{})}
	r.cmd = command(library, o.Dir, []string{
		"--interactive", "--disable_suggestion", "--config-file", filepath.Join(o.Dir, "config.xml"), "--path", filepath.Join(o.Dir, "data"),
		"--listen_host", "127.0.0.1", "--tcp_port", strconv.Itoa(o.Port), "--query", "SYSTEM START LISTEN TCP",
	}, screen, out)
	r.cmd.Env = append(r.cmd.Env, o.Environment...)
	started := make(chan error)
	go r.attend(started)
	if err := <-started; err != nil {
		r.close()
		return nil, fmt.Errorf("start the engine: %w", err)
	}
	return r, nil
}

// attend starts the server and waits for its end on one thread: the kernel ties the server's life to that thread.
func (r *run) attend(started chan<- error) {
	runtime.LockOSThread()
	err := r.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	_ = r.cmd.Wait()
	close(r.exit)
}

// leave types the end of input at the engine's prompt until it has gone.
func (r *run) leave() {
	late := time.After(grace)
	for {
		_, _ = r.keys.Write([]byte{4})
		select {
		case <-r.exit:
			return
		case <-late:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *run) close() {
	r.once.Do(func() {
		_ = r.keys.Close()
		_ = r.out.Close()
	})
}

// grace is how long a shutdown in order may take.
const grace = 20 * time.Second

// prompt is what the engine writes when it waits for somebody to type.
const prompt = ":) "

// said is all that the engine wrote in this life.
func (r *run) said() string {
	b, _ := os.ReadFile(r.out.Name())
	return string(b[min(r.mark, int64(len(b))):])
}

// words are its last lines.
func (r *run) words() string {
	lines := strings.Split(strings.TrimSpace(r.said()), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}

func size(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
