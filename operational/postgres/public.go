package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
)

// sidePublic is the side that a context claims in which somebody reads the records of all partners of one vendor: with
// the connection that they work in, of which the database looks up whether it may be so. No tenant's policy takes it.
func sidePublic(actor operational.Actor) operational.Side {
	return operational.Side("public:" + actor.Connection.String())
}

// ReadPublic is Read in the role that is shown a vendor's records of all its partners, and nothing else: for an actor
// that has such a grant, of tables that have a policy for it.
func (db *DB) ReadPublic(ctx context.Context, actor operational.Actor, queue func(b *pgx.Batch)) error {
	e, err := db.entrance(actor)
	if err != nil {
		return err
	}
	claimed := actor
	claimed.Side = sidePublic(actor)
	claim, sig := db.signer.Sign(claimed, time.Now().Add(contextLife))
	e.args[0], e.args[1], e.args[2] = "sharepartner_public", claim, sig
	b := &pgx.Batch{}
	e.queue(b)
	queue(b)
	return Translate(db.pools[operational.SidePartner].SendBatch(ctx, b).Close())
}

// readList reads a list as whoever the actor's rights make it.
func (db *DB) readList(ctx context.Context, actor operational.Actor, l List, queue func(b *pgx.Batch)) error {
	if _, public := actor.PublicGrant(l.Reach.Object); public && l.Reach.Public {
		return db.ReadPublic(ctx, actor, queue)
	}
	return db.Read(ctx, actor, queue)
}
