package audit_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/audit"
)

func TestWordsOfTheBusinessBecomeCodes(t *testing.T) {
	seen := map[string]string{}
	for word, code := range map[string]string{"EMEA": "emea", "North America": "north_america", "example.com": "example.com", "": "", " ": "", "D-A-CH": "d-a-ch"} {
		require.Equal(t, code, audit.CodeOf(word), word)
	}
	for _, word := range []string{"Süd", "S d", "Sud", "営業", "販売", "_x", "a/b", "a_b", fmt.Sprintf("%0200d", 7)} {
		code := audit.CodeOf(word)
		require.Regexp(t, `^[a-z0-9][a-z0-9_.:-]{0,79}$`, code, word)
		require.Empty(t, seen[code], "%s is told apart from %s", word, seen[code])
		seen[code] = word
	}
}

// What a decision changed is part of what is hashed.
func TestWhatWasDecidedCannotBeRewritten(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	var d audit.Details
	d.Moved("role", "analyst", "administrator")
	d.Moved("other", "same", "same")
	d.ListedIDs("listed.connection", []uuid.UUID{w.AP1}, []uuid.UUID{w.AP2})
	require.Len(t, d.Changes, 3)
	require.NoError(t, audit.New(w.API).Note(ctx, w.A, audit.Record{Action: "member.assigned", ID: w.A.Membership, Details: d}))
	w.extend(t)
	require.Empty(t, w.faults(t))
	w.tamper(t, `update crm.audit_event set details = jsonb_set(details, '{changes,0,is}', '"channel_manager"') where org_id = $1`, w.A.Org)
	require.Equal(t, audit.FaultChanged, w.faults(t)[w.A.Org].Code)
}

func TestADecisionIsInCodes(t *testing.T) {
	w := newWorld(t)
	for _, c := range []audit.Decided{{Subject: "Role", Is: "x"}, {Subject: "role", Is: "Ada Lovelace"}, {Subject: "role", Was: "ada@example.com"}, {Subject: "role"}, {Subject: "role", Was: "x", Is: "x"}} {
		r := audit.Record{Action: "member.assigned"}
		r.Changes = []audit.Decided{c}
		require.Error(t, audit.New(w.API).Note(t.Context(), w.A, r), "%+v", c)
	}
	require.Zero(t, w.one(t, `select count(*) from crm.audit_event`))
}

// An event has room for a part of what thousands of changes are, and counts the rest.
func TestWhatAnEventHasNoRoomForIsCounted(t *testing.T) {
	w := newWorld(t)
	var d audit.Details
	for i := range 5_000 {
		d.Moved(fmt.Sprintf("opportunity.field.x_%050d", i), "hidden", "edit")
	}
	require.NoError(t, audit.New(w.API).Note(t.Context(), w.A, audit.Record{Action: "role.changed", Details: d}))
	require.Equal(t, 5_000, w.one(t, `select jsonb_array_length(details -> 'changes') + (details #>> '{counts,changes_left_out}')::int from crm.audit_event`))
	require.Greater(t, w.one(t, `select jsonb_array_length(details -> 'changes') from crm.audit_event`), 150)
	fields := make([]string, 5_000)
	for i := range fields {
		fields[i] = fmt.Sprintf("x_%050d", i)
	}
	require.NoError(t, audit.New(w.API).Note(t.Context(), w.A, audit.Record{Action: "record.edited", Details: audit.Details{Fields: fields}}))
	require.Equal(t, 5_000, w.one(t, `select jsonb_array_length(details -> 'fields') + (details #>> '{counts,changes_left_out}')::int from crm.audit_event where action = 'record.edited'`))
}
