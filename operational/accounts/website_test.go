package accounts_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestWebsite(t *testing.T) {
	for text, want := range map[string]string{
		"acme.example":                       "https://acme.example",
		" WWW.Acme.Example/ ":                "https://www.acme.example",
		"HTTP://Acme.Example/About?x=1#top":  "http://acme.example/About?x=1#top",
		"https://acme.example:8443/":         "https://acme.example:8443",
		"acme.example/a b":                   "",
		"müller.example":                     "https://xn--mller-kva.example",
		"例え.example/ü":                       "https://xn--r8jz45g.example/%C3%BC",
		"javascript:alert(1)":                "",
		"JavaScript://acme.example/%0aalert": "",
		"java\tscript:alert(1)":              "",
		"data:text/html,x":                   "",
		"ftp://acme.example":                 "",
		"mailto:ada@acme.example":            "",
		"ada@acme.example":                   "",
		"https://user:secret@acme.example":   "",
		"//acme.example":                     "",
		"https:/acme.example":                "",
		"https://":                           "",
		"http://127.0.0.1/":                  "",
		"http://[::1]/":                      "",
		"http://localhost":                   "",
		"http://acme.example:99999":          "",
		"http://acme.example:":               "",
		"https://acme..example":              "",
		"https://acme.example\\evil":         "",
		"https://acme.ex\u202eample":         "",
		"n/a":                                "",
		"none":                               "",
	} {
		got, err := accounts.Website(text)
		require.Equal(t, want, got, text)
		require.Equal(t, want == "", err != nil, text)
		if want != "" {
			again, err := accounts.Website(want)
			require.NoError(t, err)
			require.Equal(t, want, again, "the form that is kept is its own form")
		}
	}
}

func TestAccountsKeepLinksAndNothingBelowZero(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	actor := db.Plant(t).Actors()
	s := accounts.New(db.API)
	for _, who := range actor {
		a, err := s.CreateAccount(ctx, who, accounts.NewAccount{Name: "Acme", Website: ptr("Acme.Example")})
		require.NoError(t, err)
		require.Equal(t, "https://acme.example", *a.Website)
		same, err := s.UpdateAccount(ctx, who, a.ID, 1, accounts.UpdateAccount{Website: operational.Set("https://ACME.example/")})
		require.NoError(t, err)
		require.EqualValues(t, 1, same.Version, "the same, written another way")
		for _, patch := range []accounts.UpdateAccount{
			{Website: operational.Set("javascript:alert(1)")},
			{AnnualRevenue: operational.Set(decimal.RequireFromString("-0.01"))},
			{NumberOfEmployees: operational.Set(-1)},
		} {
			_, err = s.UpdateAccount(ctx, who, a.ID, 1, patch)
			require.Equal(t, operational.KindInvalid, operational.KindOf(err))
		}
		for _, set := range []string{
			`website = 'javascript:alert(1)'`, `website = 'acme.example'`, `website = 'https://a b.example'`, `website = 'https://u@acme.example'`, `website = ''`,
			`website = 'https://x.example/' || repeat('x', 300)`, `annual_revenue = -1`, `number_of_employees = -1`,
		} {
			_, err = db.Owner(t).Exec(ctx, `update crm.account set `+set+` where id = $1`, a.ID)
			require.ErrorContains(t, err, "check constraint", set)
		}
	}
}
