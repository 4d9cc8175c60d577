package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// rightsCache remembers what members' rights are made of. An entry is good for one version of them, and the version
// comes with each proof of a credential: a change of a role takes effect with the next request.
type rightsCache struct {
	db   *postgres.DB
	mu   sync.Mutex
	held map[rightsKey]*operational.Rights
}

type rightsKey struct {
	membership uuid.UUID
	side       operational.Side
	view       operational.Role // "": none
}

func rightsKeyOf(a operational.Actor) rightsKey { return rightsKey{a.Membership, a.Side, a.View} }

// Most entries held; beyond it all are forgotten, which costs one question each.
const rightsHeld = 4096

func newRightsCache(db *postgres.DB) *rightsCache {
	return &rightsCache{db: db, held: map[rightsKey]*operational.Rights{}}
}

// with gives the actor its rights, of this version or a later one.
func (c *rightsCache) with(ctx context.Context, actor operational.Actor, version int64) (operational.Actor, error) {
	key := rightsKeyOf(actor)
	c.mu.Lock()
	r := c.held[key]
	c.mu.Unlock()
	if r != nil && r.Version >= version {
		actor.Rights = r
		return actor, nil
	}
	return c.fresh(ctx, actor)
}

// fresh gives the actor its rights as they are now.
func (c *rightsCache) fresh(ctx context.Context, actor operational.Actor) (operational.Actor, error) {
	key := rightsKeyOf(actor)
	r, err := c.load(ctx, key)
	switch {
	case err != nil:
		return operational.Actor{}, fmt.Errorf("read rights of member %s: %w", actor.Membership, err)
	case r == nil:
		return operational.Actor{}, errSignInAgain()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.held) >= rightsHeld {
		clear(c.held)
	}
	c.held[key] = r
	actor.Rights = r
	return actor, nil
}

// load asks the database; nil when there is no such member any more.
func (c *rightsCache) load(ctx context.Context, key rightsKey) (*operational.Rights, error) {
	var text []byte
	err := c.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(`select sec.rights($1, $2, nullif($3::text, ''))`, key.membership, key.side, key.view).QueryRow(func(r pgx.Row) error { return r.Scan(&text) })
	})
	if err != nil || text == nil {
		return nil, err
	}
	r := operational.Rights{}
	err = json.Unmarshal(text, &r)
	return r.Looking(), err
}
