package opportunities

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const object = "opportunity"

// Service keeps opportunities.
type Service struct {
	db    *postgres.DB
	names *directory
}

// New makes the service on a login.
func New(db *postgres.DB) *Service { return &Service{db: db, names: newDirectory(db)} }

// Get reads one opportunity with its lines, in one round trip when its names are known.
func (s *Service) Get(ctx context.Context, actor operational.Actor, id uuid.UUID) (Opportunity, error) {
	var found Opportunity
	if err := s.db.Read(ctx, actor, func(b *pgx.Batch) { queueGet(b, actor.Side, id, &found) }); err != nil {
		return Opportunity{}, err
	}
	return found, s.names.put(ctx, actor, &found)
}

func queueGet(b *pgx.Batch, side operational.Side, id uuid.UUID, found *Opportunity) {
	b.Queue(getSQL[side], id).Query(func(rows pgx.Rows) error {
		r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[state])
		if errors.Is(err, pgx.ErrNoRows) {
			return operational.NotFound(object)
		}
		*found = r.opportunity()
		return err
	})
	b.Queue(getLines, id).Query(func(rows pgx.Rows) error {
		lines, err := pgx.CollectRows(rows, pgx.RowToStructByName[lineRow])
		for _, l := range lines {
			found.Lines = append(found.Lines, l.line(found.VendorNet.Currency))
		}
		return err
	})
}

// List gives a page of opportunities, without their lines.
func (s *Service) List(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Opportunity], error) {
	listed, err := postgres.Page(ctx, s.db, actor, lists[actor.Side], q, listSQL[actor.Side], func(r listedRow) Opportunity { return r.opportunity() })
	if err != nil {
		return listed, err
	}
	items := make([]*Opportunity, len(listed.Items))
	for i := range listed.Items {
		items[i] = &listed.Items[i]
	}
	return listed, s.names.put(ctx, actor, items...)
}

// History gives all changes of an opportunity, oldest version first.
func (s *Service) History(ctx context.Context, actor operational.Actor, id uuid.UUID) ([]Change, error) {
	var changes []Change
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(getHistory, id).Query(func(rows pgx.Rows) error {
			found, err := pgx.CollectRows(rows, pgx.RowToStructByName[historyRow])
			for _, r := range found {
				changes = append(changes, r.change())
			}
			return err
		})
	})
	if err == nil && len(changes) == 0 { // there is none without history
		err = operational.NotFound(object)
	}
	if err != nil {
		return nil, err
	}
	return changes, s.noteHistory(ctx, actor, id)
}

// Update changes plain fields of an opportunity that is still at this version. A patch that changes nothing makes no
// new version.
func (s *Service) Update(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch Update) (Opportunity, error) {
	if err := patch.Validate(); err != nil {
		return Opportunity{}, err
	}
	return s.change(ctx, actor, id, version, func(tx *postgres.Tx, now current) (*step, error) {
		return patched(ctx, tx, now, patch)
	})
}

// MoveStage takes an open opportunity to another stage of its process: forward, back, or to an end.
func (s *Service) MoveStage(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in MoveStage) (Opportunity, error) {
	if err := in.Validate(); err != nil {
		return Opportunity{}, err
	}
	return s.change(ctx, actor, id, version, func(tx *postgres.Tx, now current) (*step, error) {
		return staged(ctx, tx, now, move, &in.StageID, in.Reason, in.EffectiveAt)
	})
}

// Reopen takes a closed opportunity back to an active stage.
func (s *Service) Reopen(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in Reopen) (Opportunity, error) {
	if err := in.Validate(); err != nil {
		return Opportunity{}, err
	}
	return s.change(ctx, actor, id, version, func(tx *postgres.Tx, now current) (*step, error) {
		return staged(ctx, tx, now, reopen, in.StageID, in.Reason, in.EffectiveAt)
	})
}

// change is how every change goes: read, compare the version, let decide say what comes of it (nil: nothing), write
// row and history, note the event, and answer with what there is then.
func (s *Service) change(
	ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, decide func(tx *postgres.Tx, now current) (*step, error),
) (Opportunity, error) {
	var changed Opportunity
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		now, err := readCurrent(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case now.Version != version:
			return operational.Stale(object)
		}
		if err := writable(now.ConnectionStatus); err != nil {
			return err
		}
		next, err := decide(tx, now)
		if err != nil {
			return err
		}
		if next != nil {
			if err := record(ctx, tx, *next); err != nil {
				return err
			}
			if err := events.Append(ctx, tx, "opportunity."+string(next.Kind), id, eventOf(next.state), fieldsChanged(now.state, *next)...); err != nil {
				return err
			}
		}
		changed, err = show(ctx, tx, id)
		return err
	})
	if err != nil {
		return Opportunity{}, fmt.Errorf("change opportunity %s: %w", id, err)
	}
	return s.named(ctx, actor, changed), nil
}

// named puts names into the answer to a change. It is done by then: an error here would have callers do it again, so
// names that cannot be read at this moment are left out.
func (s *Service) named(ctx context.Context, actor operational.Actor, o Opportunity) Opportunity {
	_ = s.names.put(ctx, actor, &o)
	return o
}

func readCurrent(ctx context.Context, tx *postgres.Tx, id uuid.UUID) (current, error) {
	rows, err := tx.Query(ctx, currentSQL[tx.Actor.Side], id)
	if err != nil {
		return current{}, err
	}
	now, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[current])
	if errors.Is(err, pgx.ErrNoRows) {
		return current{}, operational.NotFound(object)
	}
	return now, err
}

// show reads the opportunity as the transaction leaves it.
func show(ctx context.Context, tx *postgres.Tx, id uuid.UUID) (Opportunity, error) {
	var found Opportunity
	b := &pgx.Batch{}
	queueGet(b, tx.Actor.Side, id, &found)
	return found, tx.SendBatch(ctx, b).Close()
}

// event holds ids only; who works on it reads the record.
type event struct {
	ConnectionID *uuid.UUID `json:"connection_id,omitempty"`
	StageID      uuid.UUID  `json:"stage_id"`
}

func eventOf(s state) event { return event{ConnectionID: s.ConnectionID, StageID: s.StageID} }
