package imports

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"github.com/sharepartner/sharepartner/operational"
)

// The rules of cleansing, by their stable codes. Rows are kept under these:
const (
	ruleWhitespace      = "whitespace"       // blanks around or doubled inside a value were taken out
	ruleSpelling        = "spelling"         // a value that the mapping puts right
	ruleNameMatch       = "name-match"       // a name written another way than in its own file
	ruleValueDropped    = "value-dropped"    // an inessential value that cannot be kept is left empty
	ruleWebsite         = "website"          // an address of a website, written as it is kept
	ruleNoFamily        = "no-family"        // a product without family
	ruleCustomerUnknown = "customer-unknown" // an opportunity without account
	ruleListPrice       = "list-price"       // an open opportunity without value takes the list price
	ruleLostValue       = "lost-value"       // a lost opportunity without value counts as zero
	ruleNoEngageDate    = "no-engage-date"   // history begins with the first day that is known
	ruleAccountAdded    = "account-added"    // an account that only an opportunity names
	ruleConnectionKept  = "connection-kept"  // region or tier of a partner that is connected already
	ruleUnknownParent   = "unknown-parent"   // the parent account is not in the file
)

// And these put a row into quarantine:
const (
	ruleFieldCount        = "field-count"
	ruleFieldTooLong      = "field-too-long"
	ruleMissingValue      = "missing-value"
	ruleTooLong           = "too-long"
	ruleDuplicate         = "duplicate"
	ruleAmount            = "amount"
	ruleDateFormat        = "date-format"
	ruleDateRange         = "date-range"
	ruleUnknownPartner    = "unknown-partner"
	ruleUnknownProduct    = "unknown-product"
	ruleUnknownStage      = "unknown-stage"
	ruleCloseBeforeEngage = "close-before-engage"
	ruleHistory           = "history"       // the steps of an opportunity do not fit together
	ruleOtherPartner      = "other-partner" // an earlier import gave the opportunity to another partner
	ruleNotActive         = "connection-not-active"
)

// squeeze takes out what nobody meant: blanks around, doubled or of odd kinds, characters that nobody sees, and unlike
// ways to write a letter.
func squeeze(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.Join(strings.Fields(strings.Map(visible, norm.NFC.String(s))), " ")
}

// isPlain says that there is nothing to squeeze: most values.
func isPlain(s string) bool {
	blank := true
	for i := range len(s) {
		c := s[i]
		if c >= 0x7f || c < ' ' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return !blank || s == ""
}

// visible leaves out control characters, soft hyphens, and blanks and marks without width.
func visible(r rune) rune {
	if unicode.IsControl(r) && !unicode.IsSpace(r) || r == '\u00ad' || r == '\u200b' || r == '\ufeff' {
		return -1
	}
	return r
}

// ident is a name without case: what a row is known by in its own file, and its reference in later imports.
func ident(s string) string { return strings.ToLower(norm.NFKC.String(s)) }

// plainLetters are letters that people write plainly when they lack the key, and that are no letter with a mark.
var plainLetters = strings.NewReplacer("ı", "i", "ł", "l", "ø", "o", "đ", "d", "ß", "ss", "æ", "ae", "œ", "oe")

// nameKey is a name without case, spaces, signs and marks: how a name in one file is
// found in another that spells it otherwise, unless two names there come to the same.
func nameKey(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(plainLetters.Replace(strings.ToLower(norm.NFKC.String(s)))) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return strings.TrimSpace(s) // a name of signs only is itself
	}
	return b.String()
}

// parseAmount reads an amount that is not negative and that the database can hold.
func parseAmount(s string) (decimal.Decimal, error) {
	amount, err := operational.ParseAmount(s)
	switch {
	case err != nil:
		return decimal.Decimal{}, fmt.Errorf("%q is not an amount: plain digits with at most two decimals are read, as in 1234.50, up to %s", clip(s), operational.MaxAmount)
	case amount.IsNegative():
		return decimal.Decimal{}, fmt.Errorf("%q is negative", clip(s))
	}
	return amount, nil
}

// parseCount reads a whole number within bounds.
func parseCount(s string, least, most int) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not a whole number from %d to %d", clip(s), least, most)
	}
	return n, nil
}

// dates reads days and times of an export.
type dates struct {
	form, layout string
	location     *time.Location
	now          time.Time
}

// earliest is the first day that is taken for real; most exports' "no date" lies before.
var earliest = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// day reads a day: the midnight that begins it in the vendor's time zone.
func (d dates) day(s string) (time.Time, error) {
	at, err := time.ParseInLocation(d.layout, s, d.location)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not a day written %s; one export writes all days one way, as its mapping says", clip(s), d.form)
	}
	return at, nil
}

// moment reads a day, or a time with its zone.
func (d dates) moment(s string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return at.Truncate(time.Microsecond), nil
	}
	return d.day(s)
}

// happened says whether a thing can have happened then.
func (d dates) happened(at time.Time) error {
	if at.Before(earliest) || at.After(d.now) {
		return fmt.Errorf("%s lies before 1980 or in the future", at.In(d.location).Format(time.DateOnly))
	}
	return nil
}

// expected says whether a thing may be expected then.
func (d dates) expected(at time.Time) error {
	if at.Before(earliest) || at.After(d.now.AddDate(50, 0, 0)) {
		return fmt.Errorf("%s lies before 1980 or more than 50 years ahead", at.In(d.location).Format(time.DateOnly))
	}
	return nil
}

// swapped is the other common way to write days with the year last: day and month in the other order.
func (d dates) swapped() (layout string, exists bool) {
	if strings.HasPrefix(d.form, "YYYY") {
		return "", false
	}
	return strings.NewReplacer("01", "02", "02", "01").Replace(d.layout), true
}

// readsBothWays says whether a day may be another one when day and month are swapped.
func (d dates) readsBothWays(s string) bool {
	layout, exists := d.swapped()
	if !exists {
		return false
	}
	a, errA := time.Parse(d.layout, s)
	b, errB := time.Parse(layout, s)
	return errA == nil && errB == nil && !a.Equal(b)
}

// readsOnlySwapped says whether a day is surely written the other way.
func (d dates) readsOnlySwapped(s string) bool {
	layout, exists := d.swapped()
	if !exists {
		return false
	}
	if _, err := time.Parse(d.layout, s); err == nil {
		return false
	}
	_, err := time.Parse(layout, s)
	return err == nil
}
