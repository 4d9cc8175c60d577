package api_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// What says whose a record is, who did something, and what the program counts: none of it comes from a body, unless the
// operation's own schema names it.
var notForBodies = map[string]any{
	"org_id": uuid.New(), "vendor_org_id": uuid.New(), "partner_org_id": uuid.New(), "tenant_id": uuid.New(), "organisation_id": uuid.New(), "connection_id": uuid.New(),
	"membership_id": uuid.New(), "person_id": uuid.New(), "owner_contact_id": uuid.New(), "owner_membership_id": uuid.New(), "credential_id": uuid.New(),
	"role": "administrator", "role_key": "administrator", "side": "vendor", "audience": "internal", "scopes": []string{"accounts.read"}, "everything": true, "built_in": true, "is_default": true,
	"id": uuid.New(), "number": 1, "version": 7, "scope_id": uuid.New(), "status": "active", "stage_type": "won", "closed_at": "2024-01-01T00:00:00Z", "frozen_at": nil, "governs": true, "sells": true,
	"created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z", "created_by": uuid.New(), "changed_by": uuid.New(), "approved_by": uuid.New(), "password_hash": "x", "token_sha256": "x",
}

// TestNoBodySaysWhoseARecordIs puts each of them into a valid body of every operation that takes one: refused by its name.
func TestNoBodySaysWhoseARecordIs(t *testing.T) {
	w := newWorld(t)
	w.promote(t, w.ada)
	chief := w.administrator(t, w.pia, "Chief")
	bodies := w.bodies()
	targets := w.targets(t)
	before := w.everything(t)
	refused, operationsWithBodies := 0, 0
	for _, op := range operations(w.api.OpenAPI()) {
		if op.RequestBody == nil || op.RequestBody.Content["application/json"] == nil {
			continue
		}
		operationsWithBodies++
		schema := w.resolved(op.RequestBody.Content["application/json"].Schema)
		prefix, rest, name := cutPath(op.Path)
		target := targets[prefix]
		switch {
		case name == "key":
			target = "dealer_personnel"
		case name != "" && target == "": // something that is there or not: its body is read first
			target = uuid.NewString()
		}
		path := prefix + target + rest
		for member, value := range notForBodies {
			if _, named := schema.Properties[member]; named {
				continue
			}
			body := map[string]any{member: value}
			if given, ok := bodies[op.OperationID].(map[string]any); ok {
				maps.Copy(body, given)
			}
			got := w.call(t, w.ada, op.Method, path, body, "If-Match", `"v1"`)
			if got.status == http.StatusForbidden { // of the other side
				got = w.call(t, chief, op.Method, path, body, "If-Match", `"v1"`)
			}
			require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s with %s: %s", op.OperationID, member, got.body)
			require.Contains(t, got.body, `"body.`+member+`"`, "%s with %s", op.OperationID, member)
			refused++
		}
	}
	t.Logf("%d members refused by %d operations", refused, operationsWithBodies)
	require.Greater(t, operationsWithBodies, 40)
	require.Equal(t, before, w.everything(t))
}

// TestNoFormSaysWhoseARecordIs does the same for files with values beside them.
func TestNoFormSaysWhoseARecordIs(t *testing.T) {
	w := newWorld(t)
	w.promote(t, w.ada)
	before := w.everything(t)
	forms := 0
	for _, op := range operations(w.api.OpenAPI()) {
		if op.RequestBody == nil || op.RequestBody.Content["multipart/form-data"] == nil {
			continue
		}
		forms++
		for member := range notForBodies {
			files := map[string]string{"file": "name\nAcme\n"}
			if strings.HasSuffix(op.Path, "crm-export") {
				files = export()
			}
			body, kind := form(t, files, map[string]string{member: uuid.NewString()})
			got := w.call(t, w.ada, op.Method, op.Path, body, "Content-Type", kind)
			require.Equal(t, http.StatusUnprocessableEntity, got.status, "%s with %s: %s", op.OperationID, member, got.body)
			require.Contains(t, got.body, member, "%s", op.OperationID)
		}
	}
	require.Positive(t, forms)
	require.Equal(t, before, w.everything(t))
}

func (w *world) resolved(s *huma.Schema) *huma.Schema {
	if s.Ref != "" {
		return w.api.OpenAPI().Components.Schemas.SchemaFromRef(s.Ref)
	}
	return s
}
