-- Products and sales processes of an organisation. Connected partners read those of their vendors.
-- +goose Up
create table crm.product (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  name text not null check (length(name) between 1 and 200),
  family text not null check (length(family) between 1 and 100),
  list_price numeric(18,2) not null check (list_price >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  active boolean not null default true,
  version bigint not null default 1,
  touched jsonb not null default '{}', -- changes by the fields that they changed: what is version and last change for who reads not all of them
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (org_id, id),
  unique (org_id, name)
);
create index product_list on crm.product (org_id, updated_at desc, id desc);

create table crm.sales_process (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  name text not null check (length(name) between 1 and 100),
  is_default boolean not null default false,
  active boolean not null default true, -- retired ones take no new opportunities; those that are in them go on
  version bigint not null default 1,
  touched jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint sales_process_usual_is_active check (active or not is_default),
  unique (org_id, id),
  unique (org_id, name)
);
create unique index sales_process_one_default on crm.sales_process (org_id) where is_default;

create table crm.stage (
  id uuid primary key,
  org_id uuid not null,
  process_id uuid not null,
  name text not null check (length(name) between 1 and 60),
  position int not null check (position between 1 and 20),
  type text not null check (type in ('active', 'won', 'lost', 'disqualified')),
  foreign key (org_id, process_id) references crm.sales_process (org_id, id),
  unique (process_id, position) deferrable, -- places and names are exchanged in one statement
  unique (process_id, name) deferrable,
  unique (org_id, process_id, id, type)
);

-- +goose StatementBegin
-- Active stages come before closed ones.
create function crm.stage_order() returns trigger language plpgsql as $$
begin
  if exists (select from crm.stage a join crm.stage c on c.process_id = a.process_id
             where a.process_id = new.process_id and a.type = 'active' and c.type <> 'active' and c.position < a.position) then
    raise exception 'active stages come before closed ones' using errcode = '23514', constraint = 'stage_active_first';
  end if;
  return null;
end $$;
-- +goose StatementEnd
create constraint trigger stage_order after insert or update on crm.stage deferrable initially deferred for each row execute function crm.stage_order();

-- "= any (array)" and not "or ... in": the organisations are found once, and the index on org_id serves.
call sec.wall('crm.product', 'org_id = (select sec.ctx_org(''vendor''))',
  'org_id = any (array(select sec.ctx_org(''partner'') union all select c.vendor_org_id from crm.connection c where c.status in (''active'', ''suspended'')))');
call sec.wall('crm.sales_process', 'org_id = (select sec.ctx_org(''vendor''))',
  'org_id = any (array(select sec.ctx_org(''partner'') union all select c.vendor_org_id from crm.connection c))');
call sec.wall('crm.stage', 'org_id = (select sec.ctx_org(''vendor''))',
  'org_id = any (array(select sec.ctx_org(''partner'') union all select c.vendor_org_id from crm.connection c))');
-- Reading a vendor's catalogue is no right to change it.
create policy partner_inserts_own on crm.product as restrictive for insert to sharepartner_partner with check (org_id = (select sec.ctx_org('partner')));
create policy partner_updates_own on crm.product as restrictive for update to sharepartner_partner using (org_id = (select sec.ctx_org('partner')));
create policy partner_inserts_own on crm.sales_process as restrictive for insert to sharepartner_partner with check (org_id = (select sec.ctx_org('partner')));
create policy partner_updates_own on crm.sales_process as restrictive for update to sharepartner_partner using (org_id = (select sec.ctx_org('partner')));
create policy partner_inserts_own on crm.stage as restrictive for insert to sharepartner_partner with check (org_id = (select sec.ctx_org('partner')));
create policy partner_updates_own on crm.stage as restrictive for update to sharepartner_partner using (org_id = (select sec.ctx_org('partner')));

grant select, insert, update (name, family, list_price, currency, active, version, touched, updated_at) on crm.product to sharepartner_vendor, sharepartner_partner;
grant select, insert, update (name, is_default, active, version, touched, updated_at) on crm.sales_process to sharepartner_vendor, sharepartner_partner;
grant select, insert, update (name, position) on crm.stage to sharepartner_vendor, sharepartner_partner;

-- +goose StatementBegin
-- Stages that a process no longer has; keys of opportunities and their history keep those that records have been in.
create function crm.delete_stages(process uuid, gone uuid[]) returns void language sql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  delete from stage s where s.process_id = process and s.id = any (gone) and s.org_id = sec.ctx_org(split_part(sec.claim(), '|', 2))
$$;
-- +goose StatementEnd
grant execute on function crm.delete_stages(uuid, uuid[]) to sharepartner_vendor, sharepartner_partner;
