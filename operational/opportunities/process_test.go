package opportunities_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// asIs are the stages of a process as a change names them.
func asIs(p catalog.SalesProcess) []catalog.StageChange {
	var out []catalog.StageChange
	for _, s := range p.Stages {
		out = append(out, catalog.StageChange{ID: &s.ID, Name: s.Name})
	}
	return out
}

// A process changes as far as opportunities let it: what they have been in stays where it is.
func TestAProcessChangesUnderItsOpportunities(t *testing.T) {
	w := newWorld(t)
	s, p := catalog.New(w.db.API), w.process["A"]
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "Deal"})
	change := func(patch catalog.UpdateProcess) error {
		changed, err := s.UpdateProcess(t.Context(), w.A, p.ID, p.Version, patch)
		if err == nil {
			p = changed
			read, err := s.Process(t.Context(), w.P1, p.ID)
			require.NoError(t, err)
			require.Equal(t, changed.Stages, read.Stages, "partners read it as it is")
		}
		return err
	}
	code := func(err error) string {
		t.Helper()
		var e *operational.Error
		require.ErrorAs(t, err, &e)
		return e.Code
	}
	stages := func(list ...catalog.StageChange) catalog.UpdateProcess {
		return catalog.UpdateProcess{Stages: operational.Set(list)}
	}
	now := asIs(p)
	now[0].Name, now[1].Name = now[1].Name, now[0].Name // names change places at once
	require.NoError(t, change(stages(now...)))
	require.Equal(t, "Engaging", p.Stages[0].Name)
	require.NoError(t, change(stages(now...)))
	require.EqualValues(t, 2, p.Version, "nothing changed")
	now[1], now[2] = now[2], now[1]
	require.NoError(t, change(stages(now...)), "nobody has been in these")
	fresh := catalog.StageChange{Name: "Signing", Type: catalog.StageActive}
	require.NoError(t, change(stages(append(append(append([]catalog.StageChange{}, now[:3]...), fresh), now[3:]...)...)))
	require.Len(t, p.Stages, 7)
	require.Equal(t, catalog.StageWon, p.Stages[4].Type, "ends come after it")

	now = asIs(p)
	now[0], now[1] = now[1], now[0]
	require.Equal(t, "stage-keeps-place", code(change(stages(now...))))
	require.Equal(t, "stage-in-use", code(change(stages(asIs(p)[1:]...))))
	_, err := w.s.MoveStage(t.Context(), w.P1, o.ID, 1, opportunities.MoveStage{StageID: p.Stages[1].ID})
	require.NoError(t, err)
	require.Equal(t, "stage-in-use", code(change(stages(asIs(p)[1:]...))), "history has it still")
	require.NoError(t, change(stages(append(asIs(p)[:3], asIs(p)[4:]...)...)), "nobody has been in this one")
	for name, wrong := range map[string]catalog.UpdateProcess{
		"an end first":     stages(append(asIs(p)[4:], asIs(p)[:4]...)...),
		"another's stage":  stages(append(asIs(p), catalog.StageChange{ID: &w.process["B"].Stages[0].ID, Name: "x"})...),
		"twice":            stages(append(asIs(p), asIs(p)[0])...),
		"another type":     stages(append([]catalog.StageChange{{ID: &p.Stages[0].ID, Name: "x", Type: catalog.StageWon}}, asIs(p)[1:]...)...),
		"no stages":        {Stages: operational.Opt[[]catalog.StageChange]{Given: true}},
		"no usual process": {Default: operational.Set(false)},
		"usual, retired":   {Active: operational.Set(false)},
	} {
		require.Equal(t, operational.KindInvalid, kind(change(wrong)), name)
	}
	require.Equal(t, operational.KindStale, kind(func() error {
		_, err := s.UpdateProcess(t.Context(), w.A, p.ID, p.Version-1, catalog.UpdateProcess{Name: operational.Set("x")})
		return err
	}()))
	_, err = s.UpdateProcess(t.Context(), w.P1, p.ID, p.Version, catalog.UpdateProcess{Name: operational.Set("x")})
	require.Equal(t, operational.KindForbidden, kind(err))
	_, err = s.UpdateProcess(t.Context(), w.B, p.ID, p.Version, catalog.UpdateProcess{Name: operational.Set("x")})
	require.Equal(t, operational.KindNotFound, kind(err))
}

// A retired process takes no new opportunities; those in it go on.
func TestARetiredProcess(t *testing.T) {
	w := newWorld(t)
	s, old := catalog.New(w.db.API), w.process["A"]
	o := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "Deal"})
	next, err := s.CreateProcess(t.Context(), w.A, catalog.NewProcess{Name: "Next", Stages: []catalog.NewStage{{Name: "a", Type: catalog.StageActive}, {Name: "b", Type: catalog.StageWon}, {Name: "c", Type: catalog.StageLost}}})
	require.NoError(t, err)
	_, err = s.UpdateProcess(t.Context(), w.A, next.ID, 1, catalog.UpdateProcess{Default: operational.Set(true)})
	require.NoError(t, err)
	old, err = s.UpdateProcess(t.Context(), w.A, old.ID, 2, catalog.UpdateProcess{Active: operational.Set(false)})
	require.NoError(t, err)
	require.False(t, old.Active || old.Default)
	_, err = w.s.Create(t.Context(), w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "New", ProcessID: &old.ID})
	require.ErrorContains(t, err, "process_id: It is retired and takes no new opportunities.")
	fresh := w.create(w.P1, opportunities.NewOpportunity{ConnectionID: &w.AP1, Name: "New"})
	require.Equal(t, next.ID, fresh.Process.ID)
	_, err = w.s.MoveStage(t.Context(), w.P1, o.ID, 1, opportunities.MoveStage{StageID: old.Stages[1].ID})
	require.NoError(t, err)
	_, err = w.db.Owner(t).Exec(t.Context(), `insert into crm.opportunity (id, vendor_org_id, number, name, process_org_id, process_id, process_version, stage_id, stage_type, vendor_net_amount, amount_source, currency, created_at, updated_at)
		values ($1, $2, 99, 'x', $2, $3, 1, $4, 'active', 1, 'entered', 'USD', now(), now())`, uuid.New(), w.A.Org, old.ID, old.Stages[0].ID)
	require.ErrorContains(t, err, "the sales process is retired", "the database holds it too")
	again, err := s.UpdateProcess(t.Context(), w.A, old.ID, old.Version, catalog.UpdateProcess{Active: operational.Set(true)})
	require.NoError(t, err)
	require.True(t, again.Active)
}
