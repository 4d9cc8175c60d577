package api

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a spreadsheet would take for the beginning of a formula, or of another cell, is text.
func TestCellsThatASpreadsheetWouldRun(t *testing.T) {
	for _, s := range []string{"=1+1", "+1+1", "-1+1", "@SUM(A1)", "＝1+1", "＋1", "－1+1", "＠SUM(A1)", "\t=1", "\r=1", "\n=1"} {
		require.Equal(t, "'"+s, safeCell(s))
		require.Equal(t, "'"+s, fileCell(s))
	}
	for _, s := range []string{"", "Acme", "5", "a=b", "é", "１"} {
		require.Equal(t, s, fileCell(s))
	}
	require.Equal(t, "-5.20", fileCell("-5.20"), "a number is no formula")
}
