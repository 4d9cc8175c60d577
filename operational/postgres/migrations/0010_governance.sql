-- Who may do and see what: objects and fields, roles, the external access scope, custom fields, record types and layouts.
-- +goose Up
-- What there is to govern. The program's descriptors say the same (a test compares); here they hold what roles may name.
create table sec.object (
  name text primary key,
  shared boolean not null -- lies on a connection, so that a vendor's external roles speak of it
);
create table sec.object_field (
  object text not null references sec.object,
  field text not null,
  internal_only boolean not null default false, -- the vendor's own affair: no external role can be given it
  editable boolean not null,
  primary key (object, field)
);
insert into sec.object (name, shared) values ('account', false), ('contact', false), ('product', true), ('sales_process', true), ('opportunity', true);
insert into sec.object_field (object, field, internal_only, editable) values
  ('account', 'name', false, true), ('account', 'industry', false, true), ('account', 'website', false, true), ('account', 'country', false, true),
  ('account', 'year_established', false, true), ('account', 'annual_revenue', false, true), ('account', 'number_of_employees', false, true),
  ('account', 'parent_account_id', false, true), ('account', 'external_ref', false, false),
  ('contact', 'account_id', false, true), ('contact', 'first_name', false, true), ('contact', 'last_name', false, true), ('contact', 'email', false, true),
  ('contact', 'phone', false, true), ('contact', 'job_title', false, true),
  ('product', 'name', false, true), ('product', 'family', false, true), ('product', 'list_price', false, true), ('product', 'active', false, true),
  ('sales_process', 'name', false, true), ('sales_process', 'stages', false, true),
  ('opportunity', 'name', false, true), ('opportunity', 'customer_name', false, true), ('opportunity', 'vendor_account_id', true, true),
  ('opportunity', 'owner', false, true), ('opportunity', 'stage', false, true), ('opportunity', 'vendor_net', false, true),
  ('opportunity', 'close_date', false, true), ('opportunity', 'region', false, false), ('opportunity', 'tier', false, false),
  ('opportunity', 'lines', false, true), ('opportunity', 'record_type', false, true), ('opportunity', 'external_ref', false, false), ('opportunity', 'history', false, false);

-- A field that a company adds to an object of its own, or to what it shares as a vendor.
create table crm.custom_field (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  object text not null references sec.object check (object <> 'sales_process'),
  name text not null check (name ~ '^x_[a-z][a-z0-9_]{0,49}$'),
  label text not null check (length(label) between 1 and 100),
  type text not null check (type in ('text', 'number', 'date', 'boolean', 'choice')),
  choices text[] not null default '{}',
  active boolean not null default true,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((type = 'choice') = (cardinality(choices) > 0)),
  unique (org_id, object, name),
  unique (org_id, id)
);
create unique index custom_field_label on crm.custom_field (org_id, object, lower(label));

create table crm.record_type (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  object text not null references sec.object check (object <> 'sales_process'),
  name text not null check (length(name) between 1 and 60),
  description text check (length(description) <= 500),
  is_default boolean not null default false,
  active boolean not null default true,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (active or not is_default),
  unique (org_id, object, name),
  unique (org_id, id)
);
create unique index record_type_one_default on crm.record_type (org_id, object) where is_default;

-- The keys of what comes with a workspace, on either side: a company that begins to sell, or opens a channel of its own,
-- finds none of them taken by a role that it has made.
-- +goose StatementBegin
create function crm.comes_with_workspace(key text) returns boolean language sql immutable as $$
  select key in ('administrator', 'channel_leader', 'channel_manager', 'analyst', 'reviewer', 'dealer_personnel', 'seller')
$$;
-- +goose StatementEnd
grant execute on function crm.comes_with_workspace(text) to sharepartner_vendor, sharepartner_partner;
create table crm.role (
  org_id uuid not null references crm.organisation,
  key text not null check (key ~ '^[a-z][a-z0-9_]{0,59}$'),
  audience text not null check (audience in ('internal', 'external')),
  name text not null check (length(name) between 1 and 100),
  description text check (length(description) <= 500),
  everything boolean not null default false, -- every object and field, also those to come; cannot be taken away
  built_in boolean not null default false,   -- comes with the workspace; can be edited unless it is everything, not deleted
  is_default boolean not null default false, -- what partners' people get when nothing else is said
  capabilities text[] not null default '{}', -- rights that are of no object: see policy.go
  hat text check (hat in ('vendor', 'partner')), -- the only side that its people work on, in a company that is both; null: either
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (org_id, key),
  check (audience = 'internal' or (not everything and capabilities = '{}' and hat is null)),
  check (audience = 'external' or not is_default),
  constraint role_key_kept check (built_in or not crm.comes_with_workspace(key)),
  unique (org_id, key, audience)
);
create unique index role_name on crm.role (org_id, audience, lower(name));
create unique index role_one_default on crm.role (org_id) where is_default;

