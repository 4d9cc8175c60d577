package api_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/identity"
)

const (
	erasedName = "Zebulon Quixote"
	erasedMail = "Zebulon@quixote.example"
)

// hire makes a member of a company, with a session.
func (w *world) hire(t testing.TB, org uuid.UUID, side operational.Side, role operational.Role, person uuid.UUID) person {
	t.Helper()
	actor := operational.Actor{Person: person, Membership: uuid.New(), Org: org, Side: side, Role: role}
	owner := w.Owner(t)
	_, err := owner.Exec(t.Context(), `insert into crm.person (id, display_name, created_at) values ($1, $2, now()) on conflict do nothing`, person, erasedName)
	require.NoError(t, err)
	_, err = owner.Exec(t.Context(), `insert into crm.membership (id, org_id, person_id, role, external_ref, created_at) values ($1, $2, $3, $4, $5, now())`, actor.Membership, org, person, role, erasedName)
	require.NoError(t, err)
	return w.session(t, actor)
}

// namedIn are the tables in which somebody's name or address still stands, in whatever column, bytes included.
func (w *world) namedIn(t testing.TB) []string {
	t.Helper()
	owner := w.Owner(t)
	rows, err := owner.Query(t.Context(), `
		select format('%I.%I', n.nspname, c.relname), coalesce((select string_agg(format(' or position(%L in encode(%I, ''escape'')) > 0', 'uixote', a.attname), '')
		  from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid = 'bytea'::regtype), '')
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p') and n.nspname in ('crm', 'sec', 'river', 'public') order by 1`)
	require.NoError(t, err)
	type place struct{ Table, Bytes string }
	places, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	require.NoError(t, err)
	require.Greater(t, len(places), 40)
	var named []string
	for _, p := range places {
		var there bool
		require.NoError(t, owner.QueryRow(t.Context(), fmt.Sprintf(`select exists (select from %s x where x::text ~* 'zebulon|quixote'%s)`, p.Table, p.Bytes)).Scan(&there))
		if there {
			named = append(named, p.Table)
		}
	}
	return named
}

