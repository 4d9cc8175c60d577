package portal

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/sharepartner/sharepartner/operational"
)

// format writes values for a reader: their language, their time zone.
type format struct {
	p   *message.Printer
	loc *time.Location
}

func newFormat(zone string) format {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return format{p: message.NewPrinter(language.English), loc: loc}
}

func (f format) count(n int64) string { return f.p.Sprint(number.Decimal(n)) }

// counted is a number with its noun.
func (f format) counted(n int64, one, many string) string {
	if n == 1 {
		return f.count(n) + " " + one
	}
	return f.count(n) + " " + many
}

func (f format) symbol(code string) string {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return code + "\u00a0"
	}
	s := f.p.Sprint(currency.NarrowSymbol(unit))
	if r, _ := utf8.DecodeLastRuneInString(s); unicode.IsLetter(r) {
		return s + "\u00a0" // kr 500, not kr500
	}
	return s
}

// money is the exact amount; cents only where there are any.
func (f format) money(m operational.Money) string {
	return f.amount(m.Amount, m.Currency)
}

func (f format) amount(d decimal.Decimal, code string) string {
	sign := ""
	if d.IsNegative() {
		sign, d = "−", d.Neg()
	}
	whole, cents, _ := strings.Cut(d.StringFixed(2), ".")
	text := f.p.Sprint(number.Decimal(decimal.RequireFromString(whole).IntPart()))
	if cents != "00" {
		text += "." + cents
	}
	return sign + f.symbol(code) + text
}

var scales = []struct {
	at   decimal.Decimal
	unit string
}{
	{decimal.New(1, 12), "T"}, {decimal.New(1, 9), "B"}, {decimal.New(1, 6), "M"}, {decimal.New(1, 3), "k"},
}

// short is an amount scaled for the eye: €18.4M.
func (f format) short(m operational.Money) string {
	d, sign := m.Amount, ""
	if d.IsNegative() {
		sign, d = "−", d.Neg()
	}
	for _, s := range scales {
		// 999,960 is 1.0M, not 1000k
		if d.Add(s.at.Div(decimal.New(2000, 0))).LessThan(s.at) {
			continue
		}
		places := int32(2)
		if v := d.Div(s.at); v.GreaterThanOrEqual(decimal.New(100, 0)) || s.unit == "k" {
			places = 0
		} else if v.GreaterThanOrEqual(decimal.New(10, 0)) {
			places = 1
		}
		if s.unit == "k" && d.LessThan(decimal.New(10_000, 0)) {
			places = 1
		}
		return sign + f.symbol(m.Currency) + d.Div(s.at).StringFixed(places) + s.unit
	}
	return sign + f.symbol(m.Currency) + d.Round(0).String()
}

func (f format) percent(share float64) string { return fmt.Sprintf("%.0f%%", share*100) }

// rate is a rate with its range.
func (f format) rate(rate, low, high *float64) string {
	if rate == nil {
		return "—"
	}
	return fmt.Sprintf("%s (%.0f–%.0f)", f.percent(*rate), *low*100, *high*100)
}

func (f format) days(d *float64) string {
	switch {
	case d == nil:
		return "—"
	case *d < 1.0/24:
		return "< 1 h"
	case *d < 1:
		return fmt.Sprintf("%.0f h", *d*24)
	default:
		return fmt.Sprintf("%.0f d", *d)
	}
}

func (f format) time(t time.Time) string { return t.In(f.loc).Format("2 Jan 2006 15:04") }
func (f format) day(t time.Time) string  { return t.In(f.loc).Format("2 Jan 2006") }
func (f format) date(d operational.Date) string {
	return d.Time().Format("2 Jan 2006")
}

// ago is an age in words.
func (f format) ago(d time.Duration) string {
	switch {
	case d < 2*time.Second:
		return "now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}

// words turns a code into words: channel_leader becomes Channel leader.
func words(code string) string {
	text := strings.ReplaceAll(code, "_", " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
