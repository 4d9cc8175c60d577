package api_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// unseenChange is a sort of records of which somebody does not see a field.
type unseenChange struct {
	object         operational.Object
	list           string
	writer, reader person
	records        []string // addresses, the oldest first
	hide           func()
	hidden, shown  string // patches of the writer
	other          string // a patch of the reader
}

// asked is everything that the reader can ask of the records and that may be ordered, counted or named by time.
func (x unseenChange) asked(t *testing.T, w *world, between string) string {
	t.Helper()
	var all strings.Builder
	get := func(address string) answer {
		got := w.must(t, 200, x.reader, "GET", address, nil)
		fmt.Fprintf(&all, "%s\n%s\n%s\n", address, got.header.Get("ETag"), got.body)
		return got
	}
	for _, path := range x.records {
		get(path)
	}
	for _, query := range []string{"count=exact", "sort=-updated_at", "sort=updated_at", "sort=-updated_at,id", "sort=id", "sort=-created_at"} {
		next := ""
		for more := true; more; more = next != "" {
			page := get(x.list + "?limit=1&" + query + "&cursor=" + url.QueryEscape(next))
			next = page.text(t, "next_cursor")
			keys, err := base64.RawURLEncoding.DecodeString(next)
			require.NoError(t, err)
			all.Write(keys)
		}
		get(x.list + "?limit=2&" + query)
	}
	for _, op := range []string{"gt", "le"} {
		get(x.list + "?count=exact&filter=" + url.QueryEscape("updated_at "+op+" '"+between+"'"))
		if x.object != operational.ObjectSalesProcess {
			get(x.list + "/export?filter=" + url.QueryEscape("updated_at "+op+" '"+between+"'"))
		}
	}
	if x.object != operational.ObjectSalesProcess {
		get(x.list + "/export")
		get(x.list + "/export?sort=-updated_at")
	}
	return all.String()
}

func (w *world) unseenChanges(t *testing.T) []unseenChange {
	made := func(p person, path string, body any) string {
		return w.must(t, 201, p, "POST", path, body).header.Get("Location")
	}
	var accounts, contacts, deals, products, processes []string
	stages := []map[string]string{{"name": "Open", "type": "active"}, {"name": "Won", "type": "won"}, {"name": "Lost", "type": "lost"}}
	for i := range 4 {
		accounts = append(accounts, made(w.ada, "/v1/accounts", map[string]any{"name": fmt.Sprint("Customer ", i), "industry": "Retail"}))
		contacts = append(contacts, made(w.ada, "/v1/contacts", map[string]any{"account_id": strings.TrimPrefix(accounts[0], "/v1/accounts/"), "last_name": fmt.Sprint("Doe ", i)}))
		deals = append(deals, "/v1/opportunities/"+w.deal(t, w.pol, w.connA2, fmt.Sprint("Deal ", i), "4711", "EUR", "2024-02-01T00:00:00Z"))
		products = append(products, made(w.ada, "/v1/products", map[string]any{"name": fmt.Sprint("Product ", i), "family": "Things", "list_price": map[string]string{"amount": "5", "currency": "EUR"}}))
		processes = append(processes, made(w.ada, "/v1/sales-processes", map[string]any{"name": fmt.Sprint("Way ", i), "stages": stages}))
	}
	narrow := func(role operational.Role, object operational.Object, field, editable string) func() {
		return func() {
			w.role(t, w.ada, role, object, `can_edit = true, can_delete = object in ('account', 'contact'), can_export = true, access = 'read_write',
				readable = array_remove(readable, '`+field+`'), editable = '{`+editable+`}'`)
		}
	}
	return []unseenChange{
		{operational.ObjectAccount, "/v1/accounts", w.ada, w.ana, accounts, narrow(operational.RoleAnalyst, operational.ObjectAccount, "industry", "country"), `{"industry":"Steel"}`, `{"country":"DE"}`, `{"country":"FR"}`},
		{operational.ObjectContact, "/v1/contacts", w.ada, w.ana, contacts, narrow(operational.RoleAnalyst, operational.ObjectContact, "phone", "last_name"), `{"phone":"030 1234"}`, `{"last_name":"Roe"}`, `{"last_name":"Moe"}`},
		{operational.ObjectOpportunity, "/v1/opportunities", w.ada, w.pol, deals, narrow(operational.RoleDealerPersonnel, operational.ObjectOpportunity, "vendor_net", "name"), `{"vendor_net":{"amount":"99","currency":"EUR"}}`, `{"name":"Theirs"}`, `{"name":"Mine"}`},
		{operational.ObjectProduct, "/v1/products", w.ada, w.ana, products, narrow(operational.RoleAnalyst, operational.ObjectProduct, "list_price", "name"), `{"list_price":{"amount":"99","currency":"EUR"}}`, `{"family":"Others"}`, `{"name":"Mine"}`},
		{operational.ObjectSalesProcess, "/v1/sales-processes", w.ada, w.ana, processes, narrow(operational.RoleAnalyst, operational.ObjectSalesProcess, "name", "stages"), `{"name":"Secret way"}`, `{"active":false}`, `{"active":false}`},
	}
}

