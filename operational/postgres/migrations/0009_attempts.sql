-- Sign-ins that failed, counted where every program that serves sees them, and the places that people sign in from.
-- +goose Up
create table sec.attempt (
  counted bytea primary key check (length(counted) = 32), -- digest of what is counted: an address at a place, a place, an address
  counts_until timestamptz not null -- each failure moves it on, time itself forgives
);
create index attempt_forgiven on sec.attempt (counts_until);

create table sec.known_place (
  person_id uuid not null references crm.person,
  place bytea not null check (length(place) = 32), -- digest of a network address
  last_at timestamptz not null,
  primary key (person_id, place)
);
create index known_place_age on sec.known_place (last_at);

-- +goose StatementBegin
-- How long the next attempt must wait: the longest of what is counted. Each takes `burst` at once and one every so many seconds.
create function sec.attempt_wait(keys bytea[], bursts int[], seconds int[], at timestamptz) returns interval language sql stable
set search_path = pg_catalog, sec, pg_temp as $$
  select max(greatest(coalesce(a.counts_until, at), at) - at + (1 - w.burst) * make_interval(secs => w.seconds))
  from unnest(keys, bursts, seconds) as w(key, burst, seconds) left join sec.attempt a on a.counted = w.key
  where w.key is not null
$$;

-- Counts an attempt as failed until it succeeds, or says how long to wait. The first of keys are of this place: what is
-- tried there, and the place whatever is tried. Those after the first `own` are of all places; they do not count where
-- the person has signed in lately (`known`), so that nobody is kept out of the usual place by what strangers do elsewhere.
create function sec.begin_attempt(email text, here bytea, keys bytea[], own int, bursts int[], seconds int[], at timestamptz) returns table (wait interval, known boolean)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  known := exists (select from crm.person p join sec.known_place k on k.person_id = p.id
    where p.email_norm = email and k.place = here and k.last_at > at - interval '30 days');
  if known then
    keys := keys[1:own];
  end if;
  wait := sec.attempt_wait(keys, bursts, seconds, at);
  if wait <= interval '0' then
    insert into sec.attempt (counted, counts_until) select k, at from unnest(keys) k order by k on conflict do nothing;
    perform from sec.attempt a where a.counted = any (keys) order by a.counted for update; -- one order, so that two never wait for each other
    wait := sec.attempt_wait(keys, bursts, seconds, at);
  end if;
  if wait <= interval '0' then
    update sec.attempt a set counts_until = greatest(a.counts_until, at) + make_interval(secs => w.seconds)
      from unnest(keys, bursts, seconds) as w(key, burst, seconds) where a.counted = w.key;
  end if;
  return next;
end $$;

-- An attempt that succeeded: the failures of the address at this place are forgotten, the attempt itself counts nowhere, and
-- the place is known, if that was all (`whole`): a password alone does not make it known where a second factor stands beside it.
create function sec.end_attempt(person uuid, here bytea, keys bytea[], seconds int[], whole boolean, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  perform from sec.attempt a where a.counted = any (keys) order by a.counted for update;
  delete from sec.attempt a where a.counted = keys[1];
  update sec.attempt a set counts_until = a.counts_until - make_interval(secs => w.seconds)
    from unnest(keys, seconds) as w(key, seconds) where a.counted = w.key;
  insert into sec.known_place as k (person_id, place, last_at)
    select person, here, at where whole or not exists (select from sec.totp t where t.person_id = person)
    on conflict (person_id, place) do update set last_at = greatest(k.last_at, excluded.last_at);
end $$;

create function sec.sweep_attempts(at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  perform sec.require('admin');
  delete from sec.attempt where counts_until <= at;
  delete from sec.known_place where last_at <= at - interval '30 days';
end $$;
-- +goose StatementEnd
grant execute on function sec.begin_attempt(text, bytea, bytea[], int, int[], int[], timestamptz), sec.end_attempt(uuid, bytea, bytea[], int[], boolean, timestamptz) to sharepartner_api;
grant execute on function sec.sweep_attempts(timestamptz) to sharepartner_jobs;
