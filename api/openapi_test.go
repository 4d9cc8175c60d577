package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
)

var update = flag.Bool("update", false, "rewrite golden files")

// operations walks the document: every operation with its method and path.
func operations(doc *huma.OpenAPI) []*huma.Operation {
	var out []*huma.Operation
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete, item.Head, item.Options} {
			if op != nil {
				out = append(out, op)
			}
		}
	}
	return out
}

func TestTheContractIsFrozen(t *testing.T) {
	const golden = "testdata/openapi.json"
	doc, err := json.Marshal(api.New(api.Deps{Clock: time.Now}).OpenAPI())
	require.NoError(t, err)
	var got bytes.Buffer
	require.NoError(t, json.Indent(&got, doc, "", "  "))
	got.WriteByte('\n')
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got.String(), "the contract changed: if that is meant, run go test ./api -run Frozen -update and review the difference")
}

func TestEveryOperationSaysWhatItNeeds(t *testing.T) {
	known := map[string]bool{string(operational.Public): true}
	for _, p := range (operational.Actor{Org: uuid.New(), Side: operational.SideVendor, Role: operational.RoleSystem}).Permissions() {
		known[string(p)] = true
	}
	seen := map[string]bool{}
	for _, op := range operations(api.New(api.Deps{Clock: time.Now}).OpenAPI()) {
		t.Run(op.OperationID, func(t *testing.T) {
			permission, _ := op.Extensions["x-permission"].(string)
			require.True(t, known[permission], "%s %s declares no permission", op.Method, op.Path)
			require.Equal(t, permission, string(op.Metadata["permission"].(operational.Permission)))
			require.Equal(t, permission != string(operational.Public), len(op.Security) > 0, "security schemes")
			require.NotEmpty(t, op.Summary)
			require.NotEmpty(t, op.Description)
			require.Regexp(t, "^[a-z-]+$", op.OperationID)
			require.False(t, seen[op.OperationID], "operation id is there twice")
			seen[op.OperationID] = true
		})
	}
}
