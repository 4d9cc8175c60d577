package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/audit"
)

// promote makes somebody an administrator, who may read the audit.
func (w *world) promote(t testing.TB, p person) {
	t.Helper()
	_, err := w.Owner(t).Exec(t.Context(), `update crm.membership set role = 'administrator' where id = $1`, p.Membership)
	require.NoError(t, err)
}

type auditEvent struct {
	audit.Event
	raw map[string]any
}

func (w *world) auditOf(t testing.TB, p person, query string) []auditEvent {
	t.Helper()
	var body struct{ Items []json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(w.must(t, 200, p, "GET", "/v1/audit-events?limit=200"+query, nil).body), &body))
	events := make([]auditEvent, len(body.Items))
	for i, item := range body.Items {
		require.NoError(t, json.Unmarshal(item, &events[i].Event))
		d := json.NewDecoder(bytes.NewReader(item))
		d.UseNumber()
		require.NoError(t, d.Decode(&events[i].raw))
	}
	return events
}

func TestEachCompanyReadsItsOwnAudit(t *testing.T) {
	w := newWorld(t)
	w.promote(t, w.pia)
	deal := w.deal(t, w.pia, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	got := w.must(t, 200, w.ada, "PATCH", "/v1/opportunities/"+deal, map[string]any{"name": "Another name", "close_date": "2031-01-01"}, "If-Match", `"v1"`)
	w.must(t, 200, w.pia, "PATCH", "/v1/opportunities/"+deal+"/private", map[string]string{"note": canaryPrivate}, "If-Match", `"v0"`)
	w.must(t, 201, w.ada, "POST", "/v1/accounts", map[string]string{"name": "A customer"})
	_, err := audit.NewChain(w.Jobs).Extend(t.Context())
	require.NoError(t, err)

	for _, refused := range []person{w.ana, w.pol} {
		w.must(t, 403, refused, "GET", "/v1/audit-events", nil)
		w.must(t, 403, refused, "GET", "/v1/audit-events/verification", nil)
	}
	edited := w.auditOf(t, w.ada, "&filter=action+eq+'opportunity.edited'")
	require.Len(t, edited, 1)
	e := edited[0].Event
	require.Equal(t, []string{"close_date", "name"}, e.Details.Fields)
	require.Equal(t, []any{deal, w.connA1, w.ada.Membership, "Ada", got.header.Get("X-Request-Id")}, []any{e.RecordID.String(), *e.ConnectionID, *e.MembershipID, e.ActorName, e.RequestID.String()})
	kept := w.auditOf(t, w.pia, "&filter=action+eq+'anchor.kept'")
	require.Len(t, kept, 1)
	require.Equal(t, e.Hash, kept[0].AnchorOf)
	require.Empty(t, kept[0].Details)
	require.Len(t, w.auditOf(t, w.pia, "&filter=action+eq+'opportunity.private_edited'+and+record_id+eq+'"+deal+"'"), 1)
	require.Len(t, w.auditOf(t, w.ada, "&filter=action+eq+'anchor.kept'"), 1, "of the deal's creation; the private half is the partner's own affair")
	require.Empty(t, w.auditOf(t, w.bob, "&filter=object+eq+'opportunity'"))
	mine := w.auditOf(t, w.ada, "&filter=person+eq+'Ada'")
	require.NotEmpty(t, mine)
	for _, e := range mine {
		require.Equal(t, w.ada.Membership, *e.MembershipID)
	}
	require.Empty(t, w.auditOf(t, w.ada, "&filter=person+contains+'pia'"), "whoever works elsewhere is nobody here")
	for _, e := range w.auditOf(t, w.ada, "&filter=person+is_null") {
		require.Nil(t, e.MembershipID)
	}
	file := w.must(t, 200, w.ada, "GET", "/v1/audit-events/export?filter=person+contains+'ADA'+and+action+eq+'opportunity.edited'", nil).body
	require.Equal(t, 2, strings.Count(file, "\n"), file)
	for _, as := range []person{w.ada, w.pia} {
		body := w.must(t, 200, as, "GET", "/v1/audit-events?limit=200", nil).body
		for _, value := range []string{"Another name", "A customer", "2031-01-01", canaryPrivate, "Deal"} {
			require.NotContains(t, body, value)
		}
	}
}

// TestACompanyCanComputeItsChain with what the API shows, and nothing else.
func TestACompanyCanComputeItsChain(t *testing.T) {
	w := newWorld(t)
	w.deal(t, w.pia, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	w.must(t, 201, w.ada, "POST", "/v1/accounts", map[string]string{"name": "A customer"})
	chain := audit.NewChain(w.Jobs)
	_, err := chain.Extend(t.Context())
	require.NoError(t, err)
	events := w.auditOf(t, w.ada, "&sort=seq")
	require.Greater(t, len(events), 2)
	prev := make([]byte, sha256.Size)
	for i, e := range events {
		require.EqualValues(t, i+1, *e.Seq)
		require.Equal(t, hex.EncodeToString(prev), e.PrevHash)
		for _, name := range []string{"actor_name", "prev_hash", "hash"} {
			delete(e.raw, name)
		}
		e.raw["at"] = e.At.UTC().Format("2006-01-02T15:04:05.000000Z")
		var text bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		require.NoError(t, enc.Encode(e.raw))
		sum := sha256.Sum256(append(prev, bytes.TrimSpace(text.Bytes())...))
		require.Equal(t, hex.EncodeToString(sum[:]), e.Hash, "%s", text.String())
		prev = sum[:]
	}
	state := w.must(t, 200, w.ada, "GET", "/v1/audit-events/verification", nil).json(t)
	require.Equal(t, hex.EncodeToString(prev), state["head"])
	require.EqualValues(t, len(events), state["events"])
	require.Equal(t, false, state["ok"], "not checked yet")
	_, err = chain.Verify(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, true, w.must(t, 200, w.ada, "GET", "/v1/audit-events/verification", nil).json(t)["ok"])
}

func TestTheAuditHidesWhatTheReadersRoleHides(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.ada, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	w.must(t, 200, w.ada, "PATCH", "/v1/opportunities/"+deal, map[string]any{"name": "Other", "close_date": "2031-01-01"}, "If-Match", `"v1"`)
	w.must(t, 201, w.ada, "POST", "/v1/accounts", map[string]string{"name": "A customer"})
	_, err := w.Owner(t).Exec(t.Context(), `update crm.role set capabilities = capabilities || '{audit.read}' where org_id = $1 and key = 'analyst'`, w.ana.Org)
	require.NoError(t, err)
	require.NotEmpty(t, w.auditOf(t, w.ana, "&filter=object+eq+'account'"))
	_, err = w.Owner(t).Exec(t.Context(), `delete from crm.role_object where org_id = $1 and role_key = 'analyst' and object = 'account'`, w.ana.Org)
	require.NoError(t, err)
	_, err = w.Owner(t).Exec(t.Context(), `update crm.role_object set readable = array_remove(readable, 'close_date'), editable = '{}' where org_id = $1 and role_key = 'analyst' and object = 'opportunity'`, w.ana.Org)
	require.NoError(t, err)
	require.Empty(t, w.auditOf(t, w.ana, "&filter=object+eq+'account'"))
	edited := w.auditOf(t, w.ana, "&filter=action+eq+'opportunity.edited'")
	require.Len(t, edited, 1)
	require.Equal(t, []string{"name"}, edited[0].Details.Fields)
}

func TestReadingIsNotedToo(t *testing.T) {
	w := newWorld(t)
	deal := w.deal(t, w.pia, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	w.must(t, 200, w.ada, "GET", "/v1/opportunities/"+deal+"/history", nil)
	w.must(t, 404, w.ada, "GET", "/v1/opportunities/"+uuid.NewString()+"/history", nil)
	w.mirror(t)
	receipt := w.must(t, 200, w.ada, "GET", "/v1/analytics/amount-open", nil).json(t)["receipt"].(map[string]any)["rows_url"].(string)
	w.must(t, 200, w.ada, "GET", receipt, nil)
	read := w.auditOf(t, w.ada, "&filter=action+eq+'opportunity.history_read'")
	require.Len(t, read, 1, "not of what is not there")
	require.Equal(t, deal, read[0].RecordID.String())
	require.Nil(t, read[0].ConnectionID, "the partner learns nothing of it")
	rows := w.auditOf(t, w.ada, "&filter=object+eq+'receipt'")
	require.Len(t, rows, 1)
	require.Equal(t, map[string]int64{"rows": 1, "hidden": 0}, rows[0].Details.Counts)
	require.Equal(t, "amount_open", rows[0].Details.Codes["metric"])
}

func TestTheAuditIsFilteredSortedAndPaged(t *testing.T) {
	w := newWorld(t)
	for i := range 5 {
		w.must(t, 201, w.ada, "POST", "/v1/accounts", map[string]string{"name": fmt.Sprintf("Customer %d", i)})
	}
	for query, n := range map[string]int{
		"&filter=action+eq+'account.created'": 5, "&filter=action+contains+'account'+and+membership_id+eq+'" + w.ada.Membership.String() + "'": 5,
		"&filter=action+eq+'account.created'+and+membership_id+eq+'" + w.ana.Membership.String() + "'": 0,
		"&filter=at+gt+'" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + "'":                 0,
		"&filter=object+eq+'account'+and+side+eq+'vendor'+and+seq+is_null&sort=at":                     5,
	} {
		require.Len(t, w.auditOf(t, w.ada, query), n, query)
	}
	page := w.must(t, 200, w.ada, "GET", "/v1/audit-events?limit=2&count=exact&filter=object+eq+'account'", nil).json(t)
	require.EqualValues(t, 5, page["total"])
	require.Equal(t, true, page["has_more"])
	w.must(t, 422, w.ada, "GET", "/v1/audit-events?filter=n+eq+1", nil)
}

// The audit is taken along as its list shows it, by whoever may read it, and that it was is noted.
func TestTheAuditIsExported(t *testing.T) {
	w := newWorld(t)
	w.promote(t, w.pia)
	deal := w.deal(t, w.pia, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	w.must(t, 200, w.ada, "PATCH", "/v1/opportunities/"+deal, map[string]any{"name": "=1+1", "close_date": "2031-01-01"}, "If-Match", `"v1"`)
	w.must(t, 201, w.ada, "POST", "/v1/accounts", map[string]string{"name": "A customer"})
	_, err := audit.NewChain(w.Jobs).Extend(t.Context())
	require.NoError(t, err)
	_, err = w.Owner(t).Exec(t.Context(), `update crm.person set display_name = '=cmd()' where id = $1`, w.ada.Person)
	require.NoError(t, err)
	for _, refused := range []person{w.ana, w.pol} {
		w.must(t, 403, refused, "GET", "/v1/audit-events/export", nil)
	}
	filter := "?filter=action+eq+'opportunity.edited'"
	rows := rowsOf(t, w.must(t, 200, w.ada, "GET", "/v1/audit-events/export"+filter, nil).body)
	require.Len(t, rows, 2)
	cell := func(name string) string { return rows[1][slices.Index(rows[0], name)] }
	listed := w.auditOf(t, w.ada, "&filter=action+eq+'opportunity.edited'")[0]
	require.Equal(t, listed.Hash, cell("hash"))
	require.Equal(t, deal, cell("record_id"))
	require.Equal(t, "close_date, name", cell("fields"))
	require.Equal(t, "'=cmd()", cell("actor_name"), "no spreadsheet runs it")
	theirs := w.must(t, 200, w.pia, "GET", "/v1/audit-events/export", nil).body
	require.NotContains(t, theirs, "opportunity.edited")
	require.NotContains(t, theirs, "cmd()")
	w.must(t, 422, w.ada, "GET", "/v1/audit-events/export?filter=secret+eq+1", nil)
	for _, action := range []string{"audit_event.export_started", "audit_event.exported"} {
		require.Len(t, w.auditOf(t, w.ada, "&filter=action+eq+'"+action+"'"), 1, action)
	}
}
