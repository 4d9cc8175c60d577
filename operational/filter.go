package operational

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of a filter: a request must not be able to make the planner sweat.
const (
	MaxFilterLength      = 2000 // characters
	MaxFilterDepth       = 10   // parentheses inside parentheses
	MaxFilterComparisons = 50
	MaxSortKeys          = 5
)

// ParseFilter reads the filter grammar of the API:
//
//	filter     = term { "or" term }
//	term       = factor { "and" factor }
//	factor     = "(" filter ")" | comparison
//	comparison = field ( "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "contains" ) value
//	           | field "in" "(" value { "," value } ")"
//	           | field "is_null"
//	value      = number | true | false | text in single quotes, in which two quotes stand for one quote
//
// Fields that are not among the given ones do not exist: a hidden field is refused in the same words as a misspelt one.
// An empty text gives no filter. Whether values suit their fields is for the list to say, which knows the types.
func ParseFilter(text string, fields []string) (*Filter, error) {
	if utf8.RuneCountInString(text) > MaxFilterLength {
		return nil, filterFault("The filter is longer than %d characters.", MaxFilterLength)
	}
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	if len(tokens) == 1 {
		return nil, nil
	}
	p := parser{tokens: tokens, fields: fields}
	f, err := p.any(0)
	if err != nil {
		return nil, err
	}
	if t := p.next(); t.kind != tokenEnd {
		return nil, expected(t, "and, or, or the end")
	}
	return &f, nil
}

// ParseSort reads sort keys parted by commas; a minus before a field turns its order round.
func ParseSort(text string, fields []string) ([]Sort, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var keys []Sort
	position := 1
	for part := range strings.SplitSeq(text, ",") {
		name, desc := strings.CutPrefix(strings.TrimSpace(part), "-")
		switch {
		case !slices.Contains(fields, name):
			return nil, sortFault("At position %d: there is no field %.60q to sort by.", position, name)
		case slices.ContainsFunc(keys, func(k Sort) bool { return k.Field == name }):
			return nil, sortFault("At position %d: %s is there twice.", position, name)
		case len(keys) == MaxSortKeys:
			return nil, sortFault("At position %d: more than %d sort keys.", position, MaxSortKeys)
		}
		keys = append(keys, Sort{Field: name, Desc: desc})
		position += utf8.RuneCountInString(part) + 1
	}
	return keys, nil
}

func filterFault(format string, args ...any) error { return textFault("filter", format, args...) }
func sortFault(format string, args ...any) error   { return textFault("sort", format, args...) }

func textFault(field, format string, args ...any) error {
	message := fmt.Sprintf(format, args...)
	return &Error{
		Kind: KindInvalid, Code: "invalid-" + field, Message: "The " + field + " cannot be used.",
		Fields: []FieldFault{{Field: field, Message: message}},
	}
}

func expected(t token, what string) error {
	if t.kind == tokenEnd {
		return filterFault("At position %d: expected %s, but the filter ends.", t.position, what)
	}
	return filterFault("At position %d: expected %s, found %.60q.", t.position, what, t.text)
}

// parser goes through the tokens once; each method reads one rule of the grammar.
type parser struct {
	tokens      []token
	at          int
	fields      []string
	comparisons int
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != tokenEnd {
		p.at++
	}
	return t
}

func (p *parser) took(word string) bool {
	if t := p.peek(); t.kind == tokenWord && t.text == word {
		p.at++
		return true
	}
	return false
}

func (p *parser) any(depth int) (Filter, error) {
	terms, err := p.joined("or", func() (Filter, error) { return p.all(depth) })
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return Filter{Or: terms}, nil
}

func (p *parser) all(depth int) (Filter, error) {
	factors, err := p.joined("and", func() (Filter, error) { return p.factor(depth) })
	if err != nil || len(factors) == 1 {
		return first(factors), err
	}
	return Filter{And: factors}, nil
}

func (p *parser) joined(word string, part func() (Filter, error)) ([]Filter, error) {
	var parts []Filter
	for {
		f, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, f)
		if !p.took(word) {
			return parts, nil
		}
	}
}

func first(filters []Filter) Filter {
	if len(filters) == 0 {
		return Filter{}
	}
	return filters[0]
}

func (p *parser) factor(depth int) (Filter, error) {
	if p.peek().kind != tokenOpen {
		return p.comparison()
	}
	open := p.next()
	if depth == MaxFilterDepth {
		return Filter{}, filterFault("At position %d: more than %d parentheses inside each other.", open.position, MaxFilterDepth)
	}
	f, err := p.any(depth + 1)
	if err != nil {
		return Filter{}, err
	}
	if t := p.next(); t.kind != tokenClose {
		return Filter{}, expected(t, "and, or, or )")
	}
	return f, nil
}

var oneValue = []string{"eq", "ne", "lt", "le", "gt", "ge", "contains"}

func (p *parser) comparison() (Filter, error) {
	field := p.next()
	if field.kind != tokenWord {
		return Filter{}, expected(field, "a field")
	}
	if !slices.Contains(p.fields, field.text) {
		return Filter{}, filterFault("At position %d: there is no field %.60q to filter by.", field.position, field.text)
	}
	if p.comparisons++; p.comparisons > MaxFilterComparisons {
		return Filter{}, filterFault("At position %d: more than %d comparisons.", field.position, MaxFilterComparisons)
	}
	f := Filter{Field: field.text}
	op := p.next()
	var err error
	switch {
	case op.kind == tokenWord && op.text == "is_null":
	case op.kind == tokenWord && op.text == "in":
		f.Values, err = p.values()
	case op.kind == tokenWord && slices.Contains(oneValue, op.text):
		var value string
		value, err = p.value()
		f.Values = []string{value}
	default:
		return Filter{}, expected(op, "one of eq, ne, lt, le, gt, ge, in, contains, is_null")
	}
	f.Op = op.text
	return f, err
}

func (p *parser) values() ([]string, error) {
	if t := p.next(); t.kind != tokenOpen {
		return nil, expected(t, "( and a list of values")
	}
	var values []string
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		values = append(values, v)
		switch t := p.next(); t.kind {
		case tokenComma:
		case tokenClose:
			return values, nil
		default:
			return nil, expected(t, "a comma or )")
		}
	}
}

func (p *parser) value() (string, error) {
	t := p.next()
	if t.kind == tokenText || t.kind == tokenNumber || t.kind == tokenWord && (t.text == "true" || t.text == "false") {
		return t.text, nil
	}
	return "", expected(t, "a value: text in single quotes, a number, true or false")
}

func isWord(r rune) bool {
	return r == '_' || r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}
