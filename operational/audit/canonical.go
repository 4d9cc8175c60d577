package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// row is an event as it is stored.
type row struct {
	ID           uuid.UUID
	OrgID        uuid.UUID
	At           time.Time
	Side         string
	MembershipID *uuid.UUID
	KeyID        *uuid.UUID
	System       *string
	Action       string
	Object       string
	RecordID     *uuid.UUID
	ConnectionID *uuid.UUID
	AnchorOf     []byte
	Details      []byte
	RequestID    *uuid.UUID
	Seq          *int64
	PrevHash     []byte
	Hash         []byte
}

const rowColumns = `e.id, e.org_id, e.at, e.side, e.membership_id, e.key_id, e.system, e.action, e.object, e.record_id, e.connection_id,
  e.anchor_of, e.details, e.request_id, e.seq, e.prev_hash, e.hash`

// timeForm is how times are written in canonical JSON.
const timeForm = "2006-01-02T15:04:05.000000Z"

// canonical is the event as the bytes that are hashed: JSON with sorted members and without those that are null.
func (r row) canonical(seq int64) ([]byte, error) {
	m := map[string]any{
		"id": r.ID, "org_id": r.OrgID, "at": r.At.UTC().Format(timeForm), "side": r.Side, "action": r.Action, "object": r.Object, "seq": seq,
	}
	for name, id := range map[string]*uuid.UUID{
		"membership_id": r.MembershipID, "key_id": r.KeyID, "record_id": r.RecordID, "connection_id": r.ConnectionID, "request_id": r.RequestID,
	} {
		if id != nil {
			m[name] = *id
		}
	}
	if r.System != nil {
		m["system"] = *r.System
	}
	if r.AnchorOf != nil {
		m["anchor_of"] = hex.EncodeToString(r.AnchorOf)
	}
	var details any
	d := json.NewDecoder(bytes.NewReader(r.Details))
	d.UseNumber() // numbers as they are written
	if err := d.Decode(&details); err != nil {
		return nil, fmt.Errorf("read details of event %s: %w", r.ID, err)
	}
	m["details"] = details
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("write event %s: %w", r.ID, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// link is the event's hash behind prev.
func (r row) link(seq int64, prev []byte) ([]byte, error) {
	text, err := r.canonical(seq)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	h.Write(prev)
	h.Write(text)
	return h.Sum(nil), nil
}

// beginning is what the first event of a chain stands behind.
var beginning = make([]byte, sha256.Size)
