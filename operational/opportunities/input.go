package opportunities

import (
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
)

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
	RecordTypeID    *uuid.UUID     // nil: the usual one of the company of the process
	Custom          map[string]any // values of fields which that company has added
	EffectiveAt     *time.Time     // when it began; nil: now
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
	RecordTypeID    operational.Opt[uuid.UUID]
	Custom          map[string]any // null clears one; what is left out stays
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

// MaxLines is the most lines that an opportunity may have.
const MaxLines = 200

// Validate says what is wrong with the input by itself; whether what it names is there, the service finds out.
func (in NewOpportunity) Validate() error {
	var faults operational.Faults
	faults.Text("name", in.Name, 1, 200)
	faults.Text("customer_name", in.CustomerName, 0, 200)
	faults.Text("region", in.Region, 0, 60)
	faults.Text("tier", in.Tier, 0, 60)
	if in.VendorNet != nil {
		faults.Amount("vendor_net", *in.VendorNet)
	}
	checkLines(&faults, in.Lines)
	if in.EffectiveAt != nil && in.EffectiveAt.Before(earliest) {
		faults.Add("effective_at", "It lies before 1970.", in.EffectiveAt.UTC())
	}
	if in.ConnectionID != nil {
		checkNone(&faults, in.Region != "", "region", "The connection says the region.")
		checkNone(&faults, in.Tier != "", "tier", "The connection says the tier.")
		checkNone(&faults, in.OwnerMemberID != nil, "owner_membership_id", "With a connection the owner is a contact.")
	} else {
		checkNone(&faults, in.OwnerContactID != nil, "owner_contact_id", "Without a connection the owner is a member.")
	}
	return faults.Err()
}

func checkNone(faults *operational.Faults, wrong bool, field, message string) {
	if wrong {
		faults.Add(field, message, nil)
	}
}

func checkLines(faults *operational.Faults, lines []NewLine) {
	if len(lines) > MaxLines {
		faults.Add("lines", fmt.Sprintf("There are more than %d.", MaxLines), len(lines))
		return
	}
	for i, l := range lines {
		at := fmt.Sprintf("lines[%d].", i)
		if !l.Quantity.IsPositive() || l.Quantity.GreaterThan(maxQuantity) || !l.Quantity.Equal(l.Quantity.Round(4)) {
			faults.Add(at+"quantity", "It is not a number above zero with at most four decimals.", nil)
		}
		if p := l.UnitPrice; p != nil && (p.IsNegative() || p.GreaterThan(operational.MaxAmount) || !p.Equal(p.Round(2))) {
			faults.Add(at+"unit_price", "It is not an amount of at least zero with at most two decimals.", nil)
		}
	}
}

var maxQuantity = decimal.New(1_000_000_000, 0)

// Validate says what is wrong with the patch by itself.
func (patch Update) Validate() error {
	var faults operational.Faults
	text := func(field string, o operational.Opt[string], least, most int) {
		if o.Given && o.Value != nil {
			faults.Text(field, *o.Value, least, most)
		}
	}
	text("name", patch.Name, 1, 200)
	text("customer_name", patch.CustomerName, 1, 200)
	text("region", patch.Region, 1, 60)
	text("tier", patch.Tier, 1, 60)
	if patch.VendorNet.Value != nil {
		faults.Amount("vendor_net", *patch.VendorNet.Value)
	}
	if patch.Lines.Value != nil {
		checkLines(&faults, *patch.Lines.Value)
	}
	faults.Text("reason", patch.Reason, 0, 500)
	if !patch.changes() {
		if patch.EffectiveAt != nil {
			faults.Add("effective_at", "It dates a change, and there is none in this request: send what changes with it.", patch.EffectiveAt.UTC())
		}
		checkNone(&faults, patch.Reason != "", "reason", "It explains a change, and there is none in this request: send what changes with it.")
	}
	return faults.Err()
}

// changes says whether the patch gives any field of the opportunity.
func (patch Update) changes() bool { return len(patch.members()) > 0 || len(patch.Custom) > 0 }

// members are those that the patch gives, but for fields that companies have added: these are known later.
func (patch Update) members() []operational.Member {
	return given([]giving{
		{"name", "name", patch.Name.Given},
		{"customer_name", "customer_name", patch.CustomerName.Given},
		{"vendor_account_id", "vendor_account_id", patch.VendorAccountID.Given},
		{"owner_contact_id", "owner", patch.OwnerContactID.Given},
		{"owner_membership_id", "owner", patch.OwnerMemberID.Given},
		{"vendor_net", "vendor_net", patch.VendorNet.Given},
		{"close_date", "close_date", patch.CloseDate.Given},
		{"region", "region", patch.Region.Given},
		{"tier", "tier", patch.Tier.Given},
		{"lines", "lines", patch.Lines.Given},
		{"record_type_id", "record_type", patch.RecordTypeID.Given},
	})
}

// members are those that are given for a new opportunity. What follows by itself nobody sets.
func (in NewOpportunity) members() []operational.Member {
	return given([]giving{
		{"name", "name", true},
		{"customer_name", "customer_name", in.CustomerName != ""},
		{"vendor_account_id", "vendor_account_id", in.VendorAccountID != nil},
		{"owner_contact_id", "owner", in.OwnerContactID != nil},
		{"owner_membership_id", "owner", in.OwnerMemberID != nil},
		{"process_id", "stage", in.ProcessID != nil},
		{"stage_id", "stage", in.StageID != nil},
		{"vendor_net", "vendor_net", in.VendorNet != nil},
		{"close_date", "close_date", in.CloseDate != nil},
		{"region", "region", in.Region != ""},
		{"tier", "tier", in.Tier != ""},
		{"lines", "lines", len(in.Lines) > 0},
		{"record_type_id", "record_type", in.RecordTypeID != nil},
	})
}

// giving is a member of an input, its field, and whether it is given.
type giving struct {
	member, field string
	is            bool
}

func given(all []giving) []operational.Member {
	var members []operational.Member
	for _, g := range all {
		if g.is {
			members = append(members, operational.Member{Name: g.member, Field: g.field})
		}
	}
	return members
}

// Validate says what is wrong with the input by itself.
func (in MoveStage) Validate() error { return checkReason(in.Reason) }

// Validate says what is wrong with the input by itself.
func (in Reopen) Validate() error { return checkReason(in.Reason) }

func checkReason(reason string) error {
	var faults operational.Faults
	faults.Text("reason", reason, 0, 500)
	return faults.Err()
}
