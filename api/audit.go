package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
)

type auditStateOutput struct{ Body audit.State }

func (a *API) audit() {
	s := audit.New(a.deps.DB)
	register(a, operational.AuditRead, huma.Operation{
		OperationID: "list-audit-events", Method: http.MethodGet, Path: "/v1/audit-events", Tags: []string{"governance"},
		Summary: "List audit events", Description: "What was done in your organisation and by whom, newest first. Events are never changed: each carries the hash of the one before it. " +
			"Of what the other company of a connection did to shared records you keep the hash alone (`anchor.kept`), so that both can prove the same order later. " +
			"Who did it is asked for by name (`person contains 'ada'`) or by `membership_id`; where a part of the program did it there is no person.",
	}, listing(a, "list-audit-events", everybody(audit.Listing), s.Events))
	register(a, operational.AuditRead, huma.Operation{
		OperationID: "read-audit-verification", Method: http.MethodGet, Path: "/v1/audit-events/verification", Tags: []string{"governance"},
		Summary: "How the audit stands", Description: "Length and head of your organisation's chain, and what the last check of every link found. Keep the head elsewhere: later it proves all before it.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*auditStateOutput, error) {
		state, err := s.State(ctx, actor)
		return &auditStateOutput{state}, err
	})
}
