package opportunities

import (
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
const (
	sharedColumns = `o.id, o.number, o.connection_id, o.vendor_org_id, o.partner_org_id, o.name, o.customer_name, o.owner_contact_id, o.owner_membership_id,
  o.process_org_id, o.process_id, o.process_version, o.stage_id, o.stage_type, o.vendor_net_amount, o.amount_source, o.currency, o.close_date,
  o.region, o.tier, o.closed_at, o.version, o.created_at, o.updated_at`
	vendorColumns  = sharedColumns + `, o.vendor_account_id`
	partnerColumns = sharedColumns + `, null::uuid as vendor_account_id`
)

// Names of others come from one function of the database for the rows of a page: the page stays a walk along an index,
// and the wall is asked once for all names instead of once for every table.
const names = `n.vendor_name, n.partner_name, n.owner_name, n.process_name, n.stage_name, n.stage_position`

const (
	getForVendor   = `select ` + vendorColumns + `, ` + names + ` from crm.opportunity o, crm.opportunity_names('vendor', array[$1::uuid]) n where o.id = $1`
	getForPartner  = `select ` + partnerColumns + `, ` + names + ` from crm.opportunity o, crm.opportunity_names('partner', array[$1::uuid]) n where o.id = $1`
	listForVendor  = `with page as materialized (select ` + vendorColumns + pageOf + `'vendor'` + pageNames
	listForPartner = `with page as materialized (select ` + partnerColumns + pageOf + `'partner'` + pageNames
	pageOf         = `, {keys} as sort_keys from crm.opportunity o where {where} order by {order} limit {limit})
select o.*, ` + names + ` from page o join crm.opportunity_names(`
	pageNames = `, (select array_agg(id) from page)) n on n.opportunity_id = o.id order by {order}`
)

var (
	getSQL  = map[operational.Side]string{operational.SideVendor: getForVendor, operational.SidePartner: getForPartner}
	listSQL = map[operational.Side]string{operational.SideVendor: listForVendor, operational.SidePartner: listForPartner}
)

const getLines = `
select l.id, l.product_id, coalesce(p.name, '') as product_name, l.quantity, l.unit_price
from crm.opportunity_line l left join crm.product p on p.id = l.product_id
where l.opportunity_id = $1 order by l.id`

const getHistory = `
select h.version, h.change, h.effective_at, h.recorded_at, h.imported, h.reason, h.changed_by_side, h.changed_by_contact, b.display_name as changed_by_name,
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
}

// row is a state with names.
type row struct {
	state
	VendorName  *string
	PartnerName *string
	OwnerName   *string
	ProcessName string
	StageName   string
}

type listedRow struct {
	postgres.Keyed
	row
}

func (r row) opportunity() Opportunity {
	return Opportunity{
		ID: r.ID, Number: numberPrefix + strconv.FormatInt(r.Number, 10), ConnectionID: r.ConnectionID,
		Vendor: ref(r.VendorOrgID, r.VendorName), Partner: ref(r.PartnerOrgID, r.PartnerName),
		Name: r.Name, CustomerName: text(r.CustomerName), VendorAccountID: r.VendorAccountID,
		Owner:     ref(r.owner(), r.OwnerName),
		Process:   Ref{ID: r.ProcessID, Name: r.ProcessName},
		Stage:     catalog.Stage{ID: r.StageID, Name: r.StageName, Type: r.StageType, Position: r.StagePosition},
		VendorNet: operational.Money{Amount: r.VendorNetAmount, Currency: r.Currency}, AmountSource: r.AmountSource,
		CloseDate: r.CloseDate, Region: text(r.Region), Tier: text(r.Tier), ClosedAt: r.ClosedAt,
		Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
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
	ID          uuid.UUID
	ProductID   uuid.UUID
	ProductName string
	Quantity    decimal.Decimal
	UnitPrice   decimal.Decimal
}

func (r lineRow) line(currency string) Line {
	return Line{
		ID: r.ID, Product: Ref{ID: r.ProductID, Name: r.ProductName}, Quantity: r.Quantity,
		UnitPrice: operational.Money{Amount: r.UnitPrice, Currency: currency},
	}
}

type historyRow struct {
	Version                 int64
	Change                  ChangeKind
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
