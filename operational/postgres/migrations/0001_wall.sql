-- The wall between tenants: a signed statement of who asks, checked by the database itself.
-- +goose Up
-- Functions are for those who are named; Postgres gives them to everyone otherwise.
alter default privileges revoke execute on functions from public;
create schema sec;
create schema crm;
revoke all on schema public from public;
grant usage on schema crm to sharepartner_vendor, sharepartner_partner, sharepartner_cdc, sharepartner_jobs, sharepartner_api;
grant usage on schema sec to sharepartner_vendor, sharepartner_partner, sharepartner_jobs, sharepartner_api;

-- The signing key, as the two padded halves of an HMAC. Only sec.claim reads it; the program writes it at migration.
create table sec.key (only_row boolean primary key default true check (only_row), inner_pad bytea not null, outer_pad bytea not null);

-- app.ctx is 'org|side|membership|expires', app.sig its HMAC-SHA256 in hex, both local to one transaction. Instead of
-- a side there may be a purpose of the program itself (sec.require), which no tenant's policy accepts.
-- Without them, with a wrong signature or after expiry every policy below raises: the wall fails closed.
-- +goose StatementBegin
-- It runs for every table of every query. A SET of the search path costs more than all the rest of it, so every name
-- in these functions is qualified instead; and sec.claim has no rights of its own: it is called by functions that have.
create function sec.claim() returns text language plpgsql stable parallel safe as $$
declare
  c text := pg_catalog.current_setting('app.ctx', true);
  k sec.key;
begin
  select * into k from sec.key;
  if k.only_row is distinct from true or c is null or pg_catalog.current_setting('app.sig', true) is distinct from
     pg_catalog.encode(pg_catalog.sha256(k.outer_pad operator(pg_catalog.||) pg_catalog.sha256(k.inner_pad operator(pg_catalog.||) pg_catalog.convert_to(c, 'UTF8'))), 'hex') then
    raise exception 'no valid tenant context' using errcode = '42501';
  end if;
  if pg_catalog.split_part(c, '|', 4)::pg_catalog.float8 operator(pg_catalog.<) pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) then
    raise exception 'the tenant context has expired' using errcode = '42501';
  end if;
  return c;
end $$;

-- The organisation that asks, if it asks as this side; a partner's context in a vendor's role is refused.
create function sec.ctx_org(side text) returns uuid language plpgsql stable parallel safe security definer as $$
declare c text := sec.claim();
begin
  if pg_catalog.split_part(c, '|', 2) operator(pg_catalog.<>) side then
    raise exception 'the tenant context is of another side' using errcode = '42501';
  end if;
  return pg_catalog.split_part(c, '|', 1)::pg_catalog.uuid;
end $$;

-- The membership that asks.
create function sec.ctx_member() returns uuid language plpgsql stable parallel safe security definer as $$
begin
  return pg_catalog.split_part(sec.claim(), '|', 3)::pg_catalog.uuid;
end $$;

-- Puts a table behind the wall: one narrow policy per role, explicit ones for owner, cdc and jobs.
-- A condition of null gives that side no policy and so no row. FORCE binds the owner too.
create procedure sec.wall(target regclass, vendor_sees text, partner_sees text) language plpgsql set search_path = pg_catalog, sec, pg_temp as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  execute format('create policy owner_all on %s to current_user using (true) with check (true)', target);
  execute format('create policy cdc_reads on %s for select to sharepartner_cdc using (true)', target);
  execute format('create policy jobs_all on %s to sharepartner_jobs using (true) with check (true)', target);
  if vendor_sees is not null then
    execute format('create policy vendor on %s to sharepartner_vendor using (%s) with check (%s)', target, vendor_sees, vendor_sees);
  end if;
  if partner_sees is not null then
    execute format('create policy partner on %s to sharepartner_partner using (%s) with check (%s)', target, partner_sees, partner_sees);
  end if;
end $$;
-- +goose StatementEnd
grant execute on function sec.ctx_org(text), sec.ctx_member() to sharepartner_vendor, sharepartner_partner;
