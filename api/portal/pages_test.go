package portal_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPagesWithoutScript(t *testing.T) {
	w := shared(t)
	v := w.as(t, leaderMail)
	for _, path := range []string{"/briefing", "/funnel", "/opportunities", "/opportunities/" + w.opportunity.ID.String(), "/help"} {
		p := v.get(path)
		require.Equal(t, http.StatusOK, p.status, "%s: %s", path, p.text())
		require.NotEmpty(t, p.title(), path)
		require.NotContains(t, strings.ToLower(p.raw), "style=", path)
		require.Equal(t, "no-store", strings.TrimPrefix(p.header.Get("Cache-Control"), "private, "), path)
		require.Contains(t, p.header.Get("Content-Security-Policy"), "default-src 'none'")
	}
	_ = context.Background
}
