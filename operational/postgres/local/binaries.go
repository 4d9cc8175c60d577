package local

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// oldest is the oldest major version of Postgres that will do.
const oldest = 15

// binaries is a folder with postgres and initdb of one version.
type binaries struct {
	dir   string
	major int
}

func (b binaries) path(name string) string { return filepath.Join(b.dir, name) }

// places are where packages put Postgres, beside PATH.
var places = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/usr/lib64/pgsql/bin",
	"/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
}

var errNoPostgres = errors.New("PostgreSQL 15 or newer was not found on this machine (looked in PATH and the usual places). Install it, on Debian or Ubuntu with: apt-get install postgresql. Or set DATABASE_URL to a server that is there")

// FindBinaries gives the folder of postgres and initdb: that of PATH, else the newest where packages put them.
func FindBinaries() (string, error) {
	all := installed()
	if len(all) > 0 && all[0].major >= oldest {
		return all[0].dir, nil
	}
	if len(all) > 0 {
		return "", fmt.Errorf("only PostgreSQL %d was found (%s): %w", all[0].major, all[0].dir, errNoPostgres)
	}
	return "", errNoPostgres
}

// installed lists what there is: that of PATH first if it is new enough, then the newest first.
func installed() []binaries {
	var found []binaries
	for _, pattern := range places {
		dirs, _ := filepath.Glob(pattern)
		for _, dir := range dirs {
			found = add(found, dir)
		}
	}
	slices.SortStableFunc(found, func(a, b binaries) int { return b.major - a.major })
	if p, err := exec.LookPath("postgres"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			first := add(nil, filepath.Dir(p))
			if len(first) == 1 && first[0].major >= oldest {
				return append(first, found...)
			}
			return append(found, first...)
		}
	}
	return found
}

var versionForm = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func add(found []binaries, dir string) []binaries {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return found
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return found
	}
	m := versionForm.FindSubmatch(out)
	if m == nil {
		return found
	}
	major, _ := strconv.Atoi(string(m[1]))
	return append(found, binaries{dir: dir, major: major})
}

// VersionError says that the data was made by a version of Postgres that is not here.
type VersionError struct {
	Data, Found int
	Dir         string
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("the data in %s was made by PostgreSQL %d, but PostgreSQL %d is installed; nothing was changed. Install PostgreSQL %d beside it, or move the data with pg_upgrade, or move the folder away to begin anew",
		e.Dir, e.Data, e.Found, e.Data)
}

// choose takes the version that the data needs, or for new data the first.
func choose(all []binaries, data int, dir string) (binaries, error) {
	for _, b := range all {
		if b.major >= oldest && (data == 0 || b.major == data) {
			return b, nil
		}
	}
	if data == 0 || len(all) == 0 {
		_, err := FindBinaries()
		return binaries{}, err
	}
	return binaries{}, &VersionError{Data: data, Found: all[0].major, Dir: dir}
}
