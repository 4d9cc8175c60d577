package operational

import (
	"context"

	"github.com/google/uuid"
)

type (
	requestKey struct{}
	agentKey   struct{}
)

// WithRequest notes the id of the request that causes what happens from here on, for the audit.
func WithRequest(ctx context.Context, id uuid.UUID) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestOf is the id of the request that is at work; zero outside of one.
func RequestOf(ctx context.Context) uuid.UUID {
	id, _ := ctx.Value(requestKey{}).(uuid.UUID)
	return id
}

// WithAgent notes what the program that asks calls itself, for people to know their sessions by.
func WithAgent(ctx context.Context, agent string) context.Context {
	return context.WithValue(ctx, agentKey{}, agent)
}

// AgentOf is what the program that asks calls itself; empty outside of a request.
func AgentOf(ctx context.Context) string {
	agent, _ := ctx.Value(agentKey{}).(string)
	return agent
}
