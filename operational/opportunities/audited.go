package opportunities

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

// fieldsChanged names the fields that a step changes, as roles name them.
func fieldsChanged(now state, next step) []string {
	var names []string
	for _, f := range []struct {
		name string
		same bool
	}{
		{"close_date", same(next.CloseDate, now.CloseDate)},
		{"custom", maps.Equal(next.Custom, now.Custom)},
		{"customer_name", same(next.CustomerName, now.CustomerName)},
		{"lines", next.Lines == nil},
		{"name", next.Name == now.Name},
		{"owner", same(next.owner(), now.owner())},
		{"record_type", same(next.RecordTypeID, now.RecordTypeID)},
		{"region", same(next.Region, now.Region)},
		{"stage", next.StageID == now.StageID},
		{"tier", same(next.Tier, now.Tier)},
		{"vendor_account_id", same(next.VendorAccountID, now.VendorAccountID)},
		{"vendor_net", next.VendorNetAmount.Equal(now.VendorNetAmount) && next.AmountSource == now.AmountSource},
	} {
		if !f.same {
			names = append(names, f.name)
		}
	}
	return names
}

// fieldsOf are the fields that a step changes, each of those that companies have added by its own name.
func fieldsOf(now state, next step) []string {
	names := slices.DeleteFunc(fieldsChanged(now, next), func(name string) bool { return name == "custom" })
	for name, value := range next.Custom {
		if was, had := now.Custom[name]; !had || was != value {
			names = append(names, name)
		}
	}
	for name := range now.Custom {
		if _, has := next.Custom[name]; !has {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// noteHistory notes who read the history of an opportunity. That is the reader's company's own affair: it names no
// connection, so that the other company learns nothing of it.
func (s *Service) noteHistory(ctx context.Context, actor operational.Actor, id uuid.UUID) error {
	if err := audit.New(s.db).Note(ctx, actor, audit.Record{Action: "opportunity.history_read", ID: id}); err != nil {
		return fmt.Errorf("history of opportunity %s: %w", id, err)
	}
	return nil
}
