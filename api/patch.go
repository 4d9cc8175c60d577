package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
)

// patchInput is a JSON merge patch (RFC 7396) of a record that the caller has read.
type patchInput[P any] struct {
	Changing
	Body P `contentType:"application/merge-patch+json" doc:"Members to change; null clears one; what is left out stays"`
}

// patching makes an operation take merge patches, under either content type.
func patching(op huma.Operation) huma.Operation {
	op.Method = http.MethodPatch
	op.Errors = append(op.Errors, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
	return op
}

// hidden refuses a member that does not exist for this side, in the words for members that exist for nobody.
func hidden(actor operational.Actor, side operational.Side, field string, given bool) error {
	if actor.Side == side || !given {
		return nil
	}
	var faults operational.Faults
	faults.Add("body."+field, "unexpected property", nil)
	return faults.Err()
}
