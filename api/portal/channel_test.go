package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// A partner opens a channel of its own from its settings, goes to the other side, and invites there.
func TestAChannelIsOpenedFromTheSettings(t *testing.T) {
	w := newWorld(t).administrators(t)
	v := w.as(t, chiefMail)
	p := v.get("/settings")
	require.Contains(t, p.text(), "A channel of your own")
	p = p.sends("/settings/channel", nil)
	require.Equal(t, "/settings?saved=channel", p.path, p.text())
	require.Contains(t, p.text(), "The channel is open")
	require.NotContains(t, p.text(), "A channel of your own", "once is enough")
	require.Equal(t, http.StatusConflict, v.post("/settings/channel", url.Values{"version": {"2"}}).status)
	require.NotContains(t, w.as(t, ownerMail).get("/settings").text(), "A channel of your own", "a vendor has one")
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).post("/settings/channel", url.Values{"version": {"2"}}).status)

	p = v.post("/workspace", url.Values{"room": {"company:" + w.partner.Org.String() + ":vendor"}, "return": {"/settings"}})
	require.Equal(t, http.StatusOK, p.status, p.text())
	require.Equal(t, http.StatusOK, v.get("/partners").status)
	path := v.invites("/partner-invitations/new", url.Values{"partner_name": {"Below Ltd"}, "email": {"b@below.example"}})
	require.Equal(t, "Kestrel Automation invites your company as a partner", w.visitor(t).get(path).title())
}
