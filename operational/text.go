package operational

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text checks a text that people wrote: its length in characters, and that it can be stored and shown.
// With a least length of 1, a text of blanks counts as missing.
func (f *Faults) Text(field, value string, least, most int) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unstorable):
		f.Add(field, "It holds characters that cannot be stored.", nil)
	case least > 0 && strings.TrimFunc(value, unseen) == "":
		f.Add(field, "It is missing.", nil)
	case utf8.RuneCountInString(value) > most:
		f.Add(field, fmt.Sprintf("It is longer than %d characters.", most), nil)
	}
}

// unstorable are control characters but line breaks and tabs, and those that turn the text around them.
func unstorable(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) && r != '\u200e' && r != '\u200f'
}

// unseen are blanks and characters that show nothing.
func unseen(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }

// Amount checks an amount of money that is to be stored.
func (f *Faults) Amount(field string, m Money) {
	switch {
	case !ValidCurrency(m.Currency):
		f.Add(field+".currency", "It is not a currency code such as EUR.", m.Currency)
	case m.Amount.IsNegative():
		f.Add(field+".amount", "It is below zero.", m.Amount.String())
	case m.Amount.GreaterThan(MaxAmount):
		f.Add(field+".amount", "It is larger than "+MaxAmount.StringFixed(2)+".", nil)
	case !m.Amount.Equal(m.Amount.Round(2)):
		f.Add(field+".amount", "It has more than two decimals.", m.Amount.String())
	}
}
