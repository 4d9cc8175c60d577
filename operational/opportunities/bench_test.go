package opportunities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

func BenchmarkGet(b *testing.B) {
	w := newWorld(b)
	_, err := w.bring(w.A, w.many(1000)...)
	require.NoError(b, err)
	o := w.brought("ref-500")
	for b.Loop() {
		_, err := w.s.Get(b.Context(), w.A, o.ID)
		require.NoError(b, err)
	}
}

func BenchmarkList(b *testing.B) {
	w := newWorld(b)
	_, err := w.bring(w.A, w.many(1000)...)
	require.NoError(b, err)
	for b.Loop() {
		_, err := w.s.List(b.Context(), w.A, operational.Query{})
		require.NoError(b, err)
	}
}

func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		all := w.many(7135)
		b.StartTimer()
		_, err := w.bring(w.A, all...)
		require.NoError(b, err)
	}
}
