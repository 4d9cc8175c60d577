package pgsource

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdviceOnTables(t *testing.T) {
	announced := map[string]map[string]string{"crm.a": {"id": "uuid", "n": "integer"}}
	for _, c := range []struct {
		name    string
		last    *Announcement
		columns map[string]string
		program int64
		want    string
	}{
		{"nothing announced", nil, announced["crm.a"], 7, "bring the publication and this program to the same version"},
		{"as announced, a newer migration", &Announcement{Version: 8, Tables: announced}, announced["crm.a"], 7, "migration 8 changed it and this program knows those up to 7: start the new version"},
		{"as announced, a newer program", &Announcement{Version: 6, Tables: announced}, announced["crm.a"], 7, "run `sharepartner migrate`"},
		{"as announced, the same", &Announcement{Version: 7, Tables: announced}, announced["crm.a"], 7, "to the same version"},
		{"as announced, program not known", &Announcement{Version: 7, Tables: announced}, announced["crm.a"], 0, "to the same version"},
		{"by hand", &Announcement{Version: 8, Tables: announced}, map[string]string{"id": "uuid", "n": "bigint", "m": "text"}, 7, "altered by hand since migration 8: n is bigint and was integer, m has come. Undo"},
		{"by hand, a column less", &Announcement{Version: 8, Tables: announced}, map[string]string{"id": "uuid"}, 7, "n is gone"},
		{"by hand, all of it", &Announcement{Version: 8, Tables: announced}, nil, 7, "is published no more"},
	} {
		require.Contains(t, c.last.advice("crm.a", c.columns, c.program), c.want, c.name)
	}
	a := &Announcement{Tables: announced}
	require.Empty(t, a.altered(announced))
	require.Equal(t, []string{"crm.a: is published no more", "crm.b: is published"}, a.altered(map[string]map[string]string{"crm.b": {"id": "uuid"}}))
	require.Empty(t, (*Announcement)(nil).altered(announced))
}

// What is written as migrations write it is read; whether it is one of theirs is asked of the database.
func TestAnnouncementsInTheLog(t *testing.T) {
	message := func(prefix, content string) []byte {
		m := append(append([]byte{'w'}, make([]byte, 24)...), 'M', 1)
		m = append(append(m, make([]byte, 8)...), prefix...)
		return append(binary.BigEndian.AppendUint32(append(m, 0), uint32(len(content))), content...)
	}
	begin := append(append([]byte{'w'}, make([]byte, 24)...), append([]byte{'B'}, make([]byte, 20)...)...)
	d := NewDecoder(samples, 0)
	read := func(m []byte) Event {
		e, err := d.Decode(m, NewChanges(samples))
		require.NoError(t, err)
		return e
	}
	const content = `{"version":24,"tables":{"crm.a":{"id":"uuid"}},"empty":{"crm.a":["id"]}}`
	require.Equal(t, EventNone, read(message("sharepartner.schema", content)).Kind, "outside a transaction")
	read(begin)
	require.Equal(t, EventNone, read(message("sharepartner.other", content)).Kind)
	require.Equal(t, &Announcement{}, read(message("sharepartner.schema", `{"version":`)).Schema, "of no migration")
	e := read(message("sharepartner.schema", content))
	require.Equal(t, EventSchema, e.Kind)
	require.Equal(t, &Announcement{Version: 24, Tables: map[string]map[string]string{"crm.a": {"id": "uuid"}}, Empty: map[string][]string{"crm.a": {"id"}}}, e.Schema)
	cut := message("sharepartner.schema", content)
	_, err := d.Decode(cut[:len(cut)-3], NewChanges(samples))
	require.ErrorContains(t, err, "cut short")
}
