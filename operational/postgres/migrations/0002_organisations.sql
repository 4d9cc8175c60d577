-- Organisations, their workspaces, the connections between them, and people.
-- +goose Up
create table crm.organisation (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  country_code text check (country_code ~ '^[A-Z]{2}$'),
  created_at timestamptz not null
);

-- What an organisation decides for itself; nobody else reads it.
create table crm.workspace (
  org_id uuid primary key references crm.organisation,
  governs boolean not null, -- has a channel of its own (vendor side)
  sells boolean not null,   -- sells for others (partner side)
  time_zone text not null default 'UTC',
  fiscal_year_start_month int not null default 1 check (fiscal_year_start_month between 1 and 12),
  reporting_currency text not null check (reporting_currency ~ '^[A-Z]{3}$'),
  external_ref text, -- where an import found it
  check (governs or sells)
);

-- Personal data lives here and in external_contact only; everything else refers to it by id.
create table crm.person (
  id uuid primary key,
  display_name text not null check (length(display_name) between 1 and 200),
  email text,
  email_norm text unique,
  time_zone text, -- null: that of the workspace
  status text not null default 'active' check (status in ('active', 'suspended')),
  created_at timestamptz not null
);

create table crm.membership (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  person_id uuid not null references crm.person,
  role text not null check (role in ('administrator', 'channel_leader', 'channel_manager', 'analyst', 'seller')),
  status text not null default 'active' check (status in ('active', 'suspended')),
  external_ref text,
  created_at timestamptz not null,
  unique (org_id, person_id),
  unique (org_id, id),
  unique (org_id, external_ref)
);

create table crm.connection (
  id uuid primary key,
  vendor_org_id uuid not null references crm.organisation,
  partner_org_id uuid not null references crm.organisation,
  status text not null check (status in ('active', 'suspended', 'ended')),
  partner_number text not null, -- the vendor's own number for the partner
  tier text check (length(tier) between 1 and 60),
  region text check (length(region) between 1 and 60),
  channel_manager_id uuid,
  external_ref text,
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  ended_at timestamptz,
  check (vendor_org_id <> partner_org_id),
  check ((status = 'ended') = (ended_at is not null)),
  foreign key (vendor_org_id, channel_manager_id) references crm.membership (org_id, id),
  unique (id, vendor_org_id, partner_org_id),
  unique (id, partner_org_id),
  unique (vendor_org_id, external_ref)
);
create unique index connection_one_live on crm.connection (vendor_org_id, partner_org_id) where status <> 'ended';
create unique index connection_number on crm.connection (vendor_org_id, partner_number) where status <> 'ended';
create index connection_pair on crm.connection (vendor_org_id, partner_org_id);
create index connection_of_vendor on crm.connection (vendor_org_id, updated_at desc, id desc);
create index connection_of_partner on crm.connection (partner_org_id, updated_at desc, id desc);

-- How a vendor sees a partner's person: an identity of this connection only.
create table crm.external_contact (
  id uuid primary key,
  connection_id uuid not null,
  vendor_org_id uuid not null,
  partner_org_id uuid not null,
  membership_id uuid not null,
  display_name text not null,
  work_email text,
  status text not null default 'active' check (status in ('active', 'suspended')),
  foreign key (connection_id, vendor_org_id, partner_org_id) references crm.connection (id, vendor_org_id, partner_org_id),
  foreign key (partner_org_id, membership_id) references crm.membership (org_id, id),
  unique (connection_id, membership_id),
  unique (connection_id, id)
);

call sec.wall('crm.connection', 'vendor_org_id = (select sec.ctx_org(''vendor''))', 'partner_org_id = (select sec.ctx_org(''partner''))');
-- "exists", so that a list of opportunities asks the index for its fifty organisations only.
call sec.wall('crm.organisation',
  'id = (select sec.ctx_org(''vendor'')) or exists (select from crm.connection c where c.partner_org_id = organisation.id and c.vendor_org_id = (select sec.ctx_org(''vendor'')) and c.status <> ''ended'')',
  'id = (select sec.ctx_org(''partner'')) or exists (select from crm.connection c where c.vendor_org_id = organisation.id and c.partner_org_id = (select sec.ctx_org(''partner'')) and c.status <> ''ended'')');
