package duckdb

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrSchema says that the file is not in the form that this program keeps.
var ErrSchema = errors.New("the warehouse file is of another form")

// otherForm says what a file is that cannot be gone on with, and the way from there.
func otherForm(path string, marked bool, version int) error {
	switch {
	case !marked:
		return moveAway(path, "a database of something else", "other", "")
	case version > schemaVersion:
		return moveAway(path, fmt.Sprintf("of version %d, and this program keeps version %d", version, schemaVersion), fmt.Sprintf("v%d", version),
			"A newer program has written it: start that one again, or ")
	}
	return moveAway(path, fmt.Sprintf("of version %d, and this program keeps version %d", version, schemaVersion), fmt.Sprintf("v%d", version), "")
}

// moveAway tells what to do with a file. It is never done by itself: whoever names the wrong folder would lose what is there.
// The engine's own log, which a new file must not find, is folded into it by now.
func moveAway(path, what, ending, instead string) error {
	how := "Move"
	if instead != "" {
		how = instead + "move"
	}
	return fmt.Errorf("%w: %s is %s; nothing in it was changed. %s it away and start again: mv '%[2]s' '%[2]s.%[5]s'. "+
		"All rows are then copied from Postgres, where all records are, into a new file, and figures come when that is complete. "+
		"Only the old file has the log of what was loaded when, by which receipts of earlier figures are answered again, and rows that were set aside: keep it as long as you want those",
		ErrSchema, path, what, how, ending)
}

// magic stands in files of the engine behind a sum of eight bytes.
const magic = "DUCK"

// isOurs refuses a file that is none of the engine. One that is not there yet, or is empty, is made.
func isOurs(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the warehouse %s: %w", path, err)
	}
	defer f.Close()
	head := make([]byte, 8+len(magic))
	n, err := io.ReadFull(f, head)
	switch {
	case n == 0 && errors.Is(err, io.EOF):
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("open the warehouse %s: %w", path, err)
	case string(head[8:]) != magic:
		return moveAway(path, "no warehouse at all", "other", "")
	}
	return nil
}
