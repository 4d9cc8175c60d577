package imports

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// realExport is the public export; it is not part of the project.
func realExport(t testing.TB) map[string][]byte {
	t.Helper()
	folder := pgtest.PublicExport(t)
	files, err := ReadFolder(os.DirFS(folder), nil)
	require.NoError(t, err)
	require.Len(t, files, 4)
	return files
}

var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// readExport cleanses files without a database.
func readExport(t testing.TB, mapping string, given map[string][]byte) (*export, error) {
	t.Helper()
	m, err := ParseMapping([]byte(mapping))
	require.NoError(t, err)
	files, err := byRole(m, given)
	if err != nil {
		return nil, err
	}
	d := newDates(m, operational.Calendar{Location: time.UTC, FiscalMonth: time.January}, testNow)
	tables, err := readTables(m, files, d)
	if err != nil {
		return nil, err
	}
	return read(m, tables, d), nil
}

func TestTheRealExportIsCleansedByTheStatedRules(t *testing.T) {
	began := time.Now()
	x, err := readExport(t, "", realExport(t))
	require.NoError(t, err)
	t.Logf("read in %s", time.Since(began))
	require.Len(t, x.opportunities, 7135)
	require.Len(t, x.partners, 35)
	require.Len(t, x.managers, 6)
	require.Len(t, x.accounts, 85)
	require.Len(t, x.products, 7)
	rules := map[string]int{}
	for _, f := range x.findings {
		require.True(t, f.Kept, f)
		rules[f.Rule]++
	}
	require.Equal(t, map[string]int{ruleNameMatch: 1205, ruleSpelling: 13, ruleCustomerUnknown: 2409, ruleListPrice: 2409}, rules)
}
