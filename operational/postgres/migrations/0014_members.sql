-- People of a company and where they work: who is known to which vendor, whom it keeps out, and the workspace that a session works in.
-- +goose Up
-- Which of a partner's people work in a connection: all, also who joins later, or those whom the partner has chosen. It is the
-- partner's own affair, with a version of its own: the vendor learns of contacts that come and go, as of people who join and leave.
create table crm.connection_people (
  connection_id uuid primary key,
  partner_org_id uuid not null,
  mode text not null default 'all' check (mode in ('all', 'chosen')),
  version bigint not null default 1,
  updated_at timestamptz not null,
  foreign key (connection_id, partner_org_id) references crm.connection (id, partner_org_id),
  unique (connection_id, partner_org_id)
);
create table crm.connection_member ( -- who is chosen; kept while all work in it
  connection_id uuid not null,
  partner_org_id uuid not null,
  membership_id uuid not null,
  primary key (connection_id, membership_id),
  foreign key (connection_id, partner_org_id) references crm.connection_people (connection_id, partner_org_id),
  foreign key (partner_org_id, membership_id) references crm.membership (org_id, id)
);
create index connection_member_of_person on crm.connection_member (partner_org_id, membership_id);

-- +goose StatementBegin
create function crm.people_of_connection() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  insert into connection_people (connection_id, partner_org_id, updated_at) values (new.id, new.partner_org_id, new.updated_at);
  return null;
end $$;

-- Whether the partner has one of its people work in a connection. The choice stays as it is until the transaction ends, so
-- that nobody becomes a contact, or one again, beside a choice that is being made.
create function crm.works_in(link uuid, member uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare chosen text;
begin
  select p.mode into chosen from connection_people p where p.connection_id = link for share;
  return chosen is distinct from 'chosen' or exists (select from connection_member x where x.connection_id = link and x.membership_id = member);
end $$;

-- What a vendor knows of a partner's people follows them: whoever joins becomes a contact in every live connection that they
-- work in, whoever leaves is suspended in all. What the vendor itself has suspended stays so, and so does all of what has ended.
create function crm.contact_everywhere(m crm.membership) returns void language sql security definer set search_path = pg_catalog, crm, pg_temp as $$
  insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name, work_email)
    select gen_random_uuid(), c.id, c.vendor_org_id, c.partner_org_id, m.id, p.display_name, p.email
    from crm.connection c cross join crm.person p where c.partner_org_id = m.org_id and c.status <> 'ended' and p.id = m.person_id and crm.works_in(c.id, m.id)
    on conflict (connection_id, membership_id) do nothing
$$;
create function crm.contacts_follow_member() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform contact_everywhere(new);
  elsif new.status = 'suspended' then
    update external_contact e set status = 'suspended', suspended_by = 'partner', version = e.version + 1, updated_at = new.updated_at
      from connection c where c.id = e.connection_id and c.status <> 'ended' and e.partner_org_id = new.org_id and e.membership_id = new.id and e.status = 'active';
  else
    update external_contact e set status = 'active', suspended_by = null, version = e.version + 1, updated_at = new.updated_at
      from connection c where c.id = e.connection_id and c.status <> 'ended' and e.partner_org_id = new.org_id and e.membership_id = new.id and e.suspended_by = 'partner'
        and crm.works_in(c.id, new.id);
    perform contact_everywhere(new); -- also in connections that were made meanwhile
  end if;
  return null;
end $$;

-- Nobody becomes a contact where the partner has chosen others.
create function crm.contact_chosen() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if not crm.works_in(new.connection_id, new.membership_id) then
    raise exception 'the partner has chosen other people for this connection' using errcode = '23514', constraint = 'contact_chosen';
  end if;
  return new;
end $$;

-- A vendor that lets a contact in again does not bring back a person whom the partner has suspended or taken out. Of a
-- connection that has ended it would learn by it who has left since. Whoever comes back is called what they are called now.
create function crm.contact_of_member() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if exists (select from connection c where c.id = new.connection_id and c.status = 'ended') then
    raise exception 'the connection of this contact has ended' using errcode = '23514', constraint = 'contact_frozen';
  end if;
  if not crm.works_in(new.connection_id, new.membership_id)
    or exists (select from membership m where m.org_id = new.partner_org_id and m.id = new.membership_id and m.status = 'suspended') then
    new.status := 'suspended';
    new.suspended_by := 'partner';
  else
    select p.display_name, p.email into new.display_name, new.work_email
      from membership m join person p on p.id = m.person_id where m.org_id = new.partner_org_id and m.id = new.membership_id;
  end if;
  return new;
