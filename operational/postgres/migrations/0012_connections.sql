-- How companies come together and part: the life of a connection, whom it lets work in it, and what goes on when it ends.
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
  primary key (known_to, org_id)
);

-- +goose StatementBegin
-- The machine of a connection, once more where nothing gets past it.
create function crm.connection_step() returns trigger language plpgsql as $$
begin
  if new.status <> old.status and not (old.status = 'active' and new.status in ('suspended', 'ended') or old.status = 'suspended' and new.status in ('active', 'ended')) then
    raise exception 'a connection does not go from % to %', old.status, new.status using errcode = '23514', constraint = 'connection_step';
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
-- +goose StatementEnd
create trigger connection_step before update of status on crm.connection for each row execute function crm.connection_step();
drop trigger opportunity_step on crm.opportunity;
create trigger opportunity_step before update on crm.opportunity for each row when (new.frozen_at is not distinct from old.frozen_at) execute function crm.opportunity_step();
create trigger opportunity_stays before update on crm.opportunity for each row when (old.frozen_at is not null) execute function crm.opportunity_stays();
create trigger opportunity_into_live after insert on crm.opportunity referencing new table as added for each statement execute function crm.opportunity_into_live();
create trigger private_of_live after insert on crm.opportunity_private referencing new table as added for each statement execute function crm.private_of_live();

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

-- Since when the company that asks is here; it learns that of no other.
create function crm.own_company_since() returns timestamptz language sql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  select o.created_at from crm.organisation o where o.id = sec.ctx_org(sec.ctx_side())
$$;

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

-- Ends the API keys of a member, of a connection, or of a member in a connection, for good, and notes each in the audit of
-- the company whose they are.
create function crm.revoke_keys(member uuid, link uuid, cause text, at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare n bigint;
begin
  with gone as (
    update sec.api_key k set revoked_at = at where num_nonnulls(member, link) > 0 and (member is null or k.membership_id = member) and (link is null or k.connection_id = link)
      and k.revoked_at is null returning k.id, k.org_id, k.side, k.membership_id)
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
    update opportunity_private x set opportunity_id = clone, scope_id = o.partner_org_id, note = nullif(left(concat_ws(e'\n', x.note, words), 4000), ''), custom = '{}',
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
  insert into former_organisation (known_to, org_id, name, country_code)
    select x.known_to, o.id, o.name, o.country_code
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
grant execute on function crm.set_connection(uuid, text, bigint, text, timestamptz) to sharepartner_vendor;
grant execute on function crm.own_company_since() to sharepartner_vendor, sharepartner_partner;
grant execute on function crm.end_connection(uuid, bigint, text, timestamptz), crm.ending_of(uuid) to sharepartner_vendor, sharepartner_partner;

call sec.wall('crm.former_organisation', 'known_to = (select sec.ctx_org(''vendor''))', 'known_to = (select sec.ctx_org(''partner''))');
grant select on crm.former_organisation to sharepartner_vendor, sharepartner_partner;

grant select (status_reason, status_side, status_at) on crm.connection to sharepartner_partner; -- a vendor reads all of it
grant update (partner_number, tier, region, version, updated_at) on crm.connection to sharepartner_vendor;
grant select (suspended_by, version, updated_at), update (suspended_by, version, updated_at) on crm.external_contact to sharepartner_vendor;
