package pipelines

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// namesIn are the texts of the constants in a file whose names begin so.
func namesIn(t *testing.T, file, prefix string) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
			return true
		}
		if text, ok := spec.Values[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
			name, err := strconv.Unquote(text.Value)
			require.NoError(t, err)
			names = append(names, name)
		}
		return true
	})
	require.NotEmpty(t, names)
	return names
}

// enumOf are the values that the contract names for a field.
func enumOf(t *testing.T, of any, field string) []string {
	t.Helper()
	f, ok := reflect.TypeOf(of).FieldByName(field)
	require.True(t, ok)
	return strings.Split(f.Tag.Get("enum"), ",")
}

// Whatever a pipeline can say of its state, and of why all rows are read, stands in the contract: pages have words for
// what stands there.
func TestTheContractNamesStatesAndReasons(t *testing.T) {
	require.ElementsMatch(t, namesIn(t, "rules.go", "state"), enumOf(t, warehouse.Status{}, "State"))
	reasons := namesIn(t, "rules.go", "Reason")
	require.ElementsMatch(t, reasons, enumOf(t, warehouse.Resyncing{}, "Reason"))
	require.ElementsMatch(t, reasons, enumOf(t, warehouse.Resync{}, "Reason"))
}
