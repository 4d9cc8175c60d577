-- Governance at work: who has which role, the last administrator, what decisions are explained by, and looking as a role.
-- +goose Up
-- A role's name in events and history; people say its key.
alter table crm.role add column id uuid not null default gen_random_uuid(), add unique (id);

-- A session looks as a role of its own company's people, and no longer than there is such a role.
alter table sec.session
  add column views_org_id uuid,
  add column views_audience text check (views_audience = 'internal'),
  add check (num_nulls(views_as, views_org_id, views_audience) in (0, 3)),
  add foreign key (views_org_id, membership_id) references crm.membership (org_id, id),
  add foreign key (views_org_id, views_as, views_audience) references crm.role (org_id, key, audience) on delete set null (views_org_id, views_as, views_audience);
create index session_that_looks on sec.session (views_org_id, views_as) where views_as is not null;

-- +goose StatementBegin
-- Whoever holds the token looks as a role from now on (null: as none) that works on the side that the session works on.
create function sec.look_as(token bytea, view text, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('sign-in');
  update sec.session s set views_as = view, views_org_id = case when view is not null then m.org_id end, views_audience = case when view is not null then 'internal' end
    from crm.membership m
    where s.token_sha256 = token and s.idle_expires_at > at and s.expires_at > at and m.id = s.membership_id and m.status = 'active'
      and (view is null or exists (select from crm.role r where r.org_id = m.org_id and r.key = view and r.audience = 'internal' and coalesce(r.hat, s.side) = s.side));
  if not found then
    raise exception 'the session is not what it was, or the role' using errcode = 'SP001';
  end if;
end $$;

-- A company keeps somebody who may do everything. One such change at a time: two administrators who take the role from
-- each other at the same moment would both see the other still there. In a company with two sides whoever does everything on
-- one of them cannot stand in for whoever does on both: nobody could give the other one's roles any more.
create function crm.keep_administrator() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare was role;
begin
  select * into was from role r where r.org_id = old.org_id and r.key = old.role and r.everything;
  if not found or old.status <> 'active' then return null; end if;
  perform from workspace w where w.org_id = old.org_id for no key update;
  if not exists (select from membership m join role r on r.org_id = m.org_id and r.key = m.role where m.org_id = old.org_id and m.status = 'active' and r.everything
      and (r.hat is null or was.hat is not null)) then
    raise exception 'the last administrator stays' using errcode = '23514', constraint = 'membership_last_administrator';
  end if;
  return null;
end $$;

-- The fields that roles and layouts can name.
create function crm.governed_fields() returns table (object text, field text, internal_only boolean, editable boolean)
language sql stable security definer set search_path = pg_catalog, sec, pg_temp as $$
  select object, field, internal_only, editable from sec.object_field order by object, field
$$;

-- What a partner's person may do by this vendor; what their own company lets them do is that company's affair.
create function crm.rights_of_contact(contact uuid) returns table (partner uuid, rights jsonb) language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  return query select e.partner_org_id, jsonb_build_object('version', 0, 'own', jsonb_build_object('key', 'unsaid'), 'managed', '[]'::jsonb, 'links', jsonb_build_array(sec.link(e.id)))
    from crm.external_contact e join crm.connection c on c.id = e.connection_id
    where e.id = contact and e.vendor_org_id = sec.ctx_org('vendor') and c.status <> 'ended';
end $$;

-- What one of one's own people may do; null: is not active.
create function crm.rights_of_member(member uuid) returns table (rights jsonb) language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare side text := split_part(sec.claim(), '|', 2);
begin
  return query select sec.rights_of(m.id, side) from crm.membership m where m.id = member and m.org_id = sec.ctx_org(side);
end $$;
-- +goose StatementEnd
create trigger keep_administrator after update of role, status or delete on crm.membership for each row execute function crm.keep_administrator();

grant execute on function sec.look_as(bytea, text, timestamptz) to sharepartner_api;
grant execute on function crm.governed_fields(), crm.rights_of_member(uuid) to sharepartner_vendor, sharepartner_partner;
grant execute on function crm.rights_of_contact(uuid) to sharepartner_vendor;
grant update (role) on crm.membership to sharepartner_vendor, sharepartner_partner;
grant update (channel_manager_id) on crm.connection to sharepartner_vendor;
