package main

import (
	"io"
	"mime/quotedprintable"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// The whole program mails a link to whoever has lost a password, and takes the password that is set by it.
func TestALostPasswordByMail(t *testing.T) {
	app, _, got := mailing(t, map[string]string{"Ada": "ada@acme.example"})
	send := func(method, path, body string, status int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+app.Addr()+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.Equal(t, status, res.StatusCode, string(answer))
	}
	send(http.MethodPost, "/v1/password-resets", `{"email": "nobody@acme.example"}`, http.StatusAccepted)
	send(http.MethodPost, "/v1/password-resets", `{"email": "ada@acme.example"}`, http.StatusAccepted)
	var text string
	select {
	case text = <-got:
	case <-time.After(20 * time.Second):
		require.FailNow(t, "no mail came")
	}
	_, body, _ := strings.Cut(text, "\r\n\r\n")
	plain, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
	require.NoError(t, err)
	link := regexp.MustCompile(`https://crm\.example/sign-in/reset/([\w-]{43})\s`).FindStringSubmatch(string(plain))
	require.NotNil(t, link, string(plain))
	send(http.MethodPut, "/v1/password-resets/"+link[1], `{"new_password": "staple battery horse"}`, http.StatusNoContent)
	send(http.MethodPut, "/v1/password-resets/"+link[1], `{"new_password": "yet another one"}`, http.StatusNotFound)
	newVisitor(t, app, "ada@acme.example", "staple battery horse")
}

// The commands on people are read as the README writes them.
func TestTheCommandsOnPeople(t *testing.T) {
	var c struct {
		Person personCommand `cmd:""`
	}
	parser, err := kong.New(&c)
	require.NoError(t, err)
	_, err = parser.Parse([]string{"person", "set-password", "ada@acme.example", "--trusted-proxies", "10.0.0.0/8,192.0.2.1"})
	require.NoError(t, err)
	require.Equal(t, "ada@acme.example", c.Person.SetPassword.Email)
	require.False(t, c.Person.SetPassword.Ask)
	require.Equal(t, []string{"10.0.0.0/8", "192.0.2.1"}, c.Person.SetPassword.Proxies)
	require.NoError(t, c.Person.SetPassword.check())
	c.Person.SetPassword.Proxies = []string{"proxy.local"}
	require.ErrorContains(t, c.Person.SetPassword.check(), "--trusted-proxies")
}
