package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

type lineInput struct {
	ProductID uuid.UUID        `json:"product_id" doc:"What is sold"`
	Quantity  decimal.Decimal  `json:"quantity" doc:"How many, with at most four decimals, as text"`
	UnitPrice *decimal.Decimal `json:"unit_price,omitempty" doc:"What the vendor gets for one, in the currency of the opportunity; left out: the list price"`
}

type opportunityInput struct {
	ConnectionID    *uuid.UUID         `json:"connection_id,omitempty" doc:"Connection of the vendor and the partner that share it; left out: a vendor's direct business or a partner's own"`
	Name            string             `json:"name" minLength:"1" maxLength:"200" doc:"What the deal is about"`
	CustomerName    string             `json:"customer_name,omitempty" maxLength:"200" doc:"The customer, as disclosed to both sides"`
	VendorAccountID *uuid.UUID         `json:"vendor_account_id,omitempty" doc:"The vendor's own account of the customer (vendor only)"`
	OwnerContactID  *uuid.UUID         `json:"owner_contact_id,omitempty" doc:"With a connection: the partner's contact who works on it"`
	OwnerMemberID   *uuid.UUID         `json:"owner_membership_id,omitempty" doc:"Without a connection: the member who works on it"`
	ProcessID       *uuid.UUID         `json:"process_id,omitempty" doc:"Sales process; left out: the default one"`
	StageID         *uuid.UUID         `json:"stage_id,omitempty" doc:"Stage to begin in; left out: the first"`
	VendorNet       *operational.Money `json:"vendor_net,omitempty" doc:"What the vendor gets; left out: the sum of the lines"`
	CloseDate       *operational.Date  `json:"close_date,omitempty" doc:"Day on which it is expected to close"`
	Region          string             `json:"region,omitempty" maxLength:"60" doc:"Region, for business without a connection"`
	Tier            string             `json:"tier,omitempty" maxLength:"60" doc:"Tier, for business without a connection"`
	Lines           []lineInput        `json:"lines,omitempty" maxItems:"200" doc:"What is sold"`
	RecordTypeID    *uuid.UUID         `json:"record_type_id,omitempty" doc:"Record type; left out: the usual one of the company of the sales process"`
	Custom          map[string]any     `json:"custom,omitempty" maxProperties:"100" doc:"Values of fields that the company of the sales process has added, by name: text, numbers and days as text, true or false"`
	EffectiveAt     *time.Time         `json:"effective_at,omitempty" doc:"When it began; left out: now"`
}

type opportunityPatch struct {
	Name            operational.Opt[string]            `json:"name,omitzero" minLength:"1" maxLength:"200" doc:"What the deal is about"`
	CustomerName    operational.Opt[string]            `json:"customer_name,omitzero" maxLength:"200" doc:"The customer, as disclosed to both sides"`
	VendorAccountID operational.Opt[uuid.UUID]         `json:"vendor_account_id,omitzero" doc:"The vendor's own account of the customer (vendor only)"`
	OwnerContactID  operational.Opt[uuid.UUID]         `json:"owner_contact_id,omitzero" doc:"With a connection: the partner's contact who works on it. Whoever works with their own records alone gives none away"`
	OwnerMemberID   operational.Opt[uuid.UUID]         `json:"owner_membership_id,omitzero" doc:"Without a connection: the member who works on it"`
	VendorNet       operational.Opt[operational.Money] `json:"vendor_net,omitzero" doc:"What the vendor gets; null: follows the lines again"`
	CloseDate       operational.Opt[operational.Date]  `json:"close_date,omitzero" doc:"Day on which it is expected to close"`
	Region          operational.Opt[string]            `json:"region,omitzero" maxLength:"60" doc:"Region, for business without a connection"`
	Tier            operational.Opt[string]            `json:"tier,omitzero" maxLength:"60" doc:"Tier, for business without a connection"`
	Lines           operational.Opt[[]lineInput]       `json:"lines,omitzero" maxItems:"200" doc:"Replaces all lines"`
	RecordTypeID    operational.Opt[uuid.UUID]         `json:"record_type_id,omitzero" doc:"Record type"`
	Custom          map[string]any                     `json:"custom,omitempty" maxProperties:"100" doc:"Values of fields that the company of the sales process has added, by name; null clears one"`
	Reason          string                             `json:"reason,omitempty" maxLength:"500" doc:"Why, for the history"`
	EffectiveAt     *time.Time                         `json:"effective_at,omitempty" doc:"Since when it is true; left out: now"`
}

type moveInput struct {
	Changing
	Body struct {
		StageID     uuid.UUID  `json:"stage_id" doc:"Stage to go to: forward, back or to an end"`
		Reason      string     `json:"reason,omitempty" maxLength:"500" doc:"Why, for the history"`
		EffectiveAt *time.Time `json:"effective_at,omitempty" doc:"When it happened; left out: now"`
	}
}

