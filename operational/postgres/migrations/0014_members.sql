-- People of a company and where they work: whom it keeps out, and the workspace that a session works in.
-- +goose Up
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
