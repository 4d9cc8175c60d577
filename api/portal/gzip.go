package portal

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
)

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, 5) // the level is valid
	return z
}}

// compressed gives a writer that compresses where the browser takes it; done ends it. Pages hold no secret of ours
// beside text that a stranger can choose, so that their length tells nothing.
func compressed(w http.ResponseWriter, r *http.Request) (io.Writer, func() error) {
	w.Header().Add("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return w, func() error { return nil }
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := zippers.Get().(*gzip.Writer)
	z.Reset(w)
	return z, func() error {
		defer zippers.Put(z)
		return z.Close()
	}
}