// erase asks for it as the person does who reads the name first.
func (w *world) erase(t testing.TB, status int, as person, of person, confirm string) answer {
	t.Helper()
	var version int
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select version from crm.membership where id = $1`, of.Membership).Scan(&version))
	return w.must(t, status, as, "POST", "/v1/people/"+of.Membership.String()+"/erase", map[string]string{"reason": "requested", "confirm": confirm}, "If-Match", fmt.Sprintf(`"v%d"`, version))
}

func TestNothingNamesAnErasedPerson(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.promote(t, w.pia)
	zeb := w.hire(t, w.pia.Org, operational.SidePartner, operational.RoleSeller, uuid.New())
	w.enable(t, zeb, erasedMail)
	zeb = w.session(t, zeb.Actor) // the first one ended with the new password
	signedIn, err := w.deps.Identity.SignIn(ctx, identity.SignInInput{Email: erasedMail, Password: password, From: "192.0.2.7"})
	require.NoError(t, err)
	key := w.must(t, 201, zeb, "POST", "/v1/api-keys", `{"name":"Key of Zebulon Quixote","scopes":["opportunities.read"]}`, "Idempotency-Key", "k1").text(t, "secret")
	deal := w.must(t, 201, zeb, "POST", "/v1/opportunities", map[string]any{"connection_id": w.connA1, "name": "A deal"}, "Idempotency-Key", "k2").text(t, "id")
	w.must(t, 200, zeb, "PATCH", "/v1/opportunities/"+deal, map[string]any{"close_date": "2031-01-01"}, "If-Match", `"v1"`)
	_, err = w.Owner(t).Exec(ctx, `insert into crm.invitation (id, org_id, kind, status, token_sha256, email, message, expires_at, invited_by, role, closed_at, created_at, updated_at)
		values (gen_random_uuid(), $1, 'member', 'revoked', sha256('t'), $2, 'Welcome, Zebulon', now(), $3, 'seller', now(), now(), now())`, w.pia.Org, erasedMail, w.pia.Membership)
	require.NoError(t, err)
	_, err = w.Owner(t).Exec(ctx, `update crm.connection set external_ref = lower($2) where id = $1`, w.connA1, erasedName)
	require.NoError(t, err)
	require.Equal(t, []string{"crm.connection", "crm.external_contact", "crm.invitation", "crm.membership", "crm.person", "sec.api_key"}, w.namedIn(t))
	chain := audit.NewChain(w.Jobs)
	_, err = chain.Extend(ctx)
	require.NoError(t, err)

	w.erase(t, 422, w.pia, zeb, "Zebulon")
	w.must(t, 403, w.pol, "POST", "/v1/people/"+zeb.Membership.String()+"/erase", map[string]string{"reason": "requested", "confirm": erasedName}, "If-Match", `"v1"`)
	w.must(t, 428, w.pia, "POST", "/v1/people/"+zeb.Membership.String()+"/erase", map[string]string{"reason": "requested", "confirm": erasedName})
	w.must(t, 412, w.pia, "POST", "/v1/people/"+zeb.Membership.String()+"/erase", map[string]string{"reason": "requested", "confirm": erasedName}, "If-Match", `"v99"`)
	w.must(t, 200, zeb, "GET", "/v1/opportunities/"+deal, nil)
	w.erase(t, 200, w.pia, zeb, erasedName)

	require.Empty(t, w.namedIn(t))
	w.must(t, 401, zeb, "GET", "/v1/opportunities/"+deal, nil)
	w.must(t, 401, person{token: signedIn.Token}, "GET", "/v1/me", nil)
	w.must(t, 401, person{}, "GET", "/v1/opportunities/"+deal, nil, "Authorization", "Bearer "+key)
	_, err = w.deps.Identity.SignIn(ctx, identity.SignInInput{Email: erasedMail, Password: password, From: "192.0.2.7"})
	require.Equal(t, operational.KindUnauthenticated, operational.KindOf(err))
	w.erase(t, 409, w.pia, zeb, "Erased person")

	// What was done stays, with its history and in the audit.
	w.must(t, 200, w.pia, "GET", "/v1/opportunities/"+deal, nil)
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/opportunities/"+deal+"/history", nil).body, "edited")
	_, err = chain.Extend(ctx)
	require.NoError(t, err)
	found, err := chain.Verify(ctx, nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Nil(t, v.Fault, "%v", v.Fault)
	}
	done := w.auditOf(t, w.pia, "&filter=action+eq+'person.erased'")
	require.Len(t, done, 1)
	require.Equal(t, []any{zeb.Membership, w.pia.Membership, "requested"}, []any{*done[0].RecordID, *done[0].MembershipID, done[0].Details.Codes["reason"]})
	made := w.auditOf(t, w.pia, "&filter=action+eq+'opportunity.created'+and+membership_id+eq+'"+zeb.Membership.String()+"'")
	require.Len(t, made, 1)
	require.Equal(t, "Erased person", made[0].ActorName)
}

func TestAPersonGoesOnWhereSomebodyElseIsTheirCompany(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.promote(t, w.pia)
	human := uuid.New()
	here := w.hire(t, w.pia.Org, operational.SidePartner, operational.RoleSeller, human)
	there := w.hire(t, w.pol.Org, operational.SidePartner, operational.RoleSeller, human)
	w.enable(t, there, erasedMail)
	there = w.session(t, there.Actor)
	w.erase(t, 200, w.pia, here, erasedName)
	w.must(t, 200, there, "GET", "/v1/me", nil)
	_, err := w.deps.Identity.SignIn(ctx, identity.SignInInput{Email: erasedMail, Password: password, From: "192.0.2.7"})
	require.NoError(t, err)
	var name string
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select display_name from crm.external_contact where membership_id = $1 limit 1`, here.Membership).Scan(&name))
	require.Equal(t, "Erased person", name)

	// The program's own command ends the person everywhere.
	known, err := w.admin.PersonOfEmail(ctx, erasedMail)
	require.NoError(t, err)
	require.Equal(t, identity.Known{PersonID: human, Name: erasedName}, known)
	require.Error(t, w.admin.ErasePerson(ctx, human, identity.Erasure{Reason: "requested", Confirm: "zebulon"}))
	require.NoError(t, w.admin.ErasePerson(ctx, human, identity.Erasure{Reason: "requested", Confirm: erasedName}))
	require.Empty(t, w.namedIn(t))
	w.must(t, 401, there, "GET", "/v1/me", nil)
	w.promote(t, w.pol)
	require.Len(t, w.auditOf(t, w.pol, "&filter=action+eq+'person.erased'"), 1)
	_, err = w.admin.PersonOfEmail(ctx, erasedMail)
	require.Equal(t, operational.KindNotFound, operational.KindOf(err))
}

