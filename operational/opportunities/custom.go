package opportunities

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// added are the columns of those fields that companies have added which texts name.
func (s *Service) added(ctx context.Context, actor operational.Actor, texts []string) (map[string]postgres.Column, error) {
	return objects.Columns(ctx, s.db, actor, operational.ObjectOpportunity, "o.custom", texts)
}

// setupOf is what the company has set up whose sales process records under the grant go through, as it tells the actor.
func setupOf(ctx context.Context, tx *postgres.Tx, g operational.Grant) (objects.Setup, error) {
	c := objects.CompanyOf(tx.Actor, g)
	return objects.SetupTx(ctx, tx, c.Org, operational.ObjectOpportunity, c.Role)
}

// content is what the opportunity holds, as layouts look at it. An amount of zero that nobody has given is none, and so
// are lines of which there are none.
func (s state) content(setup objects.Setup, stage string, amount, lines bool) objects.Content {
	return objects.Content{Type: s.RecordTypeID, Texts: func(field string) []string {
		switch field {
		case "name":
			return written(&s.Name)
		case "customer_name":
			return written(s.CustomerName)
		case "vendor_account_id":
			return identified(s.VendorAccountID)
		case "owner":
			return identified(s.owner())
		case "stage":
			return []string{stage, s.StageID.String()}
		case "vendor_net":
			if amount || !s.VendorNetAmount.IsZero() {
				return []string{s.VendorNetAmount.String(), s.VendorNetAmount.StringFixed(2)}
			}
		case "close_date":
			if s.CloseDate != nil {
				return []string{s.CloseDate.String()}
			}
		case "region":
			return written(s.Region)
		case "tier":
			return written(s.Tier)
		case fieldLines:
			if lines {
				return []string{"true", "Yes"}
			}
		case "record_type":
			return setup.TypeName(s.RecordTypeID)
		default:
			return objects.CustomTexts(s.Custom[field])
		}
		return nil
	}}
}

func written(text *string) []string {
	if text == nil || *text == "" {
		return nil
	}
	return []string{*text}
}

func identified(id *uuid.UUID) []string {
	if id == nil {
		return nil
	}
	return []string{id.String()}
}

// memberOf is what callers call a field of the opportunity.
func (s state) memberOf(field string) string {
	switch {
	case operational.IsCustom(field):
		return objects.MemberOfCustom(field)
	case field == "record_type":
		return "record_type_id"
	case field == "owner" && s.ConnectionID == nil:
		return "owner_membership_id"
	case field == "owner":
		return "owner_contact_id"
	}
	return field
}
