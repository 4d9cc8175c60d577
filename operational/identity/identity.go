package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service signs people in and says who holds a credential.
type Service struct {
	db *postgres.DB
}

// New makes the service on the api login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// SignInInput is what the sign-in form gives.
type SignInInput struct {
	Email    string
	Password string
	From     string // the network address that asks: attempts are counted for it
}

// Session is a signed-in browser. The token is shown here once and nowhere else.
type Session struct {
	Token     string
	ExpiresAt time.Time
	Actor     operational.Actor
}

// SignIn checks a password and opens a session.
func (s *Service) SignIn(ctx context.Context, in SignInInput) (Session, error) {
	return Session{}, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// SignOut ends a session; a token that is none is no fault.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// ActorOfSession says who holds a session token.
func (s *Service) ActorOfSession(ctx context.Context, token string) (operational.Actor, error) {
	return operational.Actor{}, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// ActorOfKey says who holds an API key.
func (s *Service) ActorOfKey(ctx context.Context, secret string) (operational.Actor, error) {
	return operational.Actor{}, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}

// OrganisationRef names an organisation.
type OrganisationRef struct {
	ID   uuid.UUID `json:"id" doc:"Id of the organisation"`
	Name string    `json:"name" doc:"Its name"`
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
}

// Me describes the caller.
func (s *Service) Me(ctx context.Context, actor operational.Actor) (Me, error) {
	return Me{}, operational.Fault(operational.KindUnavailable, "not-built", "Not built yet.")
}
