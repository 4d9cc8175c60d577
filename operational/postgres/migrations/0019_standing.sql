-- Whether anything has changed about who may act in an organisation: one number that a request can compare.
-- +goose Up
-- Beside the count of what rights are made of, a count of whatever ends a credential or changes what it is: keys that are
-- revoked, sessions that end before their time, people and members that are suspended. What was learnt of a credential
-- holds as long as both numbers are the same and its own time has not run out. Triggers count, so that no way of
-- changing these tables can be forgotten.
alter table sec.rights_version add column standing bigint not null default 1;

-- +goose StatementBegin
create function sec.bump_standing(orgs uuid[]) returns void language sql security definer set search_path = pg_catalog, sec, pg_temp as $$
  insert into sec.rights_version (org_id) select distinct o from unnest(orgs) o where o is not null order by o -- one order, so that two never wait for each other
    on conflict (org_id) do update set standing = rights_version.standing + 1
$$;

create function sec.key_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  perform sec.bump_standing(array[old.org_id, new.org_id]);
  return null;
end $$;
create function sec.member_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  perform sec.bump_standing(array[old.org_id, new.org_id]);
  return null;
end $$;
create function sec.person_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.bump_standing((select array_agg(m.org_id) from crm.membership m where m.person_id = old.id));
  return null;
end $$;
create function sec.session_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.bump_standing((select array_agg(m.org_id) from crm.membership m where m.id in (old.membership_id, new.membership_id)));
  return null;
end $$;
-- Many sessions end at once when those that have run out are swept.
create function sec.sessions_gone() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.bump_standing((select array_agg(m.org_id) from gone g join crm.membership m on m.id = g.membership_id));
  return null;
end $$;

-- Being used changes nothing about a key, nor being seen about a session.
create trigger key_changed after update on sec.api_key for each row
  when (to_jsonb(old) - 'last_used_at' is distinct from to_jsonb(new) - 'last_used_at') execute function sec.key_changed();
create trigger key_gone after delete on sec.api_key for each row execute function sec.key_changed();
create trigger member_changed after update on crm.membership for each row when (old.* is distinct from new.*) execute function sec.member_changed();
create trigger member_gone after delete on crm.membership for each row execute function sec.member_changed();
create trigger person_changed after update on crm.person for each row when (old.status is distinct from new.status) execute function sec.person_changed();
create trigger session_changed after update on sec.session for each row
  when (to_jsonb(old) - '{last_seen_at,idle_expires_at}'::text[] is distinct from to_jsonb(new) - '{last_seen_at,idle_expires_at}'::text[]
    or new.idle_expires_at < old.idle_expires_at) execute function sec.session_changed();
create trigger sessions_gone after delete on sec.session referencing old table as gone for each statement execute function sec.sessions_gone();

-- It comes with the statement that enters the tenant and fails it otherwise, so that no request goes unproven and none
-- pays a round trip for it. Like the functions of the wall it qualifies every name: setting a search path would cost
-- more than all the rest.
create function sec.prove(org uuid, rights bigint, standing bigint) returns void language plpgsql stable security definer as $$
begin
  -- Of one's own company only: a statement that is smuggled in counts nobody else's changes by it.
  if pg_catalog.split_part(sec.claim(), '|', 1) operator(pg_catalog.<>) $1::pg_catalog.text then
    raise exception 'another company is asked about' using errcode = '42501';
  end if;
  perform from sec.rights_version v
    where v.org_id operator(pg_catalog.=) $1 and v.version operator(pg_catalog.=) $2 and v.standing operator(pg_catalog.=) $3;
  if not found then
    raise exception 'the credential is not what it was' using errcode = 'SP001';
  end if;
end $$;
-- +goose StatementEnd
grant execute on function sec.prove(uuid, bigint, bigint) to sharepartner_api;
