package operational_test

import (
	"encoding/json"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

func TestMoneyIsAStringWithTwoDecimals(t *testing.T) {
	for amount, want := range map[string]string{
		"1234.5": `{"amount":"1234.50","currency":"EUR"}`, "0": `{"amount":"0.00","currency":"EUR"}`,
		"9999999999999999.99": `{"amount":"9999999999999999.99","currency":"EUR"}`, "-1": `{"amount":"-1.00","currency":"EUR"}`,
	} {
		money := operational.Money{Amount: decimal.RequireFromString(amount), Currency: "EUR"}
		text, err := json.Marshal(money)
		require.NoError(t, err)
		require.JSONEq(t, want, string(text))
		var back operational.Money
		require.NoError(t, json.Unmarshal(text, &back))
		require.True(t, money.Amount.Equal(back.Amount))
	}
}

func TestMoneyRefusesWhatIsNotExact(t *testing.T) {
	for _, text := range []string{
		`{"amount":1234.5,"currency":"EUR"}`, `{"amount":"1e3","currency":"EUR"}`, `{"amount":"1.234","currency":"EUR"}`, `{"amount":"1,5","currency":"EUR"}`,
		`{"amount":"1.50","currency":"eur"}`, `{"amount":"1.50"}`, `{"amount":"12345678901234567","currency":"EUR"}`, `"1.50"`,
	} {
		var money operational.Money
		require.Error(t, json.Unmarshal([]byte(text), &money), text)
	}
}
