package pgsource

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/warehouse"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	os.Exit(code)
}

// Both forms of numbers, as a real server writes them, give the same value or the same refusal.
func TestNumbersOfARealServer(t *testing.T) {
	conn := dial(t, pgtest.NewURL(t))
	for _, c := range []struct {
		number string
		want   int64
		fault  error
	}{
		{number: "0"},
		{number: "0.00"},
		{number: "1", want: 100},
		{number: "-1", want: -100},
		{number: "0.01", want: 1},
		{number: "-0.50", want: -50},
		{number: "10000", want: 1_000_000},
		{number: "100000000", want: 10_000_000_000},
		{number: "12345.67", want: 1_234_567},
		{number: "0.1000000000", want: 10},
		{number: "9999999999999999.99", want: 999_999_999_999_999_999},
		{number: "-9999999999999999.99", want: -999_999_999_999_999_999},
		{number: "10000000000000000", fault: errTooLarge},
		{number: "184467440737095516.16", fault: errTooLarge}, // 2^64 hundredths
		{number: "1e30", fault: errTooLarge},
		{number: "1e130000", fault: errTooLarge},
		{number: strings.Repeat("9", 200), fault: errTooLarge},
		{number: strings.Repeat("9", 100) + "." + strings.Repeat("9", 100), fault: errTooLarge},
		{number: "0.001", fault: errInexact},
		{number: "1.005", fault: errInexact},
		{number: "0.00001", fault: errInexact},
		{number: "1e-16000", fault: errInexact},
	} {
		t.Run(c.number, func(t *testing.T) {
			for _, format := range []int16{0, 1} {
				result := conn.PgConn().ExecParams(context.Background(), "select $1::numeric", [][]byte{[]byte(c.number)}, nil, nil, []int16{format}).Read()
				require.NoError(t, result.Err)
				value := result.Rows[0][0]
				var got int64
				var err error
				if format == 1 {
					got, err = binaryNumeric(value, 2)
				} else {
					got, err = textNumeric(string(value), 2)
				}
				require.Equal(t, c.fault, err, "format %d", format)
				require.Equal(t, c.want, got, "format %d", format)
			}
		})
	}
}

// Both forms of times, as a real server writes them, give the same value or the same refusal.
func TestTimesOfARealServer(t *testing.T) {
	conn := dial(t, pgtest.NewURL(t))
	values := func(kind, value string) (got [2]int64, faults [2]error) {
		for format := range 2 {
			result := conn.PgConn().ExecParams(context.Background(), "select $1::"+kind, [][]byte{[]byte(value)}, nil, nil, []int16{int16(format)}).Read()
			require.NoError(t, result.Err)
			column := &warehouse.Column{Kind: warehouse.KindTime}
			if kind == "date" {
				column.Kind = warehouse.KindDate
			}
			if format == 1 {
				got[format], faults[format] = binaryInt(column, result.Rows[0][0])
			} else {
				got[format], faults[format] = textInt(column, string(result.Rows[0][0]))
			}
		}
		return got, faults
	}
	for _, zone := range []string{"UTC", "Asia/Kathmandu", "America/New_York", "Europe/Amsterdam"} {
		_, err := conn.Exec(context.Background(), `select set_config('timezone', $1, false)`, zone)
		require.NoError(t, err)
		rnd := rand.New(rand.NewPCG(1, 2))
		for i := range 400 {
			at := fmt.Sprintf("epoch'::timestamptz + interval '%d seconds %d microseconds", -210_000_000_000+rnd.Int64N(9_400_000_000_000), rnd.IntN(1_000_000))
			if i%2 == 0 { // near the present
				at = fmt.Sprintf("epoch'::timestamptz + interval '%d seconds", -7_000_000_000+rnd.Int64N(20_000_000_000))
			}
			var text, day string
			require.NoError(t, conn.QueryRow(context.Background(), `select ('`+at+`')::timestamptz::text, ('`+at+`')::timestamptz::date::text`).Scan(&text, &day))
			for kind, value := range map[string]string{"timestamptz": text, "date": day} {
				got, faults := values(kind, value)
				require.NoError(t, faults[0], value)
				require.NoError(t, faults[1], value)
				require.Equal(t, got[1], got[0], value)
			}
		}
		for _, c := range []struct {
			kind, value string
			fault       error
		}{
			{"timestamptz", "infinity", errInfinite},
			{"timestamptz", "-infinity", errInfinite},
			{"date", "infinity", errInfinite},
			{"date", "-infinity", errInfinite},
			{"timestamptz", "294276-12-30 00:00:00+00", errFarTime},
		} {
			_, faults := values(c.kind, c.value)
			require.Equal(t, [2]error{c.fault, c.fault}, faults, c.value)
		}
	}
}

