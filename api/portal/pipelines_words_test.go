package portal

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// Every state, every reason and every grade that the contract names has words on the page, and each state says what to do.
func TestThePipelineHasWordsForAll(t *testing.T) {
	enum := func(of any, field string) []string {
		f, ok := reflect.TypeOf(of).FieldByName(field)
		require.True(t, ok)
		names := strings.Split(f.Tag.Get("enum"), ",")
		slices.Sort(names)
		return names
	}
	require.Equal(t, enum(warehouse.Status{}, "State"), slices.Sorted(maps.Keys(stateWords)))
	require.Equal(t, enum(warehouse.Resyncing{}, "Reason"), slices.Sorted(maps.Keys(reasonWords)))
	require.Equal(t, enum(warehouse.Resync{}, "Reason"), slices.Sorted(maps.Keys(reasonWords)))
	grades := []string{string(warehouse.GuardOK)} // nothing is to be said of it
	for g, n := range guardNotes {
		grades = append(grades, string(g))
		require.NotEmpty(t, n.Title, g)
		require.NotEmpty(t, n.Text, g)
	}
	slices.Sort(grades)
	require.Equal(t, enum(warehouse.SlotFigures{}, "Guard"), grades)
	for reason, text := range reasonWords {
		require.NotEmpty(t, text, reason)
	}

	for _, c := range []struct {
		state, tone string
		does        string // what to do, or that there is nothing
	}{
		{"starting", "", "there is nothing to do"},
		{"standby", "warn", "stop one of the two"},
		{"snapshot", "warn", "There is nothing to do"},
		{"resync", "warn", "There is nothing to do"},
		{"streaming", "good", "There is nothing to do"},
		{"waiting", "warn", "see whether Postgres runs"},
		{"failed", "bad", "Do what the fault says"},
		{"stopped", "bad", "Start it with `sharepartner up`"},
	} {
		n := stateWords[c.state]
		require.NotEmpty(t, n.Title, c.state)
		require.Equal(t, c.tone, n.Tone, c.state)
		require.Contains(t, n.Text, c.does, c.state)
	}
}
