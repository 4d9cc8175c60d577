-- How companies come together and part: invitations, the life of a connection, people who join and leave, and the
-- workspace that a session or a key works in.
-- +goose Up
-- A connection is active or suspended, back and forth, until it has ended; connected again, the pair has a new one.
alter table crm.connection
  add column status_reason text check (length(status_reason) between 1 and 500), -- in the words of who changed it, for both companies
  add column status_side text check (status_side in ('vendor', 'partner')),
  add column status_at timestamptz;

alter table crm.workspace
  add column version bigint not null default 1,
  add column updated_at timestamptz;
alter table crm.membership
  add column version bigint not null default 1,
  add column updated_at timestamptz;
alter table crm.external_contact
  add column suspended_by text check (suspended_by in ('vendor', 'partner')), -- the partner's own: its person has left
  add column version bigint not null default 1,
  add column updated_at timestamptz,
  add check ((status = 'suspended') or suspended_by is null);
update crm.external_contact set suspended_by = 'vendor' where status = 'suspended';

-- What a company knows of another one from the end of their last connection on: as it was then.
create table crm.former_organisation (
  known_to uuid not null references crm.organisation,
  org_id uuid not null references crm.organisation,
  name text not null,
  country_code text,
  created_at timestamptz not null,
  primary key (known_to, org_id)
);

-- An invitation is open until one thing happens to it: accepted, rejected, revoked, expired. Its token is 256 bits that
-- the program makes again from its own secret, the id and the number of the issue; here is the digest alone.
create table crm.invitation (
  id uuid primary key,
  org_id uuid not null references crm.organisation, -- who invites
  kind text not null check (kind in ('partner', 'member', 'administrator')), -- the last: into a partner of one's own
  status text not null default 'open' check (status in ('open', 'accepted', 'rejected', 'revoked', 'expired')),
  token_sha256 bytea not null unique check (length(token_sha256) = 32),
  issue int not null default 1 check (issue > 0), -- sent again, it has a new token
  email text check (length(email) <= 254),        -- gone when accepted or rejected: it is somebody's own then
  message text check (length(message) between 1 and 2000),
  mail text not null default 'none' check (mail in ('none', 'waiting', 'sent', 'failed')),
  expires_at timestamptz not null,
  invited_by uuid not null,
  refused int not null default 0, -- how often somebody tried to join with details that cannot be used
  asked int not null default 0,   -- how often somebody asked for the link to join
  asked_emails text[] not null default '{}' check (cardinality(asked_emails) <= 5), -- where it is being sent to; gone when it is
  -- A partner: what the connection will be like.
  partner_name text check (length(partner_name) between 1 and 200),
  partner_number text check (length(partner_number) between 1 and 60),
  tier text check (length(tier) between 1 and 60),
  region text check (length(region) between 1 and 60),
  channel_manager_id uuid,
  external_role text,
  -- A member of the own company.
  role text,
  -- An administrator of a partner: the connection with it.
  into_connection uuid,
  -- What came of it.
  connection_id uuid references crm.connection,
  membership_id uuid,
  closed_at timestamptz,
  closed_reason text check (length(closed_reason) between 1 and 500),
  version bigint not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  foreign key (org_id, invited_by) references crm.membership (org_id, id),
  foreign key (org_id, channel_manager_id) references crm.membership (org_id, id),
  foreign key (org_id, membership_id) references crm.membership (org_id, id),
  foreign key (into_connection, org_id) references crm.connection (id, vendor_org_id),
  check ((status = 'open') = (closed_at is null)),
  check (status not in ('accepted', 'rejected') or email is null),
  check (case kind when 'partner' then num_nonnulls(partner_name, partner_number) = 2 and num_nonnulls(role, membership_id, into_connection) = 0
    when 'administrator' then into_connection is not null and num_nonnulls(partner_name, partner_number, tier, region, channel_manager_id, external_role, role, membership_id) = 0
    else role is not null and num_nonnulls(partner_name, partner_number, tier, region, channel_manager_id, external_role, connection_id, into_connection) = 0 end),
  check (status = 'accepted' or num_nonnulls(connection_id, membership_id) = 0),
  check (status <> 'accepted' or num_nonnulls(connection_id, membership_id) = 1)
);
create index invitation_list on crm.invitation (org_id, created_at desc, id desc);
create index invitation_expiry on crm.invitation (org_id, expires_at) where status = 'open';

-- +goose StatementBegin
-- The two machines of this file, once more where nothing gets past them.
create function crm.connection_step() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and not (old.status = 'active' and new.status in ('suspended', 'ended') or old.status = 'suspended' and new.status in ('active', 'ended')) then
    raise exception 'a connection does not go from % to %', old.status, new.status using errcode = '23514', constraint = 'connection_step';
  end if;
  return new;
end $$;
create function crm.invitation_step() returns trigger language plpgsql as $$
begin
  if old.status <> 'open' and not (old.status = 'expired' and new.status = 'open' and new.issue = old.issue + 1) then -- sent again
    raise exception 'an invitation that is % stays so', old.status using errcode = '23514', constraint = 'invitation_step';
  end if;
  return new;
end $$;

-- Records of a connection that has ended stay as they were; and nothing is added to it.
create function crm.opportunity_stays() returns trigger language plpgsql as $$
begin
  raise exception 'the connection of this opportunity has ended' using errcode = '23514', constraint = 'opportunity_frozen';
