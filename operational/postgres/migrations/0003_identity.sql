-- Sign-in: passwords, sessions and API keys. No tenant role reads these tables; the logins reach them by the functions below.
-- +goose Up
create table sec.password (
  person_id uuid primary key references crm.person,
  hash text not null, -- argon2id
  changed_at timestamptz not null
);

create table sec.session (
  id uuid primary key,
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  membership_id uuid not null references crm.membership,
  side text not null check (side in ('vendor', 'partner')),
  connection_id uuid references crm.connection, -- the only connection that it works in; null: all of the company's business
  device text check (length(device) between 1 and 60), -- browser and system in a few words, for its person to know it by; null: it did not say
  second_factor boolean not null default false, -- a code was asked for beside the password
  views_as text, -- the role that it looks as (governance_at_work holds that its company has it); null: its person's own
  provider_id uuid, -- the provider that vouched for the person (identity_providers), in place of a password
  created_at timestamptz not null,
  last_seen_at timestamptz not null,
  idle_expires_at timestamptz not null,
  expires_at timestamptz not null,
  check (idle_expires_at <= expires_at)
);
create index session_of_membership on sec.session (membership_id);
create index session_of_connection on sec.session (connection_id) where connection_id is not null;
create index session_expiry on sec.session (expires_at);

-- What a company asks of its people when they sign in; no row: a password is enough. Keys of programs are not asked.
create table sec.sign_in_rule (
  org_id uuid primary key references crm.organisation,
  second_factor boolean not null, -- a code beside the password
  provider_id uuid, -- this provider in place of a password (identity_providers)
  changed_at timestamptz not null
);

create table sec.api_key (
  id uuid primary key,
  prefix text not null unique, -- shown in lists; never enough to sign in
  secret_sha256 bytea not null unique check (length(secret_sha256) = 32),
  membership_id uuid not null, -- who made it and whose role bounds it
  org_id uuid not null references crm.organisation,
  side text not null check (side in ('vendor', 'partner')),
  connection_id uuid check (connection_id is null or side = 'partner'), -- the only one that it works in
  name text not null check (length(name) between 1 and 100),
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  foreign key (org_id, membership_id) references crm.membership (org_id, id),
  foreign key (connection_id, org_id) references crm.connection (id, partner_org_id)
);
create index api_key_of_connection on sec.api_key (connection_id) where connection_id is not null;
create index api_key_list on sec.api_key (org_id, created_at desc, id desc);

-- +goose StatementBegin
-- The program itself asks, for a purpose that it signed. A statement smuggled into a tenant's transaction can
-- shed the tenant's role, but it cannot sign: so it cannot read a password's hash or open a session.
create function sec.require(purpose text) returns void language plpgsql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  if split_part(sec.claim(), '|', 2) <> purpose then
    raise exception 'the signed context is of another purpose' using errcode = '42501';
  end if;
end $$;

create function sec.password_of(email text) returns table (person_id uuid, hash text) language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  return query select p.id, w.hash from crm.person p join sec.password w on w.person_id = p.id
    where p.email_norm = $1 and p.status = 'active';
end $$;

-- governs, sells: the sides that the person's role works on there (governance).
create function sec.memberships_of(person uuid)
returns table (membership_id uuid, org_id uuid, org_name text, role text, governs boolean, sells boolean, needs_factor boolean, needs_provider uuid)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  return query select m.id, m.org_id, o.name, m.role, w.governs and coalesce(x.hat, 'vendor') = 'vendor', w.sells and coalesce(x.hat, 'partner') = 'partner',
      coalesce(r.second_factor, false), r.provider_id
    from crm.membership m join crm.organisation o on o.id = m.org_id join crm.workspace w on w.org_id = m.org_id join crm.role x on x.org_id = m.org_id and x.key = m.role
    left join sec.sign_in_rule r on r.org_id = m.org_id
    where m.person_id = person and m.status = 'active' order by m.created_at, m.id;
end $$;

-- The only company that a session works in; null: any of its person's. A provider speaks for the people of its company
-- there and nowhere else (identity_providers says whose provider it is).
create function sec.bound_to(session uuid) returns uuid language sql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  select m.org_id from sec.session s join crm.membership m on m.id = s.membership_id where s.id = $1 and s.provider_id is not null
$$;

-- Whether what a session has proven is what its company asks for.
create function sec.is_enough(org uuid, second_factor boolean, provider uuid) returns boolean language sql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
  select not exists (select from sec.sign_in_rule r where r.org_id = $1
    and (r.provider_id is distinct from $3 and r.provider_id is not null or r.second_factor and not $2 and $3 is null))
$$;

create function sec.session_checked() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare org uuid := (select m.org_id from crm.membership m where m.id = new.membership_id);
begin
  perform pg_advisory_xact_lock_shared(hashtextextended('sign-in rule of ' || org, 0)); -- a rule that comes at this moment finds the session, or the session the rule
  if not sec.is_enough(org, new.second_factor, new.provider_id) then
    raise exception 'the company of this session asks for more' using errcode = 'SP002';
  end if;
  return new;
