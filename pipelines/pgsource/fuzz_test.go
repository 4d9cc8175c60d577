package pgsource

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse"
)

// pack and unpack make one input of several messages.
func pack(messages [][]byte) []byte {
	var all []byte
	for _, m := range messages {
		all = binary.BigEndian.AppendUint16(all, uint16(len(m)))
		all = append(all, m...)
	}
	return all
}

func unpack(all []byte) (messages [][]byte) {
	for len(all) >= 2 {
		n := min(int(binary.BigEndian.Uint16(all)), len(all)-2)
		messages = append(messages, all[2:2+n])
		all = all[2+n:]
	}
	return messages
}

// requireWhole says that every column has a value for every row.
func requireWhole(t *testing.T, b *warehouse.Batch) {
	for i := range b.Columns {
		c := &b.Columns[i]
		require.Len(t, c.State, b.Len())
		require.Equal(t, b.Len(), len(c.Ints)+len(c.UUIDs)+len(c.Ends))
	}
}

// requireReadable says that letters can be opened again, and are refused for the same reason.
func requireReadable(t *testing.T, letters []warehouse.DeadLetter) {
	for _, l := range letters {
		if l.Op == warehouse.OpDelete {
			continue // whose key cannot be read
		}
		_, err := Again(samples, l, nil, 1, 0)
		var value *ValueError
		if l.Reason != errHeld.Error() {
			require.ErrorAs(t, err, &value)
			require.Equal(t, []string{l.Table, l.Column, l.Reason}, []string{value.Table, value.Column, value.Reason})
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, r := range recordings {
		f.Add(pack(readMessages(f, r.name)))
	}
	f.Add([]byte("\x00\x12k\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x01"))
	f.Fuzz(func(t *testing.T, input []byte) {
		d := NewDecoder(samples, 0)
		into := NewChanges(samples)
		for _, m := range unpack(input) {
			if _, err := d.Decode(m, into); err != nil {
				return
			}
			for _, b := range into.Batches() {
				requireWhole(t, b)
			}
			requireReadable(t, into.Aside)
		}
	})
}

func FuzzCopy(f *testing.F) {
	header := append([]byte(copySignature), make([]byte, 8)...)
	row := append(append([]byte{}, header...), 0, 2, 0, 0, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff)
	f.Add(row)
	f.Add(append(row, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, input []byte) {
		r := &copyReader{table: other, send: func(p Piece) error {
			requireWhole(t, p.Batch)
			requireReadable(t, p.Aside)
			return nil
		}}
		if _, err := r.Write(input); err == nil {
			require.NoError(t, r.flush())
		}
	})
}

func FuzzValues(f *testing.F) {
	for _, text := range []string{"0", "-1.50", "NaN", "2026-03-01 12:34:56.789+00", "4713-11-24 23:00:00-05:30 BC", "294276-12-31 BC", "2026-03-01", "t", "00000000-0000-7000-8000-000000000001", "\x00\x01\x00\x00\x00\x00\x00\x02\x00\x05"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		for i := range sample.Columns {
			for _, form := range []byte("tbnu") {
				b := warehouse.NewBatch(sample)
				if addValue(&b.Columns[i], &sample.Columns[i], field{form: form, data: value}) == nil {
					require.Len(t, b.Columns[i].State, 1)
				}
			}
		}
	})
}