end $$;

-- A partner says which of its people work in a connection. Sessions and keys of whoever is taken out end in it; what they
-- own stays as it is. The answer says what stood against it, and counts for the partner alone.
create function crm.choose_people(link uuid, wanted text, members uuid[], seen bigint, at timestamptz) returns table (outcome text, counts jsonb)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  org uuid := sec.ctx_org('partner');
  state text;
  now_chosen crm.connection_people;
  away uuid[];
  back bigint;
  fresh bigint;
  sessions bigint;
begin
  perform from membership m where m.org_id = org and m.id = any (members) order by m.id for key share; -- before the choice, as whoever suspends them does
  select c.status into state from connection c where c.id = link and c.partner_org_id = org for share;
  select * into now_chosen from connection_people x where x.connection_id = link and x.partner_org_id = org for update;
  if now_chosen.connection_id is null then return query select 'not-found', null::jsonb; return; end if;
  if state = 'ended' then return query select state, null::jsonb; return; end if;
  if now_chosen.version <> seen then return query select 'stale', null::jsonb; return; end if;
  delete from connection_member x where x.connection_id = link and x.membership_id <> all (members);
  insert into connection_member (connection_id, partner_org_id, membership_id) select link, org, m from unnest(members) m on conflict do nothing;
  update connection_people x set mode = wanted, version = x.version + 1, updated_at = at where x.connection_id = link;
  with gone as (
    update external_contact e set status = 'suspended', suspended_by = 'partner', version = e.version + 1, updated_at = at
    where e.connection_id = link and e.status = 'active' and wanted = 'chosen' and e.membership_id <> all (members) returning e.membership_id)
  select coalesce(array_agg(g.membership_id), '{}') into away from gone g;
  update external_contact e set status = 'active', suspended_by = null, version = e.version + 1, updated_at = at
    from membership m where e.connection_id = link and e.suspended_by = 'partner' and m.org_id = org and m.id = e.membership_id and m.status = 'active'
      and (wanted = 'all' or m.id = any (members));
  get diagnostics back = row_count;
  insert into external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name, work_email)
    select gen_random_uuid(), c.id, c.vendor_org_id, org, m.id, p.display_name, p.email
    from connection c join membership m on m.org_id = org and m.status = 'active' and (wanted = 'all' or m.id = any (members)) join person p on p.id = m.person_id
    where c.id = link and not exists (select from external_contact e where e.connection_id = link and e.membership_id = m.id)
    on conflict (connection_id, membership_id) do nothing;
  get diagnostics fresh = row_count;
  delete from sec.session s where s.connection_id = link and s.membership_id = any (away);
  get diagnostics sessions = row_count;
  return query select 'done', jsonb_build_object('people_in', back + fresh, 'people_out', cardinality(away), 'sessions', sessions,
    'api_keys', (select coalesce(sum(crm.revoke_keys(a, link, 'connection', at)), 0) from unnest(away) a));
end $$;
-- +goose StatementEnd
create trigger people_of_connection after insert on crm.connection for each row execute function crm.people_of_connection();
create constraint trigger contacts_follow_new_member after insert on crm.membership deferrable initially deferred for each row execute function crm.contacts_follow_member();
create trigger contacts_follow_member after update of status on crm.membership for each row when (new.status <> old.status) execute function crm.contacts_follow_member();
create trigger contact_chosen before insert on crm.external_contact for each row execute function crm.contact_chosen();
create trigger contact_of_member before update of status on crm.external_contact for each row when (old.status = 'suspended' and new.status = 'active') execute function crm.contact_of_member();

call sec.wall('crm.connection_people', null, 'partner_org_id = (select sec.ctx_org(''partner''))');
call sec.wall('crm.connection_member', null, 'partner_org_id = (select sec.ctx_org(''partner''))');
grant select on crm.connection_people, crm.connection_member to sharepartner_partner;
grant execute on function crm.choose_people(uuid, text, uuid[], bigint, timestamptz) to sharepartner_partner;

-- +goose StatementBegin
-- A company suspends one of its own people, whose sessions end with it, or lets them in again.
-- Its keys end for good: letting somebody in again gives nothing back that lies in a program somewhere.
create function crm.set_member(member uuid, wanted text, seen bigint, at timestamptz) returns table (outcome text, counts jsonb)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  m crm.membership;
  refused text;
  sessions bigint;
