-- What people do with their own sessions and their password.
-- +goose Up
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
  insert into crm.audit_event (id, org_id, at, side, membership_id, action, object, record_id)
    select gen_random_uuid(), m.org_id, at, case when w.governs then 'vendor' else 'partner' end, m.id, 'password.changed', 'membership', m.id
    from crm.membership m join crm.workspace w on w.org_id = m.org_id where m.person_id = person and m.status = 'active';
  n := sec.end_sessions(person, null, keep, at);
  delete from sec.session s using crm.membership m where m.person_id = person and s.membership_id = m.id and s.id is distinct from keep and s.provider_id is null;
  return n;
end $$;
-- +goose StatementEnd
grant execute on function sec.sessions_of(uuid, uuid, timestamptz), sec.end_sessions(uuid, uuid, uuid, timestamptz), sec.password_for(uuid),
  sec.change_password(uuid, text, text, uuid, timestamptz) to sharepartner_api;