end $$;
-- It runs behind the foreign key, which waits for whoever is ending the connection.
create function crm.opportunity_into_live() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if exists (select from added a join connection c on c.id = a.connection_id where c.status = 'ended') then
    raise exception 'the connection has ended' using errcode = '23514', constraint = 'opportunity_frozen';
  end if;
  return null;
end $$;

create function crm.private_of_live() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if exists (select from added a join opportunity o on o.id = a.opportunity_id where o.frozen_at is not null) then
    raise exception 'the connection has ended' using errcode = '23514', constraint = 'opportunity_frozen';
  end if;
  return null;
end $$;

-- What a vendor knows of a partner's people follows them: whoever joins becomes a contact in every live connection, whoever
-- leaves is suspended in all. What the vendor itself has suspended stays so, and so does all of what has ended.
create function crm.contact_everywhere(m crm.membership) returns void language sql security definer set search_path = pg_catalog, crm, pg_temp as $$
  insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name, work_email)
    select gen_random_uuid(), c.id, c.vendor_org_id, c.partner_org_id, m.id, p.display_name, p.email
    from crm.connection c cross join crm.person p where c.partner_org_id = m.org_id and c.status <> 'ended' and p.id = m.person_id
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
      from connection c where c.id = e.connection_id and c.status <> 'ended' and e.partner_org_id = new.org_id and e.membership_id = new.id and e.suspended_by = 'partner';
    perform contact_everywhere(new); -- also in connections that were made meanwhile
  end if;
  return null;
end $$;
-- Whoever is kept out, or gets another role, may hold the link of an invitation that they made, and would come back by it.
create function crm.invitations_follow_member() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  update invitation i set status = 'revoked', closed_at = coalesce(new.updated_at, clock_timestamp()), version = i.version + 1, updated_at = coalesce(new.updated_at, clock_timestamp())
    where i.org_id = new.org_id and i.invited_by = new.id and i.kind = 'member' and i.status = 'open';
  return null;
end $$;

-- A vendor that lets a contact in again does not bring back a person whom the partner has suspended. Of a connection that
-- has ended it would learn by it who has left since.
create function crm.contact_of_member() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if exists (select from connection c where c.id = new.connection_id and c.status = 'ended') then
    raise exception 'the connection of this contact has ended' using errcode = '23514', constraint = 'contact_frozen';
  end if;
  if exists (select from membership m where m.org_id = new.partner_org_id and m.id = new.membership_id and m.status = 'suspended') then
    new.status := 'suspended';
    new.suspended_by := 'partner';
  end if;
  return new;
end $$;
-- +goose StatementEnd
create trigger connection_step before update of status on crm.connection for each row execute function crm.connection_step();
create trigger invitation_step before update on crm.invitation for each row when (old.status <> 'open') execute function crm.invitation_step();
drop trigger opportunity_step on crm.opportunity;
create trigger opportunity_step before update on crm.opportunity for each row when (new.frozen_at is not distinct from old.frozen_at) execute function crm.opportunity_step();
create trigger opportunity_stays before update on crm.opportunity for each row when (old.frozen_at is not null) execute function crm.opportunity_stays();
create trigger opportunity_into_live after insert on crm.opportunity referencing new table as added for each statement execute function crm.opportunity_into_live();
create trigger private_of_live after insert on crm.opportunity_private referencing new table as added for each statement execute function crm.private_of_live();
create constraint trigger contacts_follow_new_member after insert on crm.membership deferrable initially deferred for each row execute function crm.contacts_follow_member();
create trigger invitations_follow_member after update of status, role on crm.membership for each row
  when (new.role <> old.role or new.status = 'suspended' and old.status <> 'suspended') execute function crm.invitations_follow_member();
create trigger contacts_follow_member after update of status on crm.membership for each row when (new.status <> old.status) execute function crm.contacts_follow_member();
create trigger contact_of_member before update of status on crm.external_contact for each row when (old.status = 'suspended' and new.status = 'active') execute function crm.contact_of_member();

-- +goose StatementBegin
-- The company that asks, on whichever side.
create function sec.ctx_side() returns text language plpgsql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
declare side text := split_part(sec.claim(), '|', 2);
begin
  if side not in ('vendor', 'partner') then
    raise exception 'the signed context is of no company' using errcode = '42501';
  end if;
  return side;
end $$;

