package postgres

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// ValueType is the type of a field of a list.
type ValueType uint8

// The types of fields.
const (
	Text ValueType = iota
	UUID
	Int
	Decimal
	Date
	Time
	Bool
	DayText // a day that is kept as text, YYYY-MM-DD
)

var sqlTypes = map[ValueType]string{Text: "text", UUID: "uuid", Int: "bigint", Decimal: "numeric", Date: "date", Time: "timestamptz", Bool: "boolean", DayText: "text"}

func (t ValueType) cast(place string) string { return place + "::" + sqlTypes[t] }

// castAll takes the values as an array of text, since the driver would want Go values of the element's type.
func (t ValueType) castAll(place string) string {
	if t == Text {
		return place + "::text[]"
	}
	return place + "::text[]::" + sqlTypes[t] + "[]"
}

// timeForm is the form of a time in a cursor.
const timeForm = "2006-01-02T15:04:05.000000Z"

// text writes a column so that parse reads it: the form of a value in a cursor, with its mark; null becomes the empty text.
func (t ValueType) text(column string) string {
	written := column + "::text"
	if t == Time {
		written = `to_char(` + column + ` at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
	}
	return "coalesce('" + given + "' || " + written + ", '')"
}

var (
	ordered    = []string{"eq", "ne", "lt", "le", "gt", "ge", "in", "is_null"}
	unordered  = []string{"eq", "ne", "in", "is_null"}
	searchable = append([]string{"contains"}, ordered...)
)

func (c Column) operators() []string {
	switch {
	case c.Type == UUID || c.Type == Bool || c.Enum != nil:
		return unordered
	case c.Type == Text:
		return searchable
	default:
		return ordered
	}
}

var decimalForm = regexp.MustCompile(`^-?[0-9]{1,16}(\.[0-9]{1,6})?$`)

// parse checks a value given as text and gives it in the one form that goes to Postgres.
func (c Column) parse(value string) (string, error) {
	value = strings.TrimPrefix(value, c.Prefix)
	switch c.Type {
	case UUID:
		id, err := uuid.Parse(value)
		return id.String(), because(err, "%q is not an identifier", value)
	case Int:
		n, err := strconv.ParseInt(value, 10, 64)
		return strconv.FormatInt(n, 10), because(err, "%q is not a whole number", value)
	case Decimal:
		if !decimalForm.MatchString(value) {
			return "", fmt.Errorf("%.60q is not a number such as 1234.50", value)
		}
		return value, nil
	case Date, DayText:
		day, err := operational.ParseDate(value)
		return day.String(), err
	case Time:
		at, err := time.Parse(time.RFC3339Nano, value)
		return at.UTC().Format("2006-01-02T15:04:05.999999999Z"), because(err, "%q is not a time such as 2017-03-01T00:00:00Z", value)
	case Bool:
		if value != "true" && value != "false" {
			return "", fmt.Errorf("%.60q is neither true nor false", value)
		}
		return value, nil
	default:
		return value, c.checkText(value)
	}
}

func (c Column) checkText(value string) error {
	if strings.ContainsRune(value, 0) || !utf8.ValidString(value) {
		return fmt.Errorf("the text holds characters that cannot be stored")
	}
	if c.Enum != nil && !slices.Contains(c.Enum, value) {
		return fmt.Errorf("%.60q is none of %s", value, strings.Join(c.Enum, ", "))
	}
	return nil
}

// because says in our words what a parser refused.
func because(err error, format, value string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format, shortened(value))
}
