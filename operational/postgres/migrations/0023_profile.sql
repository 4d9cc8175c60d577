-- What people change of themselves: their name, their time zone and the mail address that signs them in.
-- +goose Up
alter table crm.person add check (length(time_zone) between 1 and 64);

-- Another mail address is one's own when a link that was mailed there has come back, once and within half an hour. Of the
-- link there is the digest alone. What was asked for last counts; what was done stays until the address before was told.
create table sec.address_change (
  id uuid primary key,
  person_id uuid not null references crm.person,
  email text not null check (length(email) between 3 and 254),
  email_norm text not null,
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  done_at timestamptz,
  was text, -- the address before
  check (was is null or done_at is not null)
);
create unique index address_change_asked on sec.address_change (person_id) where done_at is null;
create index address_change_of_person on sec.address_change (person_id);
create index address_change_over on sec.address_change (expires_at);

-- +goose StatementBegin
-- Whoever has another password is not to be followed by a link that somebody asked for with the one before.
create function sec.address_of_password() returns trigger language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  delete from sec.address_change x where x.person_id = new.person_id and x.done_at is null;
  return null;
end $$;

-- All companies of a person note what became of it: as what its member did, or what the program's own command did.
create function sec.note_person(person uuid, what text, fields text[], by_command boolean, at timestamptz) returns void
language sql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  insert into crm.audit_event (id, org_id, at, side, membership_id, system, action, object, record_id, details)
    select gen_random_uuid(), m.org_id, $5, case when w.governs then 'vendor' else 'partner' end, case when not $4 then m.id end, case when $4 then 'command' end,
      $2, 'membership', m.id, jsonb_build_object('fields', $3)
    from crm.membership m join crm.workspace w on w.org_id = m.org_id where m.person_id = $1 and (m.status = 'active' or $4)
$$;

-- Vendors know people by a copy, which follows while their connection lives and stays as it was when it has ended.
create function sec.contacts_follow_person(person uuid, at timestamptz) returns void language sql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  update crm.external_contact e set display_name = p.display_name, work_email = p.email, version = e.version + 1, updated_at = $2
    from crm.person p join crm.membership m on m.person_id = p.id join crm.connection c on c.partner_org_id = m.org_id and c.status <> 'ended'
    where p.id = $1 and e.partner_org_id = m.org_id and e.membership_id = m.id and e.connection_id = c.id
      and (e.display_name, e.work_email) is distinct from (p.display_name, p.email)
$$;