call sec.wall('crm.workspace', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.membership', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.person', 'id in (select m.person_id from crm.membership m)', 'id in (select m.person_id from crm.membership m)');
call sec.wall('crm.external_contact', 'vendor_org_id = (select sec.ctx_org(''vendor''))', 'partner_org_id = (select sec.ctx_org(''partner''))');

grant select on crm.workspace, crm.membership, crm.person to sharepartner_vendor, sharepartner_partner;
-- Since when another company is here would tell whether it has worked for others before.
grant select (id, name, country_code) on crm.organisation to sharepartner_vendor, sharepartner_partner;
grant select on crm.connection to sharepartner_vendor;
-- Who manages a partner at the vendor, and the vendor's import references, are the vendor's affair.
grant select (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, version, created_at, updated_at, ended_at) on crm.connection to sharepartner_partner;
-- The membership behind a contact is the partner's affair: it would join a person over several vendors.
grant select (id, connection_id, vendor_org_id, partner_org_id, display_name, work_email, status) on crm.external_contact to sharepartner_vendor;
grant select on crm.external_contact to sharepartner_partner;
grant select on crm.organisation, crm.workspace, crm.membership, crm.connection to sharepartner_jobs;

-- +goose StatementBegin
-- A vendor sets up partners that come from its own files: organisation, workspace, connection and first person,
-- without mail address (so that nobody learns who is here already). The only door to another organisation's rows.
-- partners: [{org_id, connection_id, person_id, membership_id, contact_id, name, country_code, partner_number, tier, region,
--             channel_manager_id, person_name, external_ref, started_at}]
create function crm.provision_partners(partners jsonb, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  vendor uuid := sec.ctx_org('vendor');
  currency text := (select reporting_currency from crm.workspace where org_id = vendor);
begin
  with p as (
    select * from jsonb_to_recordset(partners) as p(org_id uuid, connection_id uuid, person_id uuid, membership_id uuid, contact_id uuid,
      name text, country_code text, partner_number text, tier text, region text, channel_manager_id uuid, person_name text, external_ref text, started_at timestamptz)
  ), o as (
    insert into crm.organisation (id, name, country_code, created_at) select org_id, name, country_code, at from p
  ), w as (
    insert into crm.workspace (org_id, governs, sells, reporting_currency) select org_id, false, true, currency from p
  ), h as (
    insert into crm.person (id, display_name, created_at) select person_id, person_name, at from p
  ), m as (
    insert into crm.membership (id, org_id, person_id, role, created_at) select membership_id, org_id, person_id, 'seller', at from p
  ), c as (
    insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, channel_manager_id, external_ref, created_at, updated_at)
    select connection_id, vendor, org_id, 'active', partner_number, tier, region, channel_manager_id, external_ref, started_at, at from p
  )
  insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
    select contact_id, connection_id, vendor, org_id, membership_id, person_name from p;
end $$;

-- A vendor adds its own staff that an import names (channel managers), again without mail address.
-- staff: [{person_id, membership_id, name, role, external_ref}]; administrators are made by the program's own commands only.
create function crm.provision_staff(staff jsonb, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare vendor uuid := sec.ctx_org('vendor');
begin
  if exists (select from jsonb_to_recordset(staff) as s(role text) where role is null or role not in ('channel_leader', 'channel_manager', 'analyst')) then
    raise exception 'an import may not make administrators' using errcode = '42501';
  end if;
  insert into crm.person (id, display_name, created_at)
    select person_id, name, at from jsonb_to_recordset(staff) as s(person_id uuid, name text);
  insert into crm.membership (id, org_id, person_id, role, external_ref, created_at)
    select membership_id, vendor, person_id, role, external_ref, at
    from jsonb_to_recordset(staff) as s(person_id uuid, membership_id uuid, role text, external_ref text);
end $$;
-- +goose StatementEnd
grant execute on function crm.provision_partners(jsonb, timestamptz), crm.provision_staff(jsonb, timestamptz) to sharepartner_vendor;
