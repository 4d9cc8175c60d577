-- Sign-in by an identity provider (OpenID Connect) of one's company.
-- +goose Up
-- A provider speaks for the people of its company there, and nowhere else.
create table sec.identity_provider (
  id uuid primary key,
  org_id uuid not null references crm.organisation,
  name text not null check (length(name) between 1 and 60),
  issuer text not null check (length(issuer) between 8 and 300), -- who it is, with the client's id: neither ever changes
  client_id text not null check (length(client_id) between 1 and 300),
  client_secret bytea not null, -- sealed by the program
  domains text[] not null default '{}' check (cardinality(domains) <= 20), -- of mail addresses whose holders join by themselves,
  join_role text, -- with this role; both or nobody does
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (org_id, issuer, client_id),
  unique (org_id, id),
  foreign key (org_id, join_role) references crm.role (org_id, key) on delete set null (join_role)
);

-- Who a provider's subject is here. The address that a provider tells of somebody is no part of it: addresses change hands.
create table sec.identity (
  id uuid primary key,
  provider_id uuid not null references sec.identity_provider on delete cascade,
  subject text not null check (length(subject) between 1 and 255),
  person_id uuid not null references crm.person,
  linked_at timestamptz not null,
  last_used_at timestamptz,
  unique (provider_id, subject),
  unique (provider_id, person_id)
);
create index identity_of_person on sec.identity (person_id);

-- What a provider vouched for ends with it; but nobody ends one that all people of the company must sign in by.
alter table sec.session add constraint session_provider foreign key (provider_id) references sec.identity_provider on delete cascade;
create index session_of_provider on sec.session (provider_id) where provider_id is not null;
alter table sec.sign_in_rule add constraint sign_in_rule_provider foreign key (org_id, provider_id) references sec.identity_provider (org_id, id);

-- +goose StatementBegin
-- A session by a provider is of somebody whom it knows, in its own company. The link stays until the session is there: it
-- cannot end unseen in between.
create function sec.session_by_provider() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform from sec.identity i join sec.identity_provider p on p.id = i.provider_id join crm.membership m on m.org_id = p.org_id and m.person_id = i.person_id
    where p.id = new.provider_id and m.id = new.membership_id for key share of i;
  if not found then
    raise exception 'the provider does not speak for this member' using errcode = '42501';
  end if;
  return new;
end $$;

-- With a link end the sessions that came of it.
create function sec.identity_gone() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  delete from sec.session s using crm.membership m where s.provider_id = old.provider_id and m.id = s.membership_id and m.person_id = old.person_id;
  return null;
end $$;

-- A membership that becomes somebody else's (erasure) takes nothing along that its company's provider knew.
create function sec.identity_of_member() returns trigger language plpgsql security definer set search_path = pg_catalog, sec, pg_temp as $$
begin
  delete from sec.identity i using sec.identity_provider p where p.id = i.provider_id and p.org_id = old.org_id and i.person_id = old.person_id;
  return null;
end $$;

-- How to ask a provider, for whoever is not signed in yet; demanded: its company's people sign in by it and in no other way.
create function sec.provider_to_ask(provider uuid)
returns table (id uuid, org_id uuid, name text, issuer text, client_id text, client_secret bytea, domains text[], join_role text, version bigint, demanded boolean)
language plpgsql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  return query select p.id, p.org_id, p.name, p.issuer, p.client_id, p.client_secret, p.domains, p.join_role, p.version,
      exists (select from sec.sign_in_rule r where r.org_id = p.org_id and r.provider_id = p.id)
    from sec.identity_provider p where p.id = provider;
end $$;

-- Who a subject is; active: may come in.
create function sec.use_identity(provider uuid, subject text, at timestamptz) returns table (person_id uuid, active boolean)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  select i.person_id, x.status = 'active' and exists (select from crm.membership m where m.org_id = p.org_id and m.person_id = i.person_id and m.status = 'active')
    into person_id, active
    from sec.identity i join sec.identity_provider p on p.id = i.provider_id join crm.person x on x.id = i.person_id
    where i.provider_id = $1 and i.subject = $2;
  if not found then return; end if;
  if active then
    update sec.identity i set last_used_at = at where i.provider_id = $1 and i.subject = $2;
  end if;
  return next;
end $$;

