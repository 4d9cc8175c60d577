-- Audit: what was done and by whom, chained per organisation so that a later change of it shows.
-- +goose Up
-- Details hold ids, names of fields, counts and codes, and what a decision changed from which of them to which; never
-- values, and nothing that names a person.
-- There are no foreign keys: what an event speaks of may go, the event stays, and writing one locks nothing.
create table crm.audit_event (
  id uuid primary key,
  org_id uuid not null, -- whose audit it is
  n bigint generated always as identity, -- the order in which events are chained; one count over all tenants
  at timestamptz not null,
  side text not null check (side in ('vendor', 'partner')), -- the hat that the organisation wore
  membership_id uuid, -- who did it,
  key_id uuid,        -- with which API key,
  system text check (system ~ '^[a-z][a-z0-9_-]{0,59}$'), -- or the part of the program that did
  action text not null check (action ~ '^[a-z][a-z_]*(\.[a-z][a-z_]*)+$' and length(action) <= 100),
  object text not null check (object ~ '^[a-z][a-z_]*$' and length(object) <= 60),
  record_id uuid,
  connection_id uuid, -- when the record lies on a connection and both companies see that it changed
  anchor_of bytea check (length(anchor_of) = 32), -- hash of the other company's event, and no more of it
  details jsonb not null default '{}' check (jsonb_typeof(details) = 'object' and pg_column_size(details) < 32768),
  request_id uuid,
  seq bigint check (seq > 0), -- place in the organisation's chain
  prev_hash bytea check (length(prev_hash) = 32),
  hash bytea check (length(hash) = 32),
  check (num_nonnulls(membership_id, system) = 1),
  check (key_id is null or membership_id is not null),
  check (num_nonnulls(seq, prev_hash, hash) in (0, 3)),
  check ((anchor_of is not null) = (action = 'anchor.kept')),
  check (anchor_of is null or connection_id is not null),
  unique (org_id, seq)
);
create index audit_event_waiting on crm.audit_event (org_id, n) where hash is null;
create index audit_event_list on crm.audit_event (org_id, at desc, id desc);
create index audit_event_of_record on crm.audit_event (org_id, record_id, at desc);

-- The head of each organisation's chain, and what the last check of it found.
create table crm.audit_chain (
  org_id uuid primary key references crm.organisation,
  seq bigint not null default 0 check (seq >= 0),
  head bytea not null default decode(repeat('00', 32), 'hex') check (length(head) = 32),
  chained_at timestamptz,
  verified_at timestamptz,
  verified_seq bigint,
  fault text, -- the first broken link, in words; null when the last check found none
  check ((verified_at is null) = (verified_seq is null)),
  check (fault is null or verified_at is not null)
);

-- +goose StatementBegin
-- An event is written once and chained once; the owner, too, cannot do otherwise without taking this away first.
create function crm.audit_stays() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if old.hash is null and new.hash is not null
      and (new.id, new.org_id, new.n, new.at, new.side, new.membership_id, new.key_id, new.system, new.action, new.object, new.record_id, new.connection_id, new.anchor_of, new.details, new.request_id)
      is not distinct from
      (old.id, old.org_id, old.n, old.at, old.side, old.membership_id, old.key_id, old.system, old.action, old.object, old.record_id, old.connection_id, old.anchor_of, old.details, old.request_id) then
      return new;
    end if;
  end if;
  raise exception 'the audit is only ever added to' using errcode = '42501';
end $$;
-- +goose StatementEnd
create trigger audit_stays before update or delete on crm.audit_event for each row execute function crm.audit_stays();
create trigger audit_stays_whole before truncate on crm.audit_event for each statement execute function crm.audit_stays();

-- A company has one audit, whichever hat it wears.
call sec.wall('crm.audit_event', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.audit_chain', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
-- Nobody writes in another's name.
create policy own_name on crm.audit_event as restrictive for insert to sharepartner_vendor, sharepartner_partner
  with check (membership_id is null or membership_id = (select sec.ctx_member()));
-- n is one count over all tenants: its gaps would tell of others.
grant select (id, org_id, at, side, membership_id, key_id, system, action, object, record_id, connection_id, anchor_of, details, request_id, seq, prev_hash, hash),
  insert (id, org_id, at, side, membership_id, key_id, system, action, object, record_id, connection_id, details, request_id)
  on crm.audit_event to sharepartner_vendor, sharepartner_partner;
grant select on crm.audit_chain to sharepartner_vendor, sharepartner_partner;
grant select, insert (id, org_id, at, side, system, action, object, record_id, connection_id, anchor_of, details), update (seq, prev_hash, hash) on crm.audit_event to sharepartner_jobs;
grant select, insert (org_id), update (seq, head, chained_at, verified_at, verified_seq, fault) on crm.audit_chain to sharepartner_jobs;

-- That somebody got a role, as details of an event: the one they had, if any, and by what it was given.
create function sec.role_noted(was text, role text, by_what text) returns jsonb language sql immutable as $$
  select jsonb_build_object('codes', jsonb_build_object('by', by_what), 'changes', jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('subject', 'role', 'was', was, 'is', role))))
$$;

-- +goose StatementBegin
-- Sessions begin and end in many ways, before a tenant's context is there or without one: the table itself notes them.
-- Whoever has the token ends the session as its member does; else it is the member in whose context it ends, or the program.
create function sec.session_noted() returns trigger language plpgsql set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  s sec.session := coalesce(new, old);
  asks text[] := string_to_array(coalesce(current_setting('app.ctx', true), ''), '|'); -- organisation, side or purpose, member
  org uuid := (select m.org_id from crm.membership m where m.id = s.membership_id);
  who uuid := s.membership_id;
begin
  if tg_op = 'DELETE' and asks[2] in ('vendor', 'partner') then
    who := case when asks[1]::uuid = org then nullif(asks[3]::uuid, '00000000-0000-0000-0000-000000000000') end;
  elsif tg_op = 'DELETE' and asks[2] = 'admin' then
    who := null;
  end if;
  insert into crm.audit_event (id, org_id, at, side, membership_id, system, action, object, record_id, details)
    values (gen_random_uuid(), org, case tg_op when 'INSERT' then s.created_at else clock_timestamp() end, s.side, who, case when who is null then 'program' end,
      case when tg_op = 'INSERT' then 'session.opened' when who is null then 'session.ended' else 'session.closed' end, 'session', s.id,
      case when who is distinct from s.membership_id then jsonb_build_object('ids', jsonb_build_object('membership_id', s.membership_id)) else '{}' end);
  return null;
end $$;

-- A sign-in was refused: the companies of the person note it, if the address is somebody's. What counts the attempt is
-- written to once more, so that an address that is nobody's takes as long.
create function sec.refuse_sign_in(email text, counted bytea, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  update sec.attempt a set counts_until = a.counts_until where a.counted = counted;
  insert into crm.audit_event (id, org_id, at, side, system, action, object, record_id)
    select gen_random_uuid(), m.org_id, at, case when w.governs then 'vendor' else 'partner' end, 'sign-in', 'session.refused', 'membership', m.id
    from crm.person p join crm.membership m on m.person_id = p.id join crm.workspace w on w.org_id = m.org_id
    where p.email_norm = email and m.status = 'active';
end $$;
-- +goose StatementEnd
create trigger session_noted after insert or delete on sec.session for each row execute function sec.session_noted();
grant execute on function sec.refuse_sign_in(text, bytea, timestamptz) to sharepartner_api;
