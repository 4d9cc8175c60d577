package identity

import (
	"context"
	"sync"
	"time"

	"github.com/sharepartner/sharepartner/operational"
)

const (
	beliefLife = 30 * time.Second // then the credential is asked about by itself again, which also notes its use
	beliefMost = 50_000           // of a generation
)

// beliefs remembers for a moment whose a credential was. Nothing may be done on its word alone: the actors that it
// gives carry an operational.Belief. Two generations are kept and the older is dropped, so that memory is bounded.
type beliefs struct {
	mu         sync.Mutex
	turned     time.Time
	young, old map[[32]byte]believed
}

type believed struct {
	actor       operational.Actor
	standing    int64
	from, until time.Time
}

func newBeliefs() *beliefs { return &beliefs{young: map[[32]byte]believed{}} }

// recall gives the actor of a credential with a belief that is yet to be proven.
func (b *beliefs) recall(d [32]byte, now time.Time) (operational.Actor, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.young[d]
	if !ok {
		e, ok = b.old[d]
	}
	if !ok || now.Before(e.from) || !now.Before(e.until) {
		return operational.Actor{}, false
	}
	e.actor.Belief = &operational.Belief{Standing: e.standing}
	return e.actor, true
}

// keep remembers what was learnt, until a moment later or the credential's own end.
func (b *beliefs) keep(d [32]byte, actor operational.Actor, row actorRow, now time.Time) {
	until := now.Add(beliefLife)
	if row.EndsAt != nil && row.EndsAt.Before(until) {
		until = *row.EndsAt
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Sub(b.turned) > beliefLife || len(b.young) >= beliefMost {
		b.old, b.young, b.turned = b.young, map[[32]byte]believed{}, now
	}
	b.young[d] = believed{actor: actor, standing: row.Standing, from: now, until: until}
}

func (b *beliefs) forget(d [32]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.young, d)
	delete(b.old, d)
}

// BelievedOfSession is ActorOfSession for who enters the tenant before anything else: of a session that was asked about
// a moment ago the actor may come with a belief, which entering proves (operational.Actor.Proven).
func (s *Service) BelievedOfSession(ctx context.Context, token string) (operational.Actor, error) {
	if actor, ok := s.beliefs.recall(sum(token), s.db.Now()); ok {
		return actor, nil
	}
	return s.ActorOfSession(ctx, token)
}

// BelievedOfKey is ActorOfKey in the same way.
func (s *Service) BelievedOfKey(ctx context.Context, secret string) (operational.Actor, error) {
	if actor, ok := s.beliefs.recall(sum(secret), s.db.Now()); ok {
		return actor, nil
	}
	return s.ActorOfKey(ctx, secret)
}
