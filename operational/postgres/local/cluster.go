package local

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// dataVersion is the major version that made the data; 0 when there is none yet. What is no data folder, because
// something broke off while it was made, is put aside.
func dataVersion(data string) (int, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err == nil {
		version, err := strconv.Atoi(strings.TrimSpace(strings.Split(string(b), ".")[0]))
		if err != nil {
			return 0, fmt.Errorf("%s does not say which version made the data: %.20q", filepath.Join(data, "PG_VERSION"), b)
		}
		if _, err := os.Stat(filepath.Join(data, "global", "pg_control")); err == nil {
			return version, nil
		}
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("look at the data folder: %w", err)
	}
	if _, err := os.Stat(data); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if os.Remove(data) == nil { // it was empty
		return 0, nil
	}
	aside := fmt.Sprintf("%s.broken-%d", data, time.Now().UnixNano())
	if err := os.Rename(data, aside); err != nil {
		return 0, fmt.Errorf("put a half-made data folder aside: %w", err)
	}
	return 0, nil
}

func readPassword(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "password"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("the data in %s is there, but not the file %q with its password: put it back, or move the folder away to begin anew", dir, "password")
	}
	if err != nil {
		return "", fmt.Errorf("read the password of the private server: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// hba lets in who has a password, and nobody for physical replication.
const hba = "host all all 127.0.0.1/32 scram-sha-256\n"

// makeCluster makes the data folder, whole or not at all. Data that nobody keeps need not reach the disk.
func (s *Server) makeCluster(ctx context.Context, bin binaries, kept bool) error {
	passwordFile := filepath.Join(s.home.dir, "password")
	if err := s.write(passwordFile, rand.Text()); err != nil {
		return fmt.Errorf("write the password of the private server: %w", err)
	}
	making := fmt.Sprintf("%s.making-%d", s.home.data(), os.Getpid())
	args := append([]string{"-D", making, "-U", "postgres", "--pwfile", passwordFile, "-A", "scram-sha-256", "-E", "UTF8", "--no-instructions"}, locale...)
	if !kept {
		args = append(args, "--no-sync")
	}
	err := s.run(ctx, bin.path("initdb"), args...)
	if err == nil {
		err = s.write(filepath.Join(making, "pg_hba.conf"), hba)
	}
	if err == nil {
		err = os.Rename(making, s.home.data())
	}
	if err != nil {
		_ = os.RemoveAll(making)
		return explain(fmt.Errorf("make the data folder: %w", err), s.home.dir)
	}
	return nil
}

// write makes a private file that the server's account can read.
func (s *Server) write(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	if s.home.uid < 0 {
		return nil
	}
	return os.Chown(path, s.home.uid, s.home.gid)
}

// explain adds to faults of the disk what they mean here.
func explain(err error, dir string) error {
	text := err.Error()
	switch {
	case errors.Is(err, syscall.ENOSPC) || strings.Contains(text, "No space left on device"):
		return fmt.Errorf("the disk that holds %s is full. What was saved before is kept; free some space and start again: %w", dir, err)
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || strings.Contains(text, "Permission denied") || strings.Contains(text, "Read-only file system"):
		return fmt.Errorf("the folder %s cannot be written. Choose another one for the data, or change its rights: %w", dir, err)
	}
	return err
}

// ensureOwner makes the login that owns the database: it may make logins and replicate, but is no superuser.
func ensureOwner(ctx context.Context, superURL, password, database string) error {
	conn, err := pgx.Connect(ctx, superURL)
	if err != nil {
		return fmt.Errorf("prepare the private server: %w", err)
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
			return explain(fmt.Errorf("prepare the private server: %w", err), "the data")
		}
	}
	return nil
}

func (s *Server) run(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = s.home.attr
	cmd.Dir = s.home.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", filepath.Base(name), err, strings.TrimSpace(out.String()))
	}
	return nil
}
