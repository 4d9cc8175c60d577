package warehouse

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatAGoneColumnHeldIsNoDifference(t *testing.T) {
	row := func(gone bool, family string) *Batch {
		b := NewBatch(&Table{Name: "product", Columns: []Column{{Name: "name", Kind: KindText}, {Name: "family", Kind: KindText, Gone: gone}}})
		b.AddRow(OpSnapshot, 0, 0, 0, 0)
		b.Columns[0].AddText([]byte("Pump"))
		if family == "" {
			b.Columns[1].AddAbsent(Null)
		} else {
			b.Columns[1].AddText([]byte(family))
		}
		return b
	}
	require.False(t, row(false, "").SameRow(0, row(false, "Hardware"), 0))
	require.False(t, row(false, "Software").SameRow(0, row(false, "Hardware"), 0))
	require.True(t, row(true, "").SameRow(0, row(true, "Hardware"), 0))
}
