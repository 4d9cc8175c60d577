-- What happens later or twice: events to relay, answers to repeat, imports with their files and findings.
-- +goose Up
create table crm.outbox (
  id bigint generated always as identity primary key,
  org_id uuid not null references crm.organisation, -- whose context wrote it
  side text not null check (side in ('vendor', 'partner')),
  event_type text not null,
  record_id uuid not null,
  payload jsonb not null default '{}', -- ids only
  created_at timestamptz not null,
  relayed_at timestamptz
);
create index outbox_waiting on crm.outbox (id) where relayed_at is null;

create table crm.idempotency_key (
  credential_id uuid not null,
  key text not null check (length(key) between 1 and 200),
  org_id uuid not null references crm.organisation,
  side text not null check (side in ('vendor', 'partner')),
  request_sha256 bytea not null check (length(request_sha256) = 32),
  status int, -- null while the first request is at work
  headers jsonb,
  body bytea,
  created_at timestamptz not null,
  primary key (credential_id, key)
);

create table crm.import (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  kind text not null check (kind in ('crm_export')),
  state text not null check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  dry_run boolean not null default false,
  mapping jsonb,
  progress double precision not null default 0 check (progress between 0 and 1),
  step text not null default '', -- what is being done, for people
  summary jsonb,
  fault text, -- why it failed, for people
  cancel_requested boolean not null default false,
  started_by uuid, -- membership
  created_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  check ((state in ('done', 'failed', 'cancelled')) = (finished_at is not null)),
  check ((state = 'failed') = (fault is not null)),
  unique (org_id, id)
);
create index import_list on crm.import (org_id, created_at desc, id desc);

create table crm.import_file (
  org_id uuid not null,
  import_id uuid not null,
  name text not null check (name in ('accounts', 'products', 'sales_teams', 'sales_pipeline', 'stage_history')),
  content bytea not null,
  primary key (import_id, name),
  foreign key (org_id, import_id) references crm.import (org_id, id)
);

-- What cleansing changed (kept = true) and what could not be kept (kept = false), line by line.
create table crm.import_finding (
  org_id uuid not null,
  import_id uuid not null,
  position int not null,
  file text not null,
  line int not null,
  field text,
  kept boolean not null,
  rule text not null, -- stable code of the rule
  was text,
  became text,
  reason text not null,
  primary key (import_id, position),
  foreign key (org_id, import_id) references crm.import (org_id, id)
);

call sec.wall('crm.outbox', 'org_id = (select sec.ctx_org(''vendor'')) and side = ''vendor''', 'org_id = (select sec.ctx_org(''partner'')) and side = ''partner''');
call sec.wall('crm.idempotency_key', 'org_id = (select sec.ctx_org(''vendor'')) and side = ''vendor''', 'org_id = (select sec.ctx_org(''partner'')) and side = ''partner''');
call sec.wall('crm.import', 'org_id = (select sec.ctx_org(''vendor''))', null);
call sec.wall('crm.import_file', 'org_id = (select sec.ctx_org(''vendor''))', null);
call sec.wall('crm.import_finding', 'org_id = (select sec.ctx_org(''vendor''))', null);

grant insert on crm.outbox to sharepartner_vendor, sharepartner_partner;
grant select, update (relayed_at), delete on crm.outbox to sharepartner_jobs;
grant select, insert, update (status, headers, body, created_at) on crm.idempotency_key to sharepartner_vendor, sharepartner_partner;
grant select, delete on crm.idempotency_key to sharepartner_jobs;
grant select, insert, update (state, progress, step, summary, fault, cancel_requested, started_at, finished_at) on crm.import to sharepartner_vendor;
grant select, update (state, progress, step, fault, cancel_requested, started_at, finished_at) on crm.import to sharepartner_jobs;
grant select, insert on crm.import_file to sharepartner_vendor;
grant select (import_id), delete on crm.import_file to sharepartner_jobs;
grant select, insert on crm.import_finding to sharepartner_vendor;
-- River keeps its own tables in its own schema; only the jobs login goes there.
create schema river;
grant usage on schema river to sharepartner_jobs;
