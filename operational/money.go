package operational

import (
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"
)

// Money is an exact amount in one currency. Amounts of different currencies are never added.
type Money struct {
	Amount   decimal.Decimal `json:"amount" doc:"Exact decimal with two places, for example 1234.50"`
	Currency string          `json:"currency" minLength:"3" maxLength:"3" pattern:"^[A-Z]{3}$" doc:"ISO 4217 code"`
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

type moneyText struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON writes the amount as text with two places: a number would become a float in many readers.
func (m Money) MarshalJSON() ([]byte, error) {
	return json.Marshal(moneyText{m.Amount.StringFixed(2), m.Currency})
}

// UnmarshalJSON reads what MarshalJSON writes and no other form of a number.
func (m *Money) UnmarshalJSON(data []byte) error {
	var text moneyText
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("read money: %w", err)
	}
	amount, err := ParseAmount(text.Amount)
	if err != nil {
		return err
	}
	if !ValidCurrency(text.Currency) {
		return fmt.Errorf("%.10q is not a currency: use an ISO 4217 code, as in EUR", text.Currency)
	}
	m.Amount, m.Currency = amount, text.Currency
	return nil
}
