package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Limits of a body.
const (
	maxBody      = 256 << 10 // JSON
	maxDepth     = 32        // levels of JSON
	bodyTime     = 20 * time.Second
	bodyTimeFile = 5 * time.Minute // for the files of an import
	maxUploads   = 8               // large bodies at once
)

// readBody takes the whole body, in time and in size, and puts it back for whoever reads it next.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if r.ContentLength > limit {
		return nil, tooLarge(limit)
	}
	patience := bodyTime
	if limit > maxBody {
		patience = bodyTimeFile
	}
	// Where the connection knows no deadlines (in tests) there is none to set.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, tooLarge(limit)
		}
		// The deadline stays: the server would otherwise wait for the rest of the body before it sends the answer.
		return nil, statusProblem(http.StatusRequestTimeout, "The body did not arrive whole and in time. Nothing was saved.").with("Connection", "close")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	r.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

func tooLarge(limit int64) error {
	return statusProblem(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body may have at most %d bytes. Nothing was saved.", limit)).with("Connection", "close")
}

// upload reads a large body if there is a place for it: several at once would fill the memory.
func (a *API) upload(w http.ResponseWriter, r *http.Request, limit int64) (body []byte, done func(), err error) {
	if limit <= maxBody {
		body, err = readBody(w, r, limit)
		return body, func() {}, err
	}
	done, err = a.uploads.enter(requestOf(r.Context()).actor.Org)
	if err != nil {
		return nil, func() {}, err
	}
	body, err = readBody(w, r, limit)
	return body, done, err
}

// Upload gives somebody a place for a large body that comes by a page.
func (a *API) Upload(actor operational.Actor) (leave func(), err error) {
	return a.uploads.enter(actor.Org)
}

// uploads are the large bodies on their way: one of an organisation, so that none can keep the others out, and not too
// many in all.
type uploads struct {
	mu   sync.Mutex
	busy map[uuid.UUID]bool
}

func (u *uploads) enter(org uuid.UUID) (leave func(), err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.busy[org] || len(u.busy) >= maxUploads {
		return nil, operational.Fault(operational.KindUnavailable, "too-many-uploads", "Other files are being uploaded at this moment. Nothing was saved. Try again in a moment.")
	}
	u.busy[org] = true
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.busy, org)
	}, nil
}

// strictJSON refuses what readers of JSON understand differently: keys given twice, text that is no Unicode, NUL,
// more than one value, and nesting that only serves to tire a parser.
func strictJSON(body []byte) error {
	if !utf8.Valid(body) {
		return badBody("is not valid UTF-8")
	}
	if loneSurrogate(body) {
		return badBody("has half of a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := walk(d, 0, ""); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badBody("has something after its end")
	}
	return nil
}

func badBody(message string, path ...string) error {
	location := "body"
	if len(path) > 0 {
		location += path[0]
	}
	return statusProblem(http.StatusUnprocessableEntity, "The body is not valid. Nothing was saved.", ProblemItem{Location: location, Message: message})
}

func walk(d *json.Decoder, depth int, path string) error {
	token, err := d.Token()
	if err != nil {
		return badBody("is not valid JSON: " + strings.TrimPrefix(err.Error(), "json: "))
	}
	switch token := token.(type) {
	case string:
		if strings.ContainsRune(token, 0) {
			return badBody("has a NUL character", path)
		}
	case json.Delim:
		if depth >= maxDepth {
			return badBody(fmt.Sprintf("is nested more than %d deep", maxDepth))
		}
		if token == '{' {
			return walkObject(d, depth, path)
		}
		return walkArray(d, depth, path)
	}
	return nil
}

func walkObject(d *json.Decoder, depth int, path string) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return badBody("is not valid JSON: " + strings.TrimPrefix(err.Error(), "json: "))
		}
		key, _ := token.(string)
		if seen[key] {
			return badBody("is given twice", cut(path+"."+key))
		}
		if strings.ContainsRune(key, 0) {
			return badBody("has a NUL character in a name", path)
		}
		seen[key] = true
		if err := walk(d, depth+1, path+"."+key); err != nil {
			return err
		}
	}
	return closing(d)
}

func walkArray(d *json.Decoder, depth int, path string) error {
	for i := 0; d.More(); i++ {
		if err := walk(d, depth+1, path+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	return closing(d)
}

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return badBody("is not valid JSON: " + strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// loneSurrogate finds \ud800 to \udfff that do not come in pairs; decoders silently replace them.
func loneSurrogate(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		unit, ok := escaped(body, i)
		if !ok {
			continue
		}
		i += 4
		if unit < 0xd800 || unit > 0xdfff {
			continue
		}
		low, ok := uint64(0), false
		if i+1 < len(body) && body[i+1] == '\\' {
			low, ok = escaped(body, i+2)
		}
		if unit > 0xdbff || !ok || low < 0xdc00 || low > 0xdfff {
			return true
		}
		i += 6
	}
	return false
}

// escaped reads uXXXX at i.
func escaped(body []byte, i int) (uint64, bool) {
	if i+5 > len(body) || body[i] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(body[i+1:i+5]), 16, 32)
	return unit, err == nil
}

// cleanQuery refuses text in the address that Postgres cannot store and people cannot see.
func cleanQuery(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	var faults operational.Faults
	for name, values := range r.URL.Query() {
		for _, v := range append(values, name) {
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				faults.Add("query."+strings.ToValidUTF8(strings.ReplaceAll(name, "\x00", ""), ""), "is not valid text", nil)
			}
		}
	}
	return faults.Err()
}
