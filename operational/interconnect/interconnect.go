package interconnect

import (
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// Organisation is a company: the caller's own, or one that it is connected with.
type Organisation struct {
	ID          uuid.UUID `json:"id" db:"id" doc:"Id of the organisation"`
	Name        string    `json:"name" db:"name" doc:"Its name"`
	CountryCode *string   `json:"country_code,omitempty" db:"country_code" doc:"ISO 3166 code of its country"`
	CreatedAt   time.Time `json:"created_at" db:"created_at" doc:"Of your own organisation since when it is here, of another one since when you have known it: when you were first connected"`
}

// Connection is the pair of a vendor and a partner.
type Connection struct {
	ID            uuid.UUID  `json:"id" db:"id" doc:"Id of the connection"`
	VendorOrgID   uuid.UUID  `json:"vendor_org_id" db:"vendor_org_id" doc:"The vendor"`
	VendorName    string     `json:"vendor_name" db:"vendor_name" doc:"Name of the vendor"`
	PartnerOrgID  uuid.UUID  `json:"partner_org_id" db:"partner_org_id" doc:"The partner"`
	PartnerName   string     `json:"partner_name" db:"partner_name" doc:"Name of the partner"`
	Status        string     `json:"status" db:"status" enum:"active,suspended,ended" doc:"State of the connection"`
	StatusReason  *string    `json:"status_reason,omitempty" db:"status_reason" doc:"Why it was suspended, resumed or ended, in the words of who did it"`
	StatusSide    *string    `json:"status_side,omitempty" db:"status_side" enum:"vendor,partner" doc:"Which side did it"`
	StatusAt      *time.Time `json:"status_at,omitempty" db:"status_at" doc:"When"`
	PartnerNumber string     `json:"partner_number" db:"partner_number" doc:"The vendor's own number for the partner"`
	Tier          *string    `json:"tier,omitempty" db:"tier" doc:"Level of the partner in the vendor's programme"`
	Region        *string    `json:"region,omitempty" db:"region" doc:"Region that the vendor counts the partner to"`
	// Seen by the vendor only.
	ChannelManagerID *uuid.UUID `json:"channel_manager_id,omitempty" db:"channel_manager_id" doc:"Membership of the vendor's channel manager (vendor only)"`
	Version          int64      `json:"version" db:"version" doc:"Counts the changes"`
	CreatedAt        time.Time  `json:"created_at" db:"created_at" doc:"Since when they are connected"`
	UpdatedAt        time.Time  `json:"updated_at" db:"updated_at" doc:"Last change"`
	EndedAt          *time.Time `json:"ended_at,omitempty" db:"ended_at" doc:"When it ended"`
}

// Workspace is what an organisation decided for itself.
type Workspace struct {
	OrgID       uuid.UUID `json:"org_id" db:"org_id" doc:"The organisation"`
	Name        string    `json:"name" db:"name" doc:"Its name"`
	CountryCode *string   `json:"country_code,omitempty" db:"country_code" doc:"ISO 3166 code of its country"`
	TimeZone    string    `json:"time_zone" db:"time_zone" doc:"Time zone that its days are counted in, an IANA name"`
	FiscalMonth int       `json:"fiscal_month" db:"fiscal_month" doc:"Month that its fiscal year begins with"`
	Currency    string    `json:"currency" db:"currency" doc:"Currency of its reports"`
	Governs     bool      `json:"governs" db:"governs" doc:"It has a channel of its own"`
	Sells       bool      `json:"sells" db:"sells" doc:"It sells for others"`
	Version     int64     `json:"version" db:"version" doc:"Counts the changes"`
}

// Calendar is how the organisation counts its time.
func (w Workspace) Calendar() operational.Calendar {
	loc, err := time.LoadLocation(w.TimeZone)
	if err != nil {
		loc = time.UTC
	}
	return operational.Calendar{Location: loc, FiscalMonth: time.Month(w.FiscalMonth)}
}
