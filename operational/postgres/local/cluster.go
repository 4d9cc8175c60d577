package local

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// FindBinaries gives the folder of postgres, initdb and pg_ctl: PATH first, then where packages put them.
func FindBinaries() (string, error) {
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql@*/bin"} {
		dirs, _ := filepath.Glob(pattern)
		sort.Sort(sort.Reverse(sort.StringSlice(dirs)))
		for _, d := range dirs {
			if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
				return d, nil
			}
		}
	}
	return "", errNoPostgres
}

// ensureCluster makes the data folder at first start and gives the superuser's password.
func ensureCluster(ctx context.Context, bin, dir string) (string, error) {
	passwordFile := filepath.Join(dir, "password")
	if _, err := os.Stat(filepath.Join(dir, "data", "PG_VERSION")); err == nil {
		b, err := os.ReadFile(passwordFile)
		if err != nil {
			return "", fmt.Errorf("read the password of the private server: %w", err)
		}
		return strings.TrimSpace(string(b)), nil
	}
	password := rand.Text()
	if err := os.WriteFile(passwordFile, []byte(password), 0o600); err != nil {
		return "", fmt.Errorf("write the password of the private server: %w", err)
	}
	err := run(ctx, filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "--pwfile", passwordFile,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale", "C.UTF-8", "--no-instructions")
	if err != nil {
		return "", err
	}
	return password, nil
}

// ensureOwner makes the login that owns the database: it may make logins and replicate, but is no superuser.
func ensureOwner(ctx context.Context, superURL, password, database string) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var there bool
	if err := conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, database).Scan(&there); err != nil || there {
		return err
	}
	for _, sql := range []string{
		`do $$ begin create role sharepartner_owner login createrole createdb replication; exception when duplicate_object then null; end $$`,
		fmt.Sprintf(`alter role sharepartner_owner password '%s'`, password),
		fmt.Sprintf(`create database %s owner sharepartner_owner`, pgx.Identifier{database}.Sanitize()),
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("prepare the private server: %w", err)
		}
	}
	return nil
}

// unprivileged lets a program started as root run Postgres, which refuses to be root: inside a user namespace
// the same files belong to an ordinary user.
func unprivileged() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		attr.Cloneflags = syscall.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 1000, HostID: 0, Size: 1}}
	}
	return attr
}
