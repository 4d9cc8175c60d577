package local

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// childVariable names the engine's library to the child, whose arguments are then those of the engine.
const childVariable = "SHAREPARTNER_CLICKHOUSE_LIBRARY"

// A program that starts a server is started a second time and becomes the engine, before anything of its own begins: the
// library takes the process for its own, with its threads, its signals and its end.
func init() {
	if library := os.Getenv(childVariable); library != "" {
		os.Exit(becomeEngine(library, os.Args))
	}
}

// becomeEngine gives the process to the engine's own command line, and comes back when the engine has ended.
func becomeEngine(library string, args []string) int {
	handle, err := purego.Dlopen(library, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		fmt.Fprintln(os.Stderr, "load the engine:", err)
		return 1
	}
	entry, err := purego.Dlsym(handle, "chdb_query_cmdline")
	if err != nil {
		fmt.Fprintln(os.Stderr, "this is another library than the engine:", err)
		return 1
	}
	var run func(count int32, args **byte) uintptr
	purego.RegisterFunc(&run, entry)
	words := make([]*byte, len(args)+1) // ends with nil
	for i, arg := range args {
		if words[i], err = syscall.BytePtrFromString(arg); err != nil {
			fmt.Fprintln(os.Stderr, "hand an argument to the engine:", err)
			return 1
		}
	}
	run(int32(len(args)), (**byte)(unsafe.Pointer(&words[0]))) //nolint:gosec // a dozen arguments
	return 0
}

// command prepares the child. The kernel ends it with the thread that starts it, also while it is paused.
func command(library, dir string, args []string, terminal, out *os.File) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...) //nolint:gosec // this program itself
	cmd.Args[0] = "clickhouse"
	cmd.Dir = dir
	// The engine keeps what was typed below the home folder, and reads settings from there.
	cmd.Env = []string{childVariable + "=" + library, "HOME=" + dir, "PATH=" + os.Getenv("PATH"), "TZ=UTC", "LC_ALL=C.UTF-8", "TERM=dumb"}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// openTerminal makes a terminal: what is written to keys is typed on screen.
func openTerminal() (keys, screen *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("open /dev/ptmx: %w", err)
	}
	keys = os.NewFile(uintptr(fd), "/dev/ptmx") //nolint:gosec // a descriptor
	if err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err == nil {
		var number int
		if number, err = unix.IoctlGetInt(fd, unix.TIOCGPTN); err == nil {
			screen, err = os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(number)), os.O_RDWR|syscall.O_NOCTTY, 0)
		}
	}
	if err != nil {
		_ = keys.Close()
		return nil, nil, fmt.Errorf("make a terminal for the engine: %w", err)
	}
	return keys, screen, nil
}

// stopped says whether a process stands still.
func stopped(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	return state(b) == 'T'
}
