package opportunities

import (
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
	RecordedAt  time.Time // when the source knew
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

// Counts says what an import did.
type Counts struct{ Created, Changed, Unchanged int }
