-- Opportunities: one row that both companies share, the partner's private half beside it, and bitemporal history.
-- +goose Up
create table crm.opportunity (
  id uuid primary key,
  connection_id uuid,  -- null: business without a connection (a vendor's direct sale, or a partner's own)
  vendor_org_id uuid,
  partner_org_id uuid,
  scope_id uuid not null generated always as (coalesce(connection_id, partner_org_id, vendor_org_id)) stored,
  number bigint not null check (number > 0), -- unique in its scope, so that gaps tell nothing about others
  name text not null check (length(name) between 1 and 200),
  customer_name text check (length(customer_name) between 1 and 200), -- what was disclosed; null when not known
  vendor_account_id uuid,  -- the vendor's own row of the customer
  owner_contact_id uuid,   -- the partner's person, as this connection knows them
  owner_membership_id uuid, -- the owner of business without a connection
  process_org_id uuid not null,
  process_id uuid not null,
  process_version bigint not null,
  stage_id uuid not null,
  stage_type text not null,
  vendor_net_amount numeric(18,2) not null check (vendor_net_amount >= 0),
  amount_source text not null check (amount_source in ('entered', 'imported', 'list_price', 'lines')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  close_date date,
  region text,
  tier text,
  closed_at timestamptz,
  record_type_id uuid, -- one of the seller's; null: of no type
  frozen_at timestamptz, -- its connection has ended: it stays as it was
  external_ref text,
  import_digest bytea check (length(import_digest) = 32), -- what the source of an import said last: the same again changes nothing
  version bigint not null default 1,
  touched jsonb not null default '{}', -- changes by the fields that they changed: what is version and last change for who reads not all of them
  created_at timestamptz not null, -- business time of the first row of history
  updated_at timestamptz not null,
  -- A composite key with a null column checks nothing (MATCH SIMPLE), so the nulls themselves are checked.
  check (num_nonnulls(vendor_org_id, partner_org_id) = case when connection_id is null then 1 else 2 end),
  check (num_nonnulls(owner_contact_id, owner_membership_id) <= 1),
  check (owner_contact_id is null or connection_id is not null),
  check (owner_membership_id is null or connection_id is null),
  check (vendor_account_id is null or vendor_org_id is not null),
  check (coalesce(process_org_id = vendor_org_id, false) or coalesce(process_org_id = partner_org_id, false)), -- `in` would pass beside a null
  check ((stage_type = 'active') = (closed_at is null)),
  foreign key (connection_id, vendor_org_id, partner_org_id) references crm.connection (id, vendor_org_id, partner_org_id),
  -- That the organisations exist follows: from the connection, or from the process of the only one that is named.
  foreign key (vendor_org_id, vendor_account_id) references crm.account (org_id, id),
  foreign key (connection_id, owner_contact_id) references crm.external_contact (connection_id, id),
  foreign key (scope_id, owner_membership_id) references crm.membership (org_id, id),
  foreign key (process_org_id, process_id, stage_id, stage_type) references crm.stage (org_id, process_id, id, type),
  unique (id, scope_id)
);
-- What a company sells itself as a vendor and its own business as a partner have numbers and references of their own: with
-- the one hat it does not see the records of the other.
create unique index opportunity_number on crm.opportunity (scope_id, number, (vendor_org_id is null));
create unique index opportunity_external_ref on crm.opportunity (scope_id, external_ref, (vendor_org_id is null));
create index opportunity_of_vendor on crm.opportunity (vendor_org_id, updated_at desc, id desc);
create index opportunity_of_vendor_stage on crm.opportunity (vendor_org_id, stage_id, updated_at desc, id desc);
create index opportunity_of_partner on crm.opportunity (partner_org_id, updated_at desc, id desc);
create index opportunity_of_partner_stage on crm.opportunity (partner_org_id, stage_id, updated_at desc, id desc);
-- With the column that the wall asks for: without it the planner takes two indexes together, believing that what they
-- share is little, and fetches and sorts all of a connection to show a page.
create index opportunity_of_connection_partner on crm.opportunity (connection_id, partner_org_id, updated_at desc, id desc);
create index opportunity_of_connection_vendor on crm.opportunity (connection_id, vendor_org_id, updated_at desc, id desc);
create index opportunity_of_account on crm.opportunity (vendor_org_id, vendor_account_id) where vendor_account_id is not null;

create table crm.opportunity_line (
  id uuid primary key,
  opportunity_id uuid not null,
  scope_id uuid not null generated always as (coalesce(connection_id, partner_org_id, vendor_org_id)) stored,
  connection_id uuid,
  vendor_org_id uuid,
  partner_org_id uuid,
  product_org_id uuid not null,
  product_id uuid not null,
  quantity numeric(18,4) not null check (quantity > 0),
  unit_price numeric(18,2) not null check (unit_price >= 0), -- vendor net
  check (num_nonnulls(vendor_org_id, partner_org_id) = case when connection_id is null then 1 else 2 end),
  check (coalesce(product_org_id = vendor_org_id, false) or coalesce(product_org_id = partner_org_id, false)),
  foreign key (connection_id, vendor_org_id, partner_org_id) references crm.connection (id, vendor_org_id, partner_org_id),
  foreign key (opportunity_id, scope_id) references crm.opportunity (id, scope_id),
  foreign key (product_org_id, product_id) references crm.product (org_id, id)
);
create index opportunity_line_of on crm.opportunity_line (opportunity_id);
create index opportunity_line_product on crm.opportunity_line (product_id, opportunity_id);

-- The partner's half: what only the partner may know, with a version of its own, so that a private edit shows nowhere else.
create table crm.opportunity_private (
  opportunity_id uuid primary key,
  scope_id uuid not null,
  partner_org_id uuid not null references crm.organisation,
  account_id uuid,
  end_customer_amount numeric(18,2) check (end_customer_amount >= 0),
  note text check (length(note) <= 4000),
  version bigint not null default 1,
  updated_at timestamptz not null,
  foreign key (opportunity_id, scope_id) references crm.opportunity (id, scope_id),
  foreign key (partner_org_id, account_id) references crm.account (org_id, id)
);
create index opportunity_private_account on crm.opportunity_private (partner_org_id, account_id) where account_id is not null;

-- One row per change: the state after it, when it was true (effective_at) and when we knew (recorded_at).
create table crm.opportunity_history (
  opportunity_id uuid not null,
  version bigint not null check (version > 0),
  seq bigint generated always as identity,
  scope_id uuid not null generated always as (coalesce(connection_id, partner_org_id, vendor_org_id)) stored,
  connection_id uuid,
  vendor_org_id uuid,
  partner_org_id uuid,
  effective_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  imported boolean not null default false, -- recorded_at came from the source of an import
  change text not null check (change in ('created', 'edited', 'stage_moved', 'reopened', 'reassigned')),
  changed text[] not null default '{}', -- fields as roles call them: whoever may read none of them is told of no change
  reason text check (length(reason) <= 500),
  changed_by uuid, -- the membership, for the actor's own organisation
  changed_by_contact uuid, -- the pairwise identity, for the other side
  changed_by_side text not null check (changed_by_side in ('vendor', 'partner', 'system')),
  process_id uuid not null,
  process_version bigint not null,
  stage_id uuid not null,
  stage_type text not null check (stage_type in ('active', 'won', 'lost', 'disqualified')),
  stage_position int not null,
  vendor_net_amount numeric(18,2) not null,
  currency text not null,
  close_date date,
  owner_contact_id uuid,
  owner_membership_id uuid,
  region text,
  tier text,
  primary key (opportunity_id, version),
  check (num_nonnulls(vendor_org_id, partner_org_id) = case when connection_id is null then 1 else 2 end),
  foreign key (opportunity_id, scope_id) references crm.opportunity (id, scope_id) deferrable initially deferred
);
-- When something last happened in a connection.
create index opportunity_history_of_connection on crm.opportunity_history (connection_id, effective_at) where connection_id is not null;
-- Every version of an opportunity has its row of history: a change without one does not commit.
alter table crm.opportunity add constraint opportunity_has_history foreign key (id, version)
  references crm.opportunity_history (opportunity_id, version) deferrable initially deferred;

-- +goose StatementBegin
-- Changes come one version at a time. The region and tier of shared business are the vendor's to say.
create function crm.opportunity_step() returns trigger language plpgsql as $$
begin
  if new.version <> old.version + 1 then
    raise exception 'an opportunity changes one version at a time' using errcode = '23514', constraint = 'opportunity_version_step';
  end if;
  if current_user = 'sharepartner_partner' and new.connection_id is not null and (new.region, new.tier) is distinct from (old.region, old.tier) then
    raise exception 'region and tier are the vendor''s' using errcode = '42501';
  end if;
  return new;
end $$;
-- History is of changes: no version that the opportunity has not reached, none left out, and the last one says what
-- the opportunity says. As rows are only added and each version has one, the history of a committed change is fixed.
create function crm.history_of_change() returns trigger language plpgsql as $$
begin
  if exists (
    select from added a left join crm.opportunity o on o.id = a.opportunity_id
    where o.id is null or a.version > o.version
      or (a.version = o.version and
        (a.process_id, a.process_version, a.stage_id, a.stage_type, a.vendor_net_amount, a.currency, a.close_date, a.owner_contact_id, a.owner_membership_id, a.region, a.tier)
        is distinct from
        (o.process_id, o.process_version, o.stage_id, o.stage_type, o.vendor_net_amount, o.currency, o.close_date, o.owner_contact_id, o.owner_membership_id, o.region, o.tier))
      or (a.version > 1 and not exists (select from crm.opportunity_history h where h.opportunity_id = a.opportunity_id and h.version = a.version - 1))
  ) then
    raise exception 'history without its change' using errcode = '23514', constraint = 'opportunity_history_of_change';
  end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger opportunity_step before update on crm.opportunity for each row execute function crm.opportunity_step();
create trigger history_of_change after insert on crm.opportunity_history referencing new table as added for each statement execute function crm.history_of_change();

-- Figures of the past are counted by the places of active stages: one that records have been in keeps its place, and no
-- stage that they have been in goes.
alter table crm.opportunity_history add foreign key (stage_id) references crm.stage;
-- +goose StatementBegin
create function crm.stage_keeps_place() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if exists (select from opportunity_history h where h.process_id = old.process_id and h.stage_id = old.id) then
    raise exception 'a stage that records have been in keeps its place' using errcode = '23514', constraint = 'stage_keeps_place';
  end if;
  return new;
end $$;
-- A retired process takes no new opportunities, also not while it is being retired.
create function crm.process_is_active() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  perform from sales_process p where p.id = new.process_id and p.active for share;
  if not found then
    raise exception 'the sales process is retired' using errcode = '23514', constraint = 'process_is_active';
  end if;
  return new;
end $$;
-- +goose StatementEnd
create trigger stage_keeps_place before update of position on crm.stage for each row when (old.type = 'active' and new.position <> old.position) execute function crm.stage_keeps_place();
create trigger process_is_active before insert on crm.opportunity for each row execute function crm.process_is_active();

-- Human numbers, counted per connection (or per workspace and hat for business without one).
create table crm.record_counter (
  scope_id uuid not null,
  object text not null,
  connection_id uuid,
  vendor_org_id uuid,
  partner_org_id uuid,
  last bigint not null,
  side text not null generated always as (case when vendor_org_id is null then 'partner' else 'vendor' end) stored,
  primary key (scope_id, object, side),
  check (scope_id = coalesce(connection_id, partner_org_id, vendor_org_id)),
  check (num_nonnulls(vendor_org_id, partner_org_id) = case when connection_id is null then 1 else 2 end),
  foreign key (connection_id, vendor_org_id, partner_org_id) references crm.connection (id, vendor_org_id, partner_org_id)
);

call sec.wall('crm.opportunity', 'vendor_org_id = (select sec.ctx_org(''vendor''))', 'partner_org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.opportunity_line', 'vendor_org_id = (select sec.ctx_org(''vendor''))', 'partner_org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.opportunity_private', null, 'partner_org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.opportunity_history', 'vendor_org_id = (select sec.ctx_org(''vendor''))', 'partner_org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.record_counter', 'vendor_org_id = (select sec.ctx_org(''vendor''))', 'partner_org_id = (select sec.ctx_org(''partner''))');

-- A private half belongs to an opportunity that the partner sees: foreign keys alone would not ask.
create policy partner_of_opportunity on crm.opportunity_private as restrictive for insert to sharepartner_partner
  with check (exists (select from crm.opportunity o where o.id = opportunity_id and o.scope_id = opportunity_private.scope_id));
-- Nobody writes history in the other side's name, except what an import brings along.
create policy vendor_says_who on crm.opportunity_history as restrictive for insert to sharepartner_vendor
  with check (changed_by_side in ('vendor', 'system') or imported);
create policy partner_says_who on crm.opportunity_history as restrictive for insert to sharepartner_partner
  with check (changed_by_side in ('partner', 'system') or imported);

-- The vendor's account id is the vendor's; ids of memberships stay on the partner's side.
grant select (id, connection_id, vendor_org_id, partner_org_id, scope_id, number, name, customer_name, owner_contact_id, owner_membership_id, process_org_id, process_id,
  process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at, external_ref, version, touched, created_at, updated_at)
  on crm.opportunity to sharepartner_vendor, sharepartner_partner;
grant select (vendor_account_id, import_digest), insert on crm.opportunity to sharepartner_vendor;
grant insert (id, connection_id, vendor_org_id, partner_org_id, number, name, customer_name, owner_contact_id, owner_membership_id, process_org_id, process_id,
  process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at, external_ref, version, created_at, updated_at)
  on crm.opportunity to sharepartner_partner;
grant update (name, customer_name, owner_contact_id, owner_membership_id, stage_id, stage_type, process_version, vendor_net_amount, amount_source, close_date, region, tier, closed_at, version, touched, updated_at)
  on crm.opportunity to sharepartner_vendor, sharepartner_partner;
grant update (vendor_account_id, import_digest) on crm.opportunity to sharepartner_vendor;
grant select, insert, delete, update (quantity, unit_price) on crm.opportunity_line to sharepartner_vendor, sharepartner_partner;
grant select, insert, update (account_id, end_customer_amount, note, version, updated_at) on crm.opportunity_private to sharepartner_partner;
-- seq is one count over all tenants: its gaps would tell of others.
grant select (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, scope_id, effective_at, recorded_at, imported, change, changed, reason, changed_by_contact, changed_by_side,
  process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_contact_id, owner_membership_id, region, tier),
  insert (opportunity_id, version, connection_id, vendor_org_id, partner_org_id, effective_at, recorded_at, imported, change, changed, reason, changed_by, changed_by_contact, changed_by_side,
  process_id, process_version, stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_contact_id, owner_membership_id, region, tier)
  on crm.opportunity_history to sharepartner_vendor, sharepartner_partner;
grant select, insert, update (last) on crm.record_counter to sharepartner_vendor, sharepartner_partner;
