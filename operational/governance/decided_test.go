package governance_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// decided is what the last such event of a company says.
func (w world) decided(t testing.TB, org uuid.UUID, action string) (d audit.Details) {
	t.Helper()
	var text []byte
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select details from crm.audit_event where org_id = $1 and action = $2 order by n desc limit 1`, org, action).Scan(&text))
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

func TestTheAuditSaysWhichRoleWasGiven(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	r := w.role(t, w.A, governance.External, "Narrow", on(reads("name")))
	_, err := w.s.AssignConnection(ctx, w.A, w.AP1, 1, governance.UpdateConnectionAssignment{Role: operational.Set(r.Key), ChannelManagerID: operational.Set(w.A.Membership)})
	require.NoError(t, err)
	d := w.decided(t, w.A.Org, "connection.assigned")
	require.Equal(t, []audit.Decided{{Subject: "role", Is: "narrow"}, {Subject: "effective_role", Was: "dealer_personnel", Is: "narrow"}, {Subject: "channel_manager", Is: w.A.Membership.String()}}, d.Changes)
	_, err = w.s.AssignContact(ctx, w.A, w.ContactAP1, 1, governance.UpdateContactAssignment{Role: operational.Set("dealer_personnel")})
	require.NoError(t, err)
	_, err = w.s.AssignContact(ctx, w.A, w.ContactAP1, 2, governance.UpdateContactAssignment{Role: operational.Opt[string]{Given: true}})
	require.NoError(t, err)
	d = w.decided(t, w.A.Org, "external_contact.assigned")
	require.Equal(t, []audit.Decided{{Subject: "role", Was: "dealer_personnel"}, {Subject: "effective_role", Was: "dealer_personnel", Is: "narrow"}}, d.Changes)

	manager := w.member(t, w.A, "channel_manager")
	_, err = w.s.AssignMember(ctx, w.A, manager.Membership, 1, governance.UpdateMemberAssignment{Role: operational.Set("administrator"), Regions: operational.Set([]string{"West", "North East"})})
	require.NoError(t, err)
	d = w.decided(t, w.A.Org, "member.assigned")
	require.Equal(t, []audit.Decided{{Subject: "role", Was: "channel_manager", Is: "administrator"}, {Subject: "region", Is: "north_east"}, {Subject: "region", Is: "west"}}, d.Changes)
	_, err = w.s.AssignMember(ctx, w.A, manager.Membership, 2, governance.UpdateMemberAssignment{Regions: operational.Set([]string{"West", "Прибалтика"})})
	require.NoError(t, err)
	d = w.decided(t, w.A.Org, "member.assigned")
	require.Equal(t, []audit.Decided{{Subject: "region", Was: "north_east"}, {Subject: "region", Is: audit.CodeOf("Прибалтика")}}, d.Changes)
	require.Equal(t, map[string]int64{"region_added": 1, "region_taken_out": 1}, d.Counts)

	made, err := w.s.MakeDefault(ctx, w.A, r.Key, r.Version)
	require.NoError(t, err)
	require.True(t, made.Default)
	require.Equal(t, []audit.Decided{{Subject: "default_role", Was: "dealer_personnel", Is: "narrow"}}, w.decided(t, w.A.Org, "role.made_default").Changes)

	// Nobody else has any of it.
	chain := audit.NewChain(w.Jobs)
	_, err = chain.Extend(ctx)
	require.NoError(t, err)
	var told int
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select count(*) from crm.audit_event where org_id <> $1`, w.A.Org).Scan(&told))
	require.Zero(t, told)
	found, err := chain.Verify(ctx, nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Nil(t, v.Fault)
	}
}

