package api

import (
	"context"
	"fmt"
	"time"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/warehouse"
)

// AnalyticsView answers a caller's questions from one state of the data: all answers agree with each other, speak of
// the same now and carry the same watermark. It reads each question by the organisation's calendar, hands the
// warehouse the caller's scope, and gives each answer its receipt. It is for one request and one goroutine.
type AnalyticsView struct {
	analytics *Analytics
	actor     operational.Actor
	scope     warehouse.Scope
	space     interconnect.Workspace
	status    warehouse.Status
	now       time.Time
	data      warehouse.View
	names     map[warehouse.Dimension]names
	missing   []string // parts of the store that did not answer to some question
}

// View opens the data for a caller, until Close or until the context ends.
func (s *Analytics) View(ctx context.Context, actor operational.Actor) (*AnalyticsView, error) {
	v := &AnalyticsView{analytics: s, actor: actor, scope: ScopeOf(actor), names: map[warehouse.Dimension]names{}}
	var err error
	if v.space, err = s.interconnect.Workspace(ctx, actor); err != nil {
		return nil, err
	}
	if v.status, err = s.store.Status(ctx); err != nil {
		return nil, fmt.Errorf("ask how fresh the warehouse is: %w", err)
	}
	v.now = s.clock().UTC().Truncate(time.Microsecond)
	if v.data, err = s.store.View(ctx); err != nil {
		return nil, fmt.Errorf("open the warehouse: %w", err)
	}
	return v, nil
}

// Reads says whether the caller reads the field on all that it sees.
func (v *AnalyticsView) Reads(f warehouse.Field) bool { return v.scope.Reads(f) }

// Measures says whether there is such a metric for the caller.
func (v *AnalyticsView) Measures(m warehouse.Metric) bool { return v.scope.Measures(m) }

// Divides says whether the caller's figures can be parted so.
func (v *AnalyticsView) Divides(by warehouse.Dimension) bool { return v.scope.Divides(by) }

// Partial says that some of the answers so far are not whole, and nothing when all are.
func (v *AnalyticsView) Partial() *PartialNote { return partialFor(v.actor, v.missing) }

// Close lets go of the data.
func (v *AnalyticsView) Close() { _ = v.data.Close() } // nothing was written, so nothing is lost
