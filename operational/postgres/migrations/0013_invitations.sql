-- Invitations: into a channel, into a company, and to look after a partner that has nobody yet.
-- +goose Up
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
-- The machine of an invitation, once more where nothing gets past it.
create function crm.invitation_step() returns trigger language plpgsql as $$
begin
  if old.status <> 'open' and not (old.status = 'expired' and new.status = 'open' and new.issue = old.issue + 1) then -- sent again
    raise exception 'an invitation that is % stays so', old.status using errcode = '23514', constraint = 'invitation_step';
  end if;
  return new;
end $$;

-- Whoever is kept out, or gets another role, may hold the link of an invitation that they made, and would come back by it.
create function crm.invitations_follow_member() returns trigger language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
begin
  if new.status = 'active' and exists (select from role r where r.org_id = new.org_id and r.key = new.role and r.everything and r.hat is null) then
    return null; -- has nothing to come back for
  end if;
  update invitation i set status = 'revoked', closed_at = coalesce(new.updated_at, clock_timestamp()), version = i.version + 1, updated_at = coalesce(new.updated_at, clock_timestamp())
    where i.org_id = new.org_id and i.invited_by = new.id and i.kind = 'member' and i.status = 'open';
  return null;
end $$;
-- +goose StatementEnd
create trigger invitation_step before update on crm.invitation for each row when (old.status <> 'open') execute function crm.invitation_step();
create trigger invitations_follow_member after update of status, role on crm.membership for each row
  when (new.role <> old.role or new.status = 'suspended' and old.status <> 'suspended') execute function crm.invitations_follow_member();

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

-- Somebody has to work on the side that a company begins to have: of those who governed its channel only administrators do
-- from now on. Where there is none, whoever accepts becomes one, if they did everything in the company before. The answer is
-- whether there is somebody then.
create function crm.somebody_sells(org uuid, who uuid, at timestamptz) returns boolean language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare had text;
begin
  select m.role into had from membership m where m.id = who and m.org_id = org for no key update; -- before the workspace, as whoever gives them a role does
  perform from workspace w where w.org_id = org and not w.sells for no key update;
  if not found or exists (select from membership m where m.org_id = org and m.status = 'active' and m.role = 'administrator') then return true; end if;
  update membership x set role = 'administrator', version = x.version + 1, updated_at = at
    where x.id = who and x.org_id = org and x.status = 'active' and exists (select from role r where r.org_id = org and r.key = x.role and r.everything);
  if not found then return false; end if;
  insert into audit_event (id, org_id, at, side, membership_id, action, object, record_id, details)
    values (gen_random_uuid(), org, at, 'vendor', who, 'member.assigned', 'member', who, sec.role_noted(had, 'administrator', 'invitation'));
  return true;
end $$;

-- Connects a company with whoever invited it. The number is the vendor's own; where it has given it away meanwhile, the new one differs.
create function crm.connect_invited(i crm.invitation, link uuid, partner uuid, who uuid, at timestamptz) returns text language plpgsql security definer set search_path = pg_catalog, crm, pg_temp as $$
declare number text := i.partner_number;
begin
  if i.org_id = partner then return 'own'; end if;
  if exists (select from connection c where c.vendor_org_id = i.org_id and c.partner_org_id = partner and c.status <> 'ended') then return 'connected'; end if;
  if exists (select from connection c where c.vendor_org_id = i.org_id and c.partner_number = number and c.status <> 'ended') then
    number := left(number, 50) || '-' || right(link::text, 6);
  end if;
  if not somebody_sells(partner, who, at) then return 'nobody-to-sell'; end if;
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

-- Whether nobody in a company may do everything, and a vendor of its may make somebody that: whoever governs a channel, of
-- which that vendor knows nothing, is no such company.
create function crm.lacks_administrator(org uuid) returns boolean language sql stable security definer set search_path = pg_catalog, crm, pg_temp as $$
  select exists (select from crm.workspace w where w.org_id = $1 and not w.governs)
    and not exists (select from crm.membership m join crm.role r on r.org_id = m.org_id and r.key = m.role where m.org_id = $1 and m.status = 'active' and r.everything)
$$;

-- Whether a partner's workspace holds what is not its one vendor's: it has a channel, somebody looks after it, works there or
-- did, or another vendor does or did with it. Whom the vendor chooses would read that; so only people of the company itself may become its
-- administrator then, and the vendor is told nothing of it: its invitation is passed on to them.
create function crm.works_by_itself(c crm.connection) returns boolean language plpgsql stable security definer set search_path = pg_catalog, crm, sec, pg_temp as $$
begin
  return not crm.lacks_administrator(c.partner_org_id)
    or exists (select from crm.connection x where x.partner_org_id = c.partner_org_id and x.vendor_org_id <> c.vendor_org_id)
    or exists (select from crm.membership m where m.org_id = c.partner_org_id and (exists (select from sec.password w where w.person_id = m.person_id)
      or exists (select from sec.identity i where i.person_id = m.person_id) or exists (select from sec.session s where s.membership_id = m.id)))
    -- Who has been erased since has neither; what they did is in the company's audit.
    or exists (select from crm.audit_event e where e.org_id = c.partner_org_id and e.membership_id is not null);
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
      values (gen_random_uuid(), c.partner_org_id, at, 'partner', m.id, 'member.assigned', 'member', m.id, sec.role_noted(m.role, 'administrator', 'invitation'));
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
    when 'partner' then return crm.connect_invited(i, new_id, org, sec.ctx_member(), at);
    when 'member' then answer := crm.join_invited(i, new_id, who, at);
    when 'administrator' then answer := crm.administer_invited(i, new_id, who, at);
    else return 'gone';
  end case;
  if answer = 'done' then -- in the audit of the company that they join; whoever accepts writes in that of the one they come from
    insert into audit_event (id, org_id, at, side, membership_id, action, object, record_id, details)
      select gen_random_uuid(), m.org_id, at, case when w.governs then 'vendor' else 'partner' end, m.id, 'member.joined', 'member', m.id, sec.role_noted(null, m.role, 'invitation')
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
      sec.role_rights(i.org_id, coalesce(i.role, i.external_role)), sec.rights_of(i.invited_by, coalesce(own.hat, hat.side))
    from crm.invitation i join crm.organisation o on o.id = i.org_id join crm.workspace w on w.org_id = i.org_id
    cross join lateral (select case when w.governs then 'vendor' else 'partner' end as side) hat
    -- People are invited from either side; partners and their administrators from the vendor's.
    left join lateral (select r.hat from crm.membership m join crm.role r on r.org_id = m.org_id and r.key = m.role where m.id = i.invited_by and i.kind = 'member') own on true
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
      return crm.connect_invited(i, (company ->> 'connection_id')::uuid, org, member, at);
  end case;
end $$;
-- +goose StatementEnd
grant execute on function crm.accept_invitation(bytea, uuid, timestamptz), crm.open_channel(bigint, timestamptz) to sharepartner_vendor, sharepartner_partner;
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