func TestTheAuditSaysWhatARoleMayDoSince(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	sale, err := w.s.CreateRecordType(ctx, w.A, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Sale"})
	require.NoError(t, err)
	r, err := w.s.CreateRole(ctx, w.A, governance.NewRole{Audience: governance.External, Name: "Dealer manager", CopyOf: "dealer_personnel"})
	require.NoError(t, err)
	d := w.decided(t, w.A.Org, "role.created")
	require.Equal(t, map[string]string{"role": "dealer_manager", "audience": "external", "hat": "both", "copy_of": "dealer_personnel"}, d.Codes)
	require.Contains(t, d.Changes, audit.Decided{Subject: "opportunity.field.vendor_net", Was: "hidden", Is: "edit"}, "what it begins with")

	change := on(governance.UpdateRights{Readable: operational.Set([]string{"name", "stage"}), RecordTypes: operational.Set([]uuid.UUID{sale.ID})})
	change.Name = operational.Set("Dealer boss")
	r, err = w.s.UpdateRole(ctx, w.A, r.Key, r.Version, change)
	require.NoError(t, err)
	d = w.decided(t, w.A.Org, "role.changed")
	require.Contains(t, d.Changes, audit.Decided{Subject: "opportunity.field.vendor_net", Was: "edit", Is: "hidden"})
	require.Contains(t, d.Changes, audit.Decided{Subject: "opportunity.record_types", Was: "all", Is: "chosen"})
	require.Contains(t, d.Changes, audit.Decided{Subject: "opportunity.record_type", Is: sale.ID.String()})
	require.NotContains(t, fmt.Sprint(d.Changes), "field.stage", "what stays is not named")
	require.Equal(t, []string{"name"}, d.Fields)
	require.Equal(t, "dealer_manager", d.Codes["role"])
	own := w.role(t, w.A, governance.Internal, "Clerk", governance.UpdateRole{Capabilities: operational.Set([]operational.Permission{operational.AuditRead})})
	require.Equal(t, []audit.Decided{{Subject: "capability.audit.read", Was: "false", Is: "true"}}, w.decided(t, w.A.Org, "role.changed").Changes)
	require.NoError(t, w.s.DeleteRole(ctx, w.A, own.Key, own.Version))
	require.Equal(t, map[string]string{"role": "clerk", "audience": "internal"}, w.decided(t, w.A.Org, "role.deleted").Codes)
	require.NotContains(t, w.everything(t), "Dealer boss")
	require.NotEmpty(t, r.Key)
}

// everything is the text of all events.
func (w world) everything(t testing.TB) (text string) {
	t.Helper()
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select string_agg(e::text, ' ') from crm.audit_event e`).Scan(&text))
	return text
}

func TestTheAuditSaysWhoWasShutOut(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	_, err := w.s.UpdateAccessScope(ctx, w.A, 1, governance.UpdateAccessScope{Mode: operational.Set("companies"), ConnectionIDs: operational.Set([]uuid.UUID{w.AP2})})
	require.NoError(t, err)
	d := w.decided(t, w.A.Org, "access_scope.changed")
	require.Equal(t, []audit.Decided{
		{Subject: "mode", Was: "all", Is: "companies"}, {Subject: "listed.connection", Is: w.AP2.String()}, {Subject: "inside.connection", Was: w.AP1.String()},
	}, d.Changes)
	require.Equal(t, map[string]int64{"listed.connection_added": 1, "inside.connection_taken_out": 1}, d.Counts)
	_, err = w.s.UpdateAccessScope(ctx, w.A, 2, governance.UpdateAccessScope{Mode: operational.Set("contacts"), ContactIDs: operational.Set([]uuid.UUID{w.ContactAP1})})
	require.NoError(t, err)
	d = w.decided(t, w.A.Org, "access_scope.changed")
	require.Equal(t, []audit.Decided{
		{Subject: "mode", Was: "companies", Is: "contacts"},
		{Subject: "listed.external_contact", Is: w.ContactAP1.String()},
		{Subject: "inside.connection", Was: w.AP2.String()},
		{Subject: "inside.connection", Is: w.AP1.String()},
	}, d.Changes)
	colleague := w.member(t, w.P1, "administrator")
	_, err = w.s.UpdateAccessScope(ctx, w.A, 3, governance.UpdateAccessScope{Mode: operational.Set("all")})
	require.NoError(t, err)
	var contact uuid.UUID
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select id from crm.external_contact where membership_id = $1 and connection_id = $2`, colleague.Membership, w.AP1).Scan(&contact))
	require.Equal(t, []audit.Decided{
		{Subject: "mode", Was: "contacts", Is: "all"}, {Subject: "inside.connection", Is: w.AP2.String()}, {Subject: "inside.external_contact", Is: contact.String()},
	}, w.decided(t, w.A.Org, "access_scope.changed").Changes, "a company that was in with somebody gets in with one more")
}

// Decisions about thousands are saved and noted: all are counted, the first are named.
func TestDecisionsOfAnySizeAreNoted(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	w.exec(t, `insert into crm.custom_field (id, org_id, object, name, label, type, created_at, updated_at)
		select gen_random_uuid(), $1, o, 'x_' || o || '_' || repeat('f', 30) || i, o || i, 'text', now(), now() from unnest('{account,contact,product,opportunity}'::text[]) o, generate_series(1, $2) i`, w.A.Org, governance.MaxCustomFields)
	fields, err := w.s.Governed(ctx, w.A)
	require.NoError(t, err)
	readable := map[operational.Object][]string{}
	for _, f := range fields {
		readable[f.Object] = append(readable[f.Object], f.Field)
	}
	change, all := governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{}}, 0
	for o, names := range readable {
		change.Objects[o] = reads(names...)
		all += len(names)
	}
	require.Greater(t, all, 200)
	w.role(t, w.A, governance.Internal, "Reader", change)
	d := w.decided(t, w.A.Org, "role.changed")
	named := len(d.Changes) + int(d.Counts["changes_left_out"])
	require.Greater(t, len(d.Changes), 150)
	require.Greater(t, named, all, "each is named or counted")

	ids := w.partners(t, 300)
	_, err = w.s.UpdateAccessScope(ctx, w.A, 1, governance.UpdateAccessScope{Mode: operational.Set("companies"), ConnectionIDs: operational.Set(ids)})
	require.NoError(t, err)
	d = w.decided(t, w.A.Org, "access_scope.changed")
	require.EqualValues(t, len(ids), d.Counts["listed.connection_added"])
	require.EqualValues(t, 2, d.Counts["inside.connection_taken_out"])
	require.Contains(t, d.Changes, audit.Decided{Subject: "inside.connection", Was: w.AP1.String()}, "those who are shut out are named, however many are chosen")
}

