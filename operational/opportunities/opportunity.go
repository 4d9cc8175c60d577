package opportunities

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

// Opportunity is a deal in the pipeline. A vendor and the partner that sells for it share one row.
type Opportunity struct {
	ID              uuid.UUID         `json:"id" doc:"Identifier of the opportunity."`
	Number          string            `json:"number" doc:"Number for people, unique within its connection." example:"OPP-1187"`
	ConnectionID    *uuid.UUID        `json:"connection_id,omitempty" doc:"Connection of the vendor and the partner that share the opportunity; absent for business without one."`
	Vendor          *Ref              `json:"vendor,omitempty" doc:"Vendor whose products are sold; absent in a partner's own business."`
	Partner         *Ref              `json:"partner,omitempty" doc:"Partner that sells; absent in direct business of the vendor."`
	Name            string            `json:"name" doc:"What the deal is about."`
	CustomerName    string            `json:"customer_name,omitempty" doc:"The customer as disclosed to both sides; absent when not known."`
	VendorAccountID *uuid.UUID        `json:"vendor_account_id,omitempty" doc:"The vendor's own account of the customer; only the vendor sees it."`
	Owner           *Ref              `json:"owner,omitempty" doc:"Who works on it: a contact of the partner, or in business without a connection a member."`
	Process         Ref               `json:"process" doc:"Sales process that it goes through."`
	Stage           catalog.Stage     `json:"stage" doc:"Where in the process it is."`
	VendorNet       operational.Money `json:"vendor_net" doc:"What the vendor gets. What the end customer pays is the partner's private affair."`
	AmountSource    AmountSource      `json:"amount_source" enum:"entered,imported,list_price,lines" doc:"Where the amount comes from."`
	CloseDate       *operational.Date `json:"close_date,omitempty" format:"date" doc:"Day on which it is expected to close, or closed."`
	Region          string            `json:"region,omitempty" doc:"Region of the partner at the time of the last assignment."`
	Tier            string            `json:"tier,omitempty" doc:"Tier of the partner at the time of the last assignment."`
	ClosedAt        *time.Time        `json:"closed_at,omitempty" doc:"When it was won, lost or disqualified; absent while it is open."`
	Lines           []Line            `json:"lines,omitempty" doc:"What is sold; only when a single opportunity is read."`
	Version         int64             `json:"version" doc:"Grows by one with each change; also the ETag."`
	CreatedAt       time.Time         `json:"created_at" doc:"When it began."`
	UpdatedAt       time.Time         `json:"updated_at" doc:"When it was last changed."`
}

// Ref names another record.
type Ref struct {
	ID   uuid.UUID `json:"id" doc:"Identifier."`
	Name string    `json:"name" doc:"Name."`
}

// AmountSource says where an amount comes from.
type AmountSource string

// The sources of an amount.
const (
	AmountEntered   AmountSource = "entered"    // somebody typed it
	AmountImported  AmountSource = "imported"   // another system gave it
	AmountListPrice AmountSource = "list_price" // the list prices of the products
	AmountLines     AmountSource = "lines"      // the sum of lines with prices of their own
)

// Line is a product on an opportunity.
type Line struct {
	ID        uuid.UUID         `json:"id" doc:"Identifier of the line."`
	Product   Ref               `json:"product" doc:"What is sold."`
	Quantity  decimal.Decimal   `json:"quantity" doc:"How many, with at most four decimals, as a string."`
	UnitPrice operational.Money `json:"unit_price" doc:"What the vendor gets for one."`
}

// NewLine is a line to be put on an opportunity. Without a unit price it takes the list price.
type NewLine struct {
	ProductID uuid.UUID
	Quantity  decimal.Decimal
	UnitPrice *decimal.Decimal // in the currency of the opportunity
}

// NewOpportunity is what is needed to create an opportunity.
type NewOpportunity struct {
	ConnectionID    *uuid.UUID // nil: direct business of a vendor, or a partner's own
	Name            string
	CustomerName    string
	VendorAccountID *uuid.UUID // vendor only
	OwnerContactID  *uuid.UUID // with a connection; a partner's person becomes the owner unless told otherwise
	OwnerMemberID   *uuid.UUID // without a connection; the caller unless told otherwise
	ProcessID       *uuid.UUID // nil: the default process
	StageID         *uuid.UUID // nil: the first active stage
	VendorNet       *operational.Money
	CloseDate       *operational.Date
	Region          string // without a connection only: otherwise the connection says
	Tier            string
	Lines           []NewLine
	EffectiveAt     *time.Time // when it began; nil: now
}

