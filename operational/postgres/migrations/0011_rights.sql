-- What a person's rights are made of, in one answer, and the number that tells when it is another.
-- +goose Up
-- One number per organisation that grows whenever anything changes that its people's rights are made of. What the
-- program remembers of rights is good as long as the number is the same; it is asked for with every request.
create table sec.rights_version (
  org_id uuid primary key references crm.organisation,
  version bigint not null default 1
);
-- +goose StatementBegin
create function sec.bump_rights(orgs uuid[]) returns void language sql security definer set search_path = pg_catalog, sec, pg_temp as $$
  insert into sec.rights_version (org_id) select distinct o from unnest(orgs) o where o is not null order by o -- one order, so that two never wait for each other
    on conflict (org_id) do update set version = rights_version.version + 1
$$;
create function sec.partners_of(vendor uuid) returns uuid[] language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  select array_agg(partner_org_id) from crm.connection where vendor_org_id = vendor and status <> 'ended'
$$;
create function sec.rights_changed() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  r jsonb := to_jsonb(coalesce(new, old));
  org uuid := coalesce(r ->> 'org_id', r ->> 'vendor_org_id')::uuid;
begin
  case tg_table_name
    when 'connection' then perform sec.bump_rights(array[org, (r ->> 'partner_org_id')::uuid]);
    when 'external_contact' then perform sec.bump_rights(array[(r ->> 'partner_org_id')::uuid]);
    when 'role' then perform sec.bump_rights(case when r ->> 'audience' = 'external' then org || sec.partners_of(org) else array[org] end);
    when 'access_scope', 'custom_field' then perform sec.bump_rights(org || sec.partners_of(org));
    else perform sec.bump_rights(array[org]);
  end case;
  return null;
end $$;
-- The same once for a statement: a scope of thousands of members would count each partner thousands of times.
create function sec.rights_changed_at_once() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare c record;
begin
  for c in select distinct coalesce(r ->> 'org_id', r ->> 'vendor_org_id')::uuid as org, coalesce(r ->> 'audience', 'external') = 'external' as abroad
      from (select to_jsonb(x) from changed x) j (r) loop
    perform sec.bump_rights(case when c.abroad then c.org || sec.partners_of(c.org) else array[c.org] end);
  end loop;
  return null;
end $$;
-- +goose StatementEnd
create trigger rights_changed after insert or delete or update of status, external_role, channel_manager_id, region on crm.connection for each row execute function sec.rights_changed();
create trigger rights_changed after insert or delete or update of status, external_role on crm.external_contact for each row execute function sec.rights_changed();
create trigger rights_changed after insert or delete or update of role, status on crm.membership for each row execute function sec.rights_changed();
create trigger rights_changed after insert or delete or update on crm.membership_region for each row execute function sec.rights_changed();
create trigger rights_changed after insert or delete or update on crm.role for each row execute function sec.rights_changed();
create trigger rights_changed_insert after insert on crm.role_object referencing new table as changed for each statement execute function sec.rights_changed_at_once();
create trigger rights_changed_update after update on crm.role_object referencing new table as changed for each statement execute function sec.rights_changed_at_once();
create trigger rights_changed_delete after delete on crm.role_object referencing old table as changed for each statement execute function sec.rights_changed_at_once();
create trigger rights_changed after insert or delete or update on crm.custom_field for each row execute function sec.rights_changed();
create trigger rights_changed after insert or delete or update on crm.access_scope for each row execute function sec.rights_changed();
create trigger rights_changed_insert after insert on crm.access_member referencing new table as changed for each statement execute function sec.rights_changed_at_once();
create trigger rights_changed_delete after delete on crm.access_member referencing old table as changed for each statement execute function sec.rights_changed_at_once();

