-- A second factor beside the password: codes of an authenticator (TOTP), and codes to recover with when it is lost.
-- +goose Up
create table sec.totp (
  person_id uuid primary key references crm.person,
  id uuid not null unique default gen_random_uuid(), -- another one for each that is set, so that one takes the place of that which it was begun beside
  secret bytea not null, -- sealed by the program: whoever reads a backup makes no codes of it
  last_step bigint not null, -- of the code that was taken last: none is taken twice, nor an older one
  set_at timestamptz not null
);
create table sec.recovery_code (
  person_id uuid not null references crm.person,
  code bytea not null check (length(code) = 32), -- keyed digest
  used_at timestamptz,
  primary key (person_id, code)
);

-- +goose StatementBegin
-- What a person signs in with, as far as the program has to know it.
create function sec.factors_of(person uuid) returns table (email text, hash text, factor_id uuid, totp bytea, last_step bigint, set_at timestamptz, codes_left bigint)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  return query select coalesce(p.email, ''), coalesce(w.hash, ''), t.id, t.secret, coalesce(t.last_step, 0), t.set_at,
      (select count(*) from sec.recovery_code c where c.person_id = p.id and c.used_at is null)
    from crm.person p left join sec.password w on w.person_id = p.id left join sec.totp t on t.person_id = p.id
    where p.id = person and p.status = 'active';
end $$;

-- All companies of a person note what became of its second factor.
create function sec.note_factor(person uuid, what text, at timestamptz) returns void
language sql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  insert into crm.audit_event (id, org_id, at, side, membership_id, action, object, record_id)
    select gen_random_uuid(), m.org_id, $3, case when w.governs then 'vendor' else 'partner' end, m.id, $2, 'membership', m.id
    from crm.membership m join crm.workspace w on w.org_id = m.org_id where m.person_id = $1 and m.status = 'active'
$$;

create function sec.use_step(person uuid, step bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  perform sec.require('sign-in');
  update sec.totp t set last_step = $2 where t.person_id = $1 and t.last_step < $2;
  return found;
end $$;

create function sec.use_recovery_code(person uuid, given bytea, at timestamptz) returns boolean language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  update sec.recovery_code c set used_at = at where c.person_id = person and c.code = given and c.used_at is null;
  if not found then return false; end if;
  perform sec.note_factor(person, 'recovery_code.used', at);
  return true;
end $$;

-- Somebody knew the password and not the code: worth knowing, for then the password is known.
create function sec.refuse_code(person uuid, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  perform sec.require('sign-in');
  perform sec.note_factor($1, 'second_factor.refused', $2);
end $$;

-- A second factor, in place of the one that was there when it was begun (`instead`; null: none): of two that are begun at once
-- the first stays, and the second is told ('taken'). The session that set it has shown it; all others end, for they have
-- not. The answer is 'password' when that has become another meanwhile.
create function sec.set_totp(person uuid, was text, instead uuid, secret bytea, step bigint, codes bytea[], keep uuid, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  perform from sec.password w where w.person_id = person and w.hash = was for update; -- whoever else sets one waits here
  if not found then return 'password'; end if;
  insert into sec.totp as t (person_id, secret, last_step, set_at) values (person, secret, step, at)
    on conflict (person_id) do update set id = gen_random_uuid(), secret = excluded.secret, last_step = excluded.last_step, set_at = excluded.set_at
      where t.id = instead;
  if not found then return 'taken'; end if;
  delete from sec.recovery_code c where c.person_id = person;
  insert into sec.recovery_code (person_id, code) select person, c from unnest(codes) c;
  perform sec.note_factor(person, 'second_factor.set', at);
  delete from sec.session s using crm.membership m where m.person_id = person and s.membership_id = m.id and s.id is distinct from keep and s.provider_id is null;
  update sec.session s set second_factor = true from crm.membership m where s.id = keep and m.id = s.membership_id and m.person_id = person;
  return 'set';
end $$;

-- It goes, unless a company of the person asks for one: then the answer is false. Sessions other than the one that asks end.
create function sec.drop_totp(person uuid, keep uuid, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  if exists (select from crm.membership m join sec.sign_in_rule r on r.org_id = m.org_id where m.person_id = person and m.status = 'active' and r.second_factor) then
    return false;
  end if;
  delete from sec.totp t where t.person_id = person;
  delete from sec.recovery_code c where c.person_id = person;
  perform sec.note_factor(person, 'second_factor.removed', at);
  delete from sec.session s using crm.membership m where m.person_id = person and s.membership_id = m.id and s.id is distinct from keep and s.provider_id is null;
  update sec.session s set second_factor = false from crm.membership m where s.id = keep and m.id = s.membership_id and m.person_id = person;
  return true;
end $$;

-- What the session of the caller has shown.
create function sec.session_shows(session uuid) returns table (second_factor boolean, provider_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  return query select s.second_factor, s.provider_id from sec.session s where s.id = session;
end $$;

-- Whoever runs the program helps somebody who has lost both the authenticator and the recovery codes.
create function sec.forget_totp(person uuid, at timestamptz) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('admin');
  delete from sec.totp t where t.person_id = person;
  if not found then return false; end if;
  delete from sec.recovery_code c where c.person_id = person;
  perform sec.note_factor(person, 'second_factor.forgotten', at);
  delete from sec.session s using crm.membership m where m.person_id = person and s.membership_id = m.id;
  return true;
end $$;
-- +goose StatementEnd
grant execute on function sec.factors_of(uuid), sec.use_step(uuid, bigint), sec.use_recovery_code(uuid, bytea, timestamptz), sec.refuse_code(uuid, timestamptz),
  sec.set_totp(uuid, text, uuid, bytea, bigint, bytea[], uuid, timestamptz), sec.drop_totp(uuid, uuid, timestamptz), sec.session_shows(uuid) to sharepartner_api;
grant execute on function sec.forget_totp(uuid, timestamptz) to sharepartner_jobs;
