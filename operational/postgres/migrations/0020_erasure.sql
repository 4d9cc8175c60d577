-- The erasure of people on request: names and addresses go, everything that refers to them by id stays.
-- +goose Up
alter table crm.person add column erased_at timestamptz;
-- An address, and what was written to it, may be taken out of an invitation that came to nothing.
drop trigger invitation_step on crm.invitation;
create trigger invitation_step before update on crm.invitation for each row
  when (old.status <> 'open' and (new.email is not null or new.asked_emails <> '{}' or to_jsonb(new) - '{email,asked_emails,message}'::text[] is distinct from to_jsonb(old) - '{email,asked_emails,message}'::text[]))
  execute function crm.invitation_step();

-- +goose StatementBegin
-- What findings of a company's imports say of values in which the text stands.
create function sec.forget_in_findings(org uuid, words text) returns void language sql security definer set search_path = pg_catalog, crm, pg_temp as $$
  update crm.import_finding f set was = null, became = null, reason = 'The values named somebody who was erased.'
    where f.org_id = $1 and length($2) > 2 and strpos(lower(concat_ws(' ', f.was, f.became, f.reason)), lower($2)) > 0
$$;

-- Somebody who is a member of other companies as well stays there: this company's member becomes somebody else, without
-- a name. What schema sec knows of a person (passwords, places, and whatever comes to it) goes by its foreign key.
create function sec.erase_membership(member uuid, at timestamptz) returns void language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  m crm.membership;
  p crm.person;
  t record;
  nameless constant text := 'Erased person';
begin
  select * into m from crm.membership x where x.id = member for update;
  select * into p from crm.person x where x.id = m.person_id for update;
  delete from crm.idempotency_key k where k.credential_id in (select s.id from sec.session s where s.membership_id = member union select a.id from sec.api_key a where a.membership_id = member);
  delete from sec.session s where s.membership_id = member;
  delete from sec.api_key a where a.membership_id = member;
  if exists (select from crm.membership x where x.person_id = p.id and x.id <> member) then
    insert into crm.person (id, display_name, status, created_at, erased_at) values (gen_random_uuid(), nameless, 'suspended', p.created_at, at) returning id into m.person_id;
  else
    for t in select c.conrelid::regclass as place, a.attname as col from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.confrelid = 'crm.person'::regclass and c.connamespace = 'sec'::regnamespace loop
      execute format('delete from %s where %I = $1', t.place, t.col) using p.id;
    end loop;
    update crm.person x set display_name = nameless, email = null, email_norm = null, time_zone = null, status = 'suspended', erased_at = at where x.id = p.id;
  end if;
  update crm.membership x set person_id = m.person_id, status = 'suspended', external_ref = null, version = x.version + 1, updated_at = at where x.id = member;
  update crm.external_contact x set display_name = nameless, work_email = null, version = x.version + 1, updated_at = at where x.partner_org_id = m.org_id and x.membership_id = member;
  update crm.invitation x set email = null, message = null where x.org_id = m.org_id and lower(x.email) = lower(p.email);
  update crm.invitation x set asked_emails = '{}' where lower(p.email) = any (select lower(a) from unnest(x.asked_emails) a);
  perform sec.forget_in_findings(m.org_id, p.display_name);
  perform sec.forget_in_findings(m.org_id, p.email);
  -- An import knows a partner by the name of its only person, and so may the company be called.
  update crm.connection x set external_ref = null where x.partner_org_id = m.org_id and lower(x.external_ref) = lower(p.display_name);
  if (select count(*) from crm.membership x where x.org_id = m.org_id) = 1 then
    update crm.organisation x set name = 'Erased company' where x.id = m.org_id and lower(x.name) = lower(p.display_name);
    update crm.former_organisation x set name = 'Erased company' where x.org_id = m.org_id and lower(x.name) = lower(p.display_name);
  end if;
end $$;

