package operational_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	require.NoError(t, err)
	return l
}

func TestPeriod(t *testing.T) {
	for _, c := range []struct {
		name, zone  string
		fiscal      time.Month
		text, label string
		from, to    string // UTC
	}{
		{"calendar quarter", "UTC", time.January, "2017-Q1", "Q1 2017", "2017-01-01T00:00:00Z", "2017-04-01T00:00:00Z"},
		{"no fiscal month means January", "UTC", 0, "2017-Q4", "Q4 2017", "2017-10-01T00:00:00Z", "2018-01-01T00:00:00Z"},
		{"calendar year", "UTC", time.January, "2016", "2016", "2016-01-01T00:00:00Z", "2017-01-01T00:00:00Z"},
		{"fiscal year from April has the name of its end", "UTC", time.April, "2017", "FY2017", "2016-04-01T00:00:00Z", "2017-04-01T00:00:00Z"},
		{"its first quarter", "UTC", time.April, "2017-Q1", "Q1 FY2017", "2016-04-01T00:00:00Z", "2016-07-01T00:00:00Z"},
		{"its last quarter", "UTC", time.April, "2017-Q4", "Q4 FY2017", "2017-01-01T00:00:00Z", "2017-04-01T00:00:00Z"},
		{"fiscal year from December", "UTC", time.December, "2017-Q1", "Q1 FY2017", "2016-12-01T00:00:00Z", "2017-03-01T00:00:00Z"},
		{"months are calendar months", "UTC", time.April, "2017-03", "March 2017", "2017-03-01T00:00:00Z", "2017-04-01T00:00:00Z"},
		{"leap February", "UTC", time.January, "2016-02", "February 2016", "2016-02-01T00:00:00Z", "2016-03-01T00:00:00Z"},
		{"plain February", "UTC", time.January, "2017-02", "February 2017", "2017-02-01T00:00:00Z", "2017-03-01T00:00:00Z"},
		{"no leap day in 1900", "UTC", time.January, "1900-02", "February 1900", "1900-02-01T00:00:00Z", "1900-03-01T00:00:00Z"},
		{"summer time begins inside", "Europe/Berlin", time.January, "2017-Q1", "Q1 2017", "2016-12-31T23:00:00Z", "2017-03-31T22:00:00Z"},
		{"west of Greenwich", "America/New_York", time.January, "2017-Q1", "Q1 2017", "2017-01-01T05:00:00Z", "2017-04-01T04:00:00Z"},
		{"the midnight that is not there", "America/Asuncion", time.January, "2017-10", "October 2017", "2017-10-01T04:00:00Z", "2017-11-01T03:00:00Z"},
		{"the midnight that comes twice", "America/Havana", time.January, "2015-11", "November 2015", "2015-11-01T04:00:00Z", "2015-12-01T05:00:00Z"},
		{"a zone of three quarters of an hour", "Asia/Kathmandu", time.July, "2020-Q1", "Q1 FY2020", "2019-06-30T18:15:00Z", "2019-09-30T18:15:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := operational.Calendar{Location: zone(t, c.zone), FiscalMonth: c.fiscal}.Period(c.text)
			require.NoError(t, err)
			require.Equal(t, c.label, p.Label)
			require.Equal(t, c.text, p.Text)
			require.Equal(t, c.from, p.From.UTC().Format(time.RFC3339))
			require.Equal(t, c.to, p.To.UTC().Format(time.RFC3339))
			require.True(t, p.Contains(p.From))
			require.False(t, p.Contains(p.To))
		})
	}
}

func TestPeriodRefusesWhatIsNone(t *testing.T) {
	for _, text := range []string{"", "17", "2017-Q0", "2017-Q5", "2017-00", "2017-13", "2017-1", " 2017", "2017-q1", "2017-Q1;drop", "99999", "1776-Q1", "2017-Q1\n"} {
		_, err := operational.Calendar{}.Period(text)
		require.Equal(t, operational.KindInvalid, operational.KindOf(err), "%q", text)
	}
}

func TestPeriodsFollowEachOther(t *testing.T) {
	for _, month := range []time.Month{time.January, time.April, time.October} {
		c := operational.Calendar{Location: zone(t, "Europe/Berlin"), FiscalMonth: month}
		for _, text := range []string{"2017", "2017-Q1", "2017-Q3", "2017-01", "2017-12", "2016-02"} {
			p, err := c.Period(text)
			require.NoError(t, err)
			require.Equal(t, p.From, c.Previous(p).To, "%s from %s", text, month)
			before := c.YearBefore(p)
			require.Equal(t, p.From.AddDate(-1, 0, 0), before.From, "%s from %s", text, month)
			require.Equal(t, p.To.AddDate(-1, 0, 0), before.To, "%s from %s", text, month)
		}
	}
	c := operational.Calendar{}
	first, err := c.Period("2017-Q1")
	require.NoError(t, err)
	require.Equal(t, "2016-Q4", c.Previous(first).Text)
	require.Equal(t, "2016-Q1", c.YearBefore(first).Text)
	january, err := c.Period("2017-01")
	require.NoError(t, err)
	require.Equal(t, "2016-12", c.Previous(january).Text)
}

func TestPeriodOfAnInstant(t *testing.T) {
	april := operational.Calendar{Location: zone(t, "Europe/Berlin"), FiscalMonth: time.April}
	for _, c := range []struct{ at, quarter, year string }{
		{"2017-03-31T21:59:59Z", "2017-Q4", "2017"},
		{"2017-03-31T22:00:00Z", "2018-Q1", "2018"},
		{"2017-12-31T23:00:00Z", "2018-Q4", "2018"},
		{"2016-02-29T12:00:00Z", "2016-Q4", "2016"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		require.Equal(t, c.quarter, april.Quarter(at).Text, c.at)
		require.Equal(t, c.year, april.Year(at).Text, c.at)
		require.True(t, april.Quarter(at).Contains(at), c.at)
	}
	// Every hour of six years lies in its own quarter.
	for at := time.Date(2014, 12, 1, 0, 30, 0, 0, time.UTC); at.Year() < 2021; at = at.Add(7 * time.Hour) {
		require.True(t, april.Quarter(at).Contains(at), at)
		require.True(t, april.Year(at).Contains(at), at)
	}
}