-- +goose StatementBegin
-- A role for partners' people gives what is the vendor's to give.
create function sec.role_rights(org uuid, role_key text) returns jsonb language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  select jsonb_build_object('key', r.key, 'name', r.name, 'version', r.version, 'everything', r.everything, 'capabilities', r.capabilities,
    'hat', case r.audience when 'external' then 'vendor' else r.hat end,
    'objects', coalesce((select jsonb_object_agg(o.object, jsonb_build_object(
        'create', o.can_create, 'read', o.can_read, 'edit', o.can_edit, 'delete', o.can_delete, 'import', o.can_import, 'export', o.can_export,
        'visibility', o.visibility, 'access', o.access, 'record_types', o.record_types, 'readable', o.readable, 'editable', o.editable))
      from crm.role_object o where o.org_id = r.org_id and o.role_key = r.key), '{}'))
  from crm.role r where r.org_id = org and r.key = role_key
$$;

-- What one vendor gives to one of a partner's people; operational.Link in Go.
create function sec.link(contact uuid) returns jsonb language sql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
  select jsonb_build_object('connection', c.id, 'vendor', c.vendor_org_id, 'contact', e.id, 'connection_status', c.status, 'contact_status', e.status,
    'in_scope', coalesce(s.mode = 'all'
      or s.mode = 'companies' and exists (select from crm.access_member a where a.connection_id = c.id and a.contact_id is null)
      or s.mode = 'contacts' and exists (select from crm.access_member a where a.connection_id = c.id and a.contact_id = e.id), false),
    'role', sec.role_rights(c.vendor_org_id, coalesce(e.external_role, c.external_role, d.key)))
  from crm.external_contact e
  join crm.connection c on c.id = e.connection_id
  left join crm.role d on d.org_id = c.vendor_org_id and d.is_default
  left join crm.access_scope s on s.vendor_org_id = c.vendor_org_id
  where e.id = contact
$$;

-- All that a member's rights are made of, as they are now; operational.Rights in Go. Beside them the role of the company
-- that a session of the member looks as, if it does.
create function sec.rights_of(membership uuid, side text, view text default null) returns jsonb language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  m crm.membership;
  links jsonb := '[]';
  managed uuid[];
  channel bigint := 0;
begin
  select * into m from crm.membership x where x.id = membership and x.status = 'active';
  if not found then return null; end if;
  if not exists (select from crm.role r where r.org_id = m.org_id and r.key = m.role and coalesce(r.hat, side) = side) then return null; end if;
  if view is not null and not exists (select from crm.role r where r.org_id = m.org_id and r.key = view and r.audience = 'internal' and coalesce(r.hat, side) = side) then return null; end if;
  if side = 'partner' then
    select coalesce(jsonb_agg(sec.link(e.id) order by c.id), '[]') into links
    from crm.external_contact e join crm.connection c on c.id = e.connection_id
    where e.partner_org_id = m.org_id and e.membership_id = m.id and c.status <> 'ended';
  elsif exists (select from crm.role_object o where o.org_id = m.org_id and o.role_key in (m.role, view) and o.visibility = 'private') then
    select array_agg(c.id order by c.id) into managed from crm.connection c
    where c.vendor_org_id = m.org_id and (c.channel_manager_id = m.id or c.region in (select g.region from crm.membership_region g where g.membership_id = m.id));
    select count(*) into channel from crm.connection c where c.vendor_org_id = m.org_id;
  end if;
  return jsonb_build_object('version', coalesce((select v.version from sec.rights_version v where v.org_id = m.org_id), 0),
    'own', sec.role_rights(m.org_id, m.role), 'managed', coalesce(to_jsonb(managed), '[]'), 'channel', channel, 'links', links)
    || case when view is null then '{}' else jsonb_build_object('view', sec.role_rights(m.org_id, view)) end;
end $$;
create function sec.rights(membership uuid, side text, view text default null) returns jsonb language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  perform sec.require('sign-in');
  return sec.rights_of(membership, side, view);
end $$;
-- +goose StatementEnd
grant execute on function sec.rights(uuid, text, text) to sharepartner_api;
