package operational_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/sharepartner/sharepartner/operational"
)

var filterFields = []string{"name", "stage", "amount", "open"}

func cmp(field, op string, values ...string) operational.Filter {
	return operational.Filter{Field: field, Op: op, Values: values}
}

func TestParseFilter(t *testing.T) {
	for text, want := range map[string]operational.Filter{
		"name eq 'Acme'":                 cmp("name", "eq", "Acme"),
		" ( name  eq 'Acme' ) ":          cmp("name", "eq", "Acme"),
		"name eq 'O''Hara (and) or'":     cmp("name", "eq", "O'Hara (and) or"),
		"name eq ''":                     cmp("name", "eq", ""),
		"name is_null":                   cmp("name", "is_null"),
		"amount ge -12.50":               cmp("amount", "ge", "-12.50"),
		"open ne true":                   cmp("open", "ne", "true"),
		"stage in ('a', 'b',3)":          cmp("stage", "in", "a", "b", "3"),
		"name contains 'ü漢'":             cmp("name", "contains", "ü漢"),
		"name eq 'a' and stage eq 'b'":   {And: []operational.Filter{cmp("name", "eq", "a"), cmp("stage", "eq", "b")}},
		"open eq true and(stage eq 'b')": {And: []operational.Filter{cmp("open", "eq", "true"), cmp("stage", "eq", "b")}},
		"name eq 'a' or open eq true and amount lt 1": {Or: []operational.Filter{
			cmp("name", "eq", "a"),
			{And: []operational.Filter{cmp("open", "eq", "true"), cmp("amount", "lt", "1")}},
		}},
		"(name eq 'a' or open eq true) and amount lt 1": {And: []operational.Filter{
			{Or: []operational.Filter{cmp("name", "eq", "a"), cmp("open", "eq", "true")}},
			cmp("amount", "lt", "1"),
		}},
	} {
		got, err := operational.ParseFilter(text, filterFields)
		require.NoError(t, err, text)
		require.Equal(t, &want, got, text)
		again, err := operational.ParseFilter(got.String(), filterFields)
		require.NoError(t, err, got.String())
		require.Equal(t, got, again, "a filter that is written is the same when it is read")
	}
	none, err := operational.ParseFilter("  ", filterFields)
	require.NoError(t, err)
	require.Nil(t, none)
}

func TestParseFilterNamesThePlace(t *testing.T) {
	for text, message := range map[string]string{
		"name":                        "At position 5: expected one of eq, ne, lt, le, gt, ge, in, contains, is_null, but the filter ends.",
		"name like 'a'":               `At position 6: expected one of eq, ne, lt, le, gt, ge, in, contains, is_null, found "like".`,
		"secret eq 'a'":               `At position 1: there is no field "secret" to filter by.`,
		"name eq 'a' and margin eq 1": `At position 17: there is no field "margin" to filter by.`,
		"name eq 'a":                  "At position 9: the text is not closed with a quote.",
		"name eq a":                   `At position 9: expected a value: text in single quotes, a number, true or false, found "a".`,
		"name eq 'ü' stage eq 'b'":    `At position 13: expected and, or, or the end, found "stage".`,
		"(name eq 'a'":                "At position 13: expected and, or, or ), but the filter ends.",
		"name eq 'a')":                `At position 12: expected and, or, or the end, found ")".`,
		"name in 'a'":                 `At position 9: expected ( and a list of values, found "a".`,
		"name in ()":                  `At position 10: expected a value: text in single quotes, a number, true or false, found ")".`,
		"name in ('a' 'b')":           `At position 14: expected a comma or ), found "b".`,
		"and":                         `At position 1: there is no field "and" to filter by.`,
		"name = 'a'":                  `At position 6: "=" does not belong in a filter.`,
		"()":                          `At position 2: expected a field, found ")".`,
	} {
		_, err := operational.ParseFilter(text, filterFields)
		var fault *operational.Error
		require.ErrorAs(t, err, &fault, text)
		require.Equal(t, operational.KindInvalid, fault.Kind)
		require.Equal(t, []operational.FieldFault{{Field: "filter", Message: message}}, fault.Fields, text)
	}
}

func TestParseFilterLimits(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("(", n) + "name eq 'a'" + strings.Repeat(")", n) }
	many := func(n int) string { return strings.TrimSuffix(strings.Repeat("amount eq 1 or ", n), " or ") }
	long := func(n int) string { return "name eq '" + strings.Repeat("ü", n-10) + "'" }
	for _, good := range []string{nested(operational.MaxFilterDepth), many(operational.MaxFilterComparisons), long(operational.MaxFilterLength)} {
		_, err := operational.ParseFilter(good, filterFields)
		require.NoError(t, err)
	}
	for _, bad := range []string{
		nested(operational.MaxFilterDepth + 1), nested(900), many(operational.MaxFilterComparisons + 1),
		long(operational.MaxFilterLength + 1), strings.Repeat("(", operational.MaxFilterLength),
	} {
		_, err := operational.ParseFilter(bad, filterFields)
		require.Equal(t, operational.KindInvalid, operational.KindOf(err))
	}
}

// Whatever is asked: a filter over readable fields, or a fault that says where; a hidden field never passes.
func TestParseFilterNeverLetsAHiddenFieldThrough(t *testing.T) {
	words := []string{"name", "secret", "and", "or", "eq", "in", "is_null", "contains", "(", ")", ",", "'a'", "''", "'", "1", "-", "true", ";", "ü", "\x00"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom(words)).Draw(t, "words"), rapid.SampledFrom([]string{" ", ""}).Draw(t, "gap"))
		f, err := operational.ParseFilter(text, filterFields)
		var fault *operational.Error
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("%q: not a fault: %v", text, err)
		}
		if f == nil {
			return
		}
		if !onlyReadable(*f) {
			t.Fatalf("%q: %+v", text, f)
		}
		if again, err := operational.ParseFilter(f.String(), filterFields); err != nil || !reflect.DeepEqual(f, again) {
			t.Fatalf("%q is written %q: %+v, %v", text, f.String(), again, err)
		}
	})
}

func onlyReadable(f operational.Filter) bool {
	for _, part := range append(f.And, f.Or...) {
		if !onlyReadable(part) {
			return false
		}
	}
	return f.And != nil || f.Or != nil || f.Field == "name"
}

func TestParseSort(t *testing.T) {
	got, err := operational.ParseSort("-amount, name", filterFields)
	require.NoError(t, err)
	require.Equal(t, []operational.Sort{{Field: "amount", Desc: true}, {Field: "name"}}, got)
	got, err = operational.ParseSort("", filterFields)
	require.NoError(t, err)
	require.Empty(t, got)
	for text, message := range map[string]string{
		"name,secret": `At position 6: there is no field "secret" to sort by.`,
		"name,-name":  "At position 6: name is there twice.",
		"name,":       `At position 6: there is no field "" to sort by.`,
		"--name":      `At position 1: there is no field "-name" to sort by.`,
		"name desc":   `At position 1: there is no field "name desc" to sort by.`,
	} {
		_, err := operational.ParseSort(text, filterFields)
		var fault *operational.Error
		require.ErrorAs(t, err, &fault, text)
		require.Equal(t, message, fault.Fields[0].Message)
	}
}
