package identity

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// How long a session lives: without a request, and at most.
const (
	SessionIdle = 12 * time.Hour
	SessionLife = 7 * 24 * time.Hour
)

// Service signs people in and says who holds a credential.
type Service struct {
	db      *postgres.DB
	rights  *rightsCache
	beliefs *beliefs
	kept    postgres.Sealer // what makes codes, as the database keeps it
	shown   postgres.Sealer // what a browser keeps between the steps of a sign-in
	codes   []byte          // key of the digests of recovery codes
	links   mailedLinks     // to another mail address
	mails   bool            // and whether there is a way to send them
	trips   postgres.Sealer // what a browser keeps on the way to a provider
	secrets postgres.Sealer // by which providers know this program, as the database keeps them

	private   bool // providers may stand inside one's own network
	client    *http.Client
	documents documents
}

// Option is a choice of the deployment.
type Option func(*Service)

// PrivateProviders lets identity providers stand inside one's own network, and speak http.
func PrivateProviders(yes bool) Option { return func(s *Service) { s.private = yes } }

// SendsMail says that links can be mailed, as to another address.
func SendsMail(yes bool) Option { return func(s *Service) { s.mails = yes } }

// New makes the service on the api login, with keys of the deployment's secret.
func New(db *postgres.DB, secret postgres.Secret, options ...Option) *Service {
	s := &Service{
		db: db, rights: newRightsCache(db), beliefs: newBeliefs(),
		kept: secret.Sealer("second-factors"), shown: secret.Sealer("sign-in-steps"), codes: secret.Derive("recovery-codes"), links: addressLinks(secret, ""),
		trips: secret.Sealer("provider-trips"), secrets: secret.Sealer("provider-secrets"), documents: documents{held: map[string]document{}},
	}
	for _, choose := range options {
		choose(s)
	}
	s.client = providerClient(s.private)
	return s
}

// ActorOfSession says who holds a session token.
func (s *Service) ActorOfSession(ctx context.Context, token string) (operational.Actor, error) {
	if len(token) != tokenLength {
		return operational.Actor{}, errSignInAgain()
	}
	return s.ask(ctx, token, errSignInAgain, sqlSessionActor, s.db.Now(), SessionIdle)
}

// ActorOfKey says who holds an API key.
func (s *Service) ActorOfKey(ctx context.Context, secret string) (operational.Actor, error) {
	if !keyForm.MatchString(secret) {
		return operational.Actor{}, errNoKey()
	}
	return s.ask(ctx, secret, errNoKey, sqlKeyActor, s.db.Now())
}

// ask has the database say whose a credential is, and remembers that for a moment.
func (s *Service) ask(ctx context.Context, credential string, nobody func() error, sql string, args ...any) (operational.Actor, error) {
	d := sum(credential)
	row, found, err := actorRowOf(ctx, s.db, sql, append([]any{d[:]}, args...)...)
	if err == nil && !found {
		err = nobody()
	}
	if err != nil {
		s.beliefs.forget(d)
		return operational.Actor{}, err
	}
	actor, err := s.rights.with(ctx, row.actor(), row.RightsVersion)
	if err == nil {
		s.beliefs.keep(d, actor, row, s.db.Now())
	}
	return actor, err
}

func errSignInAgain() error {
	return operational.Fault(operational.KindUnauthenticated, "session-expired", "You are not signed in, or not any more. Sign in again.")
}

func errNoKey() error {
	return operational.Fault(operational.KindUnauthenticated, "invalid-api-key", "The API key is not valid: unknown, expired or revoked.")
}

// OrganisationRef names an organisation.
type OrganisationRef struct {
	ID   uuid.UUID `json:"id" doc:"Id of the organisation"`
	Name string    `json:"name" doc:"Its name"`
}

// RoleRef names a role.
type RoleRef struct {
	Key  operational.Role `json:"key" doc:"Key of the role"`
	Name string           `json:"name" doc:"Its name"`
}

// Me is what a person may know about itself.
type Me struct {
	PersonID     uuid.UUID       `json:"person_id" doc:"The person who is signed in"`
	MembershipID uuid.UUID       `json:"membership_id" doc:"The person as a member of the organisation"`
	Name         string          `json:"name" doc:"Name as others see it"`
	Email        string          `json:"email,omitempty" doc:"Mail address that signs in"`
	Role         string          `json:"role" doc:"Role in the organisation"`
	Side         string          `json:"side" enum:"vendor,partner" doc:"The side that the organisation acts on in this session"`
	Organisation OrganisationRef `json:"organisation" doc:"The workspace"`
	TimeZone     string          `json:"time_zone" doc:"Time zone of the person, an IANA name"`
	Currency     string          `json:"currency" doc:"Reporting currency of the organisation"`
	FiscalMonth  int             `json:"fiscal_month" doc:"Month that the organisation's fiscal year begins with"`
	Permissions  []string        `json:"permissions" doc:"What the credential may do"`
	ViewsAs      *RoleRef        `json:"views_as,omitempty" doc:"The role that the session looks as: it sees what both that role and your own give, and changes nothing. Absent: none"`
	ConnectionID *uuid.UUID      `json:"connection_id,omitempty" doc:"The only connection that the credential works in; absent: all of the organisation's business"`
	Workspaces   []Choice        `json:"workspaces" doc:"Where a session can work: one's organisations, on each of their sides. Empty for an API key"`
	Vendors      []VendorChoice  `json:"vendors" doc:"On the partner side: the vendors to work for, one of which a session can narrow itself to. Empty for an API key"`
}

// Me describes the caller.
func (s *Service) Me(ctx context.Context, actor operational.Actor) (Me, error) {
	me := Me{PersonID: actor.Person, MembershipID: actor.Membership, Role: string(actor.Role), Side: string(actor.Side), Permissions: []string{}}
	me.Organisation.ID = actor.Org
	if actor.Connection != uuid.Nil {
		me.ConnectionID = &actor.Connection
	}
	if actor.Looks() && actor.Rights != nil {
		me.ViewsAs = &RoleRef{actor.View, actor.Rights.Own.Name}
	}
	for _, p := range actor.Permissions() {
		me.Permissions = append(me.Permissions, string(p))
	}
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(sqlMe, actor.Membership).QueryRow(func(r pgx.Row) error {
			return r.Scan(&me.Name, &me.Email, &me.Organisation.Name, &me.TimeZone, &me.Currency, &me.FiscalMonth)
		})
	})
	if err == nil {
		me.Workspaces, me.Vendors, err = s.choices(ctx, actor)
	}
	return me, err
}
