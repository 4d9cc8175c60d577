package api

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// etagOf is the ETag of a version.
func etagOf(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

// etagSeen is the ETag of a version as somebody sees it who reads these fields only: when their role comes to show
// other ones, what they have is no longer what there is.
func etagSeen(version int64, read operational.FieldSet) string {
	if read.All {
		return etagOf(version)
	}
	h := fnv.New32a()
	for _, name := range slices.Sorted(slices.Values(read.Names)) {
		_, _ = h.Write([]byte(name + "\x00"))
	}
	return fmt.Sprintf(`"v%d.%08x"`, version, h.Sum32())
}

// tagOfOwn is the ETag of a record of the actor's own company, which nobody else shares.
func tagOfOwn(actor operational.Actor, object operational.Object, version int64) string {
	g, _ := actor.GrantOf(object, uuid.Nil)
	return etagSeen(version, g.Read)
}

// tagOfCatalogue is the ETag of a product or a sales process, of the actor's own company or of a vendor of it.
func tagOfCatalogue(actor operational.Actor, object operational.Object, company uuid.UUID, version int64) string {
	var read operational.FieldSet
	for _, g := range actor.Grants(object) {
		if g.Vendor == company || g.Vendor == uuid.Nil && company == actor.Org {
			read = g.Read
		}
	}
	return etagSeen(version, read)
}

var tagForm = regexp.MustCompile(`^"v(0|[1-9][0-9]{0,18})(\.[0-9a-f]{8})?"$`)

// Changing is what a change of a record must carry.
type Changing struct {
	ID      string `path:"id" maxLength:"64" doc:"Id of the record"`
	IfMatch string `header:"If-Match" doc:"ETag of the record as you read it; required" example:"\"v3\""`
}

// version is the version that the caller has read. A change without one would write blindly: 428.
func (c Changing) version() (int64, error) {
	if c.IfMatch == "" {
		return 0, operational.Fault(operational.KindPreconditionNeeded, "if-match-required",
			"Send the ETag that you got when you read the record as If-Match, so that nobody's change is lost. Nothing was saved.")
	}
	found := tagForm.FindStringSubmatch(c.IfMatch)
	if found == nil {
		return 0, unusable(c.IfMatch)
	}
	version, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		return 0, unusable(c.IfMatch)
	}
	return version, nil
}

// versionSeen is the version of a record of which roles hide fields: whoever reads fewer of them counts fewer changes. A tag
// from when the caller's rights were others names no version that the caller could have seen, so that it is as if somebody
// had changed the record meanwhile.
func (c Changing) versionSeen(actor operational.Actor, object operational.Object) (int64, error) {
	version, err := c.version()
	if err != nil || !strings.Contains(c.IfMatch, ".") {
		return version, err
	}
	for _, g := range actor.Grants(object) {
		if etagSeen(version, g.Read) == c.IfMatch {
			return version, nil
		}
	}
	return noVersion, nil
}

// noVersion is the version of no record.
const noVersion = -1

// unusable says why a condition cannot hold: it does not name the one version that the caller has seen.
func unusable(ifMatch string) error {
	e := operational.Fault(operational.KindStale, "if-match-malformed", `If-Match is no ETag of this record. Nothing was saved. Send the one that you got when you read it, for example "v3".`)
	switch {
	case strings.TrimSpace(ifMatch) == "*":
		e = operational.Fault(operational.KindStale, "if-match-any",
			"If-Match: * is refused, because it would put your change over changes that you have not seen. Nothing was saved. Read the record and send its ETag.")
	case strings.HasPrefix(ifMatch, "W/"):
		e = operational.Fault(operational.KindStale, "if-match-weak",
			"A weak ETag does not say exactly what you saw. Nothing was saved. Send the ETag as you got it, without W/.")
	}
	e.Fields = []operational.FieldFault{{Field: "header.If-Match", Message: "must be the ETag of the record as it was read", Value: ifMatch}}
	return e
}

// Reading is what a read of a record may carry.
type Reading struct {
	ID          string `path:"id" maxLength:"64" doc:"Id of the record"`
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETag that you have: 304 when it is still the same"`
	FieldsInput
}

// record is an answer with one versioned record.
type record[T any] struct {
	ETag string `header:"ETag" doc:"Version of the record: send it as If-Match with a change"`
	Body T
}

// created is the answer to a record's making.
type created[T any] struct {
	ETag     string `header:"ETag" doc:"Version of the record"`
	Location string `header:"Location" doc:"Address of the record"`
	Body     T
}

// asRecord answers a read: 304 when the caller has this version already.
func asRecord[T any](in Reading, version int64, body T) (*record[T], error) {
	return unlessKnown(in, etagOf(version), body)
}

// asSeen is asRecord for what has no version: its ETag is a name of what it looks like, and nothing to change by.
func asSeen[T any](in Reading, body T) (*record[T], error) {
	name, err := hashOf(body)
	if err != nil {
		return nil, err
	}
	return unlessKnown(in, `"`+name+`"`, body)
}

func unlessKnown[T any](in Reading, etag string, body T) (*record[T], error) {
	for part := range strings.SplitSeq(in.IfNoneMatch, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == etag || part == "*" {
			return nil, statusProblem(http.StatusNotModified, "").with("ETag", etag)
		}
	}
	return &record[T]{ETag: etag, Body: body}, nil
}