-- Name and time zone. A provider speaks for its people in its own company, and a name is shown in all: a session by one
-- gives no other name to somebody who signs in by a password too, or works elsewhere. Then the answer is 'bound'.
create function sec.set_profile(person uuid, asks uuid, name text, zone text, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  p crm.person;
  bound uuid := sec.bound_to(asks);
  changed text[];
begin
  perform sec.require('sign-in');
  select * into p from crm.person x where x.id = person and x.status = 'active' for update;
  if not found then return 'gone'; end if;
  changed := array_remove(array[case when p.display_name <> name then 'name' end, case when p.time_zone is distinct from zone then 'time_zone' end], null);
  if cardinality(changed) = 0 then return 'done'; end if;
  if bound is not null and 'name' = any (changed) and (exists (select from sec.password w where w.person_id = person)
    or exists (select from crm.membership m where m.person_id = person and m.org_id <> bound)) then return 'bound'; end if;
  update crm.person x set display_name = name, time_zone = zone where x.id = person;
  perform sec.contacts_follow_person(person, at);
  perform sec.note_person(person, 'person.edited', changed, false, at);
  return 'done';
end $$;

-- Somebody asks for another address. Whether it is free is seen by whoever reads its mail, and by nobody who asks.
create function sec.ask_address(person uuid, change uuid, address text, norm text, token bytea, ends timestamptz, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  perform from crm.person p where p.id = person for update;
  delete from sec.address_change x where x.person_id = person and x.done_at is null;
  insert into sec.address_change (id, person_id, email, email_norm, token_sha256, created_at, expires_at) values (change, person, address, norm, token, at, ends);
  perform sec.tell_address(person, change, 'address.asked', at);
end $$;

create function sec.tell_address(person uuid, change uuid, what text, at timestamptz) returns void
language sql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  insert into crm.outbox (org_id, side, event_type, record_id, created_at)
    select m.org_id, case when w.governs then 'vendor' else 'partner' end, $3, $2, $4
    from crm.membership m join crm.workspace w on w.org_id = m.org_id where m.person_id = $1 order by m.status, m.created_at, m.id limit 1
$$;

-- Where the link goes to, and where it is told that it was used; none: nowhere. A link is not mailed to somebody who signs
-- in here with that address.
create function sec.address_letter(change uuid, at timestamptz) returns table (link_to text, tell text)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('admin');
  return query select case when c.done_at is null and p.status = 'active' and c.expires_at > at
      and not exists (select from crm.person o where o.email_norm = c.email_norm and o.id <> p.id) then c.email end, c.was
    from sec.address_change c join crm.person p on p.id = c.person_id where c.id = change;
end $$;

create function sec.put_address(person uuid, becomes text, norm text, by_command boolean, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  update crm.person p set email = becomes, email_norm = norm where p.id = person;
  perform sec.contacts_follow_person(person, at);
  delete from sec.password_reset x where x.person_id = person; -- their links lie in the box that is left
  perform sec.note_person(person, 'person.address_changed', '{email}', by_command, at);
  return true;
exception when unique_violation then
  return false; -- somebody has it
end $$;

-- Whoever is signed in as the person and has the link gets the address; anybody else can do nothing with it.
create function sec.change_address(person uuid, token bytea, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  c sec.address_change;
  p crm.person;
begin
  perform sec.require('sign-in');
  select * into p from crm.person x where x.id = person for update;
  select * into c from sec.address_change x where x.token_sha256 = token and x.person_id = person and x.done_at is null and x.expires_at > at for update;
  if not found or not sec.put_address(person, c.email, c.email_norm, false, at) then return false; end if;
  update sec.address_change x set done_at = at, was = p.email where x.id = c.id;
  perform sec.tell_address(person, c.id, 'address.changed', at);
  return true;
end $$;

create function sec.address_stands(person uuid, token bytea, at timestamptz) returns text language plpgsql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  return (select x.email from sec.address_change x where x.token_sha256 = token and x.person_id = person and x.done_at is null and x.expires_at > at);
end $$;

-- The program's own command does it for whoever runs the program; the address before is told where mail is sent.
create function sec.set_address(person uuid, change uuid, address text, norm text, ends timestamptz, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare p crm.person;
begin
  perform sec.require('admin');
  select * into p from crm.person x where x.id = person and x.email_norm is not null for update;
  if not found then return 'not-found'; end if;
  if not sec.put_address(person, address, norm, true, at) then return 'taken'; end if;
  delete from sec.address_change x where x.person_id = person and x.done_at is null;
  insert into sec.address_change (id, person_id, email, email_norm, token_sha256, created_at, expires_at, done_at, was)
    values (change, person, address, norm, sha256(change::text::bytea), at, ends, at, p.email);
  perform sec.tell_address(person, change, 'address.changed', at);
  return 'done';
end $$;
-- +goose StatementEnd
create trigger address_of_password after update of hash on sec.password for each row execute function sec.address_of_password();
grant execute on function sec.set_profile(uuid, uuid, text, text, timestamptz), sec.ask_address(uuid, uuid, text, text, bytea, timestamptz, timestamptz),
  sec.address_stands(uuid, bytea, timestamptz), sec.change_address(uuid, bytea, timestamptz) to sharepartner_api;
grant execute on function sec.address_letter(uuid, timestamptz), sec.set_address(uuid, uuid, text, text, timestamptz, timestamptz) to sharepartner_jobs;
