package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
)

// whileLooking are the operations that are no reading and are open all the same to a session that looks as a role.
var whileLooking = []string{"look-no-more", "sign-out"}

// lookedAt refuses an operation that does more than show something.
func lookedAt(op *huma.Operation, actor operational.Actor) error {
	reads := op.Method == http.MethodGet && !strings.HasPrefix(op.OperationID, "export-")
	if reads || slices.Contains(whileLooking, op.OperationID) || op.Metadata[metaPermission] == operational.Public {
		return nil
	}
	return actor.OnlyLooks()
}

type lookInput struct {
	Body struct {
		Role operational.Role `json:"role" minLength:"1" maxLength:"60" doc:"Key of a role for people of your own company" example:"analyst"`
	}
}

func (a *API) looking() {
	register(a, operational.RolesManage, huma.Operation{
		OperationID: "look-as-role", Method: http.MethodPost, Path: "/v1/session/view", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusNotFound},
		Summary: "Look as a role",
		Description: "From the next request on the session sees what somebody with this role of your own company would see, as far as your own role sees it too; what reaches a person's own records reaches yours. " +
			"It changes nothing and takes no files along until it looks no more, or ends. For sessions only. That you look is noted in the audit.",
	}, func(ctx context.Context, actor operational.Actor, in *lookInput) (*struct{}, error) {
		return nil, a.deps.Identity.LookAs(ctx, actor, a.SessionToken(requestOf(ctx).http), in.Body.Role)
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "look-no-more", Method: http.MethodDelete, Path: "/v1/session/view", Tags: []string{"session"}, DefaultStatus: http.StatusNoContent,
		Summary: "Stop looking as a role", Description: "From the next request on the session has the rights of its person again.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*struct{}, error) {
		return nil, a.deps.Identity.LookNoMore(ctx, actor, a.SessionToken(requestOf(ctx).http))
	})
}