// Update is a merge patch of an opportunity's plain fields. Lines replaces all lines.
type Update struct {
	Name            operational.Opt[string]
	CustomerName    operational.Opt[string]
	VendorAccountID operational.Opt[uuid.UUID]
	OwnerContactID  operational.Opt[uuid.UUID]
	OwnerMemberID   operational.Opt[uuid.UUID]
	VendorNet       operational.Opt[operational.Money] // cleared: the amount follows the lines again
	CloseDate       operational.Opt[operational.Date]
	Region          operational.Opt[string]
	Tier            operational.Opt[string]
	Lines           operational.Opt[[]NewLine]
	Reason          string
	EffectiveAt     *time.Time // nil: now
}

// MoveStage asks to go to another stage of the process: forward, back or to an end.
type MoveStage struct {
	StageID     uuid.UUID
	Reason      string
	EffectiveAt *time.Time // nil: now
}

// Reopen asks to take a closed opportunity up again.
type Reopen struct {
	StageID     *uuid.UUID // nil: the first active stage
	Reason      string
	EffectiveAt *time.Time // nil: now
}

// ChangeKind says what a change was.
type ChangeKind string

// The kinds of change.
const (
	ChangeCreated    ChangeKind = "created"
	ChangeEdited     ChangeKind = "edited"
	ChangeStageMoved ChangeKind = "stage_moved"
	ChangeReopened   ChangeKind = "reopened"
	ChangeReassigned ChangeKind = "reassigned"
)

// Change is a row of history: the state after a change, when it was true and when it was known.
type Change struct {
	Version     int64             `json:"version" doc:"Version of the opportunity that the change made."`
	Kind        ChangeKind        `json:"change" enum:"created,edited,stage_moved,reopened,reassigned" doc:"What happened."`
	EffectiveAt time.Time         `json:"effective_at" doc:"Since when it was true."`
	RecordedAt  time.Time         `json:"recorded_at" doc:"When it was known here."`
	Imported    bool              `json:"imported" doc:"Whether both times come from another system."`
	Reason      string            `json:"reason,omitempty" doc:"Why, in the words of who changed it."`
	Side        string            `json:"changed_by_side" enum:"vendor,partner,system" doc:"Whose people, or which program, changed it."`
	ChangedBy   *Ref              `json:"changed_by,omitempty" doc:"The partner's contact who changed it; absent for others."`
	Stage       catalog.Stage     `json:"stage" doc:"Stage after the change."`
	VendorNet   operational.Money `json:"vendor_net" doc:"Amount after the change."`
	CloseDate   *operational.Date `json:"close_date,omitempty" format:"date" doc:"Close date after the change."`
	Owner       *Ref              `json:"owner,omitempty" doc:"Owner after the change."`
	Region      string            `json:"region,omitempty" doc:"Region after the change."`
	Tier        string            `json:"tier,omitempty" doc:"Tier after the change."`
}

// Private is the partner's half of an opportunity: no vendor ever reads it, and its version is its own.
type Private struct {
	OpportunityID     uuid.UUID          `json:"opportunity_id" doc:"Opportunity that this belongs to."`
	AccountID         *uuid.UUID         `json:"account_id,omitempty" doc:"The partner's own account of the customer."`
	EndCustomerAmount *operational.Money `json:"end_customer_amount,omitempty" doc:"What the end customer pays the partner."`
	Note              string             `json:"note,omitempty" doc:"The partner's own note."`
	Version           int64              `json:"version" doc:"Grows by one with each change, from 0 when nothing was noted yet; also the ETag."`
	UpdatedAt         *time.Time         `json:"updated_at,omitempty" doc:"When it was last changed."`
}

// UpdatePrivate is a merge patch of the partner's half.
type UpdatePrivate struct {
	AccountID         operational.Opt[uuid.UUID]
	EndCustomerAmount operational.Opt[operational.Money]
	Note              operational.Opt[string]
}
