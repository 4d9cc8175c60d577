package opportunities

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
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

// Update changes plain fields of an opportunity that is still at this version. A patch that changes nothing makes no
// new version.
func (s *Service) Update(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch Update) (Opportunity, error) {
	if err := patch.Validate(); err != nil {
		return Opportunity{}, err
	}
	return s.change(ctx, actor, id, version, patch.changing(ctx))
}

// UpdateTx is Update inside a transaction. The answer names nothing that the opportunity refers to.
func (s *Service) UpdateTx(ctx context.Context, tx *postgres.Tx, id uuid.UUID, version int64, patch Update) (Opportunity, error) {
	if err := patch.Validate(); err != nil {
		return Opportunity{}, err
	}
	return changeTx(ctx, tx, viewsOf(tx.Actor), id, version, patch.changing(ctx))
}

func (patch Update) changing(ctx context.Context) changing {
	return changing{patch.members(), func(tx *postgres.Tx, now current) (*step, error) { return patched(ctx, tx, now, patch) }}
}

// MoveStage takes an open opportunity to another stage of its process: forward, back, or to an end.
func (s *Service) MoveStage(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in MoveStage) (Opportunity, error) {
	if err := in.Validate(); err != nil {
		return Opportunity{}, err
	}
	return s.change(ctx, actor, id, version, changing{stageMember, func(tx *postgres.Tx, now current) (*step, error) {
		return staged(ctx, tx, now, move, &in.StageID, in.Reason, in.EffectiveAt)
	}})
}

// Reopen takes a closed opportunity back to an active stage.
func (s *Service) Reopen(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in Reopen) (Opportunity, error) {
	if err := in.Validate(); err != nil {
		return Opportunity{}, err
	}
	return s.change(ctx, actor, id, version, changing{stageMember, func(tx *postgres.Tx, now current) (*step, error) {
		return staged(ctx, tx, now, reopen, in.StageID, in.Reason, in.EffectiveAt)
	}})
}

// ReachTx brings an opportunity to a stage of its process inside a transaction, as a move does or, from a closed stage
// back to an active one, a reopening.
func (s *Service) ReachTx(ctx context.Context, tx *postgres.Tx, id uuid.UUID, version int64, stageID uuid.UUID) (Opportunity, error) {
	return changeTx(ctx, tx, viewsOf(tx.Actor), id, version, changing{stageMember, func(tx *postgres.Tx, now current) (*step, error) {
		if now.StageID == stageID {
			return nil, nil
		}
		process, err := catalog.ProcessTx(ctx, tx, now.ProcessOrgID, &now.ProcessID)
		if err != nil {
			return nil, err
		}
		a := move
		if stage, found := process.Stage(stageID); found && moves[now.StageType][stage.Type] == reopen {
			a = reopen
		}
		return staged(ctx, tx, now, a, &stageID, "", nil)
	}})
}

// stageMember is what a move and a reopening set.
var stageMember = []operational.Member{{Name: "stage_id", Field: "stage"}}

// changing is a change that is asked for: the members that it sets, and what comes of it (nil: nothing).
type changing struct {
	members []operational.Member
	decide  func(tx *postgres.Tx, now current) (*step, error)
}

func (s *Service) change(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, asked changing) (Opportunity, error) {
	vs := viewsOf(actor)
	var changed Opportunity
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		changed, err = changeTx(ctx, tx, vs, id, version, asked)
		return err
	})
	if operational.KindOf(err) == operational.KindNotFound {
		err = s.orOthers(ctx, vs, id, err)
	}
	if err != nil {
		return Opportunity{}, fmt.Errorf("change opportunity %s: %w", id, err)
	}
	return s.named(ctx, actor, changed), nil
}

// changeTx is how every change goes: read, ask the rights, compare the version, let the change say what comes of it,
// write row and history, note the event, and answer with what there is then.
func changeTx(ctx context.Context, tx *postgres.Tx, vs views, id uuid.UUID, version int64, asked changing) (Opportunity, error) {
	now, err := readCurrent(ctx, tx, id)
	if err != nil {
		return Opportunity{}, err
	}
	seen, there := vs.over(now.state)
	if !there {
		return Opportunity{}, operational.NotFound(object)
	}
	if err := permitted(seen, now, asked.members); err != nil {
		return Opportunity{}, err
	}
	if known, _ := seen.at(now.state); known != version {
		return Opportunity{}, operational.Stale(object)
	}
	now.seen = seen
	next, err := asked.decide(tx, now)
	if err != nil {
		return Opportunity{}, err
	}
	if next != nil {
		next.Changed = fieldsOf(now.state, *next)
		next.Touched = now.touch(next.Changed, tx.Now)
		if err := record(ctx, tx, *next); err != nil {
			return Opportunity{}, err
		}
		if err := events.Append(ctx, tx, "opportunity."+string(next.Kind), id, eventOf(next.state), fieldsChanged(now.state, *next)...); err != nil {
			return Opportunity{}, err
		}
	}
	return show(ctx, tx, id, seen)
}

// permitted says whether somebody who sees the record may change these members of it.
func permitted(seen view, now current, members []operational.Member) error {
	if err := seen.Require(operational.ActEdit); err != nil {
		return err
	}
	if err := seen.Writes(members...); err != nil {
		return err
	}
	return writable(now.ConnectionStatus, now.FrozenAt != nil)
}

// orOthers tells somebody who tries to change what they see of another partner that it is to be read only.
func (s *Service) orOthers(ctx context.Context, vs views, id uuid.UUID, notFound error) error {
	if _, err := s.getOthers(ctx, vs, id); err == nil {
		return operational.Grant{}.Require(operational.ActEdit)
	}
	return notFound
}

// named puts names into the answer to a change. It is done by then: an error here would have callers do it again, so
// names that cannot be read at this moment are left out.
func (s *Service) named(ctx context.Context, actor operational.Actor, o Opportunity) Opportunity {
	_ = s.names.put(ctx, actor, &o)
	return o
}

func readCurrent(ctx context.Context, tx *postgres.Tx, id uuid.UUID) (current, error) {
	rows, err := tx.Query(ctx, currentSQL(tx.Actor.Side), id)
	if err != nil {
		return current{}, err
	}
	now, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[current])
	if errors.Is(err, pgx.ErrNoRows) {
		return current{}, operational.NotFound(object)
	}
	return now, err
}

// show reads the opportunity as the transaction leaves it. Whoever changed it still sees what came of it, also when it
// has just left their reach.
func show(ctx context.Context, tx *postgres.Tx, id uuid.UUID, seen view) (Opportunity, error) {
	var found Opportunity
	var currency string
	b := &pgx.Batch{}
	b.Queue(getSQL(tx.Actor.Side, seen.hidden), id).Query(func(rows pgx.Rows) error {
		r, err := collectState(rows)
		found, currency = seen.shown(r), r.Currency
		return err
	})
	if !seen.hidden.hides(linesAt) {
		b.Queue(getLines, id).Query(func(rows pgx.Rows) error {
			lines, err := postgres.Collect[lineRow](rows)
			for _, l := range lines {
				found.Lines = append(found.Lines, l.line(currency))
			}
			return err
		})
	}
	return found, tx.SendBatch(ctx, b).Close()
}

// event holds ids only; who works on it reads the record.
type event struct {
	ConnectionID *uuid.UUID `json:"connection_id,omitempty"`
	StageID      uuid.UUID  `json:"stage_id"`
}

func eventOf(s state) event { return event{ConnectionID: s.ConnectionID, StageID: s.StageID} }
