package interconnect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Which of a partner's people work in a connection.
const (
	AllPeople    = "all"
	ChosenPeople = "chosen"
)

// MaxChosen is the most people that a choice lists.
const MaxChosen = 20_000

// ConnectionPeople says which of a partner's people work in one of its connections, and so which the vendor knows of. It is
// the partner's own affair.
type ConnectionPeople struct {
	ConnectionID  uuid.UUID   `json:"connection_id" db:"connection_id" doc:"The connection"`
	Mode          string      `json:"mode" db:"mode" enum:"all,chosen" doc:"all: all of your people, also who joins later; chosen: the listed ones"`
	MembershipIDs []uuid.UUID `json:"membership_ids" db:"membership_ids" doc:"Your people whom mode chosen lets work in it; kept in mode all"`
	People        int64       `json:"people" db:"people" doc:"Your people who can work in it now: active ones whom the vendor has not suspended"`
	Version       int64       `json:"version" db:"version" doc:"Grows by one with each change; also the ETag"`
	UpdatedAt     time.Time   `json:"updated_at" db:"updated_at" doc:"When it was last changed"`
}

// UpdateConnectionPeople is a merge patch of it. A list that is given takes the place of the one that was.
type UpdateConnectionPeople struct {
	Mode          operational.Opt[string]
	MembershipIDs operational.Opt[[]uuid.UUID]
}

// PeoplePreview is whom a change would bring into the connection and take out of it.
type PeoplePreview struct {
	Version int64           `json:"version" doc:"Version that it was compared with"`
	People  int64           `json:"people" doc:"Your active people who would work in it"`
	Gaining int64           `json:"gaining" doc:"Of them, who do not now: the vendor would learn their names"`
	Losing  int64           `json:"losing" doc:"Who work in it now and would not any more; the vendor sees that you have suspended them"`
	Leaving []LeavingPerson `json:"leaving" doc:"Who would be taken out: the first hundred by name"`
}

// LeavingPerson is somebody who would be taken out of a connection.
type LeavingPerson struct {
	MembershipID uuid.UUID `json:"membership_id" db:"membership_id" doc:"The person's membership"`
	Name         string    `json:"name" db:"name" doc:"Name"`
}

const (
	sqlChosen = `
select p.connection_id, p.mode, p.version, p.updated_at,
  array(select x.membership_id from crm.connection_member x where x.connection_id = p.connection_id order by 1) as membership_ids,
  (select count(*) from crm.external_contact e where e.connection_id = p.connection_id and e.status = 'active') as people
from crm.connection_people p where p.connection_id = $1`

	// Somebody works in it now whom the partner has neither suspended nor taken out; the vendor's decision stands beside that.
	sqlWouldWork = `
with person as (
  select m.id, p.display_name as name,
    case @was when 'all' then true else m.id = any (@chosen::uuid[]) end as before,
    case @mode when 'all' then true else m.id = any (@members::uuid[]) end as after
  from crm.membership m join crm.person p on p.id = m.person_id
  where m.org_id = @org and m.status = 'active'
)`

	sqlChoosing = sqlWouldWork + `
select count(*) filter (where after), count(*) filter (where after and not before), count(*) filter (where before and not after) from person`

	sqlLeaving = sqlWouldWork + `
select id as membership_id, name from person where before and not after order by name, id limit 100`

	sqlChoose = `select outcome, counts from crm.choose_people(@id, @mode, @members, @version, @now)`

	sqlStrangers = `select count(*) from unnest($1::uuid[]) x where not exists (select from crm.membership m where m.id = x)`
)

// ConnectionPeople reads which people of a partner work in one of its connections. For a vendor there is no such choice.
func (s *Service) ConnectionPeople(ctx context.Context, actor operational.Actor, id uuid.UUID) (ConnectionPeople, error) {
	if err := chooses(actor, id); err != nil {
		return ConnectionPeople{}, err
	}
	return postgres.One[ConnectionPeople](ctx, s.db, actor, "connection", sqlChosen, id)
}

// ChoosePeople says which people work in a connection. Whoever is taken out finds nothing of it from the next request on, and
// is suspended by the partner for the vendor; what they own stays theirs.
func (s *Service) ChoosePeople(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateConnectionPeople) (changed ConnectionPeople, err error) {
	err = s.choosing(ctx, actor, id, in, func(tx *postgres.Tx, now, next ConnectionPeople, args pgx.NamedArgs) error {
		if now.Version != version {
			return operational.Stale("choice of people")
		}
		d := now.decided(next)
		if changed = now; len(d.Changes) == 0 {
			return nil
		}
		var outcome string
		var counts map[string]int64
		if err := tx.QueryRow(ctx, sqlChoose, args).Scan(&outcome, &counts); err != nil {
			return fmt.Errorf("choose people of connection %s: %w", id, err)
		}
		switch outcome {
		case done:
		case "stale":
			return operational.Stale("choice of people")
		case StatusEnded:
			return ending.refused(outcome)
		default:
			return operational.NotFound("connection")
		}
		for name, n := range counts {
			d.Count(name, n)
		}
		if err := events.AppendDecided(ctx, tx, "connection.people_chosen", id, nil, d); err != nil {
			return err
		}
		changed, err = postgres.OneTx[ConnectionPeople](ctx, tx, "connection", sqlChosen, id)
		return err
	})
	if err != nil {
		return ConnectionPeople{}, err
	}
	return changed, nil
}

