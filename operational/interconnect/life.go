package interconnect

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Suspend cuts a partner off for a time: nothing of the connection is there for its people until it is resumed.
func (s *Service) Suspend(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, reason string) (Connection, error) {
	return s.step(ctx, actor, suspending, id, version, reason)
}

// Resume takes a suspended connection up again.
func (s *Service) Resume(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, reason string) (Connection, error) {
	return s.step(ctx, actor, resuming, id, version, reason)
}

// End parts the two companies for good: shared records stay with the vendor as they were, open opportunities go on in
// the partner's own workspace, and nobody works in the connection any more. Both may do it.
func (s *Service) End(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, reason string) (Connection, error) {
	return s.step(ctx, actor, ending, id, version, reason)
}

const (
	sqlSetConnection = `select crm.set_connection(@id, @to, @version, @reason, @now), null::jsonb`
	sqlEndConnection = `select outcome, counts from crm.end_connection(@id, @version, @reason, @now)`
)

func (s *Service) step(ctx context.Context, actor operational.Actor, a act, id uuid.UUID, version int64, reason string) (changed Connection, err error) {
	if err := a.by(actor.Side); err != nil {
		return Connection{}, err
	}
	why, err := reasonOf(reason, a.to != StatusActive)
	if err != nil {
		return Connection{}, err
	}
	if !worksIn(actor, id) {
		return Connection{}, operational.NotFound("connection")
	}
	sql := sqlSetConnection
	if a.to == StatusEnded {
		sql = sqlEndConnection
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var outcome string
		var counts map[string]int64
		if err := tx.QueryRow(ctx, sql, pgx.NamedArgs{"id": id, "to": a.to, "version": version, "reason": why, "now": tx.Now}).Scan(&outcome, &counts); err != nil {
			return fmt.Errorf("connection %s is to be %s: %w", id, a.name, err)
		}
		switch outcome {
		case done:
		case "not-found":
			return operational.NotFound("connection")
		case "stale":
			return operational.Stale("connection")
		default:
			return a.refused(outcome)
		}
		if err := events.AppendCounted(ctx, tx, a.event, id, onConnection(id), counts, "status"); err != nil {
			return err
		}
		changed, err = postgres.OneTx[Connection](ctx, tx, "connection", connectionsFor(actor.Side)+" where c.id = $1", id)
		return err
	})
	return changed, err
}

// What the functions of the database say when nothing stood against it.
const (
	done   = "done"
	raised = "raised" // a member got the role that the invitation gives
)

// onConnection lets the other company see that something happened.
func onConnection(id uuid.UUID) map[string]uuid.UUID {
	return map[string]uuid.UUID{"connection_id": id}
}

// worksIn says whether the credential reaches a connection: one that is bound to another does not.
func worksIn(actor operational.Actor, connection uuid.UUID) bool {
	return actor.Connection == uuid.Nil || actor.Connection == connection
}

// Ending is what the end of a connection would do. What becomes of the partner's side is the partner's to know.
type Ending struct {
	Open     int64  `json:"open_opportunities" db:"open" doc:"Open opportunities that would stay with the vendor as they are"`
	Closed   int64  `json:"closed_opportunities" db:"closed" doc:"Closed opportunities that would stay with the vendor as they are"`
	GoingOn  *int64 `json:"going_on,omitempty" db:"going_on" doc:"Open opportunities that would go on in the partner's own workspace (partner only)"`
	Sessions *int64 `json:"sessions,omitempty" db:"sessions" doc:"Sessions that work in the connection and would end (partner only)"`
	APIKeys  *int64 `json:"api_keys,omitempty" db:"api_keys" doc:"API keys that are bound to the connection and would be revoked (partner only)"`
}

// Ending says what the end of a live connection would do, and does nothing.
func (s *Service) Ending(ctx context.Context, actor operational.Actor, id uuid.UUID) (Ending, error) {
	if !worksIn(actor, id) {
		return Ending{}, operational.NotFound("connection")
	}
	return postgres.One[Ending](ctx, s.db, actor, "connection", `select open, closed, going_on, sessions, api_keys from crm.ending_of($1)`, id)
}

