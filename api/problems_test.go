package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// madeCodes are those that the code puts together, by how it begins to.
var madeCodes = map[string][]string{"invalid-": {"invalid-filter", "invalid-sort"}}

// Whoever adds a sort of problem writes down what happened and what to do.
func TestEverySortOfProblemHasWords(t *testing.T) {
	used := map[string]string{}
	root := os.DirFS("..")
	require.NoError(t, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, code := range codesIn(t, path) {
			used[code] = path
		}
		return nil
	}))
	for _, code := range problemStatuses {
		used[code] = "problem.go"
	}
	var missing []string
	for code, path := range used {
		p, known := ProblemTypeOf(code)
		if !known {
			missing = append(missing, code+" of "+path)
			continue
		}
		for _, words := range []string{p.Title, p.What, p.Do} {
			require.NotEmpty(t, words, code)
		}
		require.True(t, strings.HasSuffix(p.What, ".") && strings.HasSuffix(p.Do, "."), "%s: whole sentences", code)
	}
	slices.Sort(missing)
	require.Empty(t, missing, "problemTypes has no words for these")
	for _, code := range slices.Sorted(maps.Keys(problemTypes)) {
		require.Contains(t, used, code, "nothing makes this problem any more")
	}
	require.Greater(t, len(used), 50)
}

// codesIn finds the codes that a file gives to problems: in calls of Fault and problem, and in literals of Error.
func codesIn(t *testing.T, path string) (codes []string) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	add := func(at ast.Expr) {
		if sum, ok := at.(*ast.BinaryExpr); ok {
			at = sum.X
		}
		text, ok := at.(*ast.BasicLit)
		if !ok {
			return // handed through from elsewhere
		}
		code, err := strconv.Unquote(text.Value)
		require.NoError(t, err)
		if made, ok := madeCodes[code]; ok {
			codes = append(codes, made...)
			return
		}
		codes = append(codes, code)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if name := lastName(n.Fun); (name == "Fault" || name == "problem") && len(n.Args) >= 3 {
				add(n.Args[1])
			}
		case *ast.CompositeLit:
			if name := lastName(n.Type); name == "Error" || name == "Problem" {
				for _, e := range n.Elts {
					if pair, ok := e.(*ast.KeyValueExpr); ok && lastName(pair.Key) == "Code" {
						add(pair.Value)
					}
				}
			}
		}
		return true
	})
	return codes
}

func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
