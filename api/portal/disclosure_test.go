package portal_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Where each kind of value that a vendor reads of a partner stands on the partner's page; "" is the vendor's own, or says
// nothing of the partner. What is not here has not been thought of.
var disclosedAt = map[string]string{
	"id": "", "version": "", "vendor": "", "vendor.id": "", "vendor.name": "", "vendor_org_id": "", "vendor_name": "", "partner.id": "", "partner_org_id": "", "connection_id": "",
	"vendor_account_id": "Of its own it may add", "external_ref": "", "channel_manager_id": "",
	"number": "Number", "partner.name": "Your company", "partner_name": "Name", "name": "Name", "customer_name": "Customer", "owner.id": "Owner", "owner.name": "Owner",
	"process.id": "Stage", "process.name": "Stage", "stage": "Stage", "vendor_net": "Vendor net amount", "amount_source": "Vendor net amount", "close_date": "Close date", "closed_at": "Closed",
	"region": "Region", "tier": "Tier", "lines": "Products", "record_type_id": "Type", "custom": "fields that you do not see", "created_at": "Created", "updated_at": "Last changed",
	"change": "Seen of each change", "changed_fields": "of which fields", "effective_at": "when it was made", "recorded_at": "and noted", "imported": "What it was", "reason": "the reason that was given", "changed_by_side": "on which side", "changed_by": "by which of your people",
	"display_name": "Name", "work_email": "Mail address", "status": "State", "suspended_by": "Suspended by you", "role": "", "role_name": "",
	"status_reason": "A pause.", "status_side": "State", "status_at": "State", "partner_number": "Its number for you", "country_code": "Country",
}

// Whatever kind of value a vendor can read of a partner stands on the partner's page on what it sees, also where the
// vendor's role hides it from the partner's people.
func TestTheDisclosureLeavesNothingOut(t *testing.T) {
	w := newWorld(t).administrators(t)
	exec := func(sql string, args ...any) {
		t.Helper()
		_, err := w.db.Owner(t).Exec(context.Background(), sql, args...)
		require.NoError(t, err)
	}
	connection := w.opportunity.ConnectionID.String()
	exec(`insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at) select gen_random_uuid(), $1, 'opportunity', 'x_' || n, n, 'text', now(), now() from unnest('{told,inner}'::text[]) n`, w.vendor)
	exec(`update crm.role_object r set readable = array_append(array_remove(readable, 'vendor_net'), 'x_told'), editable = array_remove(editable, 'vendor_net')
		from crm.role d where d.org_id = r.org_id and d.key = r.role_key and d.is_default and r.org_id = $1 and r.object = 'opportunity'`, w.vendor)
	all := w.leader
	all.Rights = &operational.Rights{Own: operational.RoleRights{Everything: true}}
	amount := eur(486000, "EUR")
	o, err := w.deps.Opportunities.Create(t.Context(), all, opportunities.NewOpportunity{
		ConnectionID: w.opportunity.ConnectionID, Name: "Crane", CustomerName: "Port", VendorNet: &amount, Custom: map[string]any{"x_told": "1", "x_inner": "2"},
	})
	require.NoError(t, err)
	id := o.ID.String()
	exec(`update crm.connection set status_reason = 'A pause.', status_side = 'vendor', status_at = now() where id = $1`, connection)
	exec(`update crm.external_contact set status = 'suspended', suspended_by = 'partner', work_email = 'seller@kestrel.example' where connection_id = $1 and display_name like 'Seller%'`, connection)
	seller := w.db.WithRights(t, w.partner)
	_, err = w.deps.Opportunities.MoveStage(t.Context(), seller, o.ID, o.Version, opportunities.MoveStage{StageID: next(t, w), Reason: "They asked for it."})
	require.NoError(t, err)

	owner, page := w.as(t, ownerMail), w.as(t, chiefMail).get("/connections/"+connection+"/disclosure")
	require.Equal(t, http.StatusOK, page.status)
	read := map[string]bool{}
	for _, path := range []string{
		"/v1/opportunities/" + id, "/v1/opportunities?filter=connection+eq+%27" + connection + "%27", "/v1/opportunities/" + id + "/history",
		"/v1/connections/" + connection, "/v1/organisations/" + w.partner.Org.String(), "/v1/external-contacts?filter=connection_id+eq+%27" + connection + "%27",
	} {
		a := owner.get(path)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", path, a.raw)
		kinds(t, a.raw, read)
	}
	export := owner.get("/v1/opportunities/export")
	require.Equal(t, http.StatusOK, export.status)
	head, err := csv.NewReader(strings.NewReader(export.raw)).Read()
	require.NoError(t, err)
	for _, column := range head {
		read[kind(strings.TrimPrefix(column, "\ufeff"))] = true
	}
	for name := range read {
		words, known := disclosedAt[name]
		require.True(t, known, "the vendor reads %s: where is it on the partner's page?", name)
		require.Contains(t, page.text(), words, name)
	}
	for _, name := range []string{"vendor_net", "reason", "custom", "work_email", "suspended_by", "country_code"} {
		require.Contains(t, disclosedAt, name)
	}
	require.True(t, read["reason"] && read["custom"] && read["suspended_by"] && read["status_reason"] && read["changed_by"], "all of it was there to be read")
	require.Contains(t, page.text(), "Told", "a field of the vendor that the partner sees")
	require.NotContains(t, page.text(), "Inner", "what else the vendor has added is its own affair")
}

// next is the second stage of the vendor's process.
func next(t *testing.T, w *world) (id [16]byte) {
	t.Helper()
	require.NoError(t, w.db.Owner(t).QueryRow(context.Background(), `select s.id from crm.stage s where s.process_id = $1 and s.name = 'Qualified'`, w.opportunity.Process.ID).Scan(&id))
	return id
}

// kinds collects what kinds of values an answer has.
func kinds(t *testing.T, raw string, into map[string]bool) {
	t.Helper()
	var value map[string]any
	require.NoError(t, json.Unmarshal([]byte(raw), &value), raw)
	list, listed := value["items"].([]any)
	if !listed {
		list = []any{value}
	}
	require.NotEmpty(t, list)
	for _, item := range list {
		for name, value := range item.(map[string]any) {
			inner, nested := value.(map[string]any)
			if !nested {
				into[kind(name)] = true
			}
			for deeper := range inner {
				into[kind(name+"."+deeper)] = true
			}
		}
	}
}

// kind leaves out what is inside of one value.
func kind(path string) string {
	for _, whole := range []string{"stage", "vendor_net", "custom", "changed_by", "lines"} {
		if strings.HasPrefix(path, whole+".") || whole == "custom" && strings.HasPrefix(path, "x_") {
			return whole
		}
	}
	return path
}
