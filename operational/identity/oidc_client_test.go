package identity

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsReachable(t *testing.T) {
	for at, want := range map[string][2]bool{ // publicly, privately
		"1.1.1.1": {true, true}, "2606:4700::1111": {true, true}, "::ffff:8.8.8.8": {true, true},
		"127.0.0.1": {false, true}, "::1": {false, true}, "10.1.2.3": {false, true}, "172.16.0.1": {false, true}, "192.168.1.1": {false, true}, "fd00::1": {false, true},
		"::ffff:10.0.0.1": {false, true}, "100.64.0.1": {false, true}, "64:ff9b::7f00:1": {false, true}, "2002:7f00:1::": {false, true}, "2001::1": {false, true},
		"192.0.2.1": {false, true}, "198.18.0.1": {false, true}, "0.1.2.3": {false, true}, "240.0.0.1": {false, true}, "255.255.255.255": {false, true},
		"169.254.169.254": {false, false}, "fe80::1": {false, false}, "::ffff:169.254.169.254": {false, false},
		"0.0.0.0": {false, false}, "::": {false, false}, "224.0.0.1": {false, false}, "ff02::1": {false, false},
	} {
		addr := netip.MustParseAddr(at)
		require.Equal(t, want, [2]bool{reachable(addr, false), reachable(addr, true)}, at)
	}
	require.False(t, reachable(netip.Addr{}, true))
}

func TestWhoMayJoin(t *testing.T) {
	role := "analyst"
	p := asked{Domains: []string{"acme.example"}, JoinRole: &role}
	for mail, want := range map[string]bool{
		"sam@acme.example": true, "Sam@ACME.example": true, "sam@mail.acme.example": false, "sam@acme.example.evil.example": false, "sam@evilacme.example": false,
		"sam@evil.example@acme.example": false, "\"sam@evil.example\"@acme.example": false, "Sam <sam@acme.example>": false, "@acme.example": false, "sam": false, "": false,
	} {
		require.Equal(t, want, p.invites(true, mail), mail)
		require.False(t, p.invites(false, mail), "not shown to be theirs: %s", mail)
	}
	p.JoinRole = nil
	require.False(t, p.invites(true, "sam@acme.example"))
}

func TestNamesThatProvidersTell(t *testing.T) {
	require.Equal(t, "Sam Stone", nameOf(" Sam\n\tStone\u202e ", "x@y.example"))
	require.Equal(t, "sam", nameOf("\u200b\x00", "sam@y.example"))
	require.Len(t, []rune(nameOf(strings.Repeat("ö", 300), "x@y.example")), 200)
}
