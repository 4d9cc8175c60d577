package operational_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

func TestDatesAreDays(t *testing.T) {
	day := operational.NewDate(2017, time.March, 1)
	text, err := json.Marshal(day)
	require.NoError(t, err)
	require.Equal(t, `"2017-03-01"`, string(text))
	var back operational.Date
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, day, back)
	for _, wrong := range []string{`"2017-02-29"`, `"1.3.2017"`, `"2017-3-1"`, `"0000-01-01"`, `""`, `20170301`} {
		require.Error(t, json.Unmarshal([]byte(wrong), &back), wrong)
	}
	require.Equal(t, day, operational.DateOf(time.Date(2017, 3, 1, 23, 59, 0, 0, time.FixedZone("", -8*3600))))
}
