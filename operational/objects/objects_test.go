package objects_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// What the program knows of fields and what roles can name is the same.
func TestTheRegistryIsTheDatabases(t *testing.T) {
	rows, err := pgtest.New(t).Owner(t).Query(t.Context(), `select object || '.' || field || case when editable then '' else ' fixed' end || case when internal_only then ' inner' else '' end from sec.object_field order by 1`)
	require.NoError(t, err)
	want, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	var got []string
	for _, o := range objects.All {
		for _, f := range o.Fields {
			fixed := ""
			if f.Fixed {
				fixed = " fixed"
			}
			if f.Inner {
				fixed += " inner"
			}
			got = append(got, string(o.Name)+"."+f.Name+fixed)
			require.NotEmpty(t, f.Label)
			for _, m := range f.Members() {
				require.Equal(t, f.Name, o.FieldOf(m))
			}
		}
	}
	require.ElementsMatch(t, want, got)
	account, known := objects.Of(operational.ObjectAccount)
	require.True(t, known)
	require.Empty(t, account.FieldOf("version"), "what is never hidden is no field")
}

var setup = objects.Setup{
	Fields: []objects.Custom{
		{Name: "x_text", Type: objects.Text},
		{Name: "x_number", Type: objects.Number},
		{Name: "x_date", Type: objects.Date},
		{Name: "x_bool", Type: objects.Boolean},
		{Name: "x_choice", Type: objects.Choice, Choices: []string{"a", "b"}},
	},
}

var everything = operational.Grant{Read: operational.FieldSet{All: true}, Edit: operational.FieldSet{All: true}, AllTypes: true}

func TestValuesFitTheirFields(t *testing.T) {
	for name, c := range map[string]struct {
		field string
		value any
		fault string
	}{
		"text": {"x_text", "Grüße", ""}, "empty text": {"x_text", " ", "missing"}, "long text": {"x_text", strings.Repeat("x", 1001), "1000"},
		"a number as text": {"x_text", 5.0, "not text"}, "number": {"x_number", "-12.50", ""}, "a float": {"x_number", 12.5, "written as text"},
		"words as number": {"x_number", "many", "not a number"}, "huge": {"x_number", "1e400", "not a number"}, "date": {"x_date", "2024-02-29", ""},
		"no such day": {"x_date", "2023-02-29", "not a day"}, "yes": {"x_bool", true, ""}, "yes in words": {"x_bool", "true", "neither"},
		"choice": {"x_choice", "b", ""}, "another choice": {"x_choice", "c", "choices"}, "list": {"x_text", []any{"a"}, "not text"},
		"unknown": {"x_other", "a", "unexpected property"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := setup.Set(everything, nil, map[string]any{c.field: c.value})
			if c.fault != "" {
				require.ErrorContains(t, err, c.fault)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.value, got[c.field])
		})
	}
	now := map[string]any{"x_text": "old", "x_bool": true}
	got, err := setup.Set(everything, now, map[string]any{"x_text": nil, "x_choice": "a"})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"x_bool": true, "x_choice": "a"}, got)
	require.Len(t, now, 2, "the record that was read is left alone")
}

func TestHiddenAndReadOnlyFieldsAreNotSet(t *testing.T) {
	g := operational.Grant{Read: operational.FieldSet{Names: []string{"x_text", "x_bool"}}, Edit: operational.FieldSet{Names: []string{"x_text"}}}
	_, err := setup.Set(g, nil, map[string]any{"x_number": "1", "x_nothing": "1"})
	require.EqualError(t, err, "Some values are not valid. Nothing was saved. (body.custom.x_nothing: unexpected property; body.custom.x_number: unexpected property)",
		"hidden and absent are told in the same words")
	_, err = setup.Set(g, nil, map[string]any{"x_bool": true})
	require.Equal(t, operational.KindForbidden, operational.KindOf(err))
	require.ErrorContains(t, err, "x_bool")
	_, err = setup.Set(g, nil, map[string]any{"x_text": "t"})
	require.NoError(t, err)
}

