// Package assets serves what pages load: our own styles and scripts (package static) and what comes from npm
// packages (built into dist by `make assets`, see build.mjs).
//
// Decided:
//   - Names carry the hash of the content and are cached for a year; bytes are compressed once, at the first use.
//     That keeps one way for our own files and for built ones, and costs some 60 ms at the start.
//   - The program builds and runs without dist: pages then have no charts, icons and own typeface, and say so.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/sharepartner/sharepartner/api/portal/static"
)

// Prefix is where assets are served.
const Prefix = "/assets/"

//go:embed dist
var built embed.FS

// Names of the files that pages refer to.
const (
	Style   = "app.css"
	Script  = "app.js"
	Charts  = "echarts.js"
	HTMX    = "htmx.js"
	Font    = "inter-latin.woff2"
	FontExt = "inter-latin-ext.woff2"
	Icons   = "icons.json"
	Licence = "licences.txt"
)

var fromBuild = []string{Charts, HTMX, Font, FontExt, Icons, Licence}

type file struct {
	url     string
	kind    string
	plain   []byte
	gzipped []byte // nil where compressing does not help
}

// Set is all assets of a program.
type Set struct {
	byName  map[string]*file
	byURL   map[string]*file
	icons   map[string]string
	missing []string
}

// Default is the set that is embedded in this program.
var Default = sync.OnceValue(func() *Set {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err) // the folder is embedded: it cannot be absent
	}
	return New(dist)
})

// New makes a set from a folder of built files, of which any may be absent.
func New(dist fs.FS) *Set {
	s := &Set{byName: map[string]*file{}, byURL: map[string]*file{}, icons: map[string]string{}}
	for _, name := range fromBuild {
		content, err := fs.ReadFile(dist, name)
		if err != nil {
			s.missing = append(s.missing, name)
			continue
		}
		s.add(name, content)
	}
	if f := s.byName[Icons]; f != nil {
		if err := json.Unmarshal(f.plain, &s.icons); err != nil {
			s.missing = append(s.missing, Icons)
		}
	}
	s.add(Style, append(s.fontFaces(), own(static.Styles)...))
	s.add(Script, own(static.Scripts))
	return s
}

func own(names []string) []byte {
	var out bytes.Buffer
	for _, name := range names {
		content, err := static.Files.ReadFile(name)
		if err != nil {
			panic(err) // embedded
		}
		out.Write(content)
	}
	return out.Bytes()
}

// fontFaces names the own typeface only when it is there, so that a page never asks for what is missing.
func (s *Set) fontFaces() []byte {
	var out bytes.Buffer
	for _, face := range []struct{ name, letters string }{
		{Font, "U+0-FF, U+131, U+152-153, U+2BB-2BC, U+2C6, U+2DA, U+2DC, U+2000-206F, U+20AC, U+2122, U+2190-2193, U+2212, U+2215"},
		{FontExt, "U+100-2BA, U+1E00-1E9F, U+20A0-20AB, U+20AD-20C0"},
	} {
		if url := s.URL(face.name); url != "" {
			fmt.Fprintf(&out, "@font-face { font-family: Inter; src: url(%s) format(\"woff2\"); font-weight: 100 900; font-display: swap; unicode-range: %s; }\n", url, face.letters)
		}
	}
	return out.Bytes()
}

func (s *Set) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	f := &file{plain: content, kind: mime.TypeByExtension(ext)}
	if ext == ".woff2" {
		f.kind = "font/woff2"
	} else {
		f.gzipped = compress(content)
	}
	f.url = Prefix + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
	s.byName[name], s.byURL[f.url] = f, f
}

func compress(content []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression) // the level is valid
	_, _ = w.Write(content)                                 // a buffer does not fail
	_ = w.Close()
	return out.Bytes()
}

// URL is the address of an asset, "" when it was not built.
func (s *Set) URL(name string) string {
	if f := s.byName[name]; f != nil {
		return f.url
	}
	return ""
}

// Icon is the drawing inside an icon's SVG, "" when icons were not built or there is none of that name.
func (s *Set) Icon(name string) string { return s.icons[name] }

// Missing lists what was not built.
func (s *Set) Missing() []string { return s.missing }

// ServeHTTP answers GET /assets/....
func (s *Set) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := s.byURL[r.URL.Path]
	if f == nil {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if f.gzipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.gzipped
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