// PreviewPeople says whom a change would bring in and take out. Nothing is written.
func (s *Service) PreviewPeople(ctx context.Context, actor operational.Actor, id uuid.UUID, in UpdateConnectionPeople) (p PeoplePreview, err error) {
	err = s.choosing(ctx, actor, id, in, func(tx *postgres.Tx, now, _ ConnectionPeople, args pgx.NamedArgs) error {
		if err := tx.QueryRow(ctx, sqlChoosing, args).Scan(&p.People, &p.Gaining, &p.Losing); err != nil {
			return fmt.Errorf("count who would work in connection %s: %w", id, err)
		}
		p.Version = now.Version
		rows, err := tx.Query(ctx, sqlLeaving, args)
		if err != nil {
			return err
		}
		p.Leaving, err = pgx.CollectRows(rows, pgx.RowToStructByName[LeavingPerson])
		return err
	})
	return p, err
}

// chooses says whether the caller has a say in who works in a connection.
func chooses(actor operational.Actor, id uuid.UUID) error {
	if actor.Side != operational.SidePartner || !worksIn(actor, id) {
		return operational.NotFound("connection")
	}
	return nil
}

// choosing reads the choice, checks the change against it, and hands on what it is and what it would be.
func (s *Service) choosing(ctx context.Context, actor operational.Actor, id uuid.UUID, in UpdateConnectionPeople, then func(tx *postgres.Tx, now, next ConnectionPeople, args pgx.NamedArgs) error) error {
	if err := chooses(actor, id); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		now, err := postgres.OneTx[ConnectionPeople](ctx, tx, "connection", sqlChosen, id)
		if err != nil {
			return err
		}
		var ended bool
		if err := tx.QueryRow(ctx, `select status = 'ended' from crm.connection where id = $1`, id).Scan(&ended); err != nil {
			return fmt.Errorf("read connection %s: %w", id, err)
		}
		if ended {
			return ending.refused(StatusEnded)
		}
		next, err := in.apply(now)
		if err != nil {
			return err
		}
		if in.MembershipIDs.Given {
			if err := ownPeople(ctx, tx, next.MembershipIDs); err != nil {
				return err
			}
		}
		return then(tx, now, next, pgx.NamedArgs{
			"id": id, "org": actor.Org, "was": now.Mode, "chosen": now.MembershipIDs, "mode": next.Mode, "members": next.MembershipIDs, "version": now.Version, "now": tx.Now,
		})
	})
}

// decided is what a change of the choice leaves in the audit: the mode, and who was chosen and taken out by it.
func (p ConnectionPeople) decided(next ConnectionPeople) audit.Details {
	var d audit.Details
	d.Moved("mode", p.Mode, next.Mode)
	d.ListedIDs("listed.member", p.MembershipIDs, next.MembershipIDs)
	return d
}

func (in UpdateConnectionPeople) apply(now ConnectionPeople) (next ConnectionPeople, err error) {
	var f operational.Faults
	next = now
	in.Mode.Required(&f, "mode", &next.Mode)
	in.MembershipIDs.Required(&f, "membership_ids", &next.MembershipIDs)
	if next.Mode != AllPeople && next.Mode != ChosenPeople {
		f.Add("mode", "It is none of all, chosen.", next.Mode)
	}
	if len(next.MembershipIDs) > MaxChosen {
		f.Add("membership_ids", fmt.Sprintf("There are more than %d.", MaxChosen), len(next.MembershipIDs))
	}
	next.MembershipIDs = slices.Clone(next.MembershipIDs)
	slices.SortFunc(next.MembershipIDs, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	next.MembershipIDs = slices.Compact(next.MembershipIDs)
	return next, f.Err()
}

// ownPeople refuses lists that name somebody who is no member of the company.
func ownPeople(ctx context.Context, tx *postgres.Tx, members []uuid.UUID) error {
	var strangers int
	if err := tx.QueryRow(ctx, sqlStrangers, members).Scan(&strangers); err != nil {
		return fmt.Errorf("look for the people of a choice: %w", err)
	}
	var f operational.Faults
	if strangers > 0 {
		f.Add("membership_ids", fmt.Sprintf("%d of them are no members of your organisation.", strangers), nil)
	}
	return f.Err()
}