-- What a role may do with an object: deny by default, so an object or a field that is not here is hidden.
create table crm.role_object (
  org_id uuid not null,
  role_key text not null,
  audience text not null,
  object text not null references sec.object,
  can_create boolean not null default false,
  can_read boolean not null default false,
  can_edit boolean not null default false,
  can_delete boolean not null default false,
  can_import boolean not null default false,
  can_export boolean not null default false,
  -- Whose records: private (own ones; of a vendor's people: of the partners and regions they look after), company, public (all partners' of the vendor).
  visibility text not null default 'private' check (visibility in ('private', 'company', 'public')),
  access text not null default 'read' check (access in ('read', 'read_write')),
  record_types uuid[], -- null: all, also those to come
  readable text[] not null default '{}',
  editable text[] not null default '{}',
  primary key (org_id, role_key, object),
  foreign key (org_id, role_key, audience) references crm.role (org_id, key, audience) on delete cascade,
  check (can_read or not (can_create or can_edit or can_delete or can_import or can_export)),
  check (editable <@ readable),
  check (audience = 'external' or visibility <> 'public')
);

create table crm.page_layout (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  object text not null references sec.object check (object <> 'sales_process'),
  name text not null check (length(name) between 1 and 100),
  definition jsonb not null check (jsonb_typeof(definition) = 'object' and pg_column_size(definition) < 65536),
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (org_id, object, name),
  unique (org_id, id)
);
create table crm.layout_assignment (
  org_id uuid not null,
  role_key text not null,
  record_type_id uuid not null,
  layout_id uuid not null,
  primary key (org_id, role_key, record_type_id),
  foreign key (org_id, role_key) references crm.role (org_id, key) on delete cascade,
  foreign key (org_id, record_type_id) references crm.record_type (org_id, id) on delete cascade,
  foreign key (org_id, layout_id) references crm.page_layout (org_id, id) on delete cascade
);

-- Who of the partners may come in at all.
create table crm.access_scope (
  vendor_org_id uuid primary key references crm.organisation,
  mode text not null default 'all' check (mode in ('all', 'companies', 'contacts')),
  version bigint not null default 1,
  updated_at timestamptz not null
);
alter table crm.connection add unique (id, vendor_org_id);
create table crm.access_member (
  vendor_org_id uuid not null references crm.access_scope,
  connection_id uuid not null,
  contact_id uuid, -- null: the whole company (mode companies); else one of its people (mode contacts)
  foreign key (connection_id, vendor_org_id) references crm.connection (id, vendor_org_id),
  foreign key (connection_id, contact_id) references crm.external_contact (connection_id, id),
  unique nulls not distinct (vendor_org_id, connection_id, contact_id)
);
create index access_member_of_connection on crm.access_member (connection_id, contact_id); -- whether somebody is let in is asked with each session

-- Which external role: of the contact, else of the company, else the vendor's default.
alter table crm.connection
  add column external_role text,
  add column external_audience text not null generated always as ('external') stored,
  add foreign key (vendor_org_id, external_role, external_audience) references crm.role (org_id, key, audience);
alter table crm.external_contact
  add column external_role text,
  add column external_audience text not null generated always as ('external') stored,
  add foreign key (vendor_org_id, external_role, external_audience) references crm.role (org_id, key, audience);
-- The roles of a company's own people. Deferred: a workspace and its first member come in one statement.
alter table crm.membership
  drop constraint membership_role_check,
  add column role_audience text not null generated always as ('internal') stored,
  add constraint membership_role foreign key (org_id, role, role_audience) references crm.role (org_id, key, audience) deferrable initially deferred;
-- Regions that one of a vendor's people looks after, beside the partners whose channel manager they are.
create table crm.membership_region (
  org_id uuid not null,
  membership_id uuid not null,
  region text not null check (length(region) between 1 and 60),
  primary key (membership_id, region),
  foreign key (org_id, membership_id) references crm.membership (org_id, id) on delete cascade
);

-- Records carry custom values and a record type.
alter table crm.account add column custom jsonb not null default '{}' check (jsonb_typeof(custom) = 'object' and pg_column_size(custom) < 16384),
  add column record_type_id uuid, add foreign key (org_id, record_type_id) references crm.record_type (org_id, id);
alter table crm.contact add column custom jsonb not null default '{}' check (jsonb_typeof(custom) = 'object' and pg_column_size(custom) < 16384),
  add column record_type_id uuid, add foreign key (org_id, record_type_id) references crm.record_type (org_id, id);
