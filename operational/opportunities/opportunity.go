package opportunities

import (
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

// Opportunity is a deal in the pipeline. A vendor and the partner that sells for it share one row. What the reader's
// role does not show is absent.
type Opportunity struct {
	ID              uuid.UUID         `json:"id" doc:"Identifier of the opportunity."`
	Number          string            `json:"number,omitempty" doc:"Number for people, unique within its connection; absent of other partners' opportunities." example:"OPP-1187"`
	ConnectionID    *uuid.UUID        `json:"connection_id,omitempty" doc:"Connection of the vendor and the partner that share the opportunity; absent for business without one."`
	Vendor          *Ref              `json:"vendor,omitempty" doc:"Vendor whose products are sold; absent in a partner's own business."`
	Partner         *Ref              `json:"partner,omitempty" doc:"Partner that sells; absent in direct business of the vendor, and of other partners' opportunities."`
	Name            string            `json:"name,omitempty" doc:"What the deal is about."`
	CustomerName    string            `json:"customer_name,omitempty" doc:"The customer as disclosed to both sides; absent when not known."`
	VendorAccountID *uuid.UUID        `json:"vendor_account_id,omitempty" doc:"The vendor's own account of the customer; only the vendor sees it."`
	Owner           *Ref              `json:"owner,omitempty" doc:"Who works on it: a contact of the partner, or in business without a connection a member."`
	Process         Ref               `json:"process,omitzero" doc:"Sales process that it goes through."`
	Stage           catalog.Stage     `json:"stage,omitzero" doc:"Where in the process it is."`
	VendorNet       operational.Money `json:"vendor_net,omitzero" doc:"What the vendor gets. What the end customer pays is the partner's private affair."`
	AmountSource    AmountSource      `json:"amount_source,omitempty" enum:"entered,imported,list_price,lines" doc:"Where the amount comes from."`
	CloseDate       *operational.Date `json:"close_date,omitempty" format:"date" doc:"Day on which it is expected to close, or closed."`
	Region          string            `json:"region,omitempty" doc:"Region of the partner when it was created."`
	Tier            string            `json:"tier,omitempty" doc:"Tier of the partner when it was created."`
	ClosedAt        *time.Time        `json:"closed_at,omitempty" doc:"When it was won, lost or disqualified; absent while it is open."`
	Lines           []Line            `json:"lines,omitempty" doc:"What is sold; only when a single opportunity is read."`
	RecordTypeID    *uuid.UUID        `json:"record_type_id,omitempty" doc:"Record type, of those that the company of its sales process tells apart."`
	ExternalRef     *string           `json:"external_ref,omitempty" doc:"Identifier in the system that the opportunity was imported from."`
	Custom          map[string]any    `json:"custom,omitempty" doc:"Values of the fields that the company of its sales process has added, by name."`
	Version         int64             `json:"version" doc:"Grows by one with each change of what you may read."`
	CreatedAt       time.Time         `json:"created_at" doc:"When it began."`
	UpdatedAt       time.Time         `json:"updated_at" doc:"When something of it that you may read was last changed."`
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
	Fields      []string          `json:"changed_fields,omitempty" doc:"Fields that are others than before, of those that you may read; absent of the creation."`
	EffectiveAt time.Time         `json:"effective_at" doc:"Since when it was true."`
	RecordedAt  time.Time         `json:"recorded_at" doc:"When it was known here."`
	Imported    bool              `json:"imported" doc:"Whether both times come from another system."`
	Reason      string            `json:"reason,omitempty" doc:"Why, in the words of who changed it."`
	Side        string            `json:"changed_by_side" enum:"vendor,partner,system" doc:"Whose people, or which program, changed it."`
	ChangedBy   *Ref              `json:"changed_by,omitempty" doc:"The partner's contact who changed it; absent for others."`
	Stage       catalog.Stage     `json:"stage,omitzero" doc:"Stage after the change."`
	VendorNet   operational.Money `json:"vendor_net,omitzero" doc:"Amount after the change."`
	CloseDate   *operational.Date `json:"close_date,omitempty" format:"date" doc:"Close date after the change."`
	Owner       *Ref              `json:"owner,omitempty" doc:"Owner after the change."`
	Region      string            `json:"region,omitempty" doc:"Region after the change."`
	Tier        string            `json:"tier,omitempty" doc:"Tier after the change."`
}
