package identity

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// asked is a provider as a sign-in needs it.
type asked struct {
	ID           uuid.UUID
	OrgID        uuid.UUID
	Name         string
	Issuer       string
	ClientID     string
	ClientSecret []byte // sealed
	Domains      []string
	JoinRole     *string
	Version      int64
	Demanded     bool
}

const sqlProviderToAsk = `
select id, org_id, name, issuer, client_id, client_secret, domains, join_role, version, demanded from sec.provider_to_ask($1)`

// toAsk finds a provider for whoever is not signed in yet.
func (s *Service) toAsk(ctx context.Context, id uuid.UUID) (found asked, err error) {
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlProviderToAsk, id).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[asked])
			if errors.Is(err, pgx.ErrNoRows) {
				err = errNoProvider()
			}
			return err
		})
	})
	if err != nil {
		return asked{}, fmt.Errorf("look for provider %s: %w", id, err)
	}
	return found, nil
}

func errNoProvider() error {
	return operational.Fault(operational.KindNotFound, "no-such-provider", "There is no such way to sign in, or not any more. Ask your administrator for the address.")
}

// ProviderRef is what everybody may know of a provider.
type ProviderRef struct {
	ID       uuid.UUID
	Name     string
	Demanded bool // its company's people sign in by it and in no other way
}

// ProviderNamed finds a provider by its id, for a page that leads there.
func (s *Service) ProviderNamed(ctx context.Context, id uuid.UUID) (ProviderRef, error) {
	p, err := s.toAsk(ctx, id)
	return ProviderRef{ID: p.ID, Name: p.Name, Demanded: p.Demanded}, err
}

// documentLife is how long what a provider says of itself is believed. Its keys are asked for anew whenever it signs with
// one that is not known.
const (
	documentLife = time.Hour
	documentMost = 1000
)

// document is what a provider says of itself.
type document struct {
	*oidc.Provider
	style      oauth2.AuthStyle
	saysIssuer bool // it names itself when it sends people back
	until      time.Time
}

// documents remembers what providers said of themselves, by issuer: all that is in it comes from there.
type documents struct {
	mu   sync.Mutex
	held map[string]document
	once singleflight.Group
}

// known gives what a provider says of itself, asked for lately.
func (s *Service) known(ctx context.Context, issuer string) (document, error) {
	s.documents.mu.Lock()
	d, ok := s.documents.held[issuer]
	s.documents.mu.Unlock()
	if ok && s.db.Now().Before(d.until) {
		return d, nil
	}
	// Whoever else asks meanwhile waits for the same answer; nobody's going away ends it for the others.
	v, err, _ := s.documents.once.Do(issuer, func() (any, error) { return s.discover(context.WithoutCancel(ctx), issuer) })
	if err != nil {
		return document{}, err
	}
	return v.(document), nil
}

// discover asks a provider who it is and how it works.
func (s *Service) discover(ctx context.Context, issuer string) (document, error) {
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, s.client), issuer)
	if err != nil {
		return document{}, err
	}
	d, err := s.read(p)
	if err != nil {
		return document{}, err
	}
	s.documents.mu.Lock()
	defer s.documents.mu.Unlock()
	if len(s.documents.held) >= documentMost {
		clear(s.documents.held)
	}
	s.documents.held[issuer] = d
	return d, nil
}

var errIncomplete = errors.New("the document of the provider does not say all that is needed")

// read checks that the document leads where people and this program may go.
func (s *Service) read(p *oidc.Provider) (document, error) {
	var says struct {
		JWKS       string   `json:"jwks_uri"`
		Methods    []string `json:"token_endpoint_auth_methods_supported"`
		Challenges []string `json:"code_challenge_methods_supported"`
		SaysIssuer bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&says); err != nil {
		return document{}, fmt.Errorf("%w: %w", errIncomplete, err)
	}
	for _, text := range []string{p.Endpoint().AuthURL, p.Endpoint().TokenURL, says.JWKS} {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.User != nil || !secure(u.Scheme, s.private) {
			return document{}, fmt.Errorf("%w: %.200q is no address to go to", errIncomplete, text)
		}
	}
	if len(says.Challenges) > 0 && !slices.Contains(says.Challenges, "S256") {
		return document{}, fmt.Errorf("%w: it knows no PKCE with S256", errIncomplete)
	}
	// Said beforehand: trying both ways would spend the code with the first.
	style := oauth2.AuthStyleInHeader
	if len(says.Methods) > 0 && !slices.Contains(says.Methods, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return document{Provider: p, style: style, saysIssuer: says.SaysIssuer, until: s.db.Now().Add(documentLife)}, nil
}

// undiscovered says to whoever adds a provider what is wrong with it. What answers at an address that is not public is
// not told, nor whether anything does.
func undiscovered(err error) error {
	said := "No identity provider answers at this address, or it is not one of the public network. Look whether the address with /.well-known/openid-configuration behind it opens in a browser."
	var other *oidc.IssuerMismatchError
	switch {
	case errors.As(err, &other):
		said = "The provider at this address calls itself by another one. Give exactly the issuer that it names."
	case errors.Is(err, errIncomplete):
		said = "The provider at this address does not do all that is needed: sign-in by authorization code with PKCE (S256), over https."
	}
	fault := operational.Fault(operational.KindInvalid, "invalid-input", "Some values are not valid. Nothing was saved.").Because(cause(err))
	fault.Fields = []operational.FieldFault{{Field: "issuer", Message: said}}
	return fault
}
