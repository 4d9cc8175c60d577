package opportunities

import (
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

type productID = uuid.UUID

// The columns that both sides may read, and the vendor's own: grants of the database differ in the same way.
var (
	sharedColumns = []string{
		"id", "number", "connection_id", "vendor_org_id", "partner_org_id", "name", "customer_name", "owner_contact_id", "owner_membership_id",
		"process_org_id", "process_id", "process_version", "stage_id", "stage_type", "vendor_net_amount", "amount_source", "currency", "close_date",
		"region", "tier", "closed_at", "version", "created_at", "updated_at", "custom", "record_type_id", "frozen_at", "external_ref", "touched",
	}
	columnsOf = map[operational.Side][]string{
		operational.SidePartner: sharedColumns,
		operational.SideVendor:  append(slices.Clone(sharedColumns), "vendor_account_id"),
	}
)

// One table, so that the wall is asked once and a page is a walk along an index. Names, and the stage's place among the
// others, come from the directory.
const (
	one  = `, 0 as stage_position from crm.opportunity o where o.id = $1`
	page = `, 0 as stage_position, {keys} as sort_keys from {from} where {where} order by {order} limit {limit}`
)

func getSQL(side operational.Side, hidden mask) string {
	return "select " + columns(side, hidden) + one
}

func listSQL(side operational.Side, hidden mask) string {
	return "select " + columns(side, hidden) + page
}

const getLines = `
select l.id, l.product_id, l.quantity, l.unit_price
from crm.opportunity_line l where l.opportunity_id = $1 order by l.id`

const getHistory = `
select h.version, h.change, h.changed, h.effective_at, h.recorded_at, h.imported, h.reason, h.changed_by_side, h.changed_by_contact, b.display_name as changed_by_name,
  h.stage_id, s.name as stage_name, h.stage_position, h.stage_type, h.vendor_net_amount, h.currency, h.close_date,
  coalesce(h.owner_contact_id, h.owner_membership_id) as owner_id, coalesce(c.display_name, p.display_name) as owner_name, h.region, h.tier
from crm.opportunity_history h
join crm.stage s on s.id = h.stage_id
left join crm.external_contact b on b.id = h.changed_by_contact
left join crm.external_contact c on c.id = h.owner_contact_id
left join crm.membership m on m.id = h.owner_membership_id
left join crm.person p on p.id = m.person_id
where h.opportunity_id = $1 order by h.version`

// state is an opportunity as it lies in the table, without the names of what it refers to.
type state struct {
	ID                uuid.UUID
	Number            int64
	ConnectionID      *uuid.UUID
	VendorOrgID       *uuid.UUID
	PartnerOrgID      *uuid.UUID
	Name              string
	CustomerName      *string
	VendorAccountID   *uuid.UUID
	OwnerContactID    *uuid.UUID
	OwnerMembershipID *uuid.UUID
	ProcessOrgID      uuid.UUID
	ProcessID         uuid.UUID
	ProcessVersion    int64
	StageID           uuid.UUID
	StageType         catalog.StageType
	StagePosition     int // of the stage; history keeps it
	VendorNetAmount   decimal.Decimal
	AmountSource      AmountSource
	Currency          string
	CloseDate         *operational.Date
	Region            *string
	Tier              *string
	ClosedAt          *time.Time
	Version           int64
	CreatedAt         time.Time
	UpdatedAt         time.Time
	Custom            map[string]any // text, yes or no by name
	RecordTypeID      *uuid.UUID
	FrozenAt          *time.Time // its connection has ended: it stays as it was
	ExternalRef       *string
	Touched           operational.Touched
}

// facts are what rights look at.
func (s state) facts() operational.Facts {
	return operational.Facts{
		Connection: idOf(s.ConnectionID), Vendor: idOf(s.VendorOrgID), Partner: idOf(s.PartnerOrgID), OwnerContact: idOf(s.OwnerContactID),
		OwnerMembership: idOf(s.OwnerMembershipID), RecordType: idOf(s.RecordTypeID), Frozen: s.FrozenAt != nil,
	}
}

func idOf(id *uuid.UUID) uuid.UUID {
	if id == nil {
		return uuid.Nil
	}
	return *id
}

type listedRow struct {
	postgres.Keyed
	state
}

// opportunity has no names yet; the directory puts them in.
func (s state) opportunity() Opportunity {
	return Opportunity{
		ID: s.ID, Number: numberPrefix + strconv.FormatInt(s.Number, 10), ConnectionID: s.ConnectionID,
		Vendor: ref(s.VendorOrgID, nil), Partner: ref(s.PartnerOrgID, nil),
		Name: s.Name, CustomerName: text(s.CustomerName), VendorAccountID: s.VendorAccountID,
		Owner:     ref(s.owner(), nil),
		Process:   Ref{ID: s.ProcessID},
		Stage:     catalog.Stage{ID: s.StageID, Type: s.StageType, Position: s.StagePosition},
		VendorNet: operational.Money{Amount: s.VendorNetAmount, Currency: s.Currency}, AmountSource: s.AmountSource,
		CloseDate: s.CloseDate, Region: text(s.Region), Tier: text(s.Tier), ClosedAt: s.ClosedAt,
		Version: s.Version, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
		Custom: s.Custom, RecordTypeID: s.RecordTypeID, ExternalRef: s.ExternalRef,
	}
}

// owner is the contact with a connection, the member without.
func (s state) owner() *uuid.UUID {
	if s.OwnerContactID != nil {
		return s.OwnerContactID
	}
	return s.OwnerMembershipID
}

func ref(id *uuid.UUID, name *string) *Ref {
	if id == nil {
		return nil
	}
	return &Ref{ID: *id, Name: text(name)}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// textOrNil: an empty text is no text.
func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type lineRow struct {
	ID        uuid.UUID
	ProductID uuid.UUID
	Quantity  decimal.Decimal
	UnitPrice decimal.Decimal
}

func (r lineRow) line(currency string) Line {
	return Line{
		ID: r.ID, Product: Ref{ID: r.ProductID}, Quantity: r.Quantity,
		UnitPrice: operational.Money{Amount: r.UnitPrice, Currency: currency},
	}
}

type historyRow struct {
	Version                 int64
	Change                  ChangeKind
	Changed                 []string
	EffectiveAt, RecordedAt time.Time
	Imported                bool
	Reason                  *string
	ChangedBySide           string
	ChangedByContact        *uuid.UUID
	ChangedByName           *string
	StageID                 uuid.UUID
	StageName               string
	StagePosition           int
	StageType               catalog.StageType
	VendorNetAmount         decimal.Decimal
	Currency                string
	CloseDate               *operational.Date
	OwnerID                 *uuid.UUID
	OwnerName               *string
	Region, Tier            *string
}

func (r historyRow) change() Change {
	return Change{
		Version: r.Version, Kind: r.Change, EffectiveAt: r.EffectiveAt, RecordedAt: r.RecordedAt, Imported: r.Imported, Reason: text(r.Reason),
		Side: r.ChangedBySide, ChangedBy: ref(r.ChangedByContact, r.ChangedByName),
		Stage:     catalog.Stage{ID: r.StageID, Name: r.StageName, Type: r.StageType, Position: r.StagePosition},
		VendorNet: operational.Money{Amount: r.VendorNetAmount, Currency: r.Currency},
		CloseDate: r.CloseDate, Owner: ref(r.OwnerID, r.OwnerName), Region: text(r.Region), Tier: text(r.Tier),
	}
}
