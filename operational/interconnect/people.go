package interconnect

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Person is one of the own company's people, as a member of it.
type Person struct {
	ID        uuid.UUID `json:"id" db:"id" doc:"Id of the membership"`
	Name      string    `json:"name" db:"name" doc:"Name as others see it"`
	Email     *string   `json:"email,omitempty" db:"email" doc:"Mail address that signs in; absent: signs in by none"`
	Role      string    `json:"role" db:"role" doc:"Key of the role"`
	RoleName  string    `json:"role_name" db:"role_name" doc:"Name of the role"`
	Status    string    `json:"status" db:"status" enum:"active,suspended" doc:"Suspended people cannot work here; their sessions have ended"`
	Version   int64     `json:"version" db:"version" doc:"Counts the changes"`
	CreatedAt time.Time `json:"created_at" db:"created_at" doc:"Since when they are a member"`
}

const (
	peopleFrom = `crm.membership m
join crm.person p on p.id = m.person_id
join crm.role r on r.org_id = m.org_id and r.key = m.role`

	personColumns = `m.id, p.display_name as name, p.email, m.role, r.name as role_name, m.status, m.version, m.created_at`

	sqlPeople = `select ` + personColumns + `, {keys} as sort_keys from ` + peopleFrom + sqlPage
	sqlPerson = `select ` + personColumns + ` from ` + peopleFrom + ` where m.id = $1`

	sqlSetMember = `select outcome, counts from crm.set_member($1, $2, $3, $4)`
)

var personList = postgres.List{
	From: peopleFrom, ID: "m.id", Order: []operational.Sort{{Field: "name"}},
	Field: map[string]postgres.Column{
		"name":       {SQL: "p.display_name", Type: postgres.Text},
		"email":      {SQL: "p.email", Type: postgres.Text, Nullable: true},
		"role":       {SQL: "m.role", Type: postgres.Text},
		"status":     {SQL: "m.status", Type: postgres.Text, Enum: []string{StatusActive, StatusSuspended}},
		"created_at": {SQL: "m.created_at", Type: postgres.Time},
	},
}

type personRow struct {
	postgres.Keyed
	Person
}

// PersonListing says by which fields one's own people can be listed.
func PersonListing() operational.Listing { return personList.Listing() }

// People lists the members of the caller's company by name.
func (s *Service) People(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Person], error) {
	return postgres.Page(ctx, s.db, actor, personList, q, sqlPeople, func(r personRow) Person { return r.Person })
}

// Person reads one member.
func (s *Service) Person(ctx context.Context, actor operational.Actor, id uuid.UUID) (Person, error) {
	return postgres.One[Person](ctx, s.db, actor, "person", sqlPerson, id)
}

// SuspendPerson keeps somebody out of the company: their sessions end at once, their API keys for good, and their contacts in
// all connections are suspended.
func (s *Service) SuspendPerson(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) (Person, error) {
	return s.setMember(ctx, actor, id, version, StatusSuspended, "member.suspended")
}

// ReactivatePerson lets somebody in again.
func (s *Service) ReactivatePerson(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) (Person, error) {
	return s.setMember(ctx, actor, id, version, StatusActive, "member.reactivated")
}

func (s *Service) setMember(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, wanted, event string) (changed Person, err error) {
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := identity.DecidesOver(ctx, tx, id); err != nil {
			return err
		}
		var outcome string
		var counts map[string]int64
		if err := tx.QueryRow(ctx, sqlSetMember, id, wanted, version, tx.Now).Scan(&outcome, &counts); err != nil {
			return administratorFault(err)
		}
		if err := unchanged("person", outcome); err != nil {
			return err
		}
		if err := events.AppendCounted(ctx, tx, event, id, nil, counts, "status"); err != nil {
			return err
		}
		changed, err = postgres.OneTx[Person](ctx, tx, "person", sqlPerson, id)
		return err
	})
	return changed, err
}

// unchanged says what stood against a change of somebody's status.
func unchanged(object, outcome string) error {
	switch outcome {
	case done:
		return nil
	case "not-found":
		return operational.NotFound(object)
	case "stale":
		return operational.Stale(object)
	case "yourself":
		return operational.Fault(operational.KindConflict, "not-yourself", "You cannot suspend yourself. Nothing was changed. Ask another administrator of your organisation.")
	}
	return operational.Fault(operational.KindConflict, "status-already", "The %s is %s already. Nothing was changed.", object, outcome)
}

func administratorFault(err error) error {
	if postgres.Violated(err) == "membership_last_administrator" {
		return operational.Fault(operational.KindConflict, "last-administrator", "Nobody else may do everything in your organisation. Nothing was changed. Give somebody else such a role first.")
	}
	return fmt.Errorf("change member: %w", err)
}
