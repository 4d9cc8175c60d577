package main

import (
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// Whoever runs the program has somebody sign in with another address, beside the running program: sessions go on, and where
// mail is sent the address before is told.
func TestAnotherAddressByCommand(t *testing.T) {
	app, cfg, got := mailing(t, map[string]string{"Ada": "ada@acme.example", "Bob": "bob@acme.example"})
	ada := newVisitor(t, app, "ada@acme.example", "correct horse battery")

	var c struct {
		Person personCommand `cmd:""`
	}
	parser, err := kong.New(&c)
	require.NoError(t, err)
	_, err = parser.Parse([]string{"person", "set-email", "ada@acme.example"})
	require.Error(t, err, "the address from now on is missing")
	_, err = parser.Parse([]string{"person", "set-email", " ADA@acme.example ", "Ada@new.example"})
	require.NoError(t, err)
	set := c.Person.SetEmail
	require.Equal(t, "Ada@new.example", set.To)
	run := func(from, to string) error {
		return (&personEmail{Config: cfg, Email: from, To: to}).Run(t.Context())
	}
	require.Equal(t, operational.KindNotFound, operational.KindOf(run("nobody@acme.example", "x@acme.example")))
	require.Equal(t, operational.KindInvalid, operational.KindOf(run("ada@acme.example", "no address")))
	require.ErrorContains(t, run("ada@acme.example", "BOB@acme.example"), "signs somebody else in")
	newVisitor(t, app, "ada@acme.example", "correct horse battery") // nothing was changed so far

	require.NoError(t, run(set.Email, set.To))
	newVisitor(t, app, "ada@new.example", "correct horse battery")
	ada.get("/v1/me")
	require.Equal(t, operational.KindNotFound, operational.KindOf(run("ada@acme.example", "y@acme.example")), "nobody signs in with the address before")
	select {
	case text := <-got:
		require.Contains(t, text, "To: <ada@acme.example>")
		require.Contains(t, text, "Your mail address here was changed")
	case <-time.After(time.Minute):
		require.FailNow(t, "the address before was not told")
	}
}
