package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
)

// Where a request comes from: no header is believed unless a proxy that is trusted has written it.
func TestWhereARequestComesFrom(t *testing.T) {
	for _, c := range []struct {
		name, trusted, remote string
		header                []string
		want                  string
	}{
		{"nobody in between", "", "203.0.113.9:1234", nil, "203.0.113.9"},
		{"a forged header", "", "203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		{"a forged header past the proxy", "10.0.0.0/8", "203.0.113.9:1234", []string{"198.51.100.1"}, "203.0.113.9"},
		{"by the proxy", "10.0.0.0/8", "10.1.2.3:1234", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a header that the proxy only added to", "10.0.0.0/8", "10.1.2.3:1234", []string{"192.0.2.77, 198.51.100.1"}, "198.51.100.1"},
		{"forged hops that look like the proxy", "10.0.0.0/8", "10.1.2.3:1234", []string{"192.0.2.77, 10.9.9.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.0/8", "10.1.2.3:1234", []string{"192.0.2.77, 198.51.100.1, 10.4.5.6"}, "198.51.100.1"},
		{"several headers are one", "10.0.0.0/8", "10.1.2.3:1234", []string{"192.0.2.77", "198.51.100.1", "10.4.5.6"}, "198.51.100.1"},
		{"one address is trusted", "10.1.2.3", "10.1.2.3:1234", []string{"10.1.2.4"}, "10.1.2.4"},
		{"the proxy says nothing", "10.0.0.0/8", "10.1.2.3:1234", nil, "10.1.2.3"},
		{"the proxy says nonsense", "10.0.0.0/8", "10.1.2.3:1234", []string{"198.51.100.1, unknown"}, "10.1.2.3"},
		{"nonsense before it", "10.0.0.0/8", "10.1.2.3:1234", []string{"unknown, 198.51.100.1"}, "198.51.100.1"},
		{"with a port", "10.0.0.0/8", "10.1.2.3:1234", []string{"198.51.100.1:5555"}, "198.51.100.1"},
		{"all are trusted", "10.0.0.0/8", "10.1.2.3:1234", []string{"10.7.7.7, 10.4.5.6"}, "10.7.7.7"},
		{"six", "2001:db8:1::/48", "[2001:db8:1::2]:1234", []string{"[2001:db8:9::1]:80"}, "2001:db8:9::1"},
		{"four inside six", "10.0.0.0/8", "[::ffff:10.1.2.3]:1234", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"without a zone", "", "[fe80::1%eth0]:1234", nil, "fe80::1"},
		{"no address at all", "0.0.0.0/0", "@", []string{"198.51.100.1"}, "@"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var networks []string
			if c.trusted != "" {
				networks = []string{c.trusted}
			}
			places, err := api.ParsePlaces(networks)
			require.NoError(t, err)
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.remote
			for _, h := range c.header {
				r.Header.Add("X-Forwarded-For", h)
			}
			require.Equal(t, c.want, places.Of(r))
		})
	}
	_, err := api.ParsePlaces([]string{"10.0.0.0/8", "proxy.local"})
	require.Error(t, err)
}

// Whoever guesses behind a proxy is counted by their own place, and not helped by headers of their own.
func TestAttemptsAreCountedBehindAProxy(t *testing.T) {
	w := newWorld(t)
	deps := w.deps
	var err error
	deps.Places, err = api.ParsePlaces([]string{"192.0.2.1"}) // what httptest asks from
	require.NoError(t, err)
	w.api = api.New(deps)
	attempt := func(forwarded string) int {
		return w.call(t, person{}, http.MethodPost, "/v1/session", map[string]string{"email": "nobody@one.example", "password": "wrong"}, "X-Forwarded-For", forwarded).status
	}
	for range 10 {
		require.Equal(t, http.StatusUnauthorized, attempt("198.51.100.1"))
	}
	require.Equal(t, http.StatusTooManyRequests, attempt("198.51.100.1"))
	require.Equal(t, http.StatusTooManyRequests, attempt("203.0.113.50, 198.51.100.1"), "what they write themselves changes nothing")
	require.Equal(t, http.StatusUnauthorized, attempt("198.51.100.2"), "others come from elsewhere")
}
