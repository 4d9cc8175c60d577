package benchcdc

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Source is a scratch database that is migrated and empty, and a folder for the warehouse files.
type Source struct {
	OwnerURL string
	CDCURL   string
	Dir      string
}

// channel writes valid rows of one vendor in bulk.
type channel struct {
	conn            *pgx.Conn
	vendor, partner uuid.UUID
	link, process   uuid.UUID
	stages          []uuid.UUID
	turn            int // transactions of the load so far
}

func newChannel(ctx context.Context, ownerURL string) (*channel, error) {
	conn, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return nil, fmt.Errorf("connect as owner: %w", err)
	}
	c := &channel{conn: conn, vendor: uuid.New(), partner: uuid.New(), link: uuid.New(), process: uuid.New()}
	batch := &pgx.Batch{}
	batch.Queue(`set synchronous_commit = on`)
	batch.Queue(`insert into crm.organisation (id, name, created_at) values ($1, 'Vendor', now()), ($2, 'Partner', now())`, c.vendor, c.partner)
	batch.Queue(`insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, created_at, updated_at)
		values ($1, $2, $3, 'active', 'P1', 'Gold', 'West', now(), now())`, c.link, c.vendor, c.partner)
	batch.Queue(`insert into crm.sales_process (id, org_id, name, created_at, updated_at) values ($1, $2, 'Standard', now(), now())`, c.process, c.vendor)
	for i, kind := range []string{"active", "active", "active", "won", "lost"} {
		c.stages = append(c.stages, uuid.New())
		batch.Queue(`insert into crm.stage (id, org_id, process_id, name, position, type) values ($1, $2, $3, $4, $5, $6)`,
			c.stages[i], c.vendor, c.process, fmt.Sprint("Stage ", i), i+1, kind)
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		_ = conn.Close(ctx)
		return nil, fmt.Errorf("plant a channel: %w", err)
	}
	return c, nil
}

const addOpportunitiesSQL = `
with o as (
  insert into crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, name, process_org_id, process_id, process_version, stage_id, stage_type,
    vendor_net_amount, amount_source, currency, close_date, region, tier, created_at, updated_at)
  select gen_random_uuid(), $1, $2, $3, i, 'Deal ' || i, $2, $4, 1, $5, 'active', i % 100000 + 0.25, 'entered', case when i % 7 = 0 then 'USD' else 'EUR' end, current_date + (i % 300)::int, 'West', 'Gold', now(), now()
  from generate_series($6::bigint, $7::bigint) i
  returning *
)
insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version,
  stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, region, tier)
select id, version, connection_id, vendor_org_id, partner_org_id, now(), 'created', 'system', process_id, 1, stage_id, stage_type, 1, vendor_net_amount, currency, close_date, region, tier from o`

const moveOpportunitiesSQL = `
with s as (
  select id, type, position from crm.stage where id = $3
), o as (
  update crm.opportunity o set stage_id = s.id, stage_type = s.type, closed_at = case when s.type <> 'active' then now() end, vendor_net_amount = o.vendor_net_amount + 1,
    version = o.version + 1, updated_at = now()
  from s, crm.opportunity b where b.id = o.id and o.connection_id = $1 and o.number = any ($2)
  returning o.*, s.position, case when s.type = 'active' and b.stage_type <> 'active' then 'reopened' else 'stage_moved' end as change
)
insert into crm.opportunity_history (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, change, changed_by_side, process_id, process_version,
  stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, region, tier)
select id, version, connection_id, vendor_org_id, partner_org_id, now(), change, 'system', process_id, 1, stage_id, stage_type, position, vendor_net_amount, currency, close_date, region, tier from o`

const addAccountsSQL = `
insert into crm.account (id, org_id, name, name_key, industry, country, external_ref, created_at, updated_at)
select gen_random_uuid(), $1, 'Account ' || i, 'account ' || i, 'retail', 'Germany', i, now(), now() from generate_series($2::bigint, $3::bigint) i`

const changeAccountsSQL = `update crm.account set industry = $3, updated_at = clock_timestamp() where org_id = $1 and external_ref = any ($2::text[])`

// fill plants the rows that are there before the measurement.
func (c *channel) fill(ctx context.Context, rows int) error {
	if _, err := c.conn.Exec(ctx, addOpportunitiesSQL, c.link, c.vendor, c.partner, c.process, c.stages[0], 1, rows); err != nil {
		return fmt.Errorf("plant opportunities: %w", err)
	}
	if _, err := c.conn.Exec(ctx, addAccountsSQL, c.vendor, 1, rows); err != nil {
		return fmt.Errorf("plant accounts: %w", err)
	}
	_, err := c.conn.Exec(ctx, `analyze crm.opportunity, crm.account`)
	return err
}

// A transaction of the load: 45 opportunities move (an update and a row of history each), by turns through all stages, won
// and lost ones too; 45 accounts change, and 8 opportunities with their history are new: 151 changes, of which 90 are updates.
const changesPerTransaction = 151

// change writes at least so many changes and says how many.
func (c *channel) change(ctx context.Context, rows, changes int) (int, error) {
	var count int64
	if err := c.conn.QueryRow(ctx, `select max(number) from crm.opportunity where connection_id = $1`, c.link).Scan(&count); err != nil {
		return 0, fmt.Errorf("count opportunities: %w", err)
	}
	done := 0
	for done < changes {
		n := c.turn
		c.turn++
		numbers, references := make([]int64, 45), make([]string, 45)
		for i := range numbers {
			at := int64((n*7919+i*104_729)%rows + 1)
			numbers[i], references[i] = at, fmt.Sprint(at)
		}
		batch := &pgx.Batch{} // one implicit transaction
		batch.Queue(moveOpportunitiesSQL, c.link, numbers, c.stages[n%len(c.stages)])
		batch.Queue(changeAccountsSQL, c.vendor, references, fmt.Sprint("industry ", n%17))
		batch.Queue(addOpportunitiesSQL, c.link, c.vendor, c.partner, c.process, c.stages[0], count+1, count+8)
		if err := c.conn.SendBatch(ctx, batch).Close(); err != nil {
			return done, fmt.Errorf("write changes: %w", err)
		}
		count += 8
		done += changesPerTransaction
	}
	return done, nil
}
