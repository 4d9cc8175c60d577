package operational

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Calendar is how an organisation counts its time: the zone its days begin in and the month its year begins with.
// The zero value is the calendar year in UTC.
type Calendar struct {
	Location    *time.Location
	FiscalMonth time.Month
}

// Period is a stretch of time with a name: From is inside, To is not.
type Period struct {
	Label    string    `json:"label" doc:"For people, for example Q1 2017"`
	Text     string    `json:"text" doc:"As asked for, for example 2017-Q1"`
	From, To time.Time `json:"-"`
}

// Contains says whether an instant lies in the period.
func (p Period) Contains(at time.Time) bool { return !at.Before(p.From) && at.Before(p.To) }

var periodForm = regexp.MustCompile(`^((?:19|20|21)[0-9]{2})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?$`)

// Period reads "2017" (a fiscal year), "2017-Q1" (a fiscal quarter) or "2017-03" (a calendar month).
// A fiscal year has the name of the calendar year that it ends in.
func (c Calendar) Period(text string) (Period, error) {
	m := periodForm.FindStringSubmatch(text)
	if m == nil {
		return Period{}, &Error{
			Kind: KindInvalid, Code: "invalid-period", Message: "The period is not valid.",
			Fields: []FieldFault{{Field: "period", Message: "use a year as 2017, a quarter as 2017-Q1 or a month as 2017-03", Value: fmt.Sprintf("%.40s", text)}},
		}
	}
	year, _ := strconv.Atoi(m[1])
	switch {
	case m[2] != "":
		quarter, _ := strconv.Atoi(m[2])
		return c.quarter(year, quarter), nil
	case m[3] != "":
		month, _ := strconv.Atoi(m[3])
		return c.month(year, time.Month(month)), nil
	default:
		return c.year(year), nil
	}
}

// Quarter is the fiscal quarter that an instant lies in.
func (c Calendar) Quarter(at time.Time) Period {
	local := at.In(c.location())
	months := local.Year()*12 + int(local.Month()) - 1 - c.shift()
	return c.quarter(months/12+c.ahead(), months%12/3+1)
}

// Year is the fiscal year that an instant lies in.
func (c Calendar) Year(at time.Time) Period {
	local := at.In(c.location())
	return c.year((local.Year()*12+int(local.Month())-1-c.shift())/12 + c.ahead())
}

// Previous is the period of the same kind just before.
func (c Calendar) Previous(p Period) Period { return c.move(p, 1) }

// YearBefore is the same period one year earlier.
func (c Calendar) YearBefore(p Period) Period { return c.move(p, 12) }

// move goes back: by one unit for units == 1, by a year for units == 12.
func (c Calendar) move(p Period, units int) Period {
	m := periodForm.FindStringSubmatch(p.Text)
	if m == nil { // not one of ours: the stretch of the same length before it
		if units == 1 {
			return Period{From: p.From.Add(-p.To.Sub(p.From)), To: p.From}
		}
		return Period{From: p.From.AddDate(-1, 0, 0), To: p.To.AddDate(-1, 0, 0)}
	}
	year, _ := strconv.Atoi(m[1])
	switch {
	case m[2] != "":
		quarter, _ := strconv.Atoi(m[2])
		if units == 12 {
			return c.quarter(year-1, quarter)
		}
		n := year*4 + quarter - 2
		return c.quarter(n/4, n%4+1)
	case m[3] != "":
		month, _ := strconv.Atoi(m[3])
		n := year*12 + month - 1 - units
		return c.month(n/12, time.Month(n%12+1))
	default:
		return c.year(year - 1)
	}
}

func (c Calendar) year(year int) Period {
	from := year*12 - c.ahead()*12 + c.shift()
	return Period{Label: c.prefix() + strconv.Itoa(year), Text: strconv.Itoa(year), From: c.start(from), To: c.start(from + 12)}
}

func (c Calendar) quarter(year, quarter int) Period {
	from := year*12 - c.ahead()*12 + c.shift() + 3*(quarter-1)
	return Period{
		Label: fmt.Sprintf("Q%d %s%d", quarter, c.prefix(), year), Text: fmt.Sprintf("%d-Q%d", year, quarter),
		From: c.start(from), To: c.start(from + 3),
	}
}

func (c Calendar) month(year int, month time.Month) Period {
	from := year*12 + int(month) - 1
	return Period{Label: fmt.Sprintf("%s %d", month, year), Text: fmt.Sprintf("%d-%02d", year, int(month)), From: c.start(from), To: c.start(from + 1)}
}

// start is the first instant of a month, counted from year zero. Where the clocks change at that very midnight
// it may be shown as 01:00, or midnight may come twice.
func (c Calendar) start(months int) time.Time {
	year, month := months/12, time.Month(months%12+1)
	t := time.Date(year, month, 1, 0, 0, 0, 0, c.location())
	if t.Month() != month { // there is no such midnight: the month begins when the clocks change
		_, t = t.ZoneBounds()
		return t
	}
	if changed, _ := t.ZoneBounds(); !changed.IsZero() {
		_, before := changed.Add(-time.Second).Zone()
		_, after := t.Zone()
		earlier := t.Add(-time.Duration(before-after) * time.Second)
		if before > after && earlier.Before(changed) && earlier.Month() == month {
			return earlier
		}
	}
	return t
}

func (c Calendar) location() *time.Location {
	if c.Location == nil {
		return time.UTC
	}
	return c.Location
}

// shift is the number of months between January and the start of the fiscal year.
func (c Calendar) shift() int {
	if c.FiscalMonth < time.January || c.FiscalMonth > time.December {
		return 0
	}
	return int(c.FiscalMonth) - 1
}

// ahead is by how much the name of a fiscal year is ahead of the year it begins in.
func (c Calendar) ahead() int {
	if c.shift() == 0 {
		return 0
	}
	return 1
}

func (c Calendar) prefix() string {
	if c.shift() == 0 {
		return ""
	}
	return "FY"
}
