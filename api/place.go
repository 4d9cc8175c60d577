package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Places says from where a request comes. Behind proxies that the operator has named, that is what the outermost of them
// says; what anybody else writes into a header is not believed.
type Places struct {
	trusted []netip.Prefix
}

// ParsePlaces reads the networks of trusted proxies: addresses such as 10.0.0.7, or networks such as 10.0.0.0/8.
func ParsePlaces(networks []string) (Places, error) {
	var p Places
	for _, text := range networks {
		if text == "" { // a setting that is there and says nothing
			continue
		}
		network, err := netip.ParsePrefix(strings.TrimSpace(text))
		if err != nil {
			at, addrErr := netip.ParseAddr(strings.TrimSpace(text))
			if addrErr != nil {
				return Places{}, err
			}
			network = netip.PrefixFrom(at, at.BitLen())
		}
		p.trusted = append(p.trusted, network.Masked())
	}
	return p, nil
}

func (p Places) trusts(at netip.Addr) bool {
	return slices.ContainsFunc(p.trusted, func(n netip.Prefix) bool { return n.Contains(at) })
}

// Of is the network address that asks: the last hop that is no trusted proxy. A proxy adds whom it speaks for at the end,
// so the header is read backwards, and no further than somebody trusted has written it.
func (p Places) Of(r *http.Request) string {
	at, ok := addressIn(r.RemoteAddr)
	if !ok {
		return r.RemoteAddr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trusts(at); i-- {
		before, ok := addressIn(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		at = before
	}
	return at.String()
}

// addressIn reads an address with or without a port.
func addressIn(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	at, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return at.Unmap().WithZone(""), err == nil
}

// PlaceOf is the network address that asks, for limits and for the audit of places.
func (a *API) PlaceOf(r *http.Request) string { return a.deps.Places.Of(r) }
