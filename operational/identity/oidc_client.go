package identity

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// What a provider may take, and say. Its address was given by a company, so it is whatever somebody typed.
const (
	providerTime   = 5 * time.Second // for one answer
	providerAnswer = 1 << 20         // bytes of it
	providerHops   = 3               // redirects, on the same host
)

var (
	errNotPublic = errors.New("the address is not one of the public network")
	errNotHTTPS  = errors.New("the address is not one of https")
	errElsewhere = errors.New("the answer leads to another host")
	errTooLong   = errors.New("the answer is too long")
)

// providerClient talks to identity providers and to nothing that stands inside one's own network: addresses are looked at
// after names were resolved, at the moment of connecting. Where private is set, providers may stand there, and speak http.
func providerClient(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: providerTime, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !reachable(at.Addr(), private) {
			return errNotPublic
		}
		return nil
	}}
	return &http.Client{
		Timeout: providerTime,
		Transport: &plainly{private: private, next: &http.Transport{
			// No proxy: it would be asked in place of the address that is looked at. No connections are kept: sign-ins are rare.
			DialContext: dialer.DialContext, TLSHandshakeTimeout: providerTime, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		}},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme || via[0].Method != http.MethodGet || len(via) > providerHops {
				return errElsewhere
			}
			return nil
		},
	}
}

// plainly holds requests to https, and answers to their length.
type plainly struct {
	private bool
	next    http.RoundTripper
}

func (p *plainly) RoundTrip(r *http.Request) (*http.Response, error) {
	if !secure(r.URL.Scheme, p.private) {
		return nil, errNotHTTPS
	}
	res, err := p.next.RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", r.URL.Host, err)
	}
	res.Body = &bounded{ReadCloser: res.Body, left: providerAnswer}
	return res, nil
}

// secure says whether a provider may be spoken to in this way.
func secure(scheme string, private bool) bool {
	return scheme == "https" || private && scheme == "http"
}

// bounded is a body that fails beyond its bound; cut short it could be taken for whole.
type bounded struct {
	io.ReadCloser
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}

// notPublic are networks that are nobody's on the internet, or lead into another one, beyond those that netip knows.
var notPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, text := range list {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// reachable says whether a provider may stand at an address. Link-local addresses, where clouds tell machines their own
// secrets, are out of bounds either way.
func reachable(at netip.Addr, private bool) bool {
	at = at.Unmap().WithZone("")
	if !at.IsValid() || at.IsUnspecified() || at.IsMulticast() || at.IsLinkLocalUnicast() {
		return false
	}
	if private {
		return true
	}
	if at.IsLoopback() || at.IsPrivate() || !at.IsGlobalUnicast() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(at) {
			return false
		}
	}
	return true
}

// cause is what went wrong at a provider as the log keeps it: some repeat whole answers.
func cause(err error) error {
	text := strings.ToValidUTF8(err.Error(), "?")
	if len(text) > 400 {
		text = strings.ToValidUTF8(text[:400], "") + "…"
	}
	return errors.New(text)
}