// partners plants connections of A without people.
func (w world) partners(t testing.TB, n int) (ids []uuid.UUID) {
	t.Helper()
	w.exec(t, `with o as (insert into crm.organisation (id, name, created_at) select gen_random_uuid(), 'Partner ' || i, now() from generate_series(1, $1::int) i returning id)
		insert into crm.connection (id, vendor_org_id, partner_org_id, partner_number, status, created_at, updated_at) select gen_random_uuid(), $2, id, 'N' || id, 'active', now(), now() from o`, n, w.A.Org)
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select array_agg(id) from crm.connection where vendor_org_id = $1 and partner_number like 'N%'`, w.A.Org).Scan(&ids))
	return ids
}

func TestTheAuditSaysWhatWasDefined(t *testing.T) {
	ctx, w := t.Context(), newWorld(t)
	f, err := w.s.CreateCustomField(ctx, w.A, governance.NewCustomField{Object: operational.ObjectOpportunity, Label: "Zebulon's discount", Name: "x_discount", Type: "choice", Choices: []string{"Quixote"}})
	require.NoError(t, err)
	require.Equal(t, audit.Details{
		Codes: map[string]string{"object": "opportunity", "field": "x_discount", "type": "choice"},
	}, w.decided(t, w.A.Org, "custom_field.created"))
	_, err = w.s.UpdateCustomField(ctx, w.A, f.ID, 1, governance.UpdateCustomField{Active: operational.Set(false), Choices: operational.Set([]string{"Quixote", "Other"}), Label: operational.Set("Discount")})
	require.NoError(t, err)
	d := w.decided(t, w.A.Org, "custom_field.changed")
	require.Equal(t, []audit.Decided{{Subject: "active", Was: "true", Is: "false"}}, d.Changes)
	require.Equal(t, []string{"label", "choices"}, d.Fields)
	require.EqualValues(t, 1, d.Counts["choices_added"])

	one := objects.FormDefinition{Sections: []objects.FormSection{{Title: "Quixote", Fields: []objects.Place{{Name: "stage"}, {Name: "name", Required: true}}}}}
	l, err := w.s.CreateLayout(ctx, w.A, governance.NewLayout{Object: operational.ObjectOpportunity, Name: "Short", Definition: one})
	require.NoError(t, err)
	require.Equal(t, []audit.Decided{{Subject: "opportunity.field.name", Is: "required"}, {Subject: "opportunity.field.stage", Is: "shown"}}, w.decided(t, w.A.Org, "layout.created").Changes)
	one.Sections[0].Fields = []objects.Place{{Name: "stage"}, {Name: "close_date", ShowIf: &objects.Condition{Field: "stage", In: []string{"Quixote"}}}}
	l, err = w.s.UpdateLayout(ctx, w.A, l.ID, 1, governance.UpdateLayout{Definition: operational.Set(one)})
	require.NoError(t, err)
	require.Equal(t, []audit.Decided{{Subject: "opportunity.field.close_date", Is: "shown_if.stage"}, {Subject: "opportunity.field.name", Was: "required"}}, w.decided(t, w.A.Org, "layout.changed").Changes)
	one.Sections[0].Title = "Zebulon"
	_, err = w.s.UpdateLayout(ctx, w.A, l.ID, 2, governance.UpdateLayout{Definition: operational.Set(one)})
	require.NoError(t, err)
	require.Equal(t, []string{"definition"}, w.decided(t, w.A.Org, "layout.changed").Fields)

	sale, err := w.s.CreateRecordType(ctx, w.A, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Quixote sale", Default: true})
	require.NoError(t, err)
	renewal, err := w.s.CreateRecordType(ctx, w.A, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Renewal", Default: true})
	require.NoError(t, err)
	d = w.decided(t, w.A.Org, "record_type.created")
	require.Equal(t, []audit.Decided{{Subject: "default", Was: "false", Is: "true"}}, d.Changes)
	require.Equal(t, sale.ID, d.IDs["in_place_of"])
	_, err = w.s.UpdateRecordType(ctx, w.A, renewal.ID, renewal.Version, governance.UpdateRecordType{Layouts: operational.Set(map[string]uuid.UUID{"analyst": l.ID})})
	require.NoError(t, err)
	require.Equal(t, []audit.Decided{{Subject: "layout.analyst", Is: l.ID.String()}}, w.decided(t, w.A.Org, "record_type.changed").Changes)
	for _, typed := range []string{"quixote", "zebulon"} {
		require.NotContains(t, strings.ToLower(w.everything(t)), typed, "nothing that somebody typed")
	}
}
