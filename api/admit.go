package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
)

// entering are the operations that enter the wall before they do or tell anything, and do nothing but read there. Their
// callers' credentials are proven by the statement that enters (operational.Belief). All others ask first. Were one
// here that does not enter, it would be done twice, the second time with a proven credential; no answer goes out before.
var entering = []string{
	"list-accounts", "read-account", "list-contacts", "read-contact", "list-products", "read-product", "list-sales-processes", "read-sales-process",
	"list-opportunities", "read-opportunity", "read-opportunity-history", "read-opportunity-private",
	"list-organisations", "read-organisation", "list-connections", "read-connection", "read-me", "list-api-keys",
}

// admit says who asks and whether they may, before anything of the request is read.
func (a *API) admit(r *http.Request, op *huma.Operation, permission operational.Permission) error {
	req := requestOf(r.Context())
	if permission != operational.Public {
		ask := a.Authenticate
		if op.Metadata[metaEnters].(bool) {
			ask = a.believe
			req.prove = func() error { return a.prove(req, r, op, permission) }
		}
		actor, err := ask(r)
		if err != nil {
			if limited := a.limits.allow(a.PlaceOf(r)); limited != nil {
				return limited
			}
			return err
		}
		req.actor = actor
	}
	if err := a.limits.allow(a.rateKey(r, req.actor)); err != nil {
		return err
	}
	err := a.permitted(r, op, req.actor, permission)
	if err != nil && !req.actor.Proven() { // a belief is no ground to refuse on
		return req.prove()
	}
	return err
}

// permitted says whether this actor may ask this, as far as the request alone shows.
func (a *API) permitted(r *http.Request, op *huma.Operation, actor operational.Actor, permission operational.Permission) error {
	if err := lookedAt(op, actor); err != nil {
		return err
	}
	if err := actor.Require(permission); err != nil {
		return err
	}
	if err := cleanQuery(r); err != nil {
		return err
	}
	return a.checkFields(r, op, actor)
}

// prove asks about a credential that was only believed, and admits its holder anew.
func (a *API) prove(req *request, r *http.Request, op *huma.Operation, permission operational.Permission) error {
	actor, err := a.Authenticate(r)
	if err != nil {
		return err
	}
	req.actor = actor
	return a.permitted(r, op, actor, permission)
}

// unproven is the problem of a request that is answered with a fault before anything asked about its credential, when
// that is not what it was believed to be; nil otherwise.
func unproven(ctx huma.Context) *Problem {
	req := requestOf(ctx.Context())
	if req.actor.Proven() {
		return nil
	}
	if err := req.prove(); err != nil {
		p := answer(ctx.Context(), ctx.Method(), err)
		for name := range p.headers {
			ctx.SetHeader(name, p.headers.Get(name))
		}
		return p
	}
	return nil
}

func init() {
	// Huma's own refusals, of wrong parameters for example, are made here.
	huma.NewErrorWithContext = func(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
		if ctx != nil {
			if p := unproven(ctx); p != nil {
				return p
			}
			errs = asUnknown(errs, requestOf(ctx.Context()).unseen)
		}
		return huma.NewError(status, message, errs...)
	}
}
