package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// plantDeals gives a connection so many opportunities of one owner.
func (w *world) plantDeals(t *testing.T, connection uuid.UUID, owner string, n int) {
	t.Helper()
	w.sql(t, `with o as (
		insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, owner_contact_id, process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, created_at, updated_at)
		select gen_random_uuid(), c.id, c.vendor_org_id, c.partner_org_id, 1000 + i, 'Deal ' || i, $2, c.vendor_org_id, $3, 1, $4, 'active', 1, 'entered', 'EUR', now(), now()
		from crm.connection c, generate_series(1, $5::int) i where c.id = $1 returning *)
		insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, owner_contact_id)
		select id, 1, connection_id, vendor_org_id, partner_org_id, now(), 'created', 'system', process_id, 1, stage_id, stage_type, 1, vendor_net_amount, currency, owner_contact_id from o`,
		connection, owner, w.processA.ID, w.processA.Stages[0].ID, n)
}

// TestWhatAVendorTakesBackCutsTheExport: a partner takes its shared opportunities along, by session and by key, and
// between two pages something ends that let it.
func TestWhatAVendorTakesBackCutsTheExport(t *testing.T) {
	of := func(w *world, state, more string) string {
		return fmt.Sprintf(`update crm.connection set status = '%s', updated_at = now() %s where id = '%s'`, state, more, w.connA1)
	}
	for name, taken := range map[string]func(t *testing.T, w *world, key string){
		"nothing happens": nil,
		"the connection is suspended": func(t *testing.T, w *world, _ string) {
			w.sql(t, of(w, "suspended", ""))
		},
		"the connection ends": func(t *testing.T, w *world, _ string) {
			at := "/v1/connections/" + w.connA1.String()
			w.promote(t, w.ada)
			w.must(t, 200, w.ada, "POST", at+"/end", `{"reason":"We part."}`, "If-Match", w.must(t, 200, w.ada, "GET", at, nil).header.Get("ETag"))
		},
		"the contact is suspended": func(t *testing.T, w *world, _ string) {
			w.sql(t, `update crm.external_contact set status = 'suspended', suspended_by = 'vendor' where connection_id = $1`, w.connA1)
		},
		"the access scope is narrowed": func(t *testing.T, w *world, _ string) {
			w.must(t, 200, w.ada, "PATCH", "/v1/access-scope", `{"mode":"companies","connection_ids":[]}`, "If-Match", w.must(t, 200, w.ada, "GET", "/v1/access-scope", nil).header.Get("ETag"))
		},
		"the data scope is narrowed": func(t *testing.T, w *world, _ string) {
			w.external(t, `visibility = 'private'`)
		},
		"the role may no more": func(t *testing.T, w *world, _ string) {
			w.external(t, `can_export = false`)
		},
		"the key is revoked": func(t *testing.T, w *world, key string) {
			w.must(t, 204, w.pia, "DELETE", "/v1/api-keys/"+key, nil)
		},
	} {
		for _, byKey := range []bool{false, true} {
			if name == "the key is revoked" && !byKey {
				continue
			}
			t.Run(fmt.Sprintf("%s, by key: %v", name, byKey), func(t *testing.T) {
				w := newWorld(t)
				made := w.must(t, 201, w.pia, "POST", "/v1/api-keys", map[string]any{"name": "Export", "scopes": []string{"opportunities.read", "opportunities.export"}, "connection_id": w.connA1})
				w.plantDeals(t, w.connA1, w.contact(t, w.pia, w.connA1), 1203)
				r := httptest.NewRequest(http.MethodGet, "/v1/opportunities/export", nil)
				if byKey {
					r.Header.Set("Authorization", "Bearer "+made.text(t, "secret"))
				} else {
					r.AddCookie(&http.Cookie{Name: "sharepartner", Value: w.pia.token})
				}
				rec := httptest.NewRecorder()
				out := &interrupted{ResponseWriter: rec}
				if taken == nil {
					w.api.ServeHTTP(out, r)
					require.Len(t, rowsOf(t, rec.Body.String()), 1204)
					return
				}
				out.once = func() { taken(t, w, made.text(t, "id")) }
				require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { w.api.ServeHTTP(out, r) }, "never a quiet end")
				require.Equal(t, 500, strings.Count(rec.Body.String(), "\n")-1, "what was sent before stays sent, and no more")
				require.Contains(t, w.log.String(), "cut after 500 rows")
			})
		}
	}
}

// Whoever begins to look as a role takes nothing more along, also of what the role reads and was on its way before.
func TestALookCutsTheExport(t *testing.T) {
	w := newWorld(t)
	w.sql(t, `insert into crm.role (org_id, key, audience, name, capabilities, created_at, updated_at) values ($1, 'auditor', 'internal', 'Auditor', '{audit.read,roles.manage}', now(), now())`, w.ana.Org)
	w.sql(t, `update crm.membership set role = 'auditor' where id = $1`, w.ana.Membership)
	w.sql(t, `insert into crm.audit_event (id, org_id, at, side, system, action, object, details) select gen_random_uuid(), $1, now(), 'vendor', 'test', 'thing.done', 'thing', '{}' from generate_series(1, 1203)`, w.ana.Org)
	r := httptest.NewRequest(http.MethodGet, "/v1/audit-events/export", nil)
	r.AddCookie(&http.Cookie{Name: "sharepartner", Value: w.ana.token})
	rec := httptest.NewRecorder()
	out := &interrupted{ResponseWriter: rec, once: func() { w.must(t, 204, w.ana, "POST", "/v1/session/view", `{"role":"auditor"}`) }}
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() { w.api.ServeHTTP(out, r) })
	require.Equal(t, 500, strings.Count(rec.Body.String(), "\n")-1)
	require.Equal(t, 200, w.call(t, w.ana, "GET", "/v1/audit-events", nil).status, "it is read on")
}
