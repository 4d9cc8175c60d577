-- What people do with their own sessions and their password.
-- +goose Up
-- Somebody has lost a password: a link that was mailed to the person's address sets another one, once and for half an hour.
-- Its token is made again by the program when it is mailed; here is the digest alone.
create table sec.password_reset (
  id uuid primary key,
  person_id uuid not null references crm.person,
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index password_reset_of_person on sec.password_reset (person_id);
create index password_reset_over on sec.password_reset (expires_at);

-- +goose StatementBegin
-- All that a person is signed in with, in whichever company it works, the one that was seen last first; for a session
-- that is bound to one company what works there.
create function sec.sessions_of(person uuid, asks uuid, at timestamptz)
returns table (session_id uuid, org_id uuid, org_name text, side text, device text, created_at timestamptz, last_seen_at timestamptz, ends_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
declare bound uuid := sec.bound_to(asks);
begin
  perform sec.require('sign-in');
  return query select s.id, o.id, o.name, s.side, s.device, s.created_at, s.last_seen_at, s.expires_at
    from crm.membership m join sec.session s on s.membership_id = m.id join crm.organisation o on o.id = m.org_id
    where m.person_id = person and m.status = 'active' and s.idle_expires_at > at and s.expires_at > at and (bound is null or m.org_id = bound) order by s.last_seen_at desc, s.id desc;
end $$;

-- A person ends one of its sessions (`one`), or all but one (`keep`); one that has run out already counts for none.
create function sec.end_sessions(person uuid, one uuid, keep uuid, at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  n bigint;
  bound uuid := sec.bound_to(keep);
begin
  perform sec.require('sign-in');
  delete from sec.session s using crm.membership m
    where m.person_id = person and s.membership_id = m.id and s.idle_expires_at > at and s.expires_at > at and (bound is null or m.org_id = bound)
      and case when one is not null then s.id = one else s.id is distinct from keep end;
  get diagnostics n = row_count;
  return n;
end $$;

create function sec.password_for(person uuid) returns text language plpgsql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  return (select w.hash from sec.password w where w.person_id = person);
end $$;

-- The password becomes another, unless it has become one meanwhile: then the answer is null. All sessions but one end,
-- for whoever knew the password may have opened them, and all companies of the person note it. A session that is bound to
-- one company is told of those that it could end itself; those that a password has opened elsewhere end all the same.
create function sec.change_password(person uuid, was text, becomes text, keep uuid, at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare n bigint;
begin
  perform sec.require('sign-in');
  update sec.password w set hash = becomes, changed_at = at where w.person_id = person and w.hash = was;
  if not found then return null; end if;
  delete from sec.password_reset x where x.person_id = person;
  insert into crm.audit_event (id, org_id, at, side, membership_id, action, object, record_id)
    select gen_random_uuid(), m.org_id, at, case when w.governs then 'vendor' else 'partner' end, m.id, 'password.changed', 'membership', m.id
    from crm.membership m join crm.workspace w on w.org_id = m.org_id where m.person_id = person and m.status = 'active';
  n := sec.end_sessions(person, null, keep, at);
  delete from sec.session s using crm.membership m where m.person_id = person and s.membership_id = m.id and s.id is distinct from keep and s.provider_id is null;
  return n;
end $$;

-- Another password in place of one that is lost. Whoever was signed in as the person is not any more, other links lead
-- nowhere, and all companies of the person note it. The second factor stays.
create function sec.replace_password(person uuid, becomes text, cause text, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  insert into sec.password as w (person_id, hash, changed_at) values (person, becomes, at)
    on conflict (person_id) do update set hash = excluded.hash, changed_at = excluded.changed_at;
  delete from sec.password_reset x where x.person_id = person;
  delete from sec.session s using crm.membership m where m.person_id = person and s.membership_id = m.id;
  insert into crm.audit_event (id, org_id, at, side, system, action, object, record_id)
    select gen_random_uuid(), m.org_id, at, case when w.governs then 'vendor' else 'partner' end, cause, 'password.reset', 'membership', m.id
    from crm.membership m join crm.workspace w on w.org_id = m.org_id where m.person_id = person;
end $$;

-- Somebody asks for a link, which is mailed to the address if a person signs in with it by a password: three of them are
-- good at once. Whoever asks learns nothing of all that.
create function sec.ask_reset(address text, reset uuid, token bytea, ends timestamptz, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  person uuid;
  company record;
begin
  perform sec.require('sign-in');
  select p.id into person from crm.person p join sec.password w on w.person_id = p.id where p.email_norm = address and p.status = 'active' for update of w;
  select m.org_id, case when w.governs then 'vendor' else 'partner' end as side into company
    from crm.membership m join crm.workspace w on w.org_id = m.org_id where m.person_id = person and m.status = 'active' order by m.created_at, m.id limit 1;
  if company.org_id is null or (select count(*) from sec.password_reset x where x.person_id = person and x.expires_at > at) >= 3 then return; end if;
  insert into sec.password_reset (id, person_id, token_sha256, created_at, expires_at) values (reset, person, token, at, ends);
  insert into crm.outbox (org_id, side, event_type, record_id, created_at) values (company.org_id, company.side, 'password.reset_asked', reset, at);
end $$;

-- Where a link goes to; no row: it leads nowhere any more.
create function sec.reset_letter(reset uuid, at timestamptz) returns table (email text) language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('admin');
  return query select p.email from sec.password_reset r join crm.person p on p.id = r.person_id where r.id = reset and r.expires_at > at and p.email is not null and p.status = 'active';
end $$;

create function sec.reset_stands(token bytea, at timestamptz) returns boolean language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('sign-in');
  return exists (select from sec.password_reset r join crm.person p on p.id = r.person_id where r.token_sha256 = token and r.expires_at > at and p.status = 'active');
end $$;

-- Of many who hold one link and send it at once, one sets the password.
create function sec.reset_password(token bytea, becomes text, at timestamptz) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare who uuid;
begin
  perform sec.require('sign-in');
  delete from sec.password_reset r using crm.person p where r.token_sha256 = token and r.expires_at > at and p.id = r.person_id and p.status = 'active' returning r.person_id into who;
  if who is null then return false; end if;
  perform sec.replace_password(who, becomes, 'reset', at);
  return true;
end $$;

-- The program's own command does it for whoever runs the program.
create function sec.set_password(person uuid, becomes text, at timestamptz) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('admin');
  if not exists (select from crm.person p where p.id = $1 and p.email is not null) then return false; end if;
  perform sec.replace_password($1, becomes, 'command', at);
  return true;
end $$;
-- +goose StatementEnd
grant execute on function sec.sessions_of(uuid, uuid, timestamptz), sec.end_sessions(uuid, uuid, uuid, timestamptz), sec.password_for(uuid),
  sec.change_password(uuid, text, text, uuid, timestamptz), sec.ask_reset(text, uuid, bytea, timestamptz, timestamptz), sec.reset_stands(bytea, timestamptz),
  sec.reset_password(bytea, text, timestamptz) to sharepartner_api;
grant execute on function sec.reset_letter(uuid, timestamptz), sec.set_password(uuid, text, timestamptz) to sharepartner_jobs;
