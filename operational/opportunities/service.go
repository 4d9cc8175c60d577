package opportunities

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service keeps opportunities.
type Service struct{ db *postgres.DB }

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// Listing says by which fields this side can list opportunities.
func Listing(side operational.Side) operational.Listing { return operational.Listing{} }

// Create starts an opportunity.
func (s *Service) Create(ctx context.Context, actor operational.Actor, in NewOpportunity) (Opportunity, error) {
	return Opportunity{}, nil
}

// Get reads one opportunity with its lines.
func (s *Service) Get(ctx context.Context, actor operational.Actor, id uuid.UUID) (Opportunity, error) {
	return Opportunity{}, nil
}

// List gives a page of opportunities.
func (s *Service) List(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Opportunity], error) {
	return operational.Listed[Opportunity]{}, nil
}

// Update changes plain fields of an opportunity that is still at this version.
func (s *Service) Update(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch Update) (Opportunity, error) {
	return Opportunity{}, nil
}

// MoveStage takes an open opportunity to another stage.
func (s *Service) MoveStage(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in MoveStage) (Opportunity, error) {
	return Opportunity{}, nil
}

// Reopen takes a closed opportunity back to an active stage.
func (s *Service) Reopen(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in Reopen) (Opportunity, error) {
	return Opportunity{}, nil
}

// History gives all changes of an opportunity, oldest first.
func (s *Service) History(ctx context.Context, actor operational.Actor, id uuid.UUID) ([]Change, error) {
	return nil, nil
}

// Lines gives what is sold with an opportunity.
func (s *Service) Lines(ctx context.Context, actor operational.Actor, id uuid.UUID) ([]Line, error) {
	return nil, nil
}

// Private reads the partner's half.
func (s *Service) Private(ctx context.Context, actor operational.Actor, id uuid.UUID) (Private, error) {
	return Private{}, nil
}

// UpdatePrivate changes the partner's half if it is still at this version of its own (0: nothing noted yet).
func (s *Service) UpdatePrivate(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdatePrivate) (Private, error) {
	return Private{}, nil
}

// Import makes the vendor of the transaction have these opportunities with their history.
func (s *Service) Import(ctx context.Context, tx *postgres.Tx, rows []Imported) (Counts, error) {
	return Counts{}, nil
}
