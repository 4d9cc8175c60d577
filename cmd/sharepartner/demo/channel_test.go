package demo

import (
	"bytes"
	"encoding/csv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var today = time.Date(2026, 11, 20, 15, 30, 0, 0, time.UTC)

func rows(t *testing.T, content []byte) [][]string {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	require.NoError(t, err)
	return all[1:]
}

func TestTheSameSeedAndMomentGiveTheSameChannel(t *testing.T) {
	require.Equal(t, halden().files(today), halden().files(today))
	require.NotEqual(t, halden().files(today)["sales_pipeline.csv"], halden().files(today.Add(day))["sales_pipeline.csv"])
}

func TestTheChannelLooksLikeOne(t *testing.T) {
	files := halden().files(today)
	require.Len(t, rows(t, files["sales_teams.csv"]), 80)
	pipeline, history := rows(t, files["sales_pipeline.csv"]), rows(t, files["stage_history.csv"])
	require.GreaterOrEqual(t, len(pipeline), 4000)
	stages, tiers, direct, unknown := map[string]int{}, map[string][2]int{}, 0, 0
	tier := map[string]string{}
	for _, p := range partners() {
		tier[p.name] = p.tier
	}
	for _, r := range pipeline {
		stages[r[5]]++
		n := tiers[tier[r[2]]]
		if r[5] == "Won" {
			n[0]++
		}
		if r[5] == "Won" || r[5] == "Lost" {
			n[1]++
		}
		tiers[tier[r[2]]] = n
		if r[2] == "" {
			direct++
		}
		if r[4] == "" {
			unknown++
		}
	}
	t.Log(len(pipeline), len(history), stages, tiers, direct, unknown)
	for _, name := range stageNames {
		require.NotZero(t, stages[name], name)
	}
	rate := func(tier string) float64 { return float64(tiers[tier][0]) / float64(tiers[tier][1]) }
	require.Greater(t, rate("Platinum"), rate("Silver")+0.05, "better tiers win more")
	require.Greater(t, rate("Silver"), rate("Member"))
	require.NotZero(t, direct)
	require.NotZero(t, unknown)

	back, reopened, pushed, todays := 0, 0, 0, 0
	place := map[string]int{}
	for i, name := range stageNames {
		place[name] = i
	}
	for i := 1; i < len(history); i++ {
		before, after := history[i-1], history[i]
		if after[2][:10] == today.Format(time.DateOnly) {
			todays++
		}
		if before[0] != after[0] {
			continue
		}
		require.LessOrEqual(t, before[2], after[2])
		from, to := place[before[1]], place[after[1]]
		switch {
		case from == to:
			pushed++
		case from > negotiation:
			reopened++
		case to < from:
			back++
		}
	}
	t.Log("back", back, "reopened", reopened, "pushed", pushed, "today", todays)
	for _, n := range []int{back, reopened, pushed, todays} {
		require.NotZero(t, n)
	}
}