func TestTypesOfNewRecords(t *testing.T) {
	usual, other, strange := uuid.New(), uuid.New(), uuid.New()
	s := objects.Setup{Types: []objects.RecordType{{ID: other}, {ID: usual, Default: true}}}
	got, err := s.TypeOf(everything, nil)
	require.NoError(t, err)
	require.Equal(t, usual, *got)
	got, err = s.TypeOf(everything, &other)
	require.NoError(t, err)
	require.Equal(t, other, *got)
	_, err = s.TypeOf(everything, &strange)
	require.ErrorContains(t, err, "no such record type")
	narrow := operational.Grant{RecordTypes: []uuid.UUID{other}}
	_, err = s.TypeOf(narrow, nil)
	require.ErrorContains(t, err, "Name one")
	_, err = s.TypeOf(narrow, &usual)
	require.ErrorContains(t, err, "no such record type")
	got, err = objects.Setup{}.TypeOf(everything, nil)
	require.NoError(t, err)
	require.Nil(t, got)
}

// A partner learns of a vendor's setup what its external role is told, and nothing of companies it is not connected with.
func TestSetupOfOtherCompanies(t *testing.T) {
	ctx := t.Context()
	db := pgtest.New(t)
	c := db.Plant(t)
	owner := db.Owner(t)
	for _, org := range []uuid.UUID{c.A.Org, c.B.Org, c.P1.Org, c.M.Org} {
		_, err := owner.Exec(ctx, `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at)
			select gen_random_uuid(), $1, 'product', n, n, 'text', now(), now() from unnest('{x_open,x_closed}'::text[]) n`, org)
		require.NoError(t, err)
		_, err = owner.Exec(ctx, `insert into crm.record_type (id, org_id, object, name, created_at, updated_at) values (gen_random_uuid(), $1, 'product', 'Kit', now(), now())`, org)
		require.NoError(t, err)
	}
	_, err := owner.Exec(ctx, `update crm.role_object set readable = readable || '{x_open}'::text[] where role_key = 'dealer_personnel' and audience = 'external' and object = 'product'`)
	require.NoError(t, err)
	ask := func(actor operational.Actor, org uuid.UUID, role operational.Role) (s objects.Setup, err error) {
		err = db.API.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
			s, err = objects.SetupTx(ctx, tx, org, operational.ObjectProduct, role)
			return err
		})
		return s, err
	}
	read := func(actor operational.Actor, org uuid.UUID, role operational.Role) objects.Setup {
		s, err := ask(actor, org, role)
		require.NoError(t, err)
		return s
	}
	refused := func(actor operational.Actor, org uuid.UUID, role operational.Role, why string) {
		_, err := ask(actor, org, role)
		require.Equal(t, operational.KindForbidden, operational.KindOf(err), why)
	}
	require.Len(t, read(c.A, c.A.Org, operational.RoleAdministrator).Fields, 2)
	told := read(c.P2, c.A.Org, operational.RoleDealerPersonnel)
	require.Len(t, told.Fields, 1)
	require.Equal(t, "x_open", told.Fields[0].Name)
	require.Len(t, told.Types, 1)
	refused(c.P2, c.A.Org, operational.RoleAdministrator, "a vendor's own roles are not for its partners")
	refused(c.P2, c.B.Org, operational.RoleDealerPersonnel, "no connection")
	refused(c.A, c.P1.Org, operational.RoleAdministrator, "a vendor learns nothing of its partners' setup")
	// In the middle of two tiers each hat learns of its own tier, and nobody of the one beyond.
	require.Len(t, read(c.M, c.B.Org, operational.RoleDealerPersonnel).Fields, 1)
	require.Len(t, read(c.R, c.M.Org, operational.RoleDealerPersonnel).Fields, 1)
	refused(c.MV, c.B.Org, operational.RoleDealerPersonnel, "as a vendor it is no partner")
	refused(c.R, c.B.Org, operational.RoleDealerPersonnel, "the tier above that of its vendor")
	refused(c.B, c.M.Org, operational.RoleDealerPersonnel, "the tier below that of its partner")
	_, err = owner.Exec(ctx, `update crm.connection set status = 'suspended' where id = $1`, c.AP2)
	require.NoError(t, err)
	require.Empty(t, read(c.P2, c.A.Org, operational.RoleDealerPersonnel))
}
