package governance

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Whom a change lets in and shuts out: companies as a whole, people where colleagues of theirs stay in. Of each sort the
// first by id, with how many there are.
const insiders = wouldBe + `,
company as (select connection_id, bool_or(before) as was, bool_or(after) as is_in from person group by 1),
moved as (
  select 'inside.connection' as subject, connection_id as id, was from company where was <> is_in
  union all
  select 'inside.external_contact', p.id, p.before from person p join company c using (connection_id) where p.before <> p.after and c.was = c.is_in
),
ranked as (select subject, id, was, row_number() over (partition by subject, was order by id) as k, count(*) over (partition by subject, was) as n from moved)
select subject, id, was, n from ranked where k <= @most order by subject, was desc, id`

// decided is what a change of the scope decides: the mode, the lists, and who gets in by it and who no more. It is asked
// before the change is written.
func (a AccessScope) decided(ctx context.Context, tx *postgres.Tx, next AccessScope, args pgx.NamedArgs) (audit.Details, error) {
	var d audit.Details
	d.Moved("mode", a.Mode, next.Mode)
	d.ListedIDs("listed.connection", a.ConnectionIDs, next.ConnectionIDs)
	d.ListedIDs("listed.external_contact", a.ContactIDs, next.ContactIDs)
	args["most"] = audit.MostListed
	rows, err := tx.Query(ctx, insiders, args)
	if err != nil {
		return d, fmt.Errorf("look whom the scope lets in: %w", err)
	}
	var subject string
	var id uuid.UUID
	var was bool
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&subject, &id, &was, &n}, func() error {
		if was {
			d.MovedID(subject, &id, nil)
			d.Count(subject+"_taken_out", n)
		} else {
			d.MovedID(subject, nil, &id)
			d.Count(subject+"_added", n)
		}
		return nil
	})
	if err != nil {
		return d, fmt.Errorf("look whom the scope lets in: %w", err)
	}
	return d, nil
}
