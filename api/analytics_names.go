package api

import (
	"context"
	"fmt"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/warehouse"
)

// names says how keys are called, as the caller may know it: from Postgres under the caller's rights, never from
// the warehouse.
type names struct {
	by    warehouse.Dimension
	known map[string]string
}

func (n names) of(key string) string {
	switch {
	case n.by == warehouse.ByNothing:
		return "All"
	case key == "" && n.by == warehouse.ByPartner:
		return "Direct business"
	case key == "" && n.by == warehouse.ByVendor:
		return "Own business"
	case key == "":
		return "None"
	case n.by != warehouse.ByPartner && n.by != warehouse.ByVendor && n.by != warehouse.ByStage:
		return key
	}
	if name, ok := n.known[key]; ok {
		return name
	}
	return "Not visible to you"
}

// namesFor reads the names of a dimension, once for all answers of a view.
func (v *AnalyticsView) namesFor(ctx context.Context, by warehouse.Dimension) (names, error) {
	if n, ok := v.names[by]; ok {
		return n, nil
	}
	n := names{by: by, known: map[string]string{}}
	var err error
	switch by {
	case warehouse.ByPartner, warehouse.ByVendor:
		err = v.analytics.organisationNames(ctx, v.actor, n.known)
	case warehouse.ByStage:
		err = v.analytics.stageNames(ctx, v.actor, n.known)
	}
	if err == nil {
		v.names[by] = n
	}
	return n, err
}

func (s *Analytics) organisationNames(ctx context.Context, actor operational.Actor, known map[string]string) error {
	page := operational.Page{Limit: 200}
	for {
		found, err := s.interconnect.Organisations(ctx, actor, operational.Query{Page: page})
		if err != nil {
			return fmt.Errorf("read names of organisations: %w", err)
		}
		for _, o := range found.Items {
			known[o.ID.String()] = o.Name
		}
		if found.Next == nil {
			return nil
		}
		page.After = found.Next
	}
}

func (s *Analytics) stageNames(ctx context.Context, actor operational.Actor, known map[string]string) error {
	page := operational.Page{Limit: 200}
	for {
		found, err := s.catalog.Processes(ctx, actor, operational.Query{Page: page})
		if err != nil {
			return fmt.Errorf("read names of stages: %w", err)
		}
		for _, process := range found.Items {
			for _, stage := range process.Stages {
				known[stage.ID.String()] = stage.Name
			}
		}
		if found.Next == nil {
			return nil
		}
		page.After = found.Next
	}
}