begin
  select * into m from membership x where x.id = member and x.org_id = sec.ctx_org(sec.ctx_side()) for update;
  refused := case when m.id is null then 'not-found' when m.version <> seen then 'stale' when m.status = wanted then wanted when m.id = sec.ctx_member() then 'yourself' end;
  if refused is not null then return query select refused, null::jsonb; return; end if;
  update membership x set status = wanted, version = x.version + 1, updated_at = at where x.id = member;
  if wanted = 'active' then return query select 'done', '{}'::jsonb; return; end if;
  delete from sec.session s where s.membership_id = member;
  get diagnostics sessions = row_count;
  return query select 'done', jsonb_build_object('sessions', sessions, 'api_keys', crm.revoke_keys(member, null, 'suspension', at));
end $$;

-- Ends what one of the own company's people is signed in with, in this company.
create function crm.end_sessions_of(member uuid) returns bigint language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare n bigint;
begin
  delete from sec.session s using membership m where m.id = member and m.org_id = sec.ctx_org(sec.ctx_side()) and s.membership_id = m.id;
  get diagnostics n = row_count;
  return n;
end $$;

-- One membership that can act, for the session that a newcomer gets and for a session that changes its workspace.
create function sec.membership_of(member uuid) returns table (person_id uuid, membership_id uuid, org_id uuid, role text, governs boolean, sells boolean)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  return query select m.person_id, m.id, m.org_id, m.role, w.governs and coalesce(r.hat, 'vendor') = 'vendor', w.sells and coalesce(r.hat, 'partner') = 'partner'
    from crm.membership m join crm.workspace w on w.org_id = m.org_id join crm.person p on p.id = m.person_id join crm.role r on r.org_id = m.org_id and r.key = m.role
    where m.id = member and m.status = 'active' and p.status = 'active';
end $$;

-- A session goes on elsewhere: in another company of its person, on the other side, or in one connection. It has a new
-- token then and ends no later than before. The answer is that end; null: not alive, or nothing of its person's.
create function sec.switch_session(token bytea, id uuid, fresh bytea, member uuid, side text, link uuid, at timestamptz, idle interval) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare s sec.session;
begin
  perform sec.require('sign-in');
  select x.* into s from sec.session x where x.token_sha256 = token and x.idle_expires_at > at and x.expires_at > at for update;
  if not found or not exists (
    select from crm.membership now join crm.membership m on m.person_id = now.person_id join crm.workspace w on w.org_id = m.org_id
    where now.id = s.membership_id and now.status = 'active' and m.id = member and m.status = 'active' and case $5 when 'vendor' then w.governs else w.sells end
      and exists (select from crm.role r where r.org_id = m.org_id and r.key = m.role and coalesce(r.hat, $5) = $5)
      and (s.provider_id is null or m.org_id = now.org_id) -- what a provider vouches for holds in its own company
      and (link is null or $5 = 'partner' and exists (select from crm.connection c where c.id = link and c.partner_org_id = m.org_id and c.status = 'active')))
  then return null; end if;
  delete from sec.session x where x.id = s.id;
  insert into sec.session (id, token_sha256, membership_id, side, connection_id, device, second_factor, provider_id, created_at, last_seen_at, idle_expires_at, expires_at)
    values ($2, fresh, member, $5, link, s.device, s.second_factor, s.provider_id, at, at, least(at + idle, s.expires_at), s.expires_at);
  return s.expires_at;
end $$;
-- +goose StatementEnd
grant execute on function crm.set_member(uuid, text, bigint, timestamptz), crm.end_sessions_of(uuid) to sharepartner_vendor, sharepartner_partner;
grant execute on function sec.membership_of(uuid), sec.switch_session(bytea, uuid, bytea, uuid, text, uuid, timestamptz, interval) to sharepartner_api;

grant update (version, updated_at) on crm.membership to sharepartner_vendor, sharepartner_partner; -- whoever changes what a person may do has seen what it is
grant update (name, country_code) on crm.organisation to sharepartner_vendor, sharepartner_partner;
grant update (time_zone, fiscal_year_start_month, reporting_currency, version, updated_at) on crm.workspace to sharepartner_vendor, sharepartner_partner;
-- Seeing a company is no right to rename it.
create policy vendor_names_itself on crm.organisation as restrictive for update to sharepartner_vendor using (id = (select sec.ctx_org('vendor')));
create policy partner_names_itself on crm.organisation as restrictive for update to sharepartner_partner using (id = (select sec.ctx_org('partner')));
