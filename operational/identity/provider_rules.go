package identity

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
)

const (
	maxProviders = 10 // of a company
	maxDomains   = 20 // of a provider
)

var domainForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$`)

// NewProvider asks for an identity provider.
type NewProvider struct {
	Name         string
	Issuer       string
	ClientID     string
	ClientSecret string
	Domains      []string // of mail addresses whose holders join by themselves
	JoinRole     *string  // with this role
}

// UpdateProvider is a merge patch.
type UpdateProvider struct {
	Name         operational.Opt[string]
	ClientSecret operational.Opt[string]
	Domains      operational.Opt[[]string]
	JoinRole     operational.Opt[string]
}

// tidied is the wish without what people put around what they copy.
func (in NewProvider) tidied() NewProvider {
	in.Name, in.Issuer, in.ClientID, in.ClientSecret = strings.TrimSpace(in.Name), strings.TrimSpace(in.Issuer), strings.TrimSpace(in.ClientID), strings.TrimSpace(in.ClientSecret)
	in.Domains = tidyDomains(in.Domains)
	return in
}

func tidyDomains(list []string) []string {
	out := []string{}
	for _, d := range list {
		if d = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(d), "@")); d != "" {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// check says all that is wrong at once. Private: providers may stand inside one's own network, and speak http.
func (in NewProvider) check(private bool) error {
	var f operational.Faults
	f.Text("name", in.Name, 1, 60)
	checkIssuer(&f, in.Issuer, private)
	f.Text("client_id", in.ClientID, 1, 300)
	checkSecret(&f, in.ClientSecret)
	checkJoining(&f, in.Domains, in.JoinRole)
	return f.Err()
}

func checkIssuer(f *operational.Faults, text string, private bool) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || len(text) > 300:
		f.Add("issuer", "must be the address that the provider calls its issuer, for example https://login.example.com", text)
	case !secure(u.Scheme, private):
		f.Add("issuer", "must begin with https://", text)
	}
}

// checkSecret never repeats what was given.
func checkSecret(f *operational.Faults, text string) {
	var own operational.Faults
	own.Text("client_secret", text, 1, 500)
	*f = append(*f, own...)
}

func checkJoining(f *operational.Faults, domains []string, role *string) {
	if len(domains) > maxDomains {
		f.Add("domains", "are too many: 20 at most", nil)
	}
	for _, d := range domains {
		if len(d) > 200 || !domainForm.MatchString(d) {
			f.Add("domains", "must be domains of mail addresses, for example example.com", d)
		}
	}
	switch {
	case len(domains) > 0 && role == nil:
		f.Add("join_role", "is needed where people join by themselves", nil)
	case len(domains) == 0 && role != nil:
		f.Add("domains", "are needed where people join by themselves", nil)
	}
}

// apply is the provider as it would be, with its new secret if there is one.
func (in UpdateProvider) apply(p Provider) (Provider, *string, error) {
	var f operational.Faults
	in.Name.Required(&f, "name", &p.Name)
	in.JoinRole.Into(&p.JoinRole)
	if in.Domains.Given {
		p.Domains = []string{}
		if in.Domains.Value != nil {
			p.Domains = tidyDomains(*in.Domains.Value)
		}
	}
	p.Name = strings.TrimSpace(p.Name)
	f.Text("name", p.Name, 1, 60)
	var secret *string
	if in.ClientSecret.Given {
		text := ""
		in.ClientSecret.Required(&f, "client_secret", &text)
		text = strings.TrimSpace(text)
		checkSecret(&f, text)
		secret = &text
	}
	checkJoining(&f, p.Domains, p.JoinRole)
	return p, secret, f.Err()
}

// domainOf is the domain of a mail address, or "".
func domainOf(mail string) string {
	at := strings.LastIndexByte(mail, '@')
	if at < 1 {
		return ""
	}
	return strings.ToLower(mail[at+1:])
}
