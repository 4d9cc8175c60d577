package api_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPagesGoOnWhereTheyEnded(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.must(t, 201, w.ada, "POST", "/v1/accounts", fmt.Sprintf(`{"name":"Account %d"}`, i))
	}
	seen := map[string]bool{}
	cursor, pages := "", 0
	for {
		page := w.must(t, 200, w.ada, "GET", "/v1/accounts?limit=3&sort=name&count=exact&cursor="+cursor, nil).json(t)
		require.EqualValues(t, 7, page["total"])
		for _, item := range page["items"].([]any) {
			name := item.(map[string]any)["name"].(string)
			require.False(t, seen[name], "%s came twice", name)
			seen[name] = true
		}
		pages++
		if page["has_more"] == false {
			require.NotContains(t, page, "next_cursor")
			break
		}
		cursor = page["next_cursor"].(string)
	}
	require.Len(t, seen, 7)
	require.Equal(t, 3, pages)
}

func TestCursorsBelongToTheirList(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.must(t, 201, w.ada, "POST", "/v1/accounts", fmt.Sprintf(`{"name":"A%d"}`, i))
		w.must(t, 201, w.bob, "POST", "/v1/accounts", fmt.Sprintf(`{"name":"B%d"}`, i))
	}
	list := "/v1/accounts?limit=1&sort=name"
	cursor := w.must(t, 200, w.ada, "GET", list, nil).text(t, "next_cursor")
	require.NotEmpty(t, cursor)
	w.must(t, 200, w.ada, "GET", list+"&cursor="+cursor, nil)

	refused := w.must(t, 422, w.bob, "GET", list+"&cursor="+cursor, nil)
	tampered := []byte(cursor)
	tampered[len(tampered)-2] ^= 1
	for what, got := range map[string]answer{
		"a colleague's":  w.call(t, w.ana, "GET", list+"&cursor="+cursor, nil),
		"tampered":       w.call(t, w.ada, "GET", list+"&cursor="+url.QueryEscape(string(tampered)), nil),
		"made up":        w.call(t, w.ada, "GET", list+"&cursor=eyJhIjoxfQ", nil),
		"no base64":      w.call(t, w.ada, "GET", list+"&cursor=%21%21", nil),
		"another filter": w.call(t, w.ada, "GET", list+"&filter=name+eq+'A1'&cursor="+cursor, nil),
		"another sort":   w.call(t, w.ada, "GET", "/v1/accounts?limit=1&sort=-name&cursor="+cursor, nil),
		"another list":   w.call(t, w.ada, "GET", "/v1/contacts?limit=1&cursor="+cursor, nil),
	} {
		require.Equal(t, 422, got.status, "%s: %s", what, got.body)
		require.Equal(t, refused.body, got.body, "%s cursor", what)
		require.Contains(t, got.body, "first page")
	}
}

func TestFiltersSeeNoMoreThanTheCaller(t *testing.T) {
	w := newWorld(t)
	w.deal(t, w.pia, w.connA1, "Deal", "5", "EUR", "2024-02-01T00:00:00Z")
	hiddenField := w.must(t, 422, w.pia, "GET", "/v1/opportunities?filter=vendor_account_id+is_null", nil)
	unknown := w.must(t, 422, w.pia, "GET", "/v1/opportunities?filter=vendor_axxount_id+is_null", nil)
	require.Equal(t, strings.ReplaceAll(hiddenField.body, "vendor_account_id", "vendor_axxount_id"), unknown.body)
	hiddenField = w.must(t, 422, w.pia, "GET", "/v1/opportunities?sort=vendor_account_id", nil)
	unknown = w.must(t, 422, w.pia, "GET", "/v1/opportunities?sort=vendor_axxount_id", nil)
	require.Equal(t, strings.ReplaceAll(hiddenField.body, "vendor_account_id", "vendor_axxount_id"), unknown.body)
}

func TestReadsSayWhenNothingChanged(t *testing.T) {
	w := newWorld(t)
	made := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"A"}`)
	path := made.header.Get("Location")
	require.Equal(t, `"v1"`, made.header.Get("ETag"))
	read := w.must(t, 200, w.ada, "GET", path, nil)
	require.Equal(t, `"v1"`, read.header.Get("ETag"))
	for _, tag := range []string{`"v1"`, `W/"v1"`, `"v9", "v1"`, "*"} {
		same := w.must(t, 304, w.ada, "GET", path, nil, "If-None-Match", tag)
		require.Empty(t, same.body)
		require.Equal(t, `"v1"`, same.header.Get("ETag"))
	}
	w.must(t, 200, w.ada, "GET", path, nil, "If-None-Match", `"v2"`)
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer",
	} {
		require.Equal(t, want, read.header.Get(name))
	}
	require.Contains(t, read.header.Get("Content-Security-Policy"), "default-src 'none'")
	require.NotContains(t, read.body, "$schema")

	organisation := "/v1/organisations/" + w.ada.Org.String()
	tag := w.must(t, 200, w.ada, "GET", organisation, nil).header.Get("ETag")
	require.NotEmpty(t, tag, "what has no version has an ETag all the same")
	w.must(t, 304, w.ada, "GET", organisation, nil, "If-None-Match", tag)
}