end $$;

-- A company that asks for more than it did ends what does not have it.
create function sec.sign_in_rule_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('sign-in rule of ' || new.org_id, 0));
  delete from sec.session s using crm.membership m
    where m.org_id = new.org_id and s.membership_id = m.id and not sec.is_enough(new.org_id, s.second_factor, s.provider_id);
  return null;
end $$;

create function sec.open_session(id uuid, token bytea, membership uuid, side text, at timestamptz, idle interval, absolute interval, device text,
  second_factor boolean, provider uuid) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('sign-in');
  insert into sec.session (id, token_sha256, membership_id, side, device, second_factor, provider_id, created_at, last_seen_at, idle_expires_at, expires_at)
    values ($1, $2, $3, $4, nullif($8, ''), $9, $10, $5, $5, least($5 + $6, $5 + $7), $5 + $7);
end $$;

-- Who holds this session token, if it is alive: needs no signature, for who knows the token is signed in already.
-- Being seen moves the idle limit, at most once a minute. All is read at one moment, so that the counts of changes
-- (standing) belong to what is said beside them.
create function sec.session_actor(token bytea, at timestamptz, idle interval)
returns table (session_id uuid, person_id uuid, membership_id uuid, org_id uuid, side text, role text, views_as text, connection_id uuid, rights_version bigint, standing bigint, ends_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
declare seen timestamptz;
begin
  select s.id, m.person_id, m.id, m.org_id, s.side, m.role, s.views_as, s.connection_id, coalesce(v.version, 0), coalesce(v.standing, 0), s.idle_expires_at, s.last_seen_at
    into session_id, person_id, membership_id, org_id, side, role, views_as, connection_id, rights_version, standing, ends_at, seen
    from sec.session s join crm.membership m on m.id = s.membership_id join crm.person p on p.id = m.person_id
    left join sec.rights_version v on v.org_id = m.org_id
    where s.token_sha256 = token and s.idle_expires_at > at and s.expires_at > at and m.status = 'active' and p.status = 'active';
  if not found then return; end if;
  if seen < at - interval '1 minute' then
    update sec.session x set last_seen_at = at, idle_expires_at = least(at + idle, x.expires_at) where x.id = session_id;
  end if;
  return next;
end $$;

-- The answer is the identity provider that had vouched for the session, if one had.
create function sec.close_session(token bytea) returns uuid language sql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  delete from sec.session where token_sha256 = $1 returning provider_id
$$;

create function sec.key_actor(secret bytea, at timestamptz)
returns table (key_id uuid, person_id uuid, membership_id uuid, org_id uuid, side text, role text, connection_id uuid, scopes text[], rights_version bigint, standing bigint, ends_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
declare used timestamptz;
begin
  select k.id, m.person_id, m.id, m.org_id, k.side, m.role, k.connection_id, k.scopes, coalesce(v.version, 0), coalesce(v.standing, 0), k.expires_at, k.last_used_at
    into key_id, person_id, membership_id, org_id, side, role, connection_id, scopes, rights_version, standing, ends_at, used
    from sec.api_key k join crm.membership m on m.id = k.membership_id join crm.person p on p.id = m.person_id
    left join sec.rights_version v on v.org_id = m.org_id
    where k.secret_sha256 = secret and k.revoked_at is null and (k.expires_at is null or k.expires_at > at) and m.status = 'active' and p.status = 'active';
  if not found then return; end if;
  if used is null or used < at - interval '1 minute' then
    update sec.api_key x set last_used_at = at where x.id = key_id;
  end if;
  return next;
end $$;

-- First things first: a workspace that governs a channel, and people who can sign in. Only the program's own
-- commands come here (as the jobs login); the API has no way to it.
create function sec.create_vendor(org uuid, name text, country text, time_zone text, fiscal_month int, currency text, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('admin');
  insert into crm.organisation (id, name, country_code, created_at) values (org, name, country, at);
  insert into crm.workspace (org_id, governs, sells, time_zone, fiscal_year_start_month, reporting_currency) values (org, true, false, time_zone, fiscal_month, currency);
end $$;

create function sec.find_vendor(vendor_name text) returns table (org_id uuid)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('admin');
  return query select o.id from crm.organisation o join crm.workspace w on w.org_id = o.id
    where o.name = vendor_name and w.governs order by o.created_at, o.id limit 1;
end $$;

-- A new person with its membership; the contacts by which the organisation's vendors know it follow (0014).
create function sec.add_person(person uuid, membership uuid, org uuid, role text, display_name text, email text, email_norm text, hash text, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('admin');
  insert into crm.person (id, display_name, email, email_norm, created_at) values (person, display_name, email, email_norm, at);
  insert into crm.membership (id, org_id, person_id, role, created_at) values (membership, org, person, role, at);
  insert into sec.password (person_id, hash, changed_at) values (person, hash, at);
  insert into crm.audit_event (id, org_id, at, side, system, action, object, record_id, details)
    select gen_random_uuid(), org, at, case when w.governs then 'vendor' else 'partner' end, 'command', 'member.joined', 'member', membership, sec.role_noted(null, role, 'command')
    from crm.workspace w where w.org_id = org;
end $$;

-- A person that an import made gets a mail address and a password; whoever was signed in as them is not any more.
create function sec.enable_person(person uuid, email text, email_norm text, hash text, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('admin');
  update crm.person p set email = email, email_norm = email_norm where p.id = person;
  if not found then return false; end if;
  insert into sec.password (person_id, hash, changed_at) values (person, hash, at)
    on conflict (person_id) do update set hash = excluded.hash, changed_at = excluded.changed_at;
  update crm.external_contact c set work_email = email
    from crm.membership m join crm.connection k on k.partner_org_id = m.org_id and k.status <> 'ended'
    where m.person_id = person and c.membership_id = m.id and c.partner_org_id = m.org_id and c.connection_id = k.id
      and c.suspended_by is distinct from 'partner'; -- the others have it when they are let in again
  delete from sec.session s using crm.membership m where m.person_id = person and s.membership_id = m.id;
  delete from sec.password_reset x where x.person_id = person;
  return true;
end $$;

create function sec.members_of(org uuid) returns table (person_id uuid, membership_id uuid, name text, role text, email text, signs_in boolean)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('admin');
  return query select p.id, m.id, p.display_name, m.role, p.email, w.person_id is not null
    from crm.membership m join crm.person p on p.id = m.person_id left join sec.password w on w.person_id = p.id
    where m.org_id = org order by m.created_at, m.id;
end $$;

-- A second vendor connects a partner that is here already (both have agreed outside the program).
create function sec.connect(connection uuid, vendor uuid, partner uuid, partner_number text, tier text, region text, external_ref text, since timestamptz, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('admin');
  insert into crm.connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, external_ref, created_at, updated_at)
    values (connection, vendor, partner, 'active', partner_number, tier, region, external_ref, since, at);
  insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name, work_email)
    select gen_random_uuid(), connection, vendor, partner, m.id, p.display_name, p.email
    from crm.membership m join crm.person p on p.id = m.person_id where m.org_id = partner and m.status = 'active';
end $$;

-- Sessions that have ended by themselves are of no more use.
create function sec.sweep_sessions(at timestamptz) returns bigint language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
declare n bigint;
begin
  perform sec.require('admin');
  delete from sec.session where expires_at <= at or idle_expires_at <= at;
  get diagnostics n = row_count;
  delete from sec.password_reset where expires_at <= at;
  delete from sec.address_change where expires_at <= at;
  return n;
end $$;
-- +goose StatementEnd
create trigger session_checked before insert on sec.session for each row execute function sec.session_checked();
create trigger sign_in_rule_changed after insert or update on sec.sign_in_rule for each row execute function sec.sign_in_rule_changed();

grant execute on function sec.password_of(text), sec.memberships_of(uuid), sec.open_session(uuid, bytea, uuid, text, timestamptz, interval, interval, text, boolean, uuid),
  sec.session_actor(bytea, timestamptz, interval), sec.close_session(bytea), sec.key_actor(bytea, timestamptz) to sharepartner_api;
grant execute on function sec.create_vendor(uuid, text, text, text, int, text, timestamptz), sec.find_vendor(text),
  sec.add_person(uuid, uuid, uuid, text, text, text, text, text, timestamptz), sec.enable_person(uuid, text, text, text, timestamptz), sec.members_of(uuid),
  sec.connect(uuid, uuid, uuid, text, text, text, text, timestamptz, timestamptz), sec.sweep_sessions(timestamptz) to sharepartner_jobs;

call sec.wall('sec.api_key', 'org_id = (select sec.ctx_org(''vendor'')) and side = ''vendor''', 'org_id = (select sec.ctx_org(''partner'')) and side = ''partner''');
-- A key acts as its maker: nobody makes one for somebody else.
create policy own_keys on sec.api_key as restrictive for insert to sharepartner_vendor, sharepartner_partner with check (membership_id = (select sec.ctx_member()));
grant select (id, prefix, membership_id, org_id, side, connection_id, name, scopes, created_at, expires_at, revoked_at, last_used_at),
  insert (id, prefix, secret_sha256, membership_id, org_id, side, connection_id, name, scopes, created_at, expires_at), update (revoked_at)
  on sec.api_key to sharepartner_vendor, sharepartner_partner;

call sec.wall('sec.sign_in_rule', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
grant select, insert, update (second_factor, provider_id, changed_at) on sec.sign_in_rule to sharepartner_vendor, sharepartner_partner;
