package identity_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/identity/idptest"
)

// replace gives what a provider said with one value changed.
func replace(says url.Values, name, value string) url.Values {
	out := url.Values{}
	for k, v := range says {
		out[k] = v
	}
	out.Set(name, value)
	return out
}

func TestACallbackIsForTheBrowserThatBeganAndForOnce(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	trip := w.depart(t, w.provider.ID, "")
	says := w.idp.Login(t, trip.Address, "ada").Query()
	arrive := func(token string, says url.Values) error {
		_, err := w.Arrive(ctx, identity.Arrival{Token: token, Says: says})
		return err
	}
	requireCode(t, "sign-in-over", arrive("", says), "no cookie")
	requireCode(t, "sign-in-over", arrive(trip.Token, replace(says, "state", "guessed")))
	requireCode(t, "sign-in-over", arrive(trip.Token, replace(says, "state", "")))
	requireCode(t, "sign-in-over", arrive(w.depart(t, w.provider.ID, "").Token, says), "another trip of the same browser")
	changed := []byte(trip.Token)
	changed[50] ^= 1
	requireCode(t, "sign-in-over", arrive(string(changed), says))
	half, err := w.BeginLink(ctx, w.ada.Actor, identity.LinkWish{Provider: w.provider.ID, Password: password, From: "192.0.2.1"})
	require.NoError(t, err)
	requireCode(t, "sign-in-over", arrive(half.Token, replace(says, "state", "")), "a token of another sort")
	requireCode(t, "provider-answer-void", arrive(trip.Token, replace(says, "code", "")))
	requireCode(t, "provider-answer-void", arrive(trip.Token, replace(says, "code", "guessed")))
	requireCode(t, "provider-answer-void", arrive(trip.Token, replace(says, "iss", "https://other.example")), "somebody else sent it")
	requireCode(t, "provider-declined", arrive(trip.Token, replace(says, "error", "access_denied")))

	require.NoError(t, arrive(trip.Token, says))
	requireCode(t, "provider-answer-void", arrive(trip.Token, says), "a code is good once")
	trip = w.depart(t, w.provider.ID, "")
	says = w.idp.Login(t, trip.Address, "ada").Query()
	w.pass(11 * time.Minute)
	requireCode(t, "sign-in-over", arrive(trip.Token, says), "too late")
	_, err = w.Depart(ctx, identity.Errand{Provider: uuid.New(), Redirect: backHere})
	requireCode(t, "no-such-provider", err)
}

func TestTheWayThereIsSealedAndItsOwn(t *testing.T) {
	w := withProvider(t)
	first, second := w.depart(t, w.provider.ID, ""), w.depart(t, w.provider.ID, "")
	at, err := url.Parse(first.Address)
	require.NoError(t, err)
	q := at.Query()
	require.Equal(t, "code", q.Get("response_type"))
	require.Equal(t, "S256", q.Get("code_challenge_method"))
	require.Equal(t, backHere, q.Get("redirect_uri"))
	require.Equal(t, idptest.ClientID, q.Get("client_id"))
	require.Equal(t, "openid profile email", q.Get("scope"))
	other, err := url.Parse(second.Address)
	require.NoError(t, err)
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		require.GreaterOrEqual(t, len(q.Get(name)), 26, name)
		require.NotEqual(t, q.Get(name), other.Query().Get(name), name)
	}
	require.NotContains(t, first.Address, idptest.Secret)
	require.Less(t, len(first.Token), 2000)
}

func TestARotatedKeyIsFetched(t *testing.T) {
	w := withProvider(t)
	w.link(t)
	_, err := w.by(t, "ada", "")
	require.NoError(t, err)
	w.idp.Rotate(t)
	_, err = w.by(t, "ada", "")
	require.NoError(t, err)
}

func TestAProviderThatIsDown(t *testing.T) {
	ctx := t.Context()
	w := withProvider(t)
	w.link(t)
	trip := w.depart(t, w.provider.ID, "")
	says := w.idp.Login(t, trip.Address, "ada").Query()
	w.idp.Stop()
	out, err := w.Arrive(ctx, identity.Arrival{Token: trip.Token, Says: says})
	requireCode(t, "provider-unreachable", err)
	require.Equal(t, identity.ProviderRef{ID: w.provider.ID, Name: "Acme login"}, out.Provider, "for the page to lead on")
	_, err = w.Depart(ctx, identity.Errand{Provider: w.provider.ID, Redirect: backHere})
	require.NoError(t, err, "what it said of itself is known for a while")
	w.pass(2 * time.Hour)
	_, err = w.Depart(ctx, identity.Errand{Provider: w.provider.ID, Redirect: backHere})
	requireCode(t, "provider-unreachable", err)
	requireKind(t, operational.KindUnavailable, err)
}