// A change of what somebody does not see is no change for them: neither in a record, its version or ETag, nor in the order,
// the cursors, the filters and the files of lists. It stops none of their changes, and what they see is still protected from them.
func TestHiddenChangesTellNothingInTime(t *testing.T) {
	w := newWorld(t)
	for _, x := range w.unseenChanges(t) {
		t.Run(string(x.object), func(t *testing.T) {
			x.hide()
			change := func(path, patch string) {
				w.must(t, 200, x.writer, "PATCH", path, patch, "If-Match", w.must(t, 200, x.writer, "GET", path, nil).header.Get("ETag"))
			}
			between := time.Now().UTC().Format(time.RFC3339Nano)
			before := x.asked(t, w, between)
			oldest := w.must(t, 200, x.reader, "GET", x.records[0], nil)
			tag := oldest.header.Get("ETag")
			for i, path := range x.records[:3] { // names of processes are taken once
				change(path, strings.Replace(x.hidden, "Secret", fmt.Sprint("Secret ", i), 1))
			}
			require.Equal(t, before, x.asked(t, w, between))
			w.must(t, 304, x.reader, "GET", x.records[0], nil, "If-None-Match", tag)

			mine := w.must(t, 200, x.reader, "PATCH", x.records[0], x.other, "If-Match", tag)
			require.NotEqual(t, tag, mine.header.Get("ETag"))
			w.must(t, 412, x.reader, "PATCH", x.records[0], x.other, "If-Match", tag)
			require.Contains(t, w.must(t, 200, x.writer, "GET", x.records[0], nil).body, strings.TrimSuffix(firstValue(x.hidden), " way"), "what was not seen stays")
			first := w.must(t, 200, x.reader, "GET", x.list+"?limit=1&sort=-updated_at", nil)
			require.Contains(t, first.body, strings.TrimPrefix(x.records[0], x.list+"/"), "what they see change comes first")

			tag = w.must(t, 200, x.reader, "GET", x.records[1], nil).header.Get("ETag")
			change(x.records[1], x.shown)
			w.must(t, 412, x.reader, "PATCH", x.records[1], x.other, "If-Match", tag)
			if x.object == operational.ObjectAccount || x.object == operational.ObjectContact { // others are never deleted
				w.must(t, 412, x.reader, "DELETE", x.records[1], nil, "If-Match", tag)
				tag = w.must(t, 200, x.reader, "GET", x.records[2], nil).header.Get("ETag")
				change(x.records[2], strings.Replace(x.hidden, firstValue(x.hidden), "7", 1))
				w.must(t, 204, x.reader, "DELETE", x.records[2], nil, "If-Match", tag)
			}
		})
	}
}

// firstValue is the first text in a patch that is no name.
func firstValue(patch string) string {
	parts := strings.Split(patch, `":"`)
	return parts[1][:strings.Index(parts[1], `"`)]
}
