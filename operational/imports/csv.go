package imports

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Limits of an export.
const (
	MaxBytes     = 64 << 20 // all files together
	MaxRows      = 500_000  // in one file
	maxFieldSize = 100_000  // characters
	// Of one row: the reader makes a text of every field, and a file of commas would fill the memory.
	maxFields     = 1_000
	maxRecordSize = 8 << 20
)

// row is one record of a file: its line and its fields in the order of the header.
type row struct {
	line   int
	fields []string
}

// table is a file that could be read as a whole, with the places of the mapped columns.
type table struct {
	role, name string
	at         map[string]int    // our column -> place
	header     map[string]string // our column -> the file's own name
	rows       []row
	broken     []Finding // rows that do not have the form of the file
}

// get is the trimmed text of a column; "" where the mapping has no such column.
func (t *table) get(r row, column string) string {
	i, ok := t.at[column]
	if !ok {
		return ""
	}
	return r.fields[i]
}

// openTable begins to read a file, which is UTF-8 by now, and gives its header.
func openTable(content []byte, headed string) (reader *csv.Reader, header []string, faults []string) {
	if err := checkQuotes(content); err != nil {
		return nil, nil, []string{err.Error()}
	}
	reader = csv.NewReader(bytes.NewReader(content))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil, []string{"the file is empty; a header line with " + headed + " is needed"}
	}
	if err != nil {
		return nil, nil, []string{csvFault(err)}
	}
	return reader, header, nil
}

// readTable reads a file; what is wrong with the file as a whole is an error, in words for people.
func readTable(role string, file MappingFile, content []byte) (*table, []string) {
	content, err := decode(content)
	if err != nil {
		return nil, []string{err.Error()}
	}
	reader, header, faults := openTable(content, "the column names")
	if faults != nil {
		return nil, faults
	}
	t := &table{role: role, name: file.Name, at: map[string]int{}, header: map[string]string{}}
	if faults := t.findColumns(header, file.Columns); len(faults) > 0 {
		return nil, faults
	}
	for {
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, []string{csvFault(err)}
		}
		line, _ := reader.FieldPos(0)
		if len(t.rows)+len(t.broken) >= MaxRows {
			return nil, []string{fmt.Sprintf("the file has more than %d rows; split the export by period and import the parts one after another", MaxRows)}
		}
		t.add(line, fields, len(header))
	}
}

func (t *table) add(line int, fields []string, width int) {
	if len(fields) == 1 && strings.TrimSpace(fields[0]) == "" {
		return // a line of blanks
	}
	if len(fields) != width {
		t.broken = append(t.broken, Finding{
			File: t.name, Line: line, Rule: ruleFieldCount, Was: new(clip(strings.Join(fields, ","))),
			Reason: fmt.Sprintf("The row has %d fields where the header has %d.", len(fields), width),
		})
		return
	}
	for column, i := range t.at {
		if len(fields[i]) > maxFieldSize && utf8.RuneCountInString(fields[i]) > maxFieldSize {
			t.broken = append(t.broken, Finding{
				File: t.name, Line: line, Field: new(t.header[column]), Rule: ruleFieldTooLong, Was: new(clip(fields[i])),
				Reason: fmt.Sprintf("The field has %d characters; at most %d are read.", utf8.RuneCountInString(fields[i]), maxFieldSize),
			})
			return
		}
	}
	t.rows = append(t.rows, row{line: line, fields: fields})
}

// findColumns looks for every mapped column and names all that are missing.
func (t *table) findColumns(header []string, columns map[string]string) []string {
	places, faults := map[string]int{}, []string(nil)
	for i, name := range header {
		key := strings.ToLower(strings.TrimSpace(name))
		if _, twice := places[key]; twice && key != "" {
			faults = append(faults, fmt.Sprintf("the column %q is there twice", clip(name)))
		}
		places[key] = i
	}
	var missing []string
	for _, ours := range columnsInOrder(t.role) {
		theirs, mapped := columns[ours]
		if !mapped {
			continue
		}
		i, found := places[strings.ToLower(strings.TrimSpace(theirs))]
		if !found {
			missing = append(missing, theirs)
			continue
		}
		t.at[ours], t.header[ours] = i, theirs
	}
	if i := strings.IndexAny(header[0], ";\t|"); len(header) == 1 && i >= 0 {
		return []string{fmt.Sprintf("the columns seem to be parted by %q; save the file with commas between them", header[0][i:i+1])}
	}
	if len(missing) > 0 {
		faults = append(faults, fmt.Sprintf("the header lacks %s; it has %s", strings.Join(missing, ", "), clip(strings.Join(header, ", "))))
	}
	return faults
}

func columnsInOrder(role string) []string {
	set := fileColumns[role]
	return append(append([]string{}, set.needed...), set.allowed...)
}

var (
	bomUTF8    = []byte{0xEF, 0xBB, 0xBF}
	bomUTF16LE = []byte{0xFF, 0xFE}
	bomUTF16BE = []byte{0xFE, 0xFF}
)

// decode takes UTF-8, with or without its mark, and says what else a file seems to be.
func decode(content []byte) ([]byte, error) {
	if bytes.HasPrefix(content, bomUTF16LE) || bytes.HasPrefix(content, bomUTF16BE) {
		return nil, errors.New("the file is in UTF-16; save it as \"CSV UTF-8\" and try again")
	}
	content = bytes.TrimPrefix(content, bomUTF8)
	line := 1
	for rest := content; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return nil, fmt.Errorf("line %d holds the byte 0x%02X, which is not UTF-8 (Windows-1252 perhaps); save the file as \"CSV UTF-8\" and try again", line, rest[0])
		case r == 0:
			return nil, fmt.Errorf("line %d holds a zero byte; this is not a text file, or UTF-16 without its mark", line)
		case r == '\n':
			line++
		}
		rest = rest[size:]
	}
	return content, nil
}

// checkQuotes finds a quote that never closes, or that swallows a great part of the file, and names the line
// where it opened: the place to look, which the end of the file is not.
func checkQuotes(content []byte) error {
	line, opened, start := 1, 0, 0
	open, fieldBegins := false, true
	fields, record := 1, 0 // of the row at hand, and where it begins
	for i := 0; i < len(content); i++ {
		c := content[i]
		if c == '\n' {
			line++
		}
		switch {
		case open:
		case c == ',':
			fields++
		case c == '\n':
			fields, record = 1, i+1
		}
		if fields > maxFields || i-record > maxRecordSize {
			return fmt.Errorf("line %d has more than %d fields or %d characters; this is no table that the program could hold", line, maxFields, maxRecordSize)
		}
		switch {
		case open && c == '"' && i+1 < len(content) && content[i+1] == '"':
			i++
		case open && c == '"':
			open = false
			if line > opened && i-start > maxFieldSize {
				return fmt.Errorf("a quote opens on line %d and closes only on line %d, %d characters later: a quote is probably missing there", opened, line, i-start)
			}
		case open:
		case c == '"' && fieldBegins:
			open, opened, start = true, line, i
		}
		fieldBegins = !open && (c == ',' || c == '\n')
	}
	if open {
		return fmt.Errorf("a quote opens on line %d and never closes", opened)
	}
	return nil
}

func csvFault(err error) string {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return fmt.Sprintf("line %d cannot be read: %s", parse.Line, map[error]string{
			csv.ErrBareQuote: "a quote stands inside a field that does not begin with one",
			csv.ErrQuote:     "text stands after a closing quote",
		}[parse.Err])
	}
	return err.Error()
}

// clip shortens a value for a report.
func clip(s string) string {
	const most = 120
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
