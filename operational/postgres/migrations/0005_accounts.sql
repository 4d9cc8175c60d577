-- Accounts and contacts: one row per workspace, never shared; the link between two companies' rows is the partner's own.
-- +goose Up
create table crm.account (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  name text not null check (length(name) between 1 and 200),
  name_key text not null, -- normalised, for look-up inside the workspace
  industry text check (length(industry) between 1 and 100),
  website text check (length(website) <= 300 and website ~ '^https?://[^[:space:][:cntrl:]/?#@\\]+([/?#][^[:space:][:cntrl:]]*)?$'), -- a link, never a script
  country text check (length(country) <= 100),
  year_established int check (year_established between 1000 and 2200),
  annual_revenue numeric(18,2) check (annual_revenue >= 0),
  number_of_employees int check (number_of_employees >= 0),
  parent_account_id uuid,
  external_ref text,
  version bigint not null default 1,
  touched jsonb not null default '{}', -- changes by the fields that they changed: what is version and last change for who reads not all of them
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check (parent_account_id <> id),
  foreign key (org_id, parent_account_id) references crm.account (org_id, id),
  unique (org_id, id),
  unique (org_id, external_ref)
);
create index account_list on crm.account (org_id, updated_at desc, id desc);
create index account_by_name on crm.account (org_id, name_key);

create table crm.contact (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  account_id uuid not null,
  first_name text check (length(first_name) <= 100),
  last_name text not null check (length(last_name) between 1 and 100),
  email text check (length(email) <= 254),
  phone text check (length(phone) <= 40),
  job_title text check (length(job_title) <= 100),
  version bigint not null default 1,
  touched jsonb not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  foreign key (org_id, account_id) references crm.account (org_id, id),
  unique (org_id, id)
);
create index contact_list on crm.contact (org_id, updated_at desc, id desc);
create index contact_of_account on crm.contact (org_id, account_id);

create table crm.account_link (
  connection_id uuid not null,
  vendor_org_id uuid not null,
  partner_org_id uuid not null,
  vendor_account_id uuid, -- where the vendor keeps one; whether it does the partner does not learn
  partner_account_id uuid not null,
  imported boolean not null default false, -- an import of the vendor's has brought the customer: to the vendor it is no news any more
  created_at timestamptz not null,
  primary key (connection_id, partner_account_id),
  unique (connection_id, vendor_account_id),
  foreign key (connection_id, vendor_org_id, partner_org_id) references crm.connection (id, vendor_org_id, partner_org_id),
  foreign key (vendor_org_id, vendor_account_id) references crm.account (org_id, id),
  foreign key (partner_org_id, partner_account_id) references crm.account (org_id, id)
);

call sec.wall('crm.account', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.contact', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.account_link', null, 'partner_org_id = (select sec.ctx_org(''partner''))');

grant select, insert, update (name, name_key, industry, website, country, year_established, annual_revenue, number_of_employees, parent_account_id, version, touched, updated_at)
  on crm.account to sharepartner_vendor, sharepartner_partner;
grant select, insert, update (account_id, first_name, last_name, email, phone, job_title, version, touched, updated_at)
  on crm.contact to sharepartner_vendor, sharepartner_partner;
grant select (connection_id, vendor_org_id, partner_org_id, partner_account_id, created_at), insert on crm.account_link to sharepartner_partner;