type reopenInput struct {
	Changing
	Body struct {
		StageID     *uuid.UUID `json:"stage_id,omitempty" doc:"Active stage to go on in; left out: the first"`
		Reason      string     `json:"reason,omitempty" maxLength:"500" doc:"Why, for the history"`
		EffectiveAt *time.Time `json:"effective_at,omitempty" doc:"When it happened; left out: now"`
	}
}

type historyInput struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the record"`
	PageInput
}

type privatePatch struct {
	AccountID         operational.Opt[uuid.UUID]         `json:"account_id,omitzero" doc:"Your own account of the customer"`
	EndCustomerAmount operational.Opt[operational.Money] `json:"end_customer_amount,omitzero" doc:"What the end customer pays you"`
	Note              operational.Opt[string]            `json:"note,omitzero" maxLength:"4000" doc:"Your own note"`
	Custom            map[string]any                     `json:"custom,omitempty" maxProperties:"100" doc:"Values of fields that your company has added, by name; null clears one"`
}

func (a *API) opportunities() {
	s := a.deps.Opportunities
	register(a, operational.OpportunitiesRead, huma.Operation{
		OperationID: "list-opportunities", Method: http.MethodGet, Path: "/v1/opportunities", Tags: []string{"opportunities"},
		Summary: "List opportunities", Description: "Those of your channel, or a partner's own over all its vendors.",
	}, listingBy(a, "list-opportunities", s.Listing, s.List))
	register(a, operational.OpportunitiesRead, huma.Operation{
		OperationID: "read-opportunity", Method: http.MethodGet, Path: "/v1/opportunities/{id}", Tags: []string{"opportunities"},
		Summary: "Read an opportunity", Description: "One opportunity with its lines.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[opportunities.Opportunity], error) {
		x, err := s.Get(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return unlessKnown(*in, tagOfOpportunity(actor, x), x)
	})
	register(a, operational.OpportunitiesWrite, huma.Operation{
		OperationID: "create-opportunity", Method: http.MethodPost, Path: "/v1/opportunities", Tags: []string{"opportunities"}, DefaultStatus: http.StatusCreated,
		Summary: "Create an opportunity", Description: "Starts a deal. With a connection both companies see it.",
	}, a.createOpportunity)
	register(a, operational.OpportunitiesWrite, patching(huma.Operation{
		OperationID: "update-opportunity", Path: "/v1/opportunities/{id}", Tags: []string{"opportunities"},
		Summary: "Change an opportunity", Description: "Changes the given members; null clears one. The stage changes by `move`.",
	}), a.updateOpportunity)
	a.stages()
	register(a, operational.OpportunitiesRead, huma.Operation{
		OperationID: "read-opportunity-history", Method: http.MethodGet, Path: "/v1/opportunities/{id}/history", Tags: []string{"opportunities"},
		Summary: "Read the history", Description: "Every change with the state after it, oldest first: when it was true, and when it was known.",
	}, func(ctx context.Context, actor operational.Actor, in *historyInput) (*list[opportunities.Change], error) {
		changes, err := s.History(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		name := listID("read-opportunity-history", parseID(in.ID).String())
		return sliced(a.cursors, actor, in.PageInput, name, changes, func(c opportunities.Change) string { return strconv.FormatInt(c.Version, 10) })
	})
	a.privateHalf()
}

func (a *API) createOpportunity(ctx context.Context, actor operational.Actor, in *struct{ Body opportunityInput }) (*created[opportunities.Opportunity], error) {
	b := in.Body
	if err := hidden(actor, operational.SideVendor, "vendor_account_id", b.VendorAccountID != nil); err != nil {
		return nil, err
	}
	x, err := a.deps.Opportunities.Create(ctx, actor, opportunities.NewOpportunity{
		ConnectionID: b.ConnectionID, Name: b.Name, CustomerName: b.CustomerName, VendorAccountID: b.VendorAccountID,
		OwnerContactID: b.OwnerContactID, OwnerMemberID: b.OwnerMemberID, ProcessID: b.ProcessID, StageID: b.StageID,
		VendorNet: b.VendorNet, CloseDate: b.CloseDate, Region: b.Region, Tier: b.Tier, Lines: newLines(b.Lines), RecordTypeID: b.RecordTypeID, Custom: b.Custom, EffectiveAt: b.EffectiveAt,
	})
	return &created[opportunities.Opportunity]{tagOfOpportunity(actor, x), "/v1/opportunities/" + x.ID.String(), x}, err
}

func (a *API) updateOpportunity(ctx context.Context, actor operational.Actor, in *patchInput[opportunityPatch]) (*record[opportunities.Opportunity], error) {
	version, err := in.versionSeen(actor, operational.ObjectOpportunity)
	if err != nil {
		return nil, err
	}
	b := in.Body
	if err := hidden(actor, operational.SideVendor, "vendor_account_id", b.VendorAccountID.Given); err != nil {
		return nil, err
	}
	patch := opportunities.Update{
		Name: b.Name, CustomerName: b.CustomerName, VendorAccountID: b.VendorAccountID, OwnerContactID: b.OwnerContactID, OwnerMemberID: b.OwnerMemberID,
		VendorNet: b.VendorNet, CloseDate: b.CloseDate, Region: b.Region, Tier: b.Tier, RecordTypeID: b.RecordTypeID, Custom: b.Custom, Reason: b.Reason, EffectiveAt: b.EffectiveAt,
	}
	if b.Lines.Given {
		patch.Lines.Given = true
		if b.Lines.Value != nil {
			patch.Lines = operational.Set(newLines(*b.Lines.Value))
		}
	}
	x, err := a.deps.Opportunities.Update(ctx, actor, parseID(in.ID), version, patch)
	return &record[opportunities.Opportunity]{tagOfOpportunity(actor, x), x}, err
}

// tagOfOpportunity names the version, and what of it the actor sees.
func tagOfOpportunity(actor operational.Actor, x opportunities.Opportunity) string {
	if actor.Side == operational.SideVendor && actor.Rights != nil && actor.Rights.Own.Everything {
		return etagOf(x.Version)
	}
	connection := uuid.Nil
	switch {
	case actor.Side == operational.SidePartner && x.ConnectionID != nil:
		connection = *x.ConnectionID
	case actor.Side == operational.SidePartner && x.Vendor != nil: // another partner's
		return etagSeen(x.Version, operational.FieldSet{})
	}
	g, _ := actor.GrantOf(operational.ObjectOpportunity, connection)
	return etagSeen(x.Version, g.Read)
}

func newLines(in []lineInput) []opportunities.NewLine {
	out := make([]opportunities.NewLine, len(in))
	for i, line := range in {
		out[i] = opportunities.NewLine(line)
	}
	return out
}

func (a *API) stages() {
	s := a.deps.Opportunities
	conditional := []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}
	register(a, operational.OpportunitiesWrite, huma.Operation{
		OperationID: "move-opportunity", Method: http.MethodPost, Path: "/v1/opportunities/{id}/move", Tags: []string{"opportunities"}, Errors: conditional,
		Summary: "Move to another stage", Description: "Takes an open opportunity forward, back or to an end (won, lost, disqualified).",
	}, func(ctx context.Context, actor operational.Actor, in *moveInput) (*record[opportunities.Opportunity], error) {
		version, err := in.versionSeen(actor, operational.ObjectOpportunity)
		if err != nil {
			return nil, err
		}
		x, err := s.MoveStage(ctx, actor, parseID(in.ID), version, opportunities.MoveStage(in.Body))
		return &record[opportunities.Opportunity]{tagOfOpportunity(actor, x), x}, err
	})
	register(a, operational.OpportunitiesWrite, huma.Operation{
		OperationID: "reopen-opportunity", Method: http.MethodPost, Path: "/v1/opportunities/{id}/reopen", Tags: []string{"opportunities"}, Errors: conditional,
		Summary: "Reopen", Description: "Takes a closed opportunity up again. What was reported for its closed period stays; the reopening counts today.",
	}, func(ctx context.Context, actor operational.Actor, in *reopenInput) (*record[opportunities.Opportunity], error) {
		version, err := in.versionSeen(actor, operational.ObjectOpportunity)
		if err != nil {
			return nil, err
		}
		x, err := s.Reopen(ctx, actor, parseID(in.ID), version, opportunities.Reopen(in.Body))
		return &record[opportunities.Opportunity]{tagOfOpportunity(actor, x), x}, err
	})
}

func (a *API) privateHalf() {
	s := a.deps.Opportunities
	register(a, operational.OpportunitiesRead, huma.Operation{
		OperationID: "read-opportunity-private", Method: http.MethodGet, Path: "/v1/opportunities/{id}/private", Tags: []string{"opportunities"},
		Summary: "Read the partner's half", Description: "What only the partner knows of an opportunity. For a vendor there is no such record.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[opportunities.Private], error) {
		if actor.Side != operational.SidePartner {
			return nil, operational.NotFound("opportunity")
		}
		x, err := s.Private(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asRecord(*in, x.Version, x)
	})
	register(a, operational.OpportunitiesWrite, patching(huma.Operation{
		OperationID: "update-opportunity-private", Path: "/v1/opportunities/{id}/private", Tags: []string{"opportunities"},
		Summary: "Change the partner's half", Description: "Changes the given members; null clears one. It has a version of its own: the vendor notices nothing.",
	}), func(ctx context.Context, actor operational.Actor, in *patchInput[privatePatch]) (*record[opportunities.Private], error) {
		if actor.Side != operational.SidePartner {
			return nil, operational.NotFound("opportunity")
		}
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		x, err := s.UpdatePrivate(ctx, actor, parseID(in.ID), version, opportunities.UpdatePrivate(in.Body))
		return &record[opportunities.Private]{etagOf(x.Version), x}, err
	})
}
