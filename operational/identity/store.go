package identity

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

const (
	sqlSessionActor = `
select session_id as credential, person_id, membership_id, org_id, side, role, views_as, connection_id, null::text[] as scopes, rights_version, standing, ends_at
from sec.session_actor($1, $2, $3)`

	sqlKeyActor = `
select key_id as credential, person_id, membership_id, org_id, side, role, null::text as views_as, connection_id, scopes, rights_version, standing, ends_at
from sec.key_actor($1, $2)`

	sqlPassword = `
select p.person_id, p.hash from sec.password_of($1) p`

	sqlOpenSession = `
select sec.open_session($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

	sqlCloseSession = `
select sec.close_session($1)`

	sqlMe = `
select p.display_name, coalesce(p.email, ''), o.name, coalesce(p.time_zone, w.time_zone), w.reporting_currency, w.fiscal_year_start_month
from crm.membership m
join crm.person p on p.id = m.person_id
join crm.organisation o on o.id = m.org_id
join crm.workspace w on w.org_id = m.org_id
where m.id = $1`

	sqlInsertKey = `
insert into sec.api_key (id, prefix, secret_sha256, membership_id, org_id, side, connection_id, name, scopes, created_at, expires_at)
values (@id, @prefix, @digest, @membership, @org, @side, @connection, @name, @scopes, @now, @expires)`

	sqlKeys = `
select k.id, k.prefix, k.name, k.connection_id, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.last_used_at, {keys} as sort_keys
from sec.api_key k
where {where}
order by {order}
limit {limit}`

	// An administrator ($3 is null) revokes any key of the organisation, others their own; in one connection ($4) those of it.
	sqlRevokeKey = `
update sec.api_key set revoked_at = coalesce(revoked_at, $2)
where id = $1 and ($3::uuid is null or membership_id = $3) and ($4::uuid is null or connection_id = $4) returning membership_id`
)

// keyList is what API keys can be listed by.
var keyList = postgres.List{
	From: "sec.api_key k", ID: "k.id", Order: []operational.Sort{{Field: "created_at", Desc: true}},
	Field: map[string]postgres.Column{
		"name":          {SQL: "k.name", Type: postgres.Text},
		"prefix":        {SQL: "k.prefix", Type: postgres.Text},
		"membership_id": {SQL: "k.membership_id", Type: postgres.UUID},
		"connection_id": {SQL: "k.connection_id", Type: postgres.UUID, Nullable: true},
		"created_at":    {SQL: "k.created_at", Type: postgres.Time},
		"expires_at":    {SQL: "k.expires_at", Type: postgres.Time, Nullable: true},
		"revoked_at":    {SQL: "k.revoked_at", Type: postgres.Time, Nullable: true},
		"last_used_at":  {SQL: "k.last_used_at", Type: postgres.Time, Nullable: true},
	},
}

type keyRow struct {
	postgres.Keyed
	Key
}

// actorRow is an actor as the database knows it.
type actorRow struct {
	Credential   uuid.UUID
	PersonID     uuid.UUID
	MembershipID uuid.UUID
	OrgID        uuid.UUID
	Side         operational.Side
	Role         operational.Role
	ViewsAs      *operational.Role
	ConnectionID *uuid.UUID
	Scopes       []string

	RightsVersion int64
	Standing      int64
	EndsAt        *time.Time
}

func (r actorRow) actor() operational.Actor {
	a := operational.Actor{
		Person: r.PersonID, Membership: r.MembershipID, Org: r.OrgID, Side: r.Side, Role: r.Role,
		Credential: r.Credential, Scopes: r.Scopes,
	}
	if r.ConnectionID != nil {
		a.Connection = *r.ConnectionID
	}
	if r.ViewsAs != nil {
		a.View, a.Role = *r.ViewsAs, *r.ViewsAs
	}
	return a
}

func actorRowOf(ctx context.Context, db *postgres.DB, sql string, args ...any) (actorRow, bool, error) {
	rows, _ := db.Login().Query(ctx, sql, args...)
	row, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[actorRow])
	if errors.Is(err, pgx.ErrNoRows) {
		return actorRow{}, false, nil
	}
	return row, err == nil, postgres.Translate(err)
}

// passwordOf is the person with that address and the hash of its password; the zero person when there is none.
func passwordOf(ctx context.Context, db *postgres.DB, email string) (person uuid.UUID, hash string, err error) {
	err = db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(sqlPassword, email).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&person, &hash}, func() error { return nil })
			return err
		})
	})
	return person, hash, err
}
