package postgres

import (
	"regexp"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
)

var fieldForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// SeenAt is the time of the last change of a table's rows for somebody who reads these fields only; fields are all those
// that every company has. It is never after the time of the row itself.
func SeenAt(alias string, read operational.FieldSet, fields []string) string {
	if read.Whole() {
		return alias + ".updated_at"
	}
	known := slices.Clone(read.Names)
	if read.All {
		known = append(known, fields...)
	}
	known = slices.DeleteFunc(known, func(name string) bool { return !fieldForm.MatchString(name) || !read.Has(name) })
	return "least((select timestamptz 'epoch' + max((c.value ->> 1)::bigint) * interval '1 microsecond' from jsonb_each(" + alias + ".touched) c" +
		" where c.key in ('', '" + operational.TouchedNothing + "') or string_to_array(c.key, ',') && '{" + strings.Join(known, ",") + "}'), " + alias + ".updated_at)"
}
