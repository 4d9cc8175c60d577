-- Records under rights: accounts have owners, products types; what may be deleted; what is known of an object.
-- +goose Up
insert into sec.object_field (object, field, internal_only, editable) values
  ('account', 'owner', false, true), ('account', 'record_type', false, true), ('contact', 'record_type', false, true),
  ('contact', 'external_ref', false, false), ('product', 'record_type', false, true);
-- Roles that came with workspaces which are there already have them as those of new workspaces will.
update crm.role_object o set readable = o.readable || n.readable, editable = case when o.can_edit then o.editable || n.editable else o.editable end
from (select object, array_agg(field) as readable, coalesce(array_agg(field) filter (where editable), '{}') as editable from sec.object_field
      where field in ('record_type', 'external_ref', 'owner') and (object, field) not in (('account', 'external_ref'), ('opportunity', 'external_ref'), ('opportunity', 'record_type'), ('opportunity', 'owner')) group by object) n
where n.object = o.object and exists (select from crm.role r where r.org_id = o.org_id and r.key = o.role_key and r.built_in);

-- An account belongs to whoever looks after it, so that a data scope "private" means something; a contact follows its account.
alter table crm.account add column owner_membership_id uuid, add foreign key (org_id, owner_membership_id) references crm.membership (org_id, id);
create index account_of_member on crm.account (org_id, owner_membership_id, updated_at desc, id desc) where owner_membership_id is not null;
alter table crm.contact add column external_ref text check (length(external_ref) between 1 and 200), add unique (org_id, external_ref);
alter table crm.product add column record_type_id uuid, add foreign key (org_id, record_type_id) references crm.record_type (org_id, id);

-- A link goes with the partner's account. That the vendor's is gone shows in nothing that the partner reads.
alter table crm.account_link
  drop constraint account_link_vendor_org_id_vendor_account_id_fkey,
  drop constraint account_link_partner_org_id_partner_account_id_fkey,
  add constraint account_link_vendor_account foreign key (vendor_org_id, vendor_account_id) references crm.account (org_id, id) on delete set null (vendor_account_id),
  add constraint account_link_partner_account foreign key (partner_org_id, partner_account_id) references crm.account (org_id, id) on delete cascade;

grant update (owner_membership_id) on crm.account to sharepartner_vendor, sharepartner_partner;
grant update (record_type_id) on crm.product to sharepartner_vendor, sharepartner_partner;

