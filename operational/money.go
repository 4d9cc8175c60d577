package operational

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"
)

// Money is an exact amount in one currency. Amounts of different currencies are never added.
type Money struct {
	Amount   decimal.Decimal `json:"amount" pattern:"^-?[0-9]{1,16}(\\.[0-9]{1,2})?$" doc:"Exact amount as a string with at most two decimals." example:"1234.50"`
	Currency string          `json:"currency" pattern:"^[A-Z]{3}$" doc:"Currency code of ISO 4217." example:"EUR"`
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

// moneyJSON is Money on the wire: the amount is a string, so that no reader makes a float of it.
type moneyJSON struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON writes the amount as a string with exactly two decimals.
func (m Money) MarshalJSON() ([]byte, error) {
	return json.Marshal(moneyJSON{Amount: m.Amount.StringFixed(2), Currency: m.Currency})
}

// UnmarshalJSON reads what MarshalJSON writes; an amount that is a JSON number is refused.
func (m *Money) UnmarshalJSON(text []byte) error {
	var wire moneyJSON
	if err := json.Unmarshal(text, &wire); err != nil {
		return fmt.Errorf("money must look like {\"amount\":\"1234.50\",\"currency\":\"EUR\"}: %w", err)
	}
	amount, err := ParseAmount(wire.Amount)
	if err != nil {
		return err
	}
	if !ValidCurrency(wire.Currency) {
		return fmt.Errorf("%.40q is not a currency code: use three capital letters, as in EUR", wire.Currency)
	}
	*m = Money{Amount: amount, Currency: wire.Currency}
	return nil
}
