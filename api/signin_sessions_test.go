package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// cookieOf is the session that an answer to a sign-in sets.
func cookieOf(t *testing.T, a answer) string {
	t.Helper()
	res := http.Response{Header: a.header}
	require.Len(t, res.Cookies(), 1)
	c := res.Cookies()[0]
	require.True(t, c.HttpOnly)
	require.Equal(t, http.SameSiteLaxMode, c.SameSite)
	return c.Value
}

func TestSessionsOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	w.enable(t, w.ana, "ana@acme.example")
	form := map[string]string{"email": "ana@acme.example", "password": password}
	here := person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", form, "User-Agent", firefox))}
	away := person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", form))}

	items := w.must(t, 200, here, "GET", "/v1/me/sessions", nil).json(t)["items"].([]any)
	require.Len(t, items, 2)
	var other string
	for _, i := range items {
		s := i.(map[string]any)
		if s["current"] == true {
			require.Equal(t, "Firefox on Linux", s["device"])
		} else {
			other = s["id"].(string)
			require.NotContains(t, s, "device", "it did not say")
		}
	}
	w.must(t, 204, here, "DELETE", "/v1/me/sessions/"+other, nil)
	require.Equal(t, 401, w.call(t, away, "GET", "/v1/opportunities", nil).status, "at the next request")
	w.must(t, 404, here, "DELETE", "/v1/me/sessions/"+other, nil)
	w.must(t, 404, here, "DELETE", "/v1/me/sessions/"+w.ada.Credential.String(), nil)

	away = person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", form))}
	require.EqualValues(t, 1, w.must(t, 200, here, "POST", "/v1/me/sessions/end-others", nil).json(t)["ended"])
	require.Equal(t, 401, w.call(t, away, "GET", "/v1/opportunities", nil).status)
	w.must(t, 200, here, "GET", "/v1/opportunities", nil)
	require.Equal(t, 403, w.call(t, here, "POST", "/v1/me/sessions/end-others", nil, "Sec-Fetch-Site", "cross-site").status, "no other site does it")
}

// A token that somebody else has put into the browser is nobody's after the sign-in: it gets one of its own.
func TestASessionIsNotFixed(t *testing.T) {
	w := newWorld(t)
	w.enable(t, w.ana, "ana@acme.example")
	planted := person{token: w.ada.token}
	got := w.must(t, 200, planted, "POST", "/v1/session", map[string]string{"email": "ana@acme.example", "password": password})
	require.NotEqual(t, planted.token, cookieOf(t, got))
	require.Equal(t, 401, w.call(t, planted, "GET", "/v1/me", nil).status)
}

func TestPasswordOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	w.enable(t, w.ana, "ana@acme.example")
	form := map[string]string{"email": "ana@acme.example", "password": password}
	here := person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", form))}
	away := person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", form))}
	change := func(current, becomes string) answer {
		return w.call(t, here, "PUT", "/v1/me/password", map[string]string{"current_password": current, "new_password": becomes})
	}
	wrong := change("not the password", "staple battery horse")
	require.Equal(t, 422, wrong.status)
	require.Contains(t, wrong.body, "current_password")
	require.NotContains(t, wrong.body, "staple", "what was typed is not repeated")
	require.Equal(t, 422, change(password, "short").status)
	got := change(password, "staple battery horse")
	require.Equal(t, 200, got.status, got.body)
	require.EqualValues(t, 1, got.json(t)["ended"])
	require.Equal(t, 401, w.call(t, away, "GET", "/v1/me", nil).status)
	w.must(t, 200, here, "GET", "/v1/me", nil)
	require.Equal(t, 401, w.call(t, person{}, "POST", "/v1/session", form).status)
	form["password"] = "staple battery horse"
	w.must(t, 200, person{}, "POST", "/v1/session", form)
	require.NotContains(t, w.log.String(), "staple")
}

func TestProfileOfOnesOwn(t *testing.T) {
	w := newWorld(t)
	w.must(t, 204, w.ana, "PUT", "/v1/me/profile", map[string]string{"name": "Ana Newly", "time_zone": "Asia/Tokyo"})
	me := w.must(t, 200, w.ana, "GET", "/v1/me", nil).json(t)
	require.Equal(t, []any{"Ana Newly", "Asia/Tokyo"}, []any{me["name"], me["time_zone"]})
	require.Equal(t, 422, w.call(t, w.ana, "PUT", "/v1/me/profile", map[string]string{"name": "Ana", "time_zone": "Mars/Olympus"}).status)
	w.enable(t, w.ana, "ana@acme.example")
	here := person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", map[string]string{"email": "ana@acme.example", "password": password}))}
	got := w.call(t, here, "PUT", "/v1/me/address", map[string]string{"email": "ana@new.example", "current_password": password})
	require.Equal(t, 409, got.status, "no mail is sent here")
	require.Contains(t, got.body, "no-mail")
	require.Equal(t, 404, w.call(t, here, "PUT", "/v1/me/address/nonsense", nil).status)
}
