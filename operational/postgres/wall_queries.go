package postgres

// The roles of the program, as a list in SQL.
const programRoles = `('sharepartner_vendor', 'sharepartner_partner', 'sharepartner_public', 'sharepartner_api', 'sharepartner_jobs', 'sharepartner_cdc')`

// Those that are entered for one transaction.
const tenantRoles = `('sharepartner_vendor', 'sharepartner_partner', 'sharepartner_public')`

// wallQueries each give the faults that they find, as sentences.
var wallQueries = []string{
	// Roles: there, and without powers that stand above the wall.
	`select w.name || ' does not exist' from (values ('sharepartner_vendor'), ('sharepartner_partner'), ('sharepartner_public'), ('sharepartner_api'), ('sharepartner_jobs'), ('sharepartner_cdc')) w(name)
	where not exists (select from pg_roles r where r.rolname = w.name)`,

	`select rolname || ' has the attribute ' || a.name from pg_roles r cross join lateral (values
		('SUPERUSER', rolsuper), ('BYPASSRLS', rolbypassrls), ('CREATEROLE', rolcreaterole), ('CREATEDB', rolcreatedb),
		('REPLICATION', rolreplication and rolname <> 'sharepartner_cdc'),
		('INHERIT', rolinherit and rolcanlogin), ('LOGIN', rolcanlogin and rolname in ` + tenantRoles + `)) a(name, has)
	where rolname in ` + programRoles + ` and a.has`,

	`select m.rolname || ' is a member of ' || g.rolname
	from pg_auth_members a join pg_roles m on m.oid = a.member join pg_roles g on g.oid = a.roleid
	where m.rolname in ` + programRoles + `
	and not (m.rolname in ('sharepartner_api', 'sharepartner_jobs') and g.rolname in ('sharepartner_vendor', 'sharepartner_partner'))
	and not (m.rolname = 'sharepartner_api' and g.rolname = 'sharepartner_public')`,

	`select r.rolname || ' owns ' || coalesce(c.relname, 'something in the database') from pg_shdepend d join pg_roles r on r.oid = d.refobjid
	left join pg_class c on c.oid = d.objid and d.classid = 'pg_class'::regclass
	where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and r.rolname in ` + programRoles + `
	and (d.dbid = (select oid from pg_database where datname = current_database()) or d.dbid = 0)`,

	`select rolname || ' may make temporary tables, which could stand before real ones: run revoke temporary on database ' || quote_ident(current_database()) || ' from public'
	from pg_roles where rolname in ` + programRoles + ` and has_database_privilege(oid, current_database(), 'temporary')`,

	`select r.rolname || ' may create things in schema ' || n.nspname from pg_roles r, pg_namespace n
	where r.rolname in ` + programRoles + ` and n.nspname in ('crm', 'sec', 'public', 'river') and has_schema_privilege(r.oid, n.oid, 'create')`,

	// Tables: row security on, and forced; no policy for everybody; the explicit ones for owner, pipeline and jobs.
	`select c.oid::regclass || ' stands outside the wall: row security is not enabled and forced' from pg_class c
	where c.relnamespace = 'crm'::regnamespace and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`,

	`select p.polrelid::regclass || ' has a policy for everybody: ' || p.polname from pg_policy p where p.polroles = '{0}'`,

	`select c.oid::regclass || ' has no policy that shows all rows to ' || w.role
	from pg_class c cross join (values (current_user::text), ('sharepartner_cdc'), ('sharepartner_jobs')) w(role)
	where c.relrowsecurity and c.relnamespace in ('crm'::regnamespace, 'sec'::regnamespace) and not exists (
		select from pg_policy p join pg_roles r on r.oid = any (p.polroles)
		where p.polrelid = c.oid and p.polpermissive and r.rolname = w.role and pg_get_expr(p.polqual, p.polrelid) = 'true')`,

	`select distinct p.polrelid::regclass || ' has a policy for ' || r.rolname || ' that does not ask for the signed context: ' || p.polname
	from pg_policy p join pg_roles r on r.oid = any (p.polroles)
	where r.rolname in ` + tenantRoles + ` and p.polpermissive
	and coalesce(pg_get_expr(p.polqual, p.polrelid), '') !~ '(sec\.ctx_org\(|sec\.public_vendor\(|FROM crm\.membership )'`,

	`select c.oid::regclass || ' is a view that does not ask as its reader' from pg_class c
	where c.relnamespace in ('crm'::regnamespace, 'sec'::regnamespace)
	and (c.relkind = 'm' or c.relkind = 'v' and not coalesce(c.reloptions @> '{security_invoker=true}', false))`,

	// Grants: none on secrets, none without a policy, none that change whose a row is.
	`select r.rolname || ' has rights on ' || c.oid::regclass from pg_roles r, pg_class c
	where r.rolname in ` + programRoles + ` and c.relnamespace = 'sec'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') and not c.relrowsecurity
	and (has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references') or has_table_privilege(r.oid, c.oid, 'delete, truncate, trigger'))`,

	`select r.rolname || ' has rights on ' || c.oid::regclass || ' but no policy there' from pg_roles r, pg_class c
	where r.rolname in ` + tenantRoles + ` and c.relnamespace in ('crm'::regnamespace, 'sec'::regnamespace) and c.relkind in ('r', 'p') and c.relrowsecurity
	and (has_any_column_privilege(r.oid, c.oid, 'select, insert, update, references') or has_table_privilege(r.oid, c.oid, 'delete, truncate, trigger'))
	and not exists (select from pg_policy p where p.polrelid = c.oid and p.polpermissive and r.oid = any (p.polroles))`,

	`select r.rolname || ' may change ' || c.oid::regclass || '.' || a.attname || ', which says whose a row is' from pg_roles r, pg_class c, pg_attribute a
	where r.rolname in ` + tenantRoles + ` and c.relnamespace in ('crm'::regnamespace, 'sec'::regnamespace) and c.relkind in ('r', 'p')
	and a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
	and a.attname in ('id', 'org_id', 'vendor_org_id', 'partner_org_id', 'connection_id', 'scope_id') and has_column_privilege(r.oid, c.oid, a.attnum, 'update')`,

	`select r.rolname || ' may empty, refer to or put triggers on ' || c.oid::regclass from pg_roles r, pg_class c
	where r.rolname in ` + programRoles + ` and c.relnamespace in ('crm'::regnamespace, 'sec'::regnamespace) and c.relkind in ('r', 'p')
	and (has_table_privilege(r.oid, c.oid, 'truncate, trigger') or has_any_column_privilege(r.oid, c.oid, 'references'))`,

	`select 'sharepartner_cdc may ' || w.what || ' ' || c.oid::regclass || '.' || a.attname || case w.what when 'read' then ', which is not published' else '' end
	from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped cross join (values ('read', 'select'), ('write', 'insert, update')) w(what, privilege)
	where c.relnamespace in ('crm'::regnamespace, 'sec'::regnamespace, 'river'::regnamespace) and c.relkind in ('r', 'p')
	and exists (select from pg_roles where rolname = 'sharepartner_cdc')
	and has_column_privilege('sharepartner_cdc', c.oid, a.attnum, w.privilege)
	and not (w.what = 'read' and exists (select from pg_publication_tables p where p.pubname = 'sharepartner'
		and p.schemaname = c.relnamespace::regnamespace::text and p.tablename = c.relname and a.attname = any (p.attnames)))`,

	// Functions: the owner's rights only for those that are named, and with a search path of their own.
	`select 'everybody may call ' || p.oid::regprocedure from pg_proc p
	where p.pronamespace in ('crm'::regnamespace, 'sec'::regnamespace) and (p.proacl is null or exists (select from aclexplode(p.proacl) a where a.grantee = 0))`,

	`select p.oid::regprocedure || ' acts as the owner without a search path of its own' from pg_proc p
	where p.prosecdef and p.pronamespace in ('crm'::regnamespace, 'sec'::regnamespace)
	and not exists (select from unnest(p.proconfig) s where s like 'search_path=%pg_temp')
	and p.oid::regprocedure::text not in ('sec.ctx_org(text)', 'sec.ctx_member()', 'sec.prove(uuid,bigint,bigint)')`, // these qualify every name instead
}

const (
	// sqlReadable names each table with a column that the role may select; the empty role is the login itself.
	sqlReadable = `
select c.oid::regclass::text as name, quote_ident(a.attname) as column, r.role
from pg_class c
cross join (values ('sharepartner_vendor'), ('sharepartner_partner'), ('sharepartner_public'), ('')) r(role)
cross join lateral (
  select a.attname from pg_attribute a
  where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and (r.role = '' or has_column_privilege(r.role, c.oid, a.attnum, 'select'))
  order by a.attnum limit 1) a
where c.relnamespace in ('crm'::regnamespace, 'sec'::regnamespace) and c.relkind in ('r', 'p')
order by 1, 3`

	sqlMirrored = `
select format('%I.%I', schemaname, tablename) as name, (select string_agg(quote_ident(a), ', ') from unnest(attnames) a) as columns
from pg_publication_tables where pubname = 'sharepartner' order by 1`
)
