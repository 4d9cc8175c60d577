package imports

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARowThatWouldFillTheMemoryRefusesItsFile(t *testing.T) {
	header := "account,sector\n"
	for name, row := range map[string]string{
		"fields":     strings.Repeat(",", maxFields),
		"characters": strings.Repeat("a", maxRecordSize+2),
		"quoted":     `"` + strings.Repeat("a,", maxRecordSize/2+1) + `"`,
	} {
		err := checkQuotes([]byte(header + "Acme,tools\n" + row + "\n"))
		require.ErrorContains(t, err, "line 3 has more than", name)
	}
	require.NoError(t, checkQuotes([]byte(header+strings.Repeat(",", maxFields-1)+"\n")))
}