// UpdateConnection is a merge patch of what a vendor says of a partner.
type UpdateConnection struct {
	PartnerNumber operational.Opt[string]
	Tier          operational.Opt[string]
	Region        operational.Opt[string]
}

func (patch UpdateConnection) apply(c Connection) (Connection, error) {
	var f operational.Faults
	patch.PartnerNumber.Required(&f, "partner_number", &c.PartnerNumber)
	patch.Tier.Into(&c.Tier)
	patch.Region.Into(&c.Region)
	f.Text("partner_number", c.PartnerNumber, 1, 60)
	optional(&f, "tier", c.Tier, 60)
	optional(&f, "region", c.Region, 60)
	return c, f.Err()
}

// said is what a patch can change.
func (c Connection) said() [3]string {
	return [3]string{c.PartnerNumber, value(c.Tier), value(c.Region)}
}

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

const sqlUpdateConnection = `
update crm.connection set partner_number = $3, tier = $4, region = $5, version = version + 1, updated_at = $6 where id = $1 and version = $2`

// UpdateConnection changes what a vendor says of a partner: number, tier, region. New opportunities take them up.
func (s *Service) UpdateConnection(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, patch UpdateConnection) (c Connection, err error) {
	if actor.Side != operational.SideVendor {
		return Connection{}, errVendorOnly()
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if c, err = postgres.OneTx[Connection](ctx, tx, "connection", connectionsFor(actor.Side)+" where c.id = $1", id); err != nil {
			return err
		}
		if c.Version != version {
			return operational.Stale("connection")
		}
		if c.Status == StatusEnded {
			return suspending.refused(c.Status)
		}
		next, err := patch.apply(c)
		if err != nil || next.said() == c.said() {
			return err
		}
		if err := mayMove(ctx, tx, c.Region, next.Region); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlUpdateConnection, id, version, next.PartnerNumber, next.Tier, next.Region, tx.Now)
		switch {
		case err != nil:
			return numberFault(err)
		case tag.RowsAffected() == 0:
			return operational.Stale("connection")
		}
		d := audit.Details{Fields: patch.names()}
		d.Moved("region", audit.CodeOf(value(c.Region)), audit.CodeOf(value(next.Region))) // by which it is somebody's to look after
		c = next
		c.Version, c.UpdatedAt = version+1, tx.Now
		return events.AppendDecided(ctx, tx, "connection.edited", id, onConnection(id), d)
	})
	if err != nil {
		return Connection{}, err
	}
	return c, nil
}

// mayMove says whether the caller may count a partner to another region: nobody brings a partner into a region that they
// look after themselves, and so widens what they see.
func mayMove(ctx context.Context, tx *postgres.Tx, from, to *string) error {
	if to == nil || value(from) == *to || tx.Actor.Rights == nil || tx.Actor.Rights.Own.Everything {
		return nil
	}
	var own bool
	err := tx.QueryRow(ctx, `select exists (select from crm.membership_region where membership_id = $1 and region = $2)`, tx.Actor.Membership, *to).Scan(&own)
	if err == nil && own {
		err = operational.Fault(operational.KindForbidden, "beyond-own-rights", "Nobody widens what they look after themselves. Nothing was saved. Ask an administrator of your organisation.")
	}
	return err
}

func (patch UpdateConnection) names() (names []string) {
	for _, m := range []struct {
		name  string
		given bool
	}{{"partner_number", patch.PartnerNumber.Given}, {"tier", patch.Tier.Given}, {"region", patch.Region.Given}} {
		if m.given {
			names = append(names, m.name)
		}
	}
	return names
}

// numberFault tells of a partner number that the vendor has given away already.
func numberFault(err error) error {
	if postgres.Violated(err) == "connection_number" {
		return errNumberTaken()
	}
	return fmt.Errorf("write connection: %w", err)
}

func errNumberTaken() error {
	return operational.Fault(operational.KindConflict, "partner-number-taken", "You have given this number to another partner. Nothing was saved. Choose another one.")
}