-- +goose StatementBegin
-- A right to delete would be a right to lock the whole table, so one row goes by a function: a company's own, at the version that was read.
create function crm.delete_account(account uuid, at bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  delete from account a where a.id = account and a.version = at and a.org_id = sec.ctx_org(split_part(sec.claim(), '|', 2));
  return found;
end $$;
create function crm.delete_contact(contact uuid, at bigint) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  delete from contact c where c.id = contact and c.version = at and c.org_id = sec.ctx_org(split_part(sec.claim(), '|', 2));
  return found;
end $$;

-- The partner's own word that an account of its is the customer of an opportunity that both share; the vendor learns nothing
-- of it. What the vendor keeps of the customer is noted beside, so that its imports make no second account for the partner.
-- The answer is the same whether the vendor keeps one or not, and which: one account of the vendor's is noted once.
create function crm.link_account(account uuid, opportunity uuid) returns text language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  partner uuid := sec.ctx_org('partner');
  o crm.opportunity;
begin
  select * into o from opportunity x where x.id = opportunity and x.partner_org_id = partner and x.connection_id is not null;
  if not found or not exists (select from account a where a.id = account and a.org_id = partner) then return 'absent'; end if;
  if exists (select from account_link l where l.connection_id = o.connection_id and l.partner_account_id = account) then return 'same'; end if;
  insert into account_link (connection_id, vendor_org_id, partner_org_id, vendor_account_id, partner_account_id, created_at)
    values (o.connection_id, o.vendor_org_id, partner, o.vendor_account_id, account, now()) on conflict do nothing;
  if not found then
    insert into account_link (connection_id, vendor_org_id, partner_org_id, partner_account_id, created_at)
      values (o.connection_id, o.vendor_org_id, partner, account, now()) on conflict do nothing;
  end if;
  return 'linked';
end $$;
-- Which of these accounts of a vendor's the partner has on the connection, for an import of the vendor, which knows their ids
-- and brings them from now on; anew: it never did. What the partner linked before the vendor kept an account of it was noted
-- without: where it is called the same, and nothing else there is, this is that customer. Of the partner's accounts only
-- those are looked at that it has linked on this very connection.
create function crm.bring_links(link uuid, vendor_accounts uuid[]) returns table (vendor_account uuid, anew boolean) language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare partner uuid := sec.ctx_org('partner');
begin
  begin
    with theirs as (
      select v.name_key, (array_agg(v.id))[1] as id from account v join connection c on c.id = link and c.vendor_org_id = v.org_id
      where v.id = any (vendor_accounts) and v.name_key <> '' and not exists (select from account_link l where l.connection_id = link and l.vendor_account_id = v.id)
      group by v.name_key having count(*) = 1
    ), own as (
      select p.name_key, (array_agg(p.id))[1] as id from account_link l join account p on p.org_id = l.partner_org_id and p.id = l.partner_account_id
      where l.connection_id = link and l.partner_org_id = partner and l.vendor_account_id is null
      group by p.name_key having count(*) = 1
    )
    update account_link l set vendor_account_id = theirs.id, imported = false from theirs join own on own.name_key = theirs.name_key
      where l.connection_id = link and l.partner_org_id = partner and l.partner_account_id = own.id and l.vendor_account_id is null;
  exception when unique_violation then null; -- the partner has just linked it itself
  end;
  return query
    with was as (
      select l.partner_account_id, l.vendor_account_id, l.imported from account_link l
      where l.connection_id = link and l.partner_org_id = partner and l.vendor_account_id = any (vendor_accounts)
    ), brought as (
      update account_link l set imported = true from was
      where l.connection_id = link and l.partner_org_id = partner and l.partner_account_id = was.partner_account_id and not was.imported
    )
    select was.vendor_account_id, not was.imported from was;
end $$;
create function crm.unlink_account(account uuid, connection uuid) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
begin
  delete from account_link l where l.partner_account_id = account and l.connection_id = connection and l.partner_org_id = sec.ctx_org('partner');
  return found;
end $$;

-- What a company has set up for an object: fields, types, and the layouts of a role. Of a vendor that it is connected
-- with a partner learns what the external role tells it, so the definitions stay behind the vendor's wall.
create function crm.object_setup(org uuid, obj text, role_name text) returns jsonb language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  side text := split_part(sec.claim(), '|', 2);
  own boolean := sec.ctx_org(side) = org;
  told crm.role_object;
begin
  if not own then
    -- Only what the member who asks is told anyway: by the role that this vendor gives to them, and by no other.
    if side <> 'partner' or not exists (
        select from external_contact e join connection c on c.id = e.connection_id
        where e.partner_org_id = sec.ctx_org('partner') and e.membership_id = sec.ctx_member() and c.vendor_org_id = org
          and role_name = coalesce(e.external_role, c.external_role, (select d.key from role d where d.org_id = org and d.is_default))) then
      raise exception 'the setup of another company is asked for' using errcode = '42501';
    end if;
    if not exists (select from external_contact e join connection c on c.id = e.connection_id
        where e.partner_org_id = sec.ctx_org('partner') and e.membership_id = sec.ctx_member() and e.status = 'active' and c.vendor_org_id = org and c.status = 'active') then
      return null; -- it has ended, or rests, since the request began
    end if;
    select * into told from role_object o where o.org_id = org and o.role_key = role_name and o.object = obj and o.audience = 'external';
    if not found then return null; end if;
  end if;
  return jsonb_build_object(
    'fields', (select coalesce(jsonb_agg(jsonb_build_object('name', f.name, 'label', f.label, 'type', f.type, 'choices', f.choices) order by f.label), '[]')
      from custom_field f where f.org_id = org and f.object = obj and f.active and (own or f.name = any(told.readable))),
    'types', (select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'name', t.name, 'description', t.description, 'default', t.is_default,
        'layout', (select jsonb_build_object('name', l.name, 'definition', l.definition) from layout_assignment a join page_layout l on l.org_id = a.org_id and l.id = a.layout_id
                   where a.org_id = org and a.role_key = role_name and a.record_type_id = t.id)) order by t.name), '[]')
      from record_type t where t.org_id = org and t.object = obj and t.active and (own or told.record_types is null or t.id = any(told.record_types))));
end $$;
-- +goose StatementEnd
grant execute on function crm.delete_account(uuid, bigint), crm.delete_contact(uuid, bigint), crm.object_setup(uuid, text, text) to sharepartner_vendor, sharepartner_partner;
grant execute on function crm.link_account(uuid, uuid), crm.bring_links(uuid, uuid[]), crm.unlink_account(uuid, uuid) to sharepartner_partner;

-- Business without a connection, of a company that has much with one.
create index opportunity_own on crm.opportunity (partner_org_id, updated_at desc, id desc) where connection_id is null;

