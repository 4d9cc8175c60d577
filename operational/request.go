package operational

import (
	"context"

	"github.com/google/uuid"
)

type requestKey struct{}

// WithRequest notes the id of the request that causes what happens from here on, for the audit.
func WithRequest(ctx context.Context, id uuid.UUID) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestOf is the id of the request that is at work; zero outside of one.
func RequestOf(ctx context.Context) uuid.UUID {
	id, _ := ctx.Value(requestKey{}).(uuid.UUID)
	return id
}
