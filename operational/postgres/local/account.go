package local

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// home is where the server's files are and as whom it runs.
type home struct {
	dir  string               // data, log and password
	attr *syscall.SysProcAttr // of every process that touches the data
	uid  int                  // owner of the data when it is another account, else -1
	gid  int
}

func (h home) data() string { return filepath.Join(h.dir, "data") }

// namespaces says whether a program may be started in a user namespace. Tests put another answer in its place.
var namespaces = namespacesWork

// accounts are whom the server runs as where root may not use namespaces.
var accounts = []string{"postgres", "nobody"}

// homeOf decides as whom the server of a folder runs. Only root needs a decision; postgres is what it is tried with.
func homeOf(dir, postgres string, log *slog.Logger) (home, error) {
	plain := home{dir: dir, attr: &syscall.SysProcAttr{Setpgid: true}, uid: -1}
	if os.Geteuid() != 0 {
		return plain, nil
	}
	placed, err := os.ReadFile(filepath.Join(dir, "place"))
	if errors.Is(err, fs.ErrNotExist) && namespaces(postgres) {
		plain.attr = inNamespace(plain.attr)
		return plain, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return home{}, fmt.Errorf("read where the data is: %w", err)
	}
	return asAccount(dir, strings.TrimSpace(string(placed)), log)
}

// asAccount runs the server as an unprivileged account, with the data in a place of its own.
func asAccount(dir, place string, log *slog.Logger) (home, error) {
	uid, gid, name, err := unprivilegedAccount()
	if err != nil {
		return home{}, err
	}
	if place == "" {
		if place, err = makePlace(dir, uid); err != nil {
			return home{}, err
		}
	}
	if err := moveData(dir, place); err != nil {
		return home{}, err
	}
	if err := chownAll(place, uid, gid); err != nil {
		return home{}, fmt.Errorf("give %s to the account %s: %w", place, name, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "place"), []byte(place+"\n"), 0o600); err != nil {
		return home{}, fmt.Errorf("note where the data is: %w", err)
	}
	log.Warn("user namespaces are not allowed here: postgres runs as another account, its data is elsewhere", "account", name, "place", place)
	attr := &syscall.SysProcAttr{Setpgid: true, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return home{dir: place, attr: attr, uid: uid, gid: gid}, nil
}

func unprivilegedAccount() (uid, gid int, name string, err error) {
	for _, name := range accounts {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ = strconv.Atoi(u.Uid)
		gid, _ = strconv.Atoi(u.Gid)
		if uid != 0 {
			return uid, gid, name, nil
		}
	}
	return 0, 0, "", fmt.Errorf("postgres refuses to run as root, user namespaces are not allowed here, and there is no account %s. Start the program as an ordinary user, or set DATABASE_URL", strings.Join(accounts, " or "))
}

// makePlace makes a folder that other accounts can reach; its name belongs to the program's own folder. One that is
// there is taken if it is root's or the account's: an earlier start broke off before it noted the place.
func makePlace(dir string, uid int) (string, error) {
	sum := sha256.Sum256([]byte(dir))
	name := "sharepartner-" + hex.EncodeToString(sum[:6])
	var all []error
	for _, parent := range []string{"/var/lib", os.TempDir()} {
		place := filepath.Join(parent, name)
		err := os.Mkdir(place, 0o700)
		if err == nil || errors.Is(err, fs.ErrExist) && belongsTo(place, 0, uid) {
			return place, nil
		}
		all = append(all, err)
	}
	return "", fmt.Errorf("make a place for the data of postgres: %w", errors.Join(all...))
}

func belongsTo(path string, uids ...int) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && slices.Contains(uids, int(stat.Uid))
}

// moveData takes data along that was made when namespaces were allowed.
func moveData(dir, place string) error {
	for _, name := range []string{"data", "password"} {
		from, to := filepath.Join(dir, name), filepath.Join(place, name)
		if _, err := os.Lstat(from); err != nil {
			continue
		}
		if _, err := os.Lstat(to); err == nil {
			return fmt.Errorf("there is data in %s and in %s: move one of them away", dir, place)
		}
		if err := os.Rename(from, to); err != nil {
			return fmt.Errorf("move the data to where postgres can reach it (by hand: mv %s %s): %w", from, to, err)
		}
	}
	return nil
}

func chownAll(root string, uid, gid int) error {
	return filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}