-- +goose StatementBegin
-- The vendor whose records of all partners the actor may read: it works in one connection, which is active, it is an
-- active contact there, inside the external access scope, and its role there says public. The context names the
-- connection and is signed; all else is looked up here, once for a statement.
create function sec.public_vendor() returns uuid language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
declare
  c text := sec.claim();
  vendor uuid;
begin
  if split_part(c, '|', 2) not like 'public:%' then
    raise exception 'the tenant context is of another side' using errcode = '42501';
  end if;
  -- As sec.link says it, without making all of a role to look at one word of it: this runs with every list.
  select k.vendor_org_id into vendor
  from external_contact e
  join connection k on k.id = e.connection_id and k.status = 'active'
  join membership m on m.org_id = e.partner_org_id and m.id = e.membership_id and m.status = 'active'
  join access_scope s on s.vendor_org_id = k.vendor_org_id
  join role_object o on o.org_id = k.vendor_org_id and o.object = 'opportunity' and o.audience = 'external' and o.can_read and o.visibility = 'public'
    and o.role_key = coalesce(e.external_role, k.external_role, (select d.key from role d where d.org_id = k.vendor_org_id and d.is_default))
  where e.connection_id = substr(split_part(c, '|', 2), 8)::uuid and e.status = 'active'
    and e.partner_org_id = split_part(c, '|', 1)::uuid and e.membership_id = split_part(c, '|', 3)::uuid
    and case s.mode when 'all' then true else exists (select from access_member a
      where a.connection_id = k.id and case s.mode when 'companies' then a.contact_id is null else a.contact_id = e.id end) end;
  if vendor is null then
    raise exception 'no vendor shows its records of all partners here' using errcode = '42501';
  end if;
  return vendor;
end $$;
-- +goose StatementEnd
grant execute on function sec.public_vendor() to sharepartner_public;
grant usage on schema crm, sec to sharepartner_public;
create policy public_reads on crm.opportunity for select to sharepartner_public
  using (vendor_org_id = (select sec.public_vendor()) and connection_id is not null and frozen_at is null);
grant select (id, connection_id, vendor_org_id, partner_org_id, scope_id, number, name, customer_name, owner_contact_id, owner_membership_id, process_org_id, process_id,
  process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, close_date, region, tier, closed_at, version, touched, created_at, updated_at,
  custom, record_type_id, frozen_at) on crm.opportunity to sharepartner_public;

-- Every company imports its own records, as whichever side it works; a vendor imports its whole channel besides.
alter table crm.import
  add column side text not null default 'vendor' check (side in ('vendor', 'partner')),
  drop constraint import_kind_check,
  add constraint import_kind_check check (kind in ('accounts', 'contacts', 'opportunities') or kind = 'crm_export' and side = 'vendor');
alter table crm.import_file
  drop constraint import_file_name_check,
  add constraint import_file_name_check check (name in ('accounts', 'products', 'sales_teams', 'sales_pipeline', 'stage_history', 'contacts', 'opportunities'));
alter policy vendor on crm.import using (org_id = (select sec.ctx_org('vendor')) and side = 'vendor') with check (org_id = (select sec.ctx_org('vendor')) and side = 'vendor');
create policy partner on crm.import to sharepartner_partner using (org_id = (select sec.ctx_org('partner')) and side = 'partner') with check (org_id = (select sec.ctx_org('partner')) and side = 'partner');
-- Files and findings are those of imports in sight.
alter policy vendor on crm.import_file using (org_id = (select sec.ctx_org('vendor')) and exists (select from crm.import i where i.id = import_id))
  with check (org_id = (select sec.ctx_org('vendor')) and exists (select from crm.import i where i.id = import_id));
alter policy vendor on crm.import_finding using (org_id = (select sec.ctx_org('vendor')) and exists (select from crm.import i where i.id = import_id))
  with check (org_id = (select sec.ctx_org('vendor')) and exists (select from crm.import i where i.id = import_id));
create policy partner on crm.import_file to sharepartner_partner using (org_id = (select sec.ctx_org('partner')) and exists (select from crm.import i where i.id = import_id))
  with check (org_id = (select sec.ctx_org('partner')) and exists (select from crm.import i where i.id = import_id));
create policy partner on crm.import_finding to sharepartner_partner using (org_id = (select sec.ctx_org('partner')) and exists (select from crm.import i where i.id = import_id))
  with check (org_id = (select sec.ctx_org('partner')) and exists (select from crm.import i where i.id = import_id));
grant select, insert, update (state, progress, step, summary, fault, cancel_requested, started_at, finished_at) on crm.import to sharepartner_partner;
grant select, insert on crm.import_file, crm.import_finding to sharepartner_partner;
-- An import is done with the rights that its person has at that moment.
grant execute on function sec.rights(uuid, text, text) to sharepartner_jobs;