func TestTimesThatAreNone(t *testing.T) {
	for _, bad := range []string{
		"", "BC", "2026-03-01", "2026-03-01 12:00:00", "2026-03-01 12:00:00+", "2026-13-01 12:00:00+00", "2026-00-01 12:00:00+00", "0000-01-01 00:00:00+00", "2026-03-01 12:61:00+00",
		"2026-03-01 1:2:3:4+00", "2026-03-01 12:00.5+00", "2026-03-01 12:00:00.1234567+00", "2026-03-01 12:00:00.x+00", "20260301-01-01 00:00:00+00", "2026-03-x 12:00:00+00",
	} {
		_, err := textTime(bad)
		require.ErrorIs(t, err, errText, bad)
	}
	_, err := textDate("2026-03")
	require.ErrorIs(t, err, errText)
	_, err = textTime("9999999-01-01 00:00:00+00")
	require.ErrorIs(t, err, errFarTime)
}

func TestNumbersGoThroughUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scale := rapid.IntRange(0, 6).Draw(t, "scale")
		want := rapid.Int64Range(-maxDecimal+1, maxDecimal-1).Draw(t, "value")
		text := decimal.New(want, -int32(scale)).StringFixed(int32(scale))
		got, err := textNumeric(text, scale)
		if err != nil || got != want {
			t.Fatalf("%s at scale %d: %d, %v", text, scale, got, err)
		}
		if got, err = binaryNumeric(binaryForm(text), scale); err != nil || got != want {
			t.Fatalf("%s at scale %d in binary: %d, %v", text, scale, got, err)
		}
	})
}

// binaryForm writes a number as Postgres does: digits in base 10000 around the point, without zeros at the ends.
func binaryForm(text string) []byte {
	sign := byte(0)
	if strings.HasPrefix(text, "-") {
		sign, text = 0x40, text[1:]
	}
	whole, part, _ := strings.Cut(text, ".")
	for len(whole)%4 != 0 {
		whole = "0" + whole
	}
	for len(part)%4 != 0 {
		part += "0"
	}
	weight, digits := len(whole)/4-1, whole+part
	for strings.HasPrefix(digits, "0000") {
		digits, weight = digits[4:], weight-1
	}
	for strings.HasSuffix(digits, "0000") {
		digits = digits[:len(digits)-4]
	}
	out := []byte{0, byte(len(digits) / 4), byte(uint16(int16(weight)) >> 8), byte(weight), sign, 0, 0, 0}
	for ; digits != ""; digits = digits[4:] {
		var d int
		_, _ = fmt.Sscanf(digits[:4], "%d", &d)
		out = append(out, byte(d>>8), byte(d))
	}
	return out
}

func TestSlotNamesAreLegal(t *testing.T) {
	require.Equal(t, "sharepartner_sharepartner", SlotName("sharepartner"))
	require.Equal(t, "sharepartner_my_db_1", SlotName("My-DB.1"))
	require.Len(t, SlotName(strings.Repeat("x", 90)), 63)
}

func TestPlacesInTheLog(t *testing.T) {
	lsn, err := ParseLSN("16/B374D848")
	require.NoError(t, err)
	require.Equal(t, "16/B374D848", FormatLSN(lsn))
	for _, bad := range []string{"", "1", "x/1", "1/x", "1/100000000"} {
		_, err := ParseLSN(bad)
		require.Error(t, err, bad)
	}
}

func TestTablesAreCutWithoutGaps(t *testing.T) {
	require.Equal(t, []span{{other, 0, 0}}, cut(other, 0, 8))
	require.Equal(t, []span{{other, 0, 0}}, cut(other, 8, 8))
	require.Equal(t, []span{{other, 0, 8}, {other, 8, 16}, {other, 16, 0}}, cut(other, 20, 8))
}
