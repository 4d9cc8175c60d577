package operational

import (
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"
)

// Money is an exact amount in one currency. Amounts of different currencies are never added.
type Money struct {
	Amount   decimal.Decimal `json:"amount"`
	Currency string          `json:"currency"`
}

// MaxAmount is the largest amount that numeric(18,2) and every warehouse column hold.
var MaxAmount = decimal.New(999_999_999_999_999_999, -2)

var (
	amountForm   = regexp.MustCompile(`^-?[0-9]{1,16}(\.[0-9]{1,2})?$`)
	currencyForm = regexp.MustCompile(`^[A-Z]{3}$`)
)

// ParseAmount reads a plain decimal with at most two places: no exponent, no separators, no sign but minus.
func ParseAmount(s string) (decimal.Decimal, error) {
	if !amountForm.MatchString(s) {
		return decimal.Decimal{}, fmt.Errorf("%.40q is not an amount: use digits with at most two decimals, as in 1234.50", s)
	}
	return decimal.NewFromString(s)
}

// ValidCurrency says whether the code has the form of ISO 4217.
func ValidCurrency(code string) bool { return currencyForm.MatchString(code) }

func (m Money) String() string { return m.Amount.StringFixed(2) + " " + m.Currency }