alter table crm.product add column custom jsonb not null default '{}' check (jsonb_typeof(custom) = 'object' and pg_column_size(custom) < 16384);
alter table crm.opportunity add column custom jsonb not null default '{}' check (jsonb_typeof(custom) = 'object' and pg_column_size(custom) < 16384),
  add foreign key (process_org_id, record_type_id) references crm.record_type (org_id, id);
alter table crm.opportunity_private add column custom jsonb not null default '{}' check (jsonb_typeof(custom) = 'object' and pg_column_size(custom) < 16384);
-- Lists of a role that sees its own records only.
create index opportunity_of_contact on crm.opportunity (owner_contact_id, partner_org_id, updated_at desc, id desc) where owner_contact_id is not null;
create index opportunity_of_vendors_member on crm.opportunity (owner_membership_id, vendor_org_id, updated_at desc, id desc) where vendor_org_id is not null and owner_membership_id is not null;
create index opportunity_of_partners_member on crm.opportunity (owner_membership_id, partner_org_id, updated_at desc, id desc) where partner_org_id is not null and owner_membership_id is not null;

-- +goose StatementBegin
-- A role names only fields that exist and that its audience can be given.
create function crm.role_names_fields() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare wrong text;
begin
  select f into wrong from unnest(new.readable) f
    where not exists (select from sec.object_field o where o.object = new.object and o.field = f and not (o.internal_only and new.audience = 'external'))
      and not exists (select from custom_field c where c.org_id = new.org_id and c.object = new.object and c.name = f) limit 1;
  if wrong is null then
    select f into wrong from unnest(new.editable) f where exists (select from sec.object_field o where o.object = new.object and o.field = f and not o.editable) limit 1;
  end if;
  if wrong is not null then
    raise exception 'a role names the field %, which it cannot be given', wrong using errcode = '23514', constraint = 'role_names_fields';
  end if;
  if exists (select from unnest(new.record_types) t where not exists (select from record_type r where r.org_id = new.org_id and r.object = new.object and r.id = t)) then
    raise exception 'a role names a record type that is not there' using errcode = '23514', constraint = 'role_names_record_types';
  end if;
  if new.audience = 'external' and not (select shared from sec.object where name = new.object) then
    raise exception 'an external role speaks of what is shared' using errcode = '23514', constraint = 'role_of_shared_object';
  end if;
  return new;
end $$;

