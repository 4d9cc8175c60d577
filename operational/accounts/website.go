package accounts

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

var errWebsite = errors.New("is no address of a website: use https://example.com or example.com")

// Website brings the address of a website into the one form that is kept: http or https, the host in the letters of
// the internet (punycode), no slash that says nothing. A bare domain becomes https. Whatever else there is (javascript:, mail addresses, names of
// machines in a private network) is refused, so that the address can be shown as a link.
func Website(text string) (string, error) {
	text = norm.NFC.String(strings.TrimSpace(text))
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\\'
	}) {
		return "", errWebsite
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.User != nil, u.Opaque != "":
		return "", errWebsite
	case u.Port() == "" && strings.HasSuffix(u.Host, ":"), !isPort(u.Port()):
		return "", errWebsite
	}
	host, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil || !isDomain(host) {
		return "", errWebsite
	}
	if port := u.Port(); port != "" {
		host += ":" + port
	}
	u.Host = host
	if u.Path == "/" && u.RawQuery == "" && u.Fragment == "" {
		u.Path = ""
	}
	return u.String(), nil
}

// isDomain says whether a name can be one of the public internet: at least two parts, the last of them no number.
func isDomain(host string) bool {
	at := strings.LastIndexByte(host, '.')
	return at > 0 && len(host) <= 253 && !strings.Contains(host, "..") && strings.ContainsFunc(host[at+1:], unicode.IsLetter)
}

func isPort(text string) bool {
	n, err := strconv.Atoi(text)
	return text == "" || err == nil && n > 0 && n < 1<<16
}
