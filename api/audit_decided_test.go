package api_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

// Who made somebody administrator, and who hid what from whom, is in the list and in the file, for one's own company alone,
// and outlives those whom it was decided about.
func TestDecisionsAreReadInTheListAndInTheFile(t *testing.T) {
	w := newWorld(t)
	w.promote(t, w.pia)
	zeb := w.hire(t, w.pia.Org, operational.SidePartner, operational.RoleSeller, uuid.New())
	w.must(t, 200, w.pia, "PATCH", "/v1/people/"+zeb.Membership.String()+"/assignment", `{"role":"administrator"}`, "If-Match", `"v1"`)
	role := w.must(t, 200, w.ada, "GET", "/v1/roles/dealer_personnel", nil)
	w.must(t, 200, w.ada, "PATCH", "/v1/roles/dealer_personnel", `{"objects":{"opportunity":{"readable":["name","stage"]}}}`, "If-Match", role.header.Get("ETag"))
	w.must(t, 200, w.ada, "PATCH", "/v1/access-scope", map[string]any{"mode": "companies", "connection_ids": []uuid.UUID{w.connA1}}, "If-Match", `"v1"`)
	w.erase(t, 200, w.pia, zeb, erasedName)

	given := w.auditOf(t, w.pia, "&filter=action+eq+'member.assigned'")
	require.Len(t, given, 1)
	require.Equal(t, []audit.Decided{{Subject: "role", Was: "seller", Is: "administrator"}}, given[0].Details.Changes)
	require.Equal(t, []uuid.UUID{zeb.Membership, w.pia.Membership}, []uuid.UUID{*given[0].RecordID, *given[0].MembershipID})
	hidden := w.auditOf(t, w.ada, "&filter=action+eq+'role.changed'")
	require.Len(t, hidden, 1)
	require.Contains(t, hidden[0].Details.Changes, audit.Decided{Subject: "opportunity.field.vendor_net", Was: "edit", Is: "hidden"})
	shut := w.auditOf(t, w.ada, "&filter=action+eq+'access_scope.changed'")[0].Details
	require.Contains(t, shut.Changes, audit.Decided{Subject: "mode", Was: "all", Is: "companies"})
	require.NotZero(t, shut.Counts["inside.connection_taken_out"])

	rows := rowsOf(t, w.must(t, 200, w.pia, "GET", "/v1/audit-events/export?filter=action+eq+'member.assigned'", nil).body)
	require.Equal(t, "role: seller -> administrator", rows[1][slices.Index(rows[0], "changes")])
	rows = rowsOf(t, w.must(t, 200, w.ada, "GET", "/v1/audit-events/export?filter=action+eq+'role.changed'", nil).body)
	require.Contains(t, rows[1][slices.Index(rows[0], "changes")], "; opportunity.field.vendor_net: edit -> hidden")
	require.Empty(t, w.namedIn(t), "nothing names the person, the audit neither")

	_, err := audit.NewChain(w.Jobs).Extend(t.Context())
	require.NoError(t, err)
	for _, theirs := range []person{w.pia, w.bob} {
		body := w.must(t, 200, theirs, "GET", "/v1/audit-events?limit=200", nil).body
		for _, decision := range []string{"dealer_personnel", "vendor_net", "companies", "access_scope"} {
			require.NotContains(t, body, decision, "what another company decided")
		}
	}
}

// Whoever reads the audit and not a field is told of no decision about the field, nor that the company added it.
func TestDecisionsAboutHiddenFieldsAreHidden(t *testing.T) {
	w := newWorld(t)
	w.must(t, 201, w.ada, "POST", "/v1/custom-fields", `{"object":"opportunity","label":"Margin","name":"x_margin","type":"number"}`)
	role := w.must(t, 200, w.ada, "GET", "/v1/roles/dealer_personnel", nil)
	w.must(t, 200, w.ada, "PATCH", "/v1/roles/dealer_personnel", `{"objects":{"opportunity":{"readable":["name"]},"product":{"read":false}}}`, "If-Match", role.header.Get("ETag"))
	for _, sql := range []string{
		`update crm.role set capabilities = capabilities || '{audit.read}' where org_id = $1 and key = 'analyst'`,
		`update crm.role_object set readable = array_remove(array_remove(readable, 'vendor_net'), 'x_margin'), editable = '{}' where org_id = $1 and role_key = 'analyst' and object = 'opportunity'`,
		`delete from crm.role_object where org_id = $1 and role_key = 'analyst' and object = 'product'`,
	} {
		_, err := w.Owner(t).Exec(t.Context(), sql, w.ana.Org)
		require.NoError(t, err)
	}
	changed := w.auditOf(t, w.ana, "&filter=action+eq+'role.changed'")
	require.Len(t, changed, 1)
	require.Contains(t, changed[0].Details.Changes, audit.Decided{Subject: "opportunity.field.close_date", Was: "edit", Is: "hidden"})
	for _, what := range []string{"", "/export"} {
		body := w.must(t, 200, w.ana, "GET", "/v1/audit-events"+what, nil).body
		for _, hidden := range []string{"vendor_net", "x_margin", "product."} {
			require.NotContains(t, body, hidden, what)
		}
	}
	require.Equal(t, "x_margin", w.auditOf(t, w.ada, "&filter=action+eq+'custom_field.created'")[0].Details.Codes["field"])
}