-- One's own company erases one of its people. Who may is asked here as well, because nothing brings a person back.
create function crm.erase_member(member uuid, typed text, seen bigint, at timestamptz) returns text language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  org uuid := sec.ctx_org(split_part(sec.claim(), '|', 2));
  mine crm.role; theirs crm.role;
  m crm.membership;
  p crm.person;
begin
  select r.* into mine from crm.membership x join crm.role r on r.org_id = x.org_id and r.key = x.role where x.id = sec.ctx_member() and x.org_id = org and x.status = 'active';
  if not coalesce(mine.everything or 'people.manage' = any (mine.capabilities), false) then
    raise exception 'the role may not erase people' using errcode = '42501';
  end if;
  select * into m from crm.membership x where x.id = member and x.org_id = org for update;
  if not found then return 'not-found'; end if;
  if m.version <> seen then return 'stale'; end if;
  select * into p from crm.person x where x.id = m.person_id;
  if p.erased_at is not null then return 'erased'; end if;
  select r.* into theirs from crm.role r where r.org_id = org and r.key = m.role;
  if theirs.everything and (not mine.everything or mine.hat is not null and theirs.hat is distinct from mine.hat) then return 'may-more'; end if;
  if p.display_name <> typed then return 'name'; end if;
  perform sec.erase_membership(member, at);
  return 'done';
end $$;

-- A person at a customer.
create function crm.erase_contact(contact uuid, typed text, seen bigint, touches jsonb, at timestamptz) returns text language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  org uuid := sec.ctx_org(split_part(sec.claim(), '|', 2));
  c crm.contact;
begin
  select * into c from crm.contact x where x.id = contact and x.org_id = org for update;
  if not found then return 'not-found'; end if;
  if c.version <> seen then return 'stale'; end if;
  if concat_ws(' ', c.first_name, c.last_name) <> typed then return 'name'; end if;
  update crm.contact x set first_name = null, last_name = 'Erased person', email = null, phone = null, job_title = null, external_ref = null, custom = '{}',
    version = x.version + 1, touched = touches, updated_at = at where x.id = contact;
  perform sec.forget_in_findings(org, c.last_name);
  perform sec.forget_in_findings(org, c.email);
  perform sec.forget_in_findings(org, c.phone);
  return 'done';
end $$;

-- The program's own command: a person in all companies, whose audits say so.
create function sec.person_of_email(mail text) returns table (person_id uuid, name text) language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_column
begin
  perform sec.require('admin');
  return query select p.id, p.display_name from crm.person p where p.email_norm = mail;
end $$;
create function sec.erase_person(person uuid, typed text, why text, at timestamptz) returns text language plpgsql security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
#variable_conflict use_variable
declare
  p crm.person;
  m record;
begin
  perform sec.require('admin');
  select * into p from crm.person x where x.id = person for update;
  if not found then return 'not-found'; end if;
  if p.display_name <> typed then return 'name'; end if;
  for m in select x.id, x.org_id, w.governs from crm.membership x join crm.workspace w on w.org_id = x.org_id where x.person_id = person order by x.id loop
    perform sec.erase_membership(m.id, at);
    insert into crm.audit_event (id, org_id, at, side, system, action, object, record_id, details)
      values (gen_random_uuid(), m.org_id, at, case when m.governs then 'vendor' else 'partner' end, 'command', 'person.erased', 'membership', m.id, jsonb_build_object('codes', jsonb_build_object('reason', why)));
  end loop;
  update crm.invitation x set email = null, message = null where lower(x.email) = lower(p.email);
  return 'done';
end $$;
-- +goose StatementEnd
grant execute on function crm.erase_member(uuid, text, bigint, timestamptz), crm.erase_contact(uuid, text, bigint, jsonb, timestamptz) to sharepartner_vendor, sharepartner_partner;
grant execute on function sec.person_of_email(text), sec.erase_person(uuid, text, text, timestamptz) to sharepartner_jobs;
-- What is done with is cleared away: values in findings, addresses of invitations that came to nothing.
grant select, update (was, became, reason) on crm.import_finding to sharepartner_jobs;
grant select, update (email, message) on crm.invitation to sharepartner_jobs;
