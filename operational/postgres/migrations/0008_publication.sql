-- What flows to the warehouse. Column lists leave out personal data and free text, and the partner-private tables altogether.
-- A test compares this with warehouse/tables.go.
-- +goose Up
create publication sharepartner for table
  crm.organisation (id, name, country_code, created_at),
  crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, created_at, updated_at, ended_at),
  crm.product (id, org_id, name, family, list_price, currency, active),
  crm.sales_process (id, org_id, name, version),
  crm.stage (id, org_id, process_id, name, position, type),
  crm.account (id, org_id, industry, country, created_at, updated_at),
  crm.opportunity (id, connection_id, vendor_org_id, partner_org_id, number, vendor_account_id, owner_contact_id, owner_membership_id, process_id, stage_id, stage_type,
    vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at, record_type_id, frozen_at, version, created_at, updated_at),
  crm.opportunity_line (id, opportunity_id, connection_id, vendor_org_id, partner_org_id, product_id, quantity, unit_price),
  crm.opportunity_history (opportunity_id, version, seq, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, imported, change,
    process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_contact_id, region, tier)
  with (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);

-- +goose StatementBegin
-- Whose data this is, wherever it is kept: a warehouse that was filled from one deployment refuses another. It stays the
-- same on a promoted standby and in a restored copy. A function, since it holds nothing of any tenant.
do $$
begin
  execute format('create function crm.deployment() returns uuid language sql immutable parallel safe as $f$ select %L::uuid $f$', gen_random_uuid());
end $$;
grant execute on function crm.deployment() to sharepartner_cdc;
-- +goose StatementEnd

-- +goose StatementBegin
-- The snapshot reads the same columns and no others, and a table's place of rows to read it in pieces.
do $$
declare t record;
begin
  for t in select schemaname, tablename, attnames from pg_publication_tables where pubname = 'sharepartner' loop
    execute format('grant select (ctid, %s) on %I.%I to sharepartner_cdc', (select string_agg(quote_ident(a), ', ') from unnest(t.attnames) a), t.schemaname, t.tablename);
  end loop;
end $$;
-- +goose StatementEnd