-- The provider's company notes what became of a link.
create function sec.note_identity(provider uuid, person uuid, what text, at timestamptz) returns void
language sql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  insert into crm.audit_event (id, org_id, at, side, membership_id, action, object, record_id, details)
    select gen_random_uuid(), m.org_id, $4, case when w.governs then 'vendor' else 'partner' end, m.id, $3, 'membership', m.id,
      jsonb_build_object('ids', jsonb_build_object('provider_id', p.id))
    from sec.identity_provider p join crm.membership m on m.org_id = p.org_id join crm.workspace w on w.org_id = m.org_id where p.id = $1 and m.person_id = $2
$$;

-- Somebody who has shown a password, and a code if there is one, is this subject from now on, in place of another one of
-- the same provider. The answer is false for whoever is no member of its company, and where the subject is somebody else.
create function sec.link_identity(id uuid, provider uuid, subject text, person uuid, at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  perform sec.require('sign-in');
  perform from sec.identity_provider p join crm.membership m on m.org_id = p.org_id join crm.person x on x.id = m.person_id
    where p.id = provider and m.person_id = person and m.status = 'active' and x.status = 'active' for no key update of p;
  if not found or exists (select from sec.identity i where i.provider_id = provider and i.subject = subject and i.person_id <> person) then return false; end if;
  if exists (select from sec.identity i where i.provider_id = provider and i.subject = subject) then return true; end if;
  delete from sec.identity i where i.provider_id = provider and i.person_id = person;
  insert into sec.identity (id, provider_id, subject, person_id, linked_at) values (id, provider, subject, person, at);
  perform sec.note_identity(provider, person, 'identity.linked', at);
  return true;
end $$;

-- Somebody whom nobody here knows joins a company by its provider's word, where that is allowed. The address is shown to
-- colleagues and takes nothing from its holder: it signs nobody in, and others may have it as well.
-- who: {person_id, membership_id, identity_id, subject, name, email, domain}
create function sec.join_by_provider(provider uuid, who jsonb, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  p sec.identity_provider;
  person uuid := (who ->> 'person_id')::uuid;
  member uuid := (who ->> 'membership_id')::uuid;
begin
  perform sec.require('sign-in');
  select * into p from sec.identity_provider x where x.id = provider for no key update;
  if not found or coalesce(who ->> 'domain', '') <> all (p.domains)
    or not exists (select from crm.role r where r.org_id = p.org_id and r.key = p.join_role and r.audience = 'internal' and not r.everything) then
    return 'closed';
  end if;
  if exists (select from sec.identity i where i.provider_id = provider and i.subject = who ->> 'subject') then return 'known'; end if;
  if exists (select from crm.membership m join crm.person x on x.id = m.person_id where m.org_id = p.org_id and lower(coalesce(x.email_norm, x.email)) = lower(who ->> 'email')) then
    return 'taken';
  end if;
  insert into crm.person (id, display_name, email, created_at) values (person, who ->> 'name', who ->> 'email', at);
  insert into crm.membership (id, org_id, person_id, role, created_at, updated_at) values (member, p.org_id, person, p.join_role, at, at);
  insert into sec.identity (id, provider_id, subject, person_id, linked_at, last_used_at) values ((who ->> 'identity_id')::uuid, provider, who ->> 'subject', person, at, at);
  insert into crm.audit_event (id, org_id, at, side, membership_id, action, object, record_id, details)
    select gen_random_uuid(), p.org_id, at, case when w.governs then 'vendor' else 'partner' end, member, 'member.joined', 'member', member,
      sec.role_noted(null, p.join_role, 'identity_provider') || jsonb_build_object('ids', jsonb_build_object('provider_id', p.id)) from crm.workspace w where w.org_id = p.org_id;
  return 'done';
end $$;

create function sec.refuse_identity(provider uuid, person uuid, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('sign-in');
  insert into crm.audit_event (id, org_id, at, side, system, action, object, record_id, details)
    select gen_random_uuid(), m.org_id, $3, case when w.governs then 'vendor' else 'partner' end, 'sign-in', 'session.refused', 'membership', m.id,
      jsonb_build_object('ids', jsonb_build_object('provider_id', p.id))
    from sec.identity_provider p join crm.membership m on m.org_id = p.org_id join crm.workspace w on w.org_id = m.org_id where p.id = $1 and m.person_id = $2;
end $$;

-- The providers of a person's companies, and which of them know it; for a session that is bound to one company, those of
-- that one.
create function sec.providers_of(person uuid, asks uuid)
returns table (provider_id uuid, name text, org_id uuid, org_name text, identity_id uuid, linked_at timestamptz, last_used_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
declare bound uuid := sec.bound_to(asks);
begin
  perform sec.require('sign-in');
  return query select p.id, p.name, o.id, o.name, i.id, i.linked_at, i.last_used_at
    from crm.membership m join sec.identity_provider p on p.org_id = m.org_id join crm.organisation o on o.id = m.org_id
    left join sec.identity i on i.provider_id = p.id and i.person_id = m.person_id
    where m.person_id = person and m.status = 'active' and (bound is null or m.org_id = bound) order by o.name, p.name, p.id;
end $$;

-- A person is no subject of a provider any more, unless that is its only way in: then the answer is 'only'.
create function sec.unlink_identity(person uuid, identity uuid, asks uuid, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  bound uuid := sec.bound_to(asks);
  provider uuid;
begin
  perform sec.require('sign-in');
  select i.provider_id into provider from sec.identity i join sec.identity_provider p on p.id = i.provider_id
    where i.id = identity and i.person_id = person and (bound is null or p.org_id = bound) for update of i;
  if not found then return 'not-found'; end if;
  if not exists (select from sec.password w where w.person_id = person) then return 'only'; end if;
  perform sec.note_identity(provider, person, 'identity.unlinked', at);
  delete from sec.identity i where i.id = identity;
  return 'done';
end $$;

-- Whether somebody has no other way into the provider's company: no password, and no other provider there whose word is enough.
create function sec.only_way_in(identity uuid) returns boolean language sql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
  select not exists (select from sec.password w where w.person_id = i.person_id)
    and not exists (select from sec.identity x join sec.identity_provider q on q.id = x.provider_id
      where x.person_id = i.person_id and x.id <> i.id and q.org_id = p.org_id and sec.is_enough(p.org_id, false, q.id))
  from sec.identity i join sec.identity_provider p on p.id = i.provider_id where i.id = $1
$$;

-- The company's providers that know one of its people, who may work elsewhere too: of that nothing is said.
create function crm.identities_of(member uuid) returns table (id uuid, provider_id uuid, name text, linked_at timestamptz, last_used_at timestamptz, only_way_in boolean)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  return query select i.id, p.id, p.name, i.linked_at, i.last_used_at, sec.only_way_in(i.id)
    from crm.membership m join sec.identity i on i.person_id = m.person_id join sec.identity_provider p on p.id = i.provider_id and p.org_id = m.org_id
    where m.id = member and m.org_id = sec.ctx_org(sec.ctx_side()) order by p.name, p.id;
end $$;

-- One of the company's people is no subject of its provider any more; one at a time of all that
-- a person has, so that of two neither goes because the other one is still there.
create function crm.unlink_identity_of(member uuid, identity uuid) returns table (outcome text, provider_id uuid)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
declare
  org uuid := sec.ctx_org(sec.ctx_side());
  person uuid := (select m.person_id from crm.membership m where m.id = $1 and m.org_id = org);
  provider uuid;
begin
  perform from sec.identity i where i.person_id = person order by i.id for update;
  select p.id into provider from sec.identity i join sec.identity_provider p on p.id = i.provider_id where i.id = $2 and i.person_id = person and p.org_id = org;
  if provider is null then return query select 'not-found', provider; return; end if;
  if sec.only_way_in($2) then return query select 'only', provider; return; end if;
  delete from sec.identity i where i.id = $2;
  return query select 'done', provider;
end $$;
-- +goose StatementEnd
create trigger session_by_provider before insert on sec.session for each row when (new.provider_id is not null) execute function sec.session_by_provider();
create trigger identity_gone after delete on sec.identity for each row execute function sec.identity_gone();
create trigger identity_of_member after update of person_id on crm.membership for each row when (old.person_id <> new.person_id) execute function sec.identity_of_member();

grant execute on function sec.provider_to_ask(uuid), sec.use_identity(uuid, text, timestamptz), sec.link_identity(uuid, uuid, text, uuid, timestamptz),
  sec.join_by_provider(uuid, jsonb, timestamptz), sec.refuse_identity(uuid, uuid, timestamptz), sec.providers_of(uuid, uuid),
  sec.unlink_identity(uuid, uuid, uuid, timestamptz) to sharepartner_api;

grant execute on function crm.identities_of(uuid), crm.unlink_identity_of(uuid, uuid) to sharepartner_vendor, sharepartner_partner;

call sec.wall('sec.identity_provider', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner''))');
grant select (id, org_id, name, issuer, client_id, domains, join_role, version, created_at, updated_at),
  insert (id, org_id, name, issuer, client_id, client_secret, domains, join_role, created_at, updated_at),
  update (name, client_secret, domains, join_role, version, updated_at), delete
  on sec.identity_provider to sharepartner_vendor, sharepartner_partner;
