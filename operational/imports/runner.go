package imports

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Progress hears how far an import has come (0..1) and what it is doing.
type Progress func(done float64, step string)

// Runner does the work of imports, on the jobs login.
type Runner struct{ db *postgres.DB }

// NewRunner makes the runner.
func NewRunner(jobs *postgres.DB) *Runner { return &Runner{db: jobs} }

// Run does a queued import, or one that a crash left running. Progress may be nil.
func (r *Runner) Run(ctx context.Context, actor operational.Actor, id uuid.UUID, progress Progress) error {
	return nil
}

// Import stores and runs an import at once, for commands that wait for it. Ending the context cancels it.
func (r *Runner) Import(ctx context.Context, actor operational.Actor, in NewImport, progress Progress) (Import, error) {
	return Import{}, nil
}