-- The other company learns of it by an event of its own, and has it in its own audit with what it may know of it; each
-- company keeps the anchor of the other's. Whoever did it is noted in the audit of their own company.
create function crm.tell_other_side(c crm.connection, side text, event text, counts jsonb, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare
  other text := case side when 'vendor' then 'partner' else 'vendor' end;
  org uuid := case side when 'vendor' then c.partner_org_id else c.vendor_org_id end;
begin
  insert into outbox (org_id, side, event_type, record_id, created_at) values (org, other, event, c.id, at);
  insert into audit_event (id, org_id, at, side, system, action, object, record_id, connection_id, details)
    values (gen_random_uuid(), org, at, other, 'connection', event, 'connection', c.id, c.id,
      jsonb_strip_nulls(jsonb_build_object('fields', jsonb_build_array('status'), 'codes', jsonb_build_object('by', side), 'counts', counts)));
end $$;

-- Ends the API keys of a member, or of a connection, for good, and notes each in the audit of the company whose they are.
create function crm.revoke_keys(member uuid, link uuid, cause text, at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare n bigint;
begin
  with gone as (
    update sec.api_key k set revoked_at = at where (k.membership_id = member or k.connection_id = link) and k.revoked_at is null returning k.id, k.org_id, k.side, k.membership_id)
  insert into audit_event (id, org_id, at, side, system, action, object, record_id, details)
    select gen_random_uuid(), g.org_id, at, g.side, cause, 'api_key.revoked', 'api_key', g.id, jsonb_build_object('ids', jsonb_build_object('membership_id', g.membership_id)) from gone g;
  get diagnostics n = row_count;
  return n;
end $$;

-- Suspends a connection or takes it up again, which is the vendor's to do. The answer says what stood against it.
create function crm.set_connection(link uuid, wanted text, seen bigint, why text, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare c crm.connection;
begin
  select * into c from connection x where x.id = link and x.vendor_org_id = sec.ctx_org('vendor') for update;
  if not found then return 'not-found'; end if;
  if c.version <> seen then return 'stale'; end if;
  if not (c.status = 'active' and wanted = 'suspended' or c.status = 'suspended' and wanted = 'active') then return c.status; end if;
  update connection x set status = wanted, status_reason = why, status_side = 'vendor', status_at = at, version = x.version + 1, updated_at = at where x.id = link;
  perform crm.tell_other_side(c, 'vendor', case wanted when 'suspended' then 'connection.suspended' else 'connection.resumed' end, null, at);
  return 'done';
end $$;

-- The fields of an object that a vendor's role lets a partner read; null: nothing of it.
create function crm.fields_of_role(vendor uuid, role_key text, object text) returns text[] language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  select o.readable from crm.role_object o where o.org_id = vendor and o.role_key = $2 and o.object = $3 and o.can_read
$$;
-- Whether a vendor's role works with opportunities of a type.
create function crm.role_has_type(vendor uuid, role_key text, record_type uuid) returns boolean language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  select $3 is null or exists (select from crm.role_object o where o.org_id = vendor and o.role_key = $2 and o.object = 'opportunity' and (o.record_types is null or $3 = any (o.record_types)))
$$;
-- The open opportunities of a connection with what the partner may read of each: by the company's role, and by the owner's where that is another.
create function crm.opportunities_to_keep(c crm.connection) returns table (id uuid, readable text[], membership_id uuid)
language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  with company as (
    select r.key, crm.fields_of_role(c.vendor_org_id, r.key, 'opportunity') as fields
    from (select coalesce(c.external_role, (select key from crm.role where org_id = c.vendor_org_id and is_default)) as key) r
  )
  select o.id, case when coalesce(e.external_role, company.key) = company.key then company.fields
      else (select coalesce(array_agg(f), '{}') from unnest(company.fields) f where f = any (crm.fields_of_role(c.vendor_org_id, e.external_role, 'opportunity'))) end,
    (select m.id from crm.membership m where m.id = e.membership_id and m.status = 'active')
  from company cross join crm.opportunity o
  left join crm.external_contact e on e.id = o.owner_contact_id
  where o.connection_id = c.id and o.stage_type = 'active' and company.fields is not null
    and (e.external_role is null or crm.fields_of_role(c.vendor_org_id, e.external_role, 'opportunity') is not null)
    and crm.role_has_type(c.vendor_org_id, company.key, o.record_type_id) and (e.external_role is null or crm.role_has_type(c.vendor_org_id, e.external_role, o.record_type_id))
  order by o.number
$$;

-- The partner's process for business of its own; one is made where there is none.
create function crm.own_process(org uuid, at timestamptz) returns uuid language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare process uuid := (select s.id from sales_process s where s.org_id = org order by s.is_default desc, s.created_at, s.id limit 1);
begin
  if process is null then
    process := gen_random_uuid();
    insert into sales_process (id, org_id, name, is_default, created_at, updated_at) values (process, org, 'Own sales', true, at, at);
    insert into stage (id, org_id, process_id, name, position, type)
      select gen_random_uuid(), org, process, s.name, s.position, s.type
      from (values ('Open', 1, 'active'), ('Won', 2, 'won'), ('Lost', 3, 'lost'), ('Disqualified', 4, 'disqualified')) s(name, position, type);
  end if;
  return process;
end $$;

-- What of an opportunity goes on as text: lines of the vendor's products, and values of the vendor's own fields.
create function crm.opportunity_in_words(o crm.opportunity, readable text[], products boolean) returns text language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  select nullif(concat_ws(e'\n',
    case when 'lines' = any (readable) then (
      select string_agg(format('%s × %s, %s %s each', trim_scale(l.quantity), case when products then p.name else 'a product' end, l.unit_price, o.currency), e'\n' order by l.id)
      from crm.opportunity_line l join crm.product p on p.id = l.product_id where l.opportunity_id = o.id and l.product_org_id is distinct from o.partner_org_id) end,
    (select string_agg(f.label || ': ' || (o.custom ->> f.name), e'\n' order by f.name)
      from crm.custom_field f where f.org_id = o.vendor_org_id and f.object = 'opportunity' and f.name = any (readable) and o.custom ->> f.name is not null)), '')
$$;

-- Goes on with one opportunity in the partner's own workspace: a new record, with what the partner could read, that
-- nobody else sees. The private half moves along.
create function crm.opportunity_goes_on(o crm.opportunity, readable text[], owner uuid, vendor_name text, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare
  private crm.opportunity_private;
  s record;
  clone uuid := gen_random_uuid();
  words text := crm.opportunity_in_words(o, readable, 'name' = any (coalesce(crm.fields_of_role(o.vendor_org_id,
    (select coalesce(c.external_role, (select key from role where org_id = o.vendor_org_id and is_default)) from connection c where c.id = o.connection_id), 'product'), '{}')));
  priced boolean := 'vendor_net' = any (readable);
  amount numeric := case when priced then o.vendor_net_amount else 0 end;
  in_currency text := case when priced then o.currency else (select w.reporting_currency from workspace w where w.org_id = o.partner_org_id) end;
  last bigint;
  process uuid := crm.own_process(o.partner_org_id, at);
begin
  select * into private from opportunity_private x where x.opportunity_id = o.id;
  select x.*, p.version as process_version into s from stage x join sales_process p on p.id = x.process_id
    where x.process_id = process and x.type = 'active'
    order by (x.name = (select v.name from stage v where v.id = o.stage_id) and 'stage' = any (readable)) desc, x.position limit 1;
  insert into record_counter as r (scope_id, object, partner_org_id, last) values (o.partner_org_id, 'opportunity', o.partner_org_id, 1)
    on conflict (scope_id, object, side) do update set last = r.last + 1 returning r.last into last;
  insert into opportunity (id, partner_org_id, number, name, customer_name, owner_membership_id, process_org_id, process_id, process_version, stage_id, stage_type,
      vendor_net_amount, amount_source, currency, close_date, region, tier, custom, created_at, updated_at)
    values (clone, o.partner_org_id, last, case when 'name' = any (readable) then o.name else 'Opportunity ' || o.number end,
      case when 'customer_name' = any (readable) then o.customer_name end, case when 'owner' = any (readable) then owner end,
      s.org_id, s.process_id, s.process_version, s.id, s.type, amount, 'entered', in_currency,
      case when 'close_date' = any (readable) then o.close_date end, case when 'region' = any (readable) then o.region end,
      case when 'tier' = any (readable) then o.tier end, coalesce(private.custom, '{}'), at, at);
  insert into opportunity_history (opportunity_id, version, partner_org_id, effective_at, change, reason, changed_by_side, process_id, process_version,
      stage_id, stage_type, stage_position, vendor_net_amount, currency, close_date, owner_membership_id, region, tier)
    select n.id, 1, n.partner_org_id, at, 'created', left('Goes on from ' || o.number || ' with ' || vendor_name || ': that connection has ended.', 500), 'system',
      n.process_id, n.process_version, n.stage_id, n.stage_type, s.position, n.vendor_net_amount, n.currency, n.close_date, n.owner_membership_id, n.region, n.tier
    from opportunity n where n.id = clone;
  if priced and 'lines' = any (readable) then
    insert into opportunity_line (id, opportunity_id, partner_org_id, product_org_id, product_id, quantity, unit_price)
      select gen_random_uuid(), clone, l.partner_org_id, l.product_org_id, l.product_id, l.quantity, l.unit_price
      from opportunity_line l where l.opportunity_id = o.id and l.product_org_id = o.partner_org_id;
  end if;
  if private.opportunity_id is not null then
    update opportunity_private x set opportunity_id = clone, scope_id = o.partner_org_id, note = left(concat_ws(e'\n', x.note, words), 4000), custom = '{}',
      version = x.version + 1, updated_at = at where x.opportunity_id = o.id;
  elsif words is not null then
    insert into opportunity_private (opportunity_id, scope_id, partner_org_id, note, updated_at) values (clone, o.partner_org_id, o.partner_org_id, left(words, 4000), at);
  end if;
  -- The partner's own affair: no anchor of it.
  insert into audit_event (id, org_id, at, side, system, action, object, record_id, details)
    values (gen_random_uuid(), o.partner_org_id, at, 'partner', 'connection', 'opportunity.created', 'opportunity', clone, jsonb_build_object('ids', jsonb_build_object('goes_on_from', o.id)));
end $$;

-- Ends a connection, for either company, in one step: what was shared stays with the vendor as it was, what is open goes on
-- in the partner's own workspace, and nobody works in the connection any more. The answer counts what the company that asks
-- may know of that; the other one has its own counts in its audit.
create function crm.end_connection(link uuid, seen bigint, why text, at timestamptz) returns table (outcome text, counts jsonb)
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  side text := sec.ctx_side();
  c crm.connection;
  keep record;
  shared jsonb;
  frozen bigint;
  going_on bigint := 0;
  sessions bigint;
  known jsonb; -- to the partner
begin
  select * into c from connection x where x.id = link and sec.ctx_org(side) = case side when 'vendor' then x.vendor_org_id else x.partner_org_id end;
  if not found then return query select 'not-found', null::jsonb; return; end if;
  -- Records first: a change that is at work holds its record and will ask for the connection.
  perform from opportunity o where o.connection_id = link order by o.id for update;
  select * into c from connection x where x.id = link for update;
  if c.version <> seen then return query select 'stale', null::jsonb; return; end if;
  if c.status = 'ended' then return query select c.status, null::jsonb; return; end if;
  update connection x set status = 'ended', ended_at = at, status_reason = why, status_side = side, status_at = at, version = x.version + 1, updated_at = at where x.id = link;
  insert into former_organisation (known_to, org_id, name, country_code, created_at)
    select x.known_to, o.id, o.name, o.country_code, o.created_at
    from (values (c.vendor_org_id, c.partner_org_id), (c.partner_org_id, c.vendor_org_id)) x(known_to, org_id) join organisation o on o.id = x.org_id
    on conflict (known_to, org_id) do update set name = excluded.name, country_code = excluded.country_code;
  update opportunity o set frozen_at = at where o.connection_id = link;
  get diagnostics frozen = row_count;
  for keep in select o as row, k.readable, k.membership_id, v.name as vendor
      from crm.opportunities_to_keep(c) k join opportunity o on o.id = k.id join organisation v on v.id = c.vendor_org_id loop
    perform crm.opportunity_goes_on(keep.row, keep.readable, keep.membership_id, keep.vendor, at);
    going_on := going_on + 1;
  end loop;
  delete from sec.session s where s.connection_id = link;
  get diagnostics sessions = row_count;
  shared := jsonb_build_object('frozen', frozen);
  known := shared || jsonb_build_object('going_on', going_on, 'sessions', sessions, 'api_keys', crm.revoke_keys(null, link, 'connection', at));
  perform crm.tell_other_side(c, side, 'connection.ended', case side when 'vendor' then known else shared end, at);
  return query select 'done', case side when 'vendor' then shared else known end;
end $$;

-- What ending it would do, for the company that asks: what becomes of the partner's side is the partner's to know.
create function crm.ending_of(link uuid) returns table (open bigint, closed bigint, going_on bigint, sessions bigint, api_keys bigint)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
declare
  side text := sec.ctx_side();
  c crm.connection;
  own boolean := side = 'partner';
begin
  select * into c from connection x where x.id = link and x.status <> 'ended' and sec.ctx_org(side) = case side when 'vendor' then x.vendor_org_id else x.partner_org_id end;
  if not found then return; end if;
  return query select count(*) filter (where o.stage_type = 'active'), count(*) filter (where o.stage_type <> 'active'),
    case when own then (select count(*) from crm.opportunities_to_keep(c)) end,
    case when own then (select count(*) from sec.session s where s.connection_id = link) end,
    case when own then (select count(*) from sec.api_key k where k.connection_id = link and k.revoked_at is null) end
  from opportunity o where o.connection_id = link;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
-- The open invitation of a token, locked: of many at once that answer it, one does.
create function crm.take_invitation(token bytea, at timestamptz) returns crm.invitation language sql security definer set search_path = pg_catalog, crm, pg_temp as $$
  select i.* from crm.invitation i where i.token_sha256 = token and i.status = 'open' and i.expires_at > at for update
$$;

-- A company that becomes both vendor and partner widens nobody's work: roles of either kind keep to the side that they were
-- made for, but for administrators, who work on both.
create function crm.keep_hat(org uuid, hat text) returns void language sql security definer set search_path = pg_catalog, crm, pg_temp as $$
  update crm.role r set hat = $2 where r.org_id = $1 and r.audience = 'internal' and r.key <> 'administrator' and r.hat is null
$$;

-- Begins to sell: a company that had a channel only gets the role of people who sell.
create function crm.begin_to_sell(org uuid, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  update workspace w set sells = true, version = w.version + 1, updated_at = at where w.org_id = org and not w.sells;
  if not found then return; end if;
  perform keep_hat(org, 'vendor');
  if not exists (select from role r where r.org_id = org and r.key = 'seller') then
    perform seed_sales(org, at);
  end if;
  perform keep_hat(org, 'partner');
end $$;

-- Opens a channel of its own: a company that sold for others governs partners too. Its answer says what stood against it.
create function crm.open_channel(seen bigint, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare w crm.workspace;
begin
  select * into w from workspace x where x.org_id = sec.ctx_org(sec.ctx_side()) for update;
  if w.governs then return 'open'; end if;
  if w.version <> seen then return 'stale'; end if;
  update workspace x set governs = true, version = x.version + 1, updated_at = at where x.org_id = w.org_id;
  perform crm.keep_hat(w.org_id, 'partner');
  perform crm.seed_channel(w.org_id, at);
  perform crm.keep_hat(w.org_id, 'vendor');
  return 'done';
end $$;

-- Connects a company with whoever invited it. The number is the vendor's own; where it has given it away meanwhile, the new one differs.
create function crm.connect_invited(i crm.invitation, link uuid, partner uuid, at timestamptz) returns text language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare number text := i.partner_number;
begin
  if i.org_id = partner then return 'own'; end if;
  if exists (select from connection c where c.vendor_org_id = i.org_id and c.partner_org_id = partner and c.status <> 'ended') then return 'connected'; end if;
  if exists (select from connection c where c.vendor_org_id = i.org_id and c.partner_number = number and c.status <> 'ended') then
    number := left(number, 50) || '-' || right(link::text, 6);
  end if;
  perform begin_to_sell(partner, at);
  insert into connection (id, vendor_org_id, partner_org_id, status, partner_number, tier, region, channel_manager_id, external_role, created_at, updated_at)
    values (link, i.org_id, partner, 'active', number, i.tier, i.region, i.channel_manager_id,
      (select r.key from role r where r.org_id = i.org_id and r.key = i.external_role and r.audience = 'external'), at, at);
  insert into external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name, work_email)
    select gen_random_uuid(), link, i.org_id, partner, m.id, p.display_name, p.email
    from membership m join person p on p.id = m.person_id where m.org_id = partner and m.status = 'active';
  update invitation x set status = 'accepted', email = null, asked_emails = '{}', connection_id = link, closed_at = at, version = x.version + 1, updated_at = at where x.id = i.id;
  insert into outbox (org_id, side, event_type, record_id, created_at) values (i.org_id, 'vendor', 'invitation.accepted', i.id, at);
  return 'done';
end $$;

-- Whether nobody in a company may do everything.
create function crm.lacks_administrator(org uuid) returns boolean language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  select $1 is not null and not exists (select from crm.membership m join crm.role r on r.org_id = m.org_id and r.key = m.role where m.org_id = $1 and m.status = 'active' and r.everything)
$$;

-- Whether a partner's workspace holds what is not its one vendor's: somebody looks after it or works there, or another
-- vendor does or did with it. Whom the vendor chooses would read that; so only people of the company itself may become its
-- administrator then, and the vendor is told nothing of it: its invitation is passed on to them.
create function crm.works_by_itself(c crm.connection) returns boolean language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  return not crm.lacks_administrator(c.partner_org_id)
    or exists (select from crm.connection x where x.partner_org_id = c.partner_org_id and x.vendor_org_id <> c.vendor_org_id)
    or exists (select from crm.membership m where m.org_id = c.partner_org_id and (exists (select from sec.password w where w.person_id = m.person_id)
      or exists (select from sec.identity i where i.person_id = m.person_id) or exists (select from sec.session s where s.membership_id = m.id)));
end $$;

-- What a vendor has passed on to a partner's own people: its open invitations of administrators, and whether one of them may
-- still become that.
create function crm.passed_on(link uuid, at timestamptz) returns table (id uuid, issue int, email text, message text, created_at timestamptz, expires_at timestamptz, lacks boolean)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  return query select i.id, i.issue, i.email, i.message, i.created_at, i.expires_at, crm.lacks_administrator(c.partner_org_id)
    from crm.invitation i join crm.connection c on c.id = i.into_connection
    where c.id = link and c.partner_org_id = sec.ctx_org('partner') and c.status = 'active' and i.kind = 'administrator' and i.status = 'open' and i.expires_at > at
    order by i.created_at desc, i.id desc limit 20;
end $$;

-- Somebody becomes the administrator of a partner that has none. Of several who answer at once one does. Other invitations
-- stay as they are: their end would tell whoever made them that somebody has come.
create function crm.administer_invited(i crm.invitation, member uuid, person uuid, at timestamptz) returns text language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
#variable_conflict use_variable
declare
  c crm.connection;
  m crm.membership;
begin
  select * into c from connection x where x.id = i.into_connection and x.status = 'active';
  perform from workspace w where w.org_id = c.partner_org_id for no key update;
  if c.id is null then return 'gone'; end if;
  select * into m from membership x where x.org_id = c.partner_org_id and x.person_id = person;
  if m.status = 'suspended' or m.id is null and crm.works_by_itself(c) then return 'refused'; end if;
  -- Nobody takes what the vendor meant for a colleague.
  if m.id is not null and exists (select from membership o join person p on p.id = o.person_id
    where o.org_id = c.partner_org_id and o.status = 'active' and o.id <> m.id and p.email_norm = lower(btrim(i.email))) then return 'refused'; end if;
  if not crm.lacks_administrator(c.partner_org_id) then return 'has-administrator'; end if;
  if m.id is null then
    insert into membership (id, org_id, person_id, role, created_at, updated_at) values (member, c.partner_org_id, person, 'administrator', at, at);
  else
    update membership x set role = 'administrator', version = x.version + 1, updated_at = at where x.id = m.id;
    insert into audit_event (id, org_id, at, side, membership_id, action, object, record_id, details)
      values (gen_random_uuid(), c.partner_org_id, at, 'partner', m.id, 'member.assigned', 'member', m.id, '{"codes": {"role": "administrator", "by": "invitation"}}');
  end if;
  update invitation x set status = 'accepted', email = null, asked_emails = '{}', connection_id = c.id, closed_at = at, version = x.version + 1, updated_at = at where x.id = i.id;
  insert into outbox (org_id, side, event_type, record_id, created_at) values (i.org_id, 'vendor', 'invitation.accepted', i.id, at);
  return case when m.id is null then 'done' else 'raised' end;
end $$;

-- Somebody becomes a member of the company that invited them.
create function crm.join_invited(i crm.invitation, member uuid, person uuid, at timestamptz) returns text language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if not exists (select from role r where r.org_id = i.org_id and r.key = i.role and r.audience = 'internal') then return 'gone'; end if;
  if exists (select from membership m where m.org_id = i.org_id and m.person_id = person) then return 'member'; end if;
  insert into membership (id, org_id, person_id, role, created_at, updated_at) values (member, i.org_id, person, i.role, at, at);
  update invitation x set status = 'accepted', email = null, asked_emails = '{}', membership_id = member, closed_at = at, version = x.version + 1, updated_at = at where x.id = i.id;
  insert into outbox (org_id, side, event_type, record_id, created_at)
    select i.org_id, case when w.governs then 'vendor' else 'partner' end, 'invitation.accepted', i.id, at from workspace w where w.org_id = i.org_id;
  return 'done';
end $$;

-- Whoever is signed in accepts: for their company an invitation to a channel, for themselves one to a company.
create function crm.accept_invitation(token bytea, new_id uuid, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  org uuid := sec.ctx_org(sec.ctx_side());
  i crm.invitation := crm.take_invitation(token, at);
  who uuid := (select m.person_id from membership m where m.id = sec.ctx_member() and m.org_id = org);
  answer text;
begin
  case i.kind
    when 'partner' then return crm.connect_invited(i, new_id, org, at);
    when 'member' then answer := crm.join_invited(i, new_id, who, at);
    when 'administrator' then answer := crm.administer_invited(i, new_id, who, at);
    else return 'gone';
  end case;
  if answer = 'done' then -- in the audit of the company that they join; whoever accepts writes in that of the one they come from
    insert into audit_event (id, org_id, at, side, membership_id, action, object, record_id)
      select gen_random_uuid(), m.org_id, at, case when w.governs then 'vendor' else 'partner' end, m.id, 'member.joined', 'member', m.id
      from membership m join workspace w on w.org_id = m.org_id where m.id = new_id;
  end if;
  return answer;
end $$;

-- Whose an open invitation is and what it says: of that, the page behind its link shows kind, names, message and expiry.
-- With it comes what it gives and what whoever made it may do now: who may less than it gives invites nobody any more.
create function sec.see_invitation(token bytea, at timestamptz)
returns table (id uuid, org_id uuid, side text, kind text, inviter text, company text, message text, expires_at timestamptz, issue int, joins uuid, invited_by uuid, gives jsonb, rights jsonb)
language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('sign-in');
  return query select i.id, i.org_id, hat.side, i.kind, o.name, p.name, i.message, i.expires_at, i.issue, case i.kind when 'administrator' then p.id when 'member' then i.org_id end, i.invited_by,
      sec.role_rights(i.org_id, coalesce(i.role, i.external_role)), sec.rights_of(i.invited_by, hat.side)
    from crm.invitation i join crm.organisation o on o.id = i.org_id join crm.workspace w on w.org_id = i.org_id
    cross join lateral (select case when w.governs then 'vendor' else 'partner' end as side) hat
    left join crm.connection c on c.id = i.into_connection and c.status = 'active' left join crm.organisation p on p.id = c.partner_org_id
    where i.token_sha256 = token and i.status = 'open' and i.expires_at > at and (i.kind <> 'administrator' or p.id is not null);
end $$;

-- Somebody wants the link to join at a mail address. It is sent there and nowhere else, to five addresses of an issue at
-- most; whoever asks learns neither whether it is sent nor whether anybody is known by the address.
create function sec.ask_to_join(token bytea, address text, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare i crm.invitation;
begin
  perform sec.require('sign-in');
  i := crm.take_invitation(token, at);
  if i.id is null or i.asked >= 5 then return; end if;
  update crm.invitation x set asked = x.asked + 1, asked_emails = x.asked_emails || address where x.id = i.id;
  insert into crm.outbox (org_id, side, event_type, record_id, created_at)
    select i.org_id, case when w.governs then 'vendor' else 'partner' end, 'invitation.asked', i.id, at from crm.workspace w where w.org_id = i.org_id;
  insert into crm.audit_event (id, org_id, at, side, system, action, object, record_id)
    select gen_random_uuid(), i.org_id, at, case when w.governs then 'vendor' else 'partner' end, 'invitation', 'invitation.asked', 'invitation', i.id from crm.workspace w where w.org_id = i.org_id;
end $$;

create function sec.reject_invitation(token bytea, why text, at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare i crm.invitation;
begin
  perform sec.require('sign-in');
  i := crm.take_invitation(token, at);
  update crm.invitation x set status = 'rejected', email = null, asked_emails = '{}', closed_at = at, closed_reason = why, version = x.version + 1, updated_at = at where x.id = i.id;
end $$;

-- Somebody new joins: as a member of the company that invites, with a company of their own that becomes its partner, or as
-- the administrator of a partner that has none. The address is one that they have proven to be theirs by a link that was
-- mailed there, or the one that whoever invited has named. An address that is taken, or another one, is refused in words
-- that do not say which, and not often: the invitation is worn out by it.
-- who: {person_id, membership_id, name, email, email_norm, proven, hash}; company: {org_id, connection_id, name, country_code, time_zone, fiscal_month, currency}
create function sec.join_by_invitation(token bytea, who jsonb, company jsonb, at timestamptz) returns text
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  i crm.invitation;
  person uuid := (who ->> 'person_id')::uuid;
  member uuid := (who ->> 'membership_id')::uuid;
  org uuid := (company ->> 'org_id')::uuid;
  fits boolean;
begin
  perform sec.require('sign-in');
  i := crm.take_invitation(token, at);
  if i.id is null or (i.kind = 'partner') <> (company is not null)
    or i.kind = 'member' and not exists (select from crm.role r where r.org_id = i.org_id and r.key = i.role and r.audience = 'internal') then return 'gone'; end if;
  fits := (who ->> 'proven')::boolean or coalesce(lower(btrim(i.email)) = who ->> 'email_norm', false);
  if fits and i.kind = 'administrator' then
    perform from crm.connection c join crm.workspace w on w.org_id = c.partner_org_id where c.id = i.into_connection for no key update of w;
    if not (select c.status = 'active' from crm.connection c where c.id = i.into_connection) then return 'gone'; end if;
    fits := not (select crm.works_by_itself(c) from crm.connection c where c.id = i.into_connection);
  end if;
  if fits then
    insert into crm.person (id, display_name, email, email_norm, created_at)
      values (person, who ->> 'name', who ->> 'email', who ->> 'email_norm', at) on conflict (email_norm) do nothing;
    fits := found;
  end if;
  if not fits then
    update crm.invitation x set refused = x.refused + 1, version = x.version + 1, updated_at = at,
      status = case when x.refused >= 4 then 'revoked' else x.status end, closed_at = case when x.refused >= 4 then at end where x.id = i.id;
    return 'refused';
  end if;
  insert into sec.password (person_id, hash, changed_at) values (person, who ->> 'hash', at);
  case i.kind
    when 'member' then return crm.join_invited(i, member, person, at);
    when 'administrator' then return crm.administer_invited(i, member, person, at);
    else
      insert into crm.organisation (id, name, country_code, created_at) values (org, company ->> 'name', company ->> 'country_code', at);
      insert into crm.workspace (org_id, governs, sells, time_zone, fiscal_year_start_month, reporting_currency)
        values (org, false, true, company ->> 'time_zone', (company ->> 'fiscal_month')::int, company ->> 'currency');
      insert into crm.membership (id, org_id, person_id, role, created_at, updated_at) values (member, org, person, 'administrator', at, at);
      return crm.connect_invited(i, (company ->> 'connection_id')::uuid, org, at);
  end case;
end $$;

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
-- +goose StatementEnd
grant execute on function crm.set_connection(uuid, text, bigint, text, timestamptz) to sharepartner_vendor;
grant execute on function crm.end_connection(uuid, bigint, text, timestamptz), crm.ending_of(uuid), crm.accept_invitation(bytea, uuid, timestamptz),
  crm.set_member(uuid, text, bigint, timestamptz), crm.end_sessions_of(uuid), crm.open_channel(bigint, timestamptz) to sharepartner_vendor, sharepartner_partner;
grant execute on function crm.passed_on(uuid, timestamptz) to sharepartner_partner;
grant execute on function sec.see_invitation(bytea, timestamptz), sec.ask_to_join(bytea, text, timestamptz), sec.reject_invitation(bytea, text, timestamptz),
  sec.join_by_invitation(bytea, jsonb, jsonb, timestamptz) to sharepartner_api;

-- A company invites its own people from either side; into a channel only its vendor invites.
call sec.wall('crm.invitation', 'org_id = (select sec.ctx_org(''vendor''))', 'org_id = (select sec.ctx_org(''partner'')) and kind = ''member''');
grant select (id, org_id, kind, status, issue, email, message, mail, expires_at, invited_by, partner_name, partner_number, tier, region, channel_manager_id, external_role, role,
    into_connection, connection_id, membership_id, asked, asked_emails, closed_at, closed_reason, version, created_at, updated_at),
  insert (id, org_id, kind, token_sha256, email, message, mail, expires_at, invited_by, partner_name, partner_number, tier, region, channel_manager_id, external_role, role, into_connection,
    created_at, updated_at),
  update (status, token_sha256, issue, mail, expires_at, refused, asked, asked_emails, closed_at, closed_reason, version, updated_at)
  on crm.invitation to sharepartner_vendor, sharepartner_partner;

call sec.wall('crm.former_organisation', 'known_to = (select sec.ctx_org(''vendor''))', 'known_to = (select sec.ctx_org(''partner''))');
grant select on crm.former_organisation to sharepartner_vendor, sharepartner_partner;

grant select (status_reason, status_side, status_at) on crm.connection to sharepartner_partner; -- a vendor reads all of it
grant update (partner_number, tier, region, version, updated_at) on crm.connection to sharepartner_vendor;
grant select (suspended_by, version, updated_at), update (suspended_by, version, updated_at) on crm.external_contact to sharepartner_vendor;
grant update (version, updated_at) on crm.membership to sharepartner_vendor, sharepartner_partner; -- whoever changes what a person may do has seen what it is
grant update (name, country_code) on crm.organisation to sharepartner_vendor, sharepartner_partner;
grant update (time_zone, fiscal_year_start_month, reporting_currency, version, updated_at) on crm.workspace to sharepartner_vendor, sharepartner_partner;
-- Seeing a company is no right to rename it.
create policy vendor_names_itself on crm.organisation as restrictive for update to sharepartner_vendor using (id = (select sec.ctx_org('vendor')));
create policy partner_names_itself on crm.organisation as restrictive for update to sharepartner_partner using (id = (select sec.ctx_org('partner')));

-- +goose StatementBegin
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
grant execute on function sec.membership_of(uuid), sec.switch_session(bytea, uuid, bytea, uuid, text, uuid, timestamptz, interval) to sharepartner_api;
