package operational

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Date is a day without a time: a close date means the same day wherever it is read.
type Date struct{ day time.Time } // midnight UTC; the zero value is no date

// NewDate gives the day; months and days beyond their range carry over as in time.Date.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DateOf is the day that a moment falls on where it is.
func DateOf(t time.Time) Date { return NewDate(t.Date()) }

// ParseDate reads YYYY-MM-DD.
func ParseDate(text string) (Date, error) {
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1 {
		return Date{}, fmt.Errorf("%.40q is not a date: write it as 2017-03-01", text)
	}
	return Date{day}, nil
}

// Time is midnight UTC of the day.
func (d Date) Time() time.Time { return d.day }

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d.day.IsZero() }

func (d Date) String() string { return d.day.Format(time.DateOnly) }

// MarshalText writes YYYY-MM-DD.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads YYYY-MM-DD.
func (d *Date) UnmarshalText(text []byte) error {
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Value is how a date goes into Postgres.
func (d Date) Value() (driver.Value, error) { return d.String(), nil }

// Scan is how a date comes out of Postgres.
func (d *Date) Scan(value any) error {
	switch v := value.(type) {
	case time.Time:
		*d = DateOf(v)
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	default:
		return fmt.Errorf("a date cannot be read from %T", value)
	}
}
