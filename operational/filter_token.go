package operational

import "strings"

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenNumber
	tokenText
	tokenOpen
	tokenClose
	tokenComma
)

// token is a piece of a filter with its place, counted in characters from 1.
type token struct {
	kind     tokenKind
	text     string // of tokenText: without quotes
	position int
}

var signs = map[rune]tokenKind{'(': tokenOpen, ')': tokenClose, ',': tokenComma}

// lex cuts a filter into tokens; the last is always tokenEnd.
func lex(text string) ([]token, error) {
	in := []rune(text)
	var tokens []token
	for i := 0; i < len(in); {
		r := in[i]
		t := token{position: i + 1}
		switch {
		case r == ' ' || r == '\t' || r == '\n' || r == '\r':
			i++
			continue
		case signs[r] != tokenEnd:
			t.kind, t.text = signs[r], string(r)
			i++
		case r == '\'':
			var closed bool
			t.kind = tokenText
			if t.text, i, closed = quoted(in, i); !closed {
				return nil, filterFault("At position %d: the text is not closed with a quote.", t.position)
			}
		case r == '-' || isWord(r):
			t.text, i = bare(in, i)
			if t.kind = tokenWord; r == '-' || r >= '0' && r <= '9' {
				t.kind = tokenNumber
			}
		default:
			return nil, filterFault("At position %d: %q does not belong in a filter.", t.position, string(r))
		}
		tokens = append(tokens, t)
	}
	return append(tokens, token{kind: tokenEnd, position: len(in) + 1}), nil
}

// quoted reads the text that begins with the quote at i and gives the place behind it.
func quoted(in []rune, i int) (text string, after int, closed bool) {
	var b strings.Builder
	for i++; i < len(in); i++ {
		if in[i] != '\'' {
			b.WriteRune(in[i])
			continue
		}
		if i+1 == len(in) || in[i+1] != '\'' {
			return b.String(), i + 1, true
		}
		b.WriteRune('\'')
		i++
	}
	return "", i, false
}

// bare reads a word or a number.
func bare(in []rune, i int) (text string, after int) {
	from := i
	for i++; i < len(in) && (isWord(in[i]) || in[i] == '.'); i++ {
	}
	return string(in[from:i]), i
}
