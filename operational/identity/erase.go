package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// ErasureReasons are why a person is erased. The reason stays in the audit, so it is none in free words.
var ErasureReasons = []string{"requested", "left", "mistake", "order"}

// Erasure asks for the end of all that names a person.
type Erasure struct {
	Reason  string
	Confirm string // the person's name as it is shown, typed once more
}

// Validate checks the reason; the name is compared where the person is.
func (e Erasure) Validate() error {
	var f operational.Faults
	if !slices.Contains(ErasureReasons, e.Reason) {
		f.Add("reason", "must be requested, left, mistake or order", e.Reason)
	}
	return f.Err()
}

const (
	sqlEraseMember   = `select crm.erase_member($1, $2, $3, $4)`
	sqlErasePerson   = `select sec.erase_person($1, $2, $3, $4)`
	sqlPersonOfEmail = `select person_id, name from sec.person_of_email($1)`
)

// ErasePerson ends a member of the caller's company for good: name and addresses are gone, sessions, keys and whatever
// signs them in as well. What they did stays, by their id. A person who is a member elsewhere goes on there. Only whoever
// could give the member's role may do it; the database asks once more about roles that are everything.
func (s *Service) ErasePerson(ctx context.Context, actor operational.Actor, member uuid.UUID, version int64, in Erasure) error {
	if err := in.Validate(); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := DecidesOver(ctx, tx, member); err != nil {
			return err
		}
		var outcome string
		err := tx.QueryRow(ctx, sqlEraseMember, member, in.Confirm, version, tx.Now).Scan(&outcome)
		if err == nil {
			err = NotErased("person", outcome)
		}
		if err != nil {
			return erasureFault(err)
		}
		noted := audit.Record{Action: "person.erased", Object: "membership", ID: member}
		noted.Codes = map[string]string{"reason": in.Reason}
		return audit.Append(ctx, tx, noted)
	})
}

// NotErased says what stood against an erasure.
func NotErased(object, outcome string) error {
	switch outcome {
	case "done":
		return nil
	case "not-found":
		return operational.NotFound(object)
	case "stale":
		return operational.Stale(object)
	case "erased":
		return operational.Fault(operational.KindConflict, "status-already", "The %s is erased already. Nothing was changed.", object)
	case "may-more":
		return operational.Fault(operational.KindForbidden, "not-permitted", "The person may do everything in your organisation, and your role does not. Nothing was changed. Ask an administrator.")
	}
	var f operational.Faults
	f.Add("confirm", "must be the name exactly as it is shown", nil)
	return f.Err()
}

func erasureFault(err error) error {
	if postgres.Violated(err) == "membership_last_administrator" {
		return operational.Fault(operational.KindConflict, "last-administrator", "Nobody else may do everything in the organisation. Nothing was changed. Give somebody else such a role first.")
	}
	return fmt.Errorf("erase: %w", err)
}

// Known is a person as the program's own commands find them.
type Known struct {
	PersonID uuid.UUID
	Name     string
}

// PersonOfEmail finds who signs in with an address.
func (a *Admin) PersonOfEmail(ctx context.Context, email string) (found Known, err error) {
	err = a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(sqlPersonOfEmail, normalEmail(email)).Query(func(r pgx.Rows) (err error) {
			found, err = pgx.CollectExactlyOneRow(r, pgx.RowToStructByName[Known])
			return err
		})
	})
	if errors.Is(err, pgx.ErrNoRows) || operational.KindOf(err) == operational.KindNotFound {
		err = operational.NotFound("person")
	}
	return found, err
}

// ErasePerson ends a person in all companies.
func (a *Admin) ErasePerson(ctx context.Context, person uuid.UUID, in Erasure) error {
	if err := in.Validate(); err != nil {
		return err
	}
	var outcome string
	err := a.jobs.AsProgram(ctx, postgres.PurposeAdmin, func(b *pgx.Batch) {
		b.Queue(sqlErasePerson, person, in.Confirm, in.Reason, a.jobs.Now()).QueryRow(func(r pgx.Row) error { return r.Scan(&outcome) })
	})
	if err == nil {
		err = NotErased("person", outcome)
	}
	if err != nil {
		return erasureFault(err)
	}
	return nil
}
