package api_test

import (
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"
)

// codeAt is what an authenticator shows so long from now: a code is good once, and for the half minute beside its own.
func codeAt(t *testing.T, secret string, after time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(after))
	require.NoError(t, err)
	return code
}

func TestASecondFactorThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	w.enable(t, w.ana, "ana@acme.example")
	form := map[string]string{"email": "ana@acme.example", "password": password}
	here := person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", form))}
	require.Equal(t, false, w.must(t, 200, here, "GET", "/v1/me/second-factor", nil).json(t)["set"])

	begun := w.must(t, 200, here, "POST", "/v1/me/second-factor/begin", nil).json(t)
	secret := begun["secret"].(string)
	require.Contains(t, begun["uri"], "otpauth://totp/SharePartner:ana@acme.example?")
	set := map[string]string{"current_password": "not the password", "token": begun["token"].(string), "code": codeAt(t, secret, 0)}
	require.Contains(t, w.must(t, 422, here, "PUT", "/v1/me/second-factor", set).body, "current_password")
	set["current_password"] = password
	codes := w.must(t, 200, here, "PUT", "/v1/me/second-factor", set).json(t)["recovery_codes"].([]any)
	require.Len(t, codes, 10)
	require.EqualValues(t, 10, w.must(t, 200, here, "GET", "/v1/me/second-factor", nil).json(t)["recovery_codes"])

	require.Equal(t, "second-factor-needed", w.must(t, 401, person{}, "POST", "/v1/session", form).text(t, "code"))
	form["code"] = "123456"
	require.Contains(t, w.must(t, 422, person{}, "POST", "/v1/session", form).body, `"code"`)
	form["password"] = "not the password"
	form["code"] = codes[0].(string)
	require.Equal(t, "sign-in-failed", w.must(t, 401, person{}, "POST", "/v1/session", form).text(t, "code"), "a code alone says nothing")
	form["password"] = password
	cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", form))
	w.must(t, 422, person{}, "POST", "/v1/session", form)

	key := w.must(t, 201, here, "POST", "/v1/api-keys", map[string]any{"name": "robot", "scopes": []string{"accounts.read"}}).text(t, "secret")
	robot := []string{"Authorization", "Bearer " + key}
	for _, call := range [][2]string{{"GET", "/v1/me/second-factor"}, {"POST", "/v1/me/second-factor/begin"}} {
		require.Equal(t, 403, w.call(t, person{}, call[0], call[1], nil, robot...).status, "%v is for people", call)
	}
	drop := map[string]string{"current_password": password, "current_code": codes[1].(string)}
	w.must(t, 403, person{}, "PUT", "/v1/me/second-factor/removal", drop, robot...)
	w.must(t, 204, here, "PUT", "/v1/me/second-factor/removal", drop)
	delete(form, "code")
	w.must(t, 200, person{}, "POST", "/v1/session", form)
}

func TestACompanyAsksForASecondFactorThroughTheAPI(t *testing.T) {
	w := newWorld(t)
	w.enable(t, w.ada, "ada@acme.example")
	w.enable(t, w.ana, "ana@acme.example")
	sign := func(mail string) person {
		return person{token: cookieOf(t, w.must(t, 200, person{}, "POST", "/v1/session", map[string]string{"email": mail, "password": password}))}
	}
	ada, ana := sign("ada@acme.example"), sign("ana@acme.example")
	rule := map[string]any{"second_factor": true}
	w.must(t, 403, ana, "PUT", "/v1/workspace/sign-in-rule", rule)
	require.Equal(t, "not-yours-yet", w.must(t, 409, ada, "PUT", "/v1/workspace/sign-in-rule", rule).text(t, "code"))
	begun := w.must(t, 200, ada, "POST", "/v1/me/second-factor/begin", nil).json(t)
	w.must(t, 200, ada, "PUT", "/v1/me/second-factor", map[string]string{"current_password": password, "token": begun["token"].(string), "code": codeAt(t, begun["secret"].(string), 0)})
	w.must(t, 200, ada, "PUT", "/v1/workspace/sign-in-rule", rule)
	require.Equal(t, true, w.must(t, 200, ada, "GET", "/v1/workspace/sign-in-rule", nil).json(t)["second_factor"])
	require.Equal(t, 401, w.call(t, ana, "GET", "/v1/me", nil).status, "at the next request")
	refused := w.must(t, 403, person{}, "POST", "/v1/session", map[string]string{"email": "ana@acme.example", "password": password})
	require.Equal(t, "second-factor-missing", refused.text(t, "code"))
	require.Equal(t, false, w.must(t, 200, w.bob, "GET", "/v1/workspace/sign-in-rule", nil).json(t)["second_factor"], "another company's rule is its own")
}