func TestTheLastAdministratorIsNotErased(t *testing.T) {
	w := newWorld(t)
	_, err := w.Owner(t).Exec(t.Context(), `update crm.person set display_name = $2 where id = $1`, w.bob.Person, erasedName)
	require.NoError(t, err)
	require.Contains(t, w.erase(t, 409, w.bob, w.bob, erasedName).body, "last-administrator")
	require.NotEmpty(t, w.namedIn(t))
}

func TestNothingNamesAnErasedContact(t *testing.T) {
	w := newWorld(t)
	account := w.must(t, 201, w.ada, "POST", "/v1/accounts", `{"name":"Customer"}`).text(t, "id")
	made := w.must(t, 201, w.ada, "POST", "/v1/contacts", map[string]string{"account_id": account, "first_name": "Zebulon", "last_name": "Quixote", "email": erasedMail, "phone": "+1 555 0100", "job_title": "Friend of Quixote"}, "Idempotency-Key", "k")
	_, err := w.Owner(t).Exec(t.Context(), `with i as (insert into crm.import (id, org_id, kind, state, created_at, finished_at) values (gen_random_uuid(), $1, 'crm_export', 'done', now(), now()) returning id)
		insert into crm.import_finding (org_id, import_id, position, file, line, kept, rule, was, reason) select $1, i.id, 1, 'f', 1, true, 'r', 'quixote  ', 'r' from i`, w.ada.Org)
	require.NoError(t, err)
	path := "/v1/contacts/" + made.text(t, "id") + "/erase"
	body := map[string]string{"reason": "order", "confirm": erasedName}
	w.must(t, 404, w.bob, "POST", path, body, "If-Match", `"v1"`)
	w.must(t, 403, w.ana, "POST", path, body, "If-Match", `"v1"`)
	w.must(t, 412, w.ada, "POST", path, body, "If-Match", `"v2"`)
	w.must(t, 422, w.ada, "POST", path, map[string]string{"reason": "order", "confirm": "Quixote"}, "If-Match", `"v1"`)
	w.must(t, 422, w.ada, "POST", path, map[string]string{"reason": "because", "confirm": erasedName}, "If-Match", `"v1"`)
	erased := w.must(t, 200, w.ada, "POST", path, body, "If-Match", `"v1"`)
	require.Equal(t, "Erased person", erased.text(t, "last_name"))
	require.Equal(t, `"v2"`, erased.header.Get("ETag"))
	require.NotContains(t, erased.body, "555 0100")
	require.Empty(t, w.namedIn(t))
	require.Len(t, w.auditOf(t, w.ada, "&filter=action+eq+'contact.erased'"), 1)
}

// TestEveryTableThatKnowsPeopleIsErased fails for a new table that refers to people or members until somebody has
// decided what erasing a person does to it. Tables of schema sec that refer to a person lose their rows by themselves.
func TestEveryTableThatKnowsPeopleIsErased(t *testing.T) {
	w := newWorld(t)
	rows, err := w.Owner(t).Query(t.Context(), `
		select distinct c.conrelid::regclass::text from pg_constraint c
		where c.contype = 'f' and (c.confrelid = 'crm.membership'::regclass or c.confrelid = 'crm.person'::regclass and c.connamespace <> 'sec'::regnamespace) order by 1`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Equal(t, []string{
		"crm.account",           // by id: whose account it is
		"crm.connection",        // by id: the channel manager
		"crm.connection_member", // by id: whom a partner lets work for a vendor
		"crm.external_contact",  // loses name and address
		"crm.invitation",        // by id: who invited; loses the address
		"crm.membership",        // stays, and refers to nobody who has a name
		"crm.membership_region", // by id
		"crm.opportunity",       // by id: the owner
		"sec.api_key",           // deleted
		"sec.session",           // deleted
	}, tables)
}
