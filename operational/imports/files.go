package imports

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/operational"
)

// ReadFolder reads the files that a mapping names out of a folder. Files that are not there are left out: Start and
// Import name all that are missing at once.
func ReadFolder(folder fs.FS, mapping []byte) (map[string][]byte, error) {
	m, err := ParseMapping(mapping)
	if err != nil {
		return nil, err
	}
	files, total := map[string][]byte{}, int64(0)
	for _, role := range fileOrder {
		file, mapped := m.Files[role]
		if !mapped {
			continue
		}
		f, err := folder.Open(file.Name)
		if err != nil {
			continue
		}
		content, err := io.ReadAll(io.LimitReader(f, MaxBytes-total+1))
		_ = f.Close()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file.Name, err)
		}
		if total += int64(len(content)); total > MaxBytes {
			return nil, tooLarge()
		}
		files[file.Name] = content
	}
	return files, nil
}

func tooLarge() error {
	return operational.Fault(operational.KindLimited, "export-too-large",
		"The export has more than %d MB in all. Nothing was imported. Split it by period and import the parts one after another.", MaxBytes>>20)
}

// byRole sorts given files by what they hold; they may be named as the mapping or as the role does.
func byRole(m Mapping, given map[string][]byte) (map[string][]byte, error) {
	files, total := map[string][]byte{}, 0
	var faults operational.Faults
	for _, name := range slices.Sorted(maps.Keys(given)) {
		total += len(given[name])
		role := roleOf(m, name)
		switch {
		case role == "":
			faults.Add(name, "the mapping has no such file", nil)
		case present(files, role):
			faults.Add(name, "this file is given twice", nil)
		default:
			files[role] = given[name]
		}
	}
	if total > MaxBytes {
		return nil, tooLarge()
	}
	for _, role := range fileOrder {
		if _, mapped := m.Files[role]; mapped && !present(files, role) {
			faults.Add(m.FileName(role), "the file is missing", nil)
		}
	}
	return files, refused(faults)
}

func present(files map[string][]byte, role string) bool {
	_, there := files[role]
	return there
}

func roleOf(m Mapping, name string) string {
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	for _, role := range fileOrder {
		if f, mapped := m.Files[role]; mapped && (strings.EqualFold(f.Name, base) || name == role) {
			return role
		}
	}
	return ""
}

// readTables reads all files and tells all that is wrong with any of them.
func readTables(m Mapping, files map[string][]byte, d dates) (map[string]*table, error) {
	tables := map[string]*table{}
	var faults operational.Faults
	for _, role := range fileOrder {
		content, given := files[role]
		if !given {
			continue
		}
		t, wrong := readTable(role, m.Files[role], content)
		if len(wrong) == 0 {
			wrong = checkDays(t, d)
		}
		for _, w := range wrong {
			faults.Add(m.FileName(role), w, nil)
		}
		tables[role] = t
	}
	return tables, refused(faults)
}

// refused is the answer to an export that cannot be read as a whole.
func refused(faults operational.Faults) error {
	if len(faults) == 0 {
		return nil
	}
	return &operational.Error{
		Kind: operational.KindInvalid, Code: "export-unreadable", Fields: faults,
		Message: "The export cannot be read. Nothing was imported. Put the files right and import them again.",
	}
}

func newDates(m Mapping, c operational.Calendar, now time.Time) dates {
	layout, _ := dateLayout(m.Dates) // checked with the mapping
	return dates{form: m.Dates, layout: layout, location: c.Location, now: now}
}