-- What comes with a workspace. For the objects and fields of today; those to come are added by the migration that brings them.
create function crm.seed_role(org uuid, key text, audience text, name text, everything boolean, is_default boolean, capabilities text[], objects text[],
  acts text[], visibility text, access text, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
#variable_conflict use_variable
begin
  insert into role (org_id, key, audience, name, everything, built_in, is_default, capabilities, created_at, updated_at)
    -- A name that the company has given to a role of its own already gives way.
    select org, key, audience, n.name, everything, true, is_default, capabilities, at, at
    from (select name as name, 1 as place union all select name || ' ' || i, i from generate_series(2, 200) i) n
    where not exists (select from role r where r.org_id = org and r.audience = audience and lower(r.name) = lower(n.name)) order by n.place limit 1;
  if everything then return; end if;
  insert into role_object (org_id, role_key, audience, object, can_create, can_read, can_edit, can_delete, can_import, can_export, visibility, access, readable, editable)
    select org, key, audience, o.name, 'create' = any(acts) and writes, true, 'edit' = any(acts) and writes, false, false, 'export' = any(acts) and o.name <> 'sales_process',
      visibility, access, f.readable, case when 'edit' = any(acts) and writes then f.editable else '{}' end
    from sec.object o
    cross join lateral (select not (o.name in ('product', 'sales_process') or o.name <> all(objects)) as writes) w
    cross join lateral (select coalesce(array_agg(field order by field), '{}') as readable, coalesce(array_agg(field order by field) filter (where editable), '{}') as editable
      from sec.object_field x where x.object = o.name and not (x.internal_only and audience = 'external')
        and not (audience = 'external' and x.field = 'external_ref')) f -- the vendor's own key: it may show it, and does not unasked
    where audience = 'internal' or o.shared;
end $$;

-- What a company that governs a channel has for it.
create function crm.seed_channel(org uuid, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare
  business text[] := array['account', 'contact', 'opportunity'];
  work text[] := array['create', 'edit', 'export'];
  own text[] := array['analytics.read', 'pipelines.read', 'api_keys.manage', 'organisations.read', 'connections.read'];
begin
  perform seed_role(org, 'channel_leader', 'internal', 'Channel leader', true, false, '{}', '{}', '{}', 'company', 'read_write', at);
  perform seed_role(org, 'channel_manager', 'internal', 'Channel manager', false, false, own, business, work, 'company', 'read_write', at);
  -- Of the channel they reach the partners and regions that they look after; customers and catalogue are the company's.
  update role_object o set visibility = 'private' where o.org_id = org and o.role_key = 'channel_manager' and o.object = 'opportunity';
  perform seed_role(org, 'analyst', 'internal', 'Analyst', false, false, own, '{}', array['export'], 'company', 'read', at);
  perform seed_role(org, 'reviewer', 'internal', 'Reviewer', false, false, own, array['opportunity'], array['edit'], 'company', 'read_write', at);
  perform seed_role(org, 'dealer_personnel', 'external', 'Dealer Personnel', false, true, '{}', business, work, 'company', 'read_write', at);
  insert into access_scope (vendor_org_id, updated_at) values (org, at);
end $$;
-- And one that sells.
create function crm.seed_sales(org uuid, at timestamptz) returns void language sql security definer set search_path = pg_catalog, crm, pg_temp as $$
  select crm.seed_role(org, 'seller', 'internal', 'Sales', false, false,
    array['analytics.read', 'pipelines.read', 'api_keys.manage', 'organisations.read', 'connections.read'],
    array['account', 'contact', 'opportunity'], array['create', 'edit', 'export'], 'company', 'read_write', at)
$$;
create function crm.seed_workspace() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare at timestamptz := (select created_at from organisation where id = new.org_id);
begin
  perform seed_role(new.org_id, 'administrator', 'internal', 'Administrator', true, false, '{}', '{}', '{}', 'company', 'read_write', at);
  if new.governs then perform seed_channel(new.org_id, at); end if;
  if new.sells then perform seed_sales(new.org_id, at); end if;
  return null;
end $$;
-- +goose StatementEnd
create trigger role_names_fields before insert or update on crm.role_object for each row execute function crm.role_names_fields();
create trigger seed_workspace after insert on crm.workspace for each row execute function crm.seed_workspace();

-- Governance is the company's own affair; of a vendor's external roles and fields the partner learns what concerns it from its rights alone.
call sec.wall('crm.custom_field', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.record_type', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.role', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.role_object', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.page_layout', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.layout_assignment', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.membership_region', 'org_id = (select sec.ctx_org(''vendor''))', null);
call sec.wall('crm.access_scope', 'vendor_org_id = (select sec.ctx_org(''vendor''))', null);
call sec.wall('crm.access_member', 'vendor_org_id = (select sec.ctx_org(''vendor''))', null);
grant select, insert, update (label, choices, active, version, updated_at) on crm.custom_field to sharepartner_vendor, sharepartner_partner;
grant select, insert, update (name, description, is_default, active, version, updated_at) on crm.record_type to sharepartner_vendor, sharepartner_partner;
grant select, insert (org_id, key, audience, name, description, is_default, capabilities, hat, created_at, updated_at), update (name, description, is_default, capabilities, version, updated_at), delete
  on crm.role to sharepartner_vendor, sharepartner_partner;
grant select, insert, delete, update (can_create, can_read, can_edit, can_delete, can_import, can_export, visibility, access, record_types, readable, editable)
  on crm.role_object to sharepartner_vendor, sharepartner_partner;
grant select, insert, delete, update (name, definition, version, updated_at) on crm.page_layout to sharepartner_vendor, sharepartner_partner;
grant select, insert, delete, update (layout_id) on crm.layout_assignment to sharepartner_vendor, sharepartner_partner;
grant select, insert, delete on crm.membership_region to sharepartner_vendor;
grant select, update (mode, version, updated_at) on crm.access_scope to sharepartner_vendor;
grant select, insert, delete on crm.access_member to sharepartner_vendor;
grant update (external_role, version, updated_at) on crm.connection to sharepartner_vendor;
grant select (external_role), update (external_role, status) on crm.external_contact to sharepartner_vendor;
-- Roles that are everything, or that came with the workspace, stay.
create policy built_in_stay on crm.role as restrictive for delete to sharepartner_vendor, sharepartner_partner using (not built_in);
create policy partner_governs_own_people on crm.role as restrictive for insert to sharepartner_partner with check (audience = 'internal');

grant select (custom, record_type_id), insert (custom, record_type_id), update (custom, record_type_id) on crm.account, crm.contact, crm.opportunity to sharepartner_vendor, sharepartner_partner;
grant select (custom), insert (custom), update (custom) on crm.product to sharepartner_vendor, sharepartner_partner;
grant select (custom), insert (custom), update (custom) on crm.opportunity_private to sharepartner_partner;
grant select (frozen_at) on crm.opportunity to sharepartner_vendor, sharepartner_partner;
