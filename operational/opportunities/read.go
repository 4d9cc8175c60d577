package opportunities

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Get reads one opportunity with its lines, in one round trip when its names are known.
func (s *Service) Get(ctx context.Context, actor operational.Actor, id uuid.UUID) (Opportunity, error) {
	vs := viewsOf(actor)
	var found Opportunity
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) { queueGet(b, vs, id, &found) })
	if operational.KindOf(err) == operational.KindNotFound {
		found, err = s.getOthers(ctx, vs, id)
	}
	if err != nil {
		return Opportunity{}, err
	}
	return found, s.names.put(ctx, actor, &found)
}

// queueGet reads what a record shows under the actor's rights. One that they do not reach is not there.
func queueGet(b *pgx.Batch, vs views, id uuid.UUID, found *Opportunity) {
	var seen view
	var currency string
	b.Queue(getSQL(vs.actor.Side, vs.never), id).Query(func(rows pgx.Rows) error {
		r, err := collectState(rows)
		if err != nil {
			return err
		}
		var there bool
		if seen, there = vs.over(r); !there {
			return operational.NotFound(object)
		}
		*found, currency = seen.shown(r), r.Currency
		return nil
	})
	if vs.never.hides(linesAt) {
		return
	}
	b.Queue(getLines, id).Query(func(rows pgx.Rows) error {
		lines, err := postgres.Collect[lineRow](rows)
		if seen.hidden.hides(linesAt) {
			return err
		}
		for _, l := range lines {
			found.Lines = append(found.Lines, l.line(currency))
		}
		return err
	})
}

func collectState(rows pgx.Rows) (state, error) {
	r, err := postgres.CollectOne[state](rows)
	if errors.Is(err, pgx.ErrNoRows) {
		err = operational.NotFound(object)
	}
	return r, err
}

// GetTx is Get inside a transaction, without lines and without the names of what the opportunity refers to.
func (s *Service) GetTx(ctx context.Context, tx *postgres.Tx, id uuid.UUID) (Opportunity, error) {
	vs := viewsOf(tx.Actor)
	rows, err := tx.Query(ctx, getSQL(tx.Actor.Side, vs.never), id)
	if err != nil {
		return Opportunity{}, fmt.Errorf("read opportunity %s: %w", id, err)
	}
	r, err := collectState(rows)
	if err != nil {
		return Opportunity{}, err
	}
	seen, there := vs.over(r)
	if !there {
		return Opportunity{}, operational.NotFound(object)
	}
	return seen.shown(r), nil
}

// getOthers reads an opportunity of another partner, where the vendor shows them all to all.
func (s *Service) getOthers(ctx context.Context, vs views, id uuid.UUID) (found Opportunity, err error) {
	if _, public := vs.actor.PublicGrant(operational.ObjectOpportunity); !public {
		return found, operational.NotFound(object)
	}
	err = s.db.ReadPublic(ctx, vs.actor, func(b *pgx.Batch) {
		b.Queue(getSQL(vs.actor.Side, vs.never), id).Query(func(rows pgx.Rows) error {
			r, err := collectState(rows)
			if err != nil {
				return err
			}
			seen, there := vs.over(r)
			if !there {
				return operational.NotFound(object)
			}
			found = seen.shown(r)
			return nil
		})
	})
	return found, err
}

// List gives a page of opportunities, without their lines.
func (s *Service) List(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Opportunity], error) {
	added, err := s.added(ctx, actor, q.Names())
	if err != nil {
		return operational.Listed[Opportunity]{}, err
	}
	vs := viewsOf(actor)
	listed, err := postgres.Page(ctx, s.db, actor, listFor(actor, added), q, listSQL(actor.Side, vs.never), func(r listedRow) Opportunity {
		seen, there := vs.over(r.state)
		if !there { // the statement lets none through; should it ever, nothing of the record shows
			seen.hidden = ^mask(0)
		}
		return seen.shown(r.state)
	})
	if err != nil {
		return listed, err
	}
	items := make([]*Opportunity, len(listed.Items))
	for i := range listed.Items {
		items[i] = &listed.Items[i]
	}
	return listed, s.names.put(ctx, actor, items...)
}

// History gives all changes of an opportunity, oldest version first. It is a field of its own: who may not read it
// finds none.
func (s *Service) History(ctx context.Context, actor operational.Actor, id uuid.UUID) ([]Change, error) {
	vs := viewsOf(actor)
	var seen view
	var now state
	var changes []Change
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(getSQL(actor.Side, vs.never), id).Query(func(rows pgx.Rows) error {
			r, err := collectState(rows)
			if err != nil {
				return err
			}
			var there bool
			if seen, there = vs.over(r); !there || !seen.Read.Has(fieldHistory) {
				return operational.NotFound(object)
			}
			now = r
			return nil
		})
		b.Queue(getHistory, id).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowToStructByName[historyRow])
			changes = seen.history(found, now)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return changes, s.noteHistory(ctx, actor, id)
}
