package opportunities

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
)

// Imported is an opportunity as another system of the vendor knows it, with all states it went through.
type Imported struct {
	ExternalRef     string     // its key there, unique within a connection (or within direct business)
	ConnectionID    *uuid.UUID // nil: direct business; vendor and partner come from the connection
	Name            string
	CustomerName    string
	VendorAccountID *uuid.UUID
	OwnerContactID  *uuid.UUID
	ProcessID       uuid.UUID
	AmountSource    AmountSource // imported or list_price
	Currency        string
	Region          string
	Tier            string
	Lines           []ImportedLine
	States          []ImportedState // oldest first, at least one; the last is how it is now
}

// ImportedState is what an opportunity was like from some moment on.
type ImportedState struct {
	EffectiveAt time.Time
	RecordedAt  time.Time // when the source knew; zero: at once
	Kind        ChangeKind
	StageID     uuid.UUID
	Amount      decimal.Decimal
	CloseDate   *operational.Date
}

// ImportedLine is a product on an imported opportunity.
type ImportedLine struct {
	ProductID uuid.UUID
	Quantity  decimal.Decimal
	UnitPrice decimal.Decimal
}

// Counts says what an import did. Frozen are the places of those that would be new or changed if the connection that they
// belong to were active; nothing was written about them.
type Counts struct {
	Created, Changed, Unchanged int
	Frozen                      []int
	Touched                     map[uuid.UUID]int64 // opportunities that were written, by connection
}

// Validate says what is wrong with an imported opportunity.
func (in Imported) Validate(now time.Time) error {
	var faults operational.Faults
	faults.Text("external_ref", in.ExternalRef, 1, 200)
	faults.Text("name", in.Name, 1, 200)
	faults.Text("customer_name", in.CustomerName, 0, 200)
	faults.Text("region", in.Region, 0, 60)
	faults.Text("tier", in.Tier, 0, 60)
	if len(in.States) == 0 {
		faults.Add("states", "There are none.", nil)
	}
	for i, s := range in.States {
		at := fmt.Sprintf("states[%d]", i)
		faults.Amount(at, operational.Money{Amount: s.Amount, Currency: in.Currency})
		if s.EffectiveAt.Before(earliest) || s.EffectiveAt.After(now) || s.RecordedAt.After(now) {
			faults.Add(at, "It lies before 1970 or in the future.", s.EffectiveAt)
		}
		if i > 0 && (remembered{ImportedState: s}).before(remembered{ImportedState: in.States[i-1]}) {
			faults.Add(at, "It lies before the state it follows.", s.EffectiveAt)
		}
	}
	lines := make([]NewLine, 0, len(in.Lines))
	for _, l := range in.Lines {
		lines = append(lines, NewLine{ProductID: l.ProductID, Quantity: l.Quantity, UnitPrice: &l.UnitPrice})
	}
	checkLines(&faults, lines)
	return faults.Err()
}

// normal writes times as Postgres keeps them, so that they compare; a source that does not say when it knew, knew at once.
func (in Imported) normal() Imported {
	states := make([]ImportedState, 0, len(in.States))
	for _, s := range in.States {
		if s.RecordedAt.IsZero() {
			s.RecordedAt = s.EffectiveAt
		}
		s.EffectiveAt, s.RecordedAt = s.EffectiveAt.UTC().Truncate(time.Microsecond), s.RecordedAt.UTC().Truncate(time.Microsecond)
		states = append(states, s)
	}
	in.States = states
	return in
}

// sourced is an imported opportunity with the key under which it is known, and a digest by which one can tell whether
// the source says the same as last time.
type sourced struct {
	Imported
	Key    sourceKey
	Digest []byte
}

// sourceKey is what an opportunity is known by to its source.
type sourceKey struct {
	Scope uuid.UUID
	Ref   string
}

func (in Imported) sourced(vendor uuid.UUID) (sourced, error) {
	in = in.normal()
	text, err := json.Marshal(in)
	sum := sha256.Sum256(text)
	s := sourced{Imported: in, Key: sourceKey{Scope: vendor, Ref: in.ExternalRef}, Digest: sum[:]}
	if in.ConnectionID != nil {
		s.Key.Scope = *in.ConnectionID
	}
	return s, err
}

// last is the state at the end, and since when the opportunity has been in that stage.
func (in Imported) last() (state ImportedState, since time.Time) {
	state = in.States[len(in.States)-1]
	since = state.EffectiveAt
	for i := len(in.States) - 1; i >= 0 && in.States[i].StageID == state.StageID; i-- {
		since = in.States[i].EffectiveAt
	}
	return state, since
}
