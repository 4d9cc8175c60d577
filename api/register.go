package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/sharepartner/sharepartner/operational"
)

// What the guard needs to know of an operation.
const (
	metaPermission = "permission"
	metaLimit      = "limit"
	metaFields     = "fields"
	metaEnters     = "enters"
)

// register adds an operation. It must say which permission it needs: the guard asks for it before anything of the
// request is read, and the document shows it.
func register[I, O any](a *API, permission operational.Permission, op huma.Operation, handle func(context.Context, operational.Actor, *I) (*O, error)) {
	limit := op.MaxBodyBytes
	if limit == 0 {
		limit = maxBody
	}
	op.Metadata = map[string]any{metaPermission: permission, metaLimit: limit, metaEnters: op.Method == http.MethodGet && slices.Contains(entering, op.OperationID)}
	op.Extensions = map[string]any{"x-permission": string(permission)}
	op.MaxBodyBytes, op.BodyReadTimeout = -1, -1 // the guard holds both limits
	op.Middlewares = huma.Middlewares{a.guard}
	if permission != operational.Public {
		op.Security = []map[string][]string{{"cookie": {}}, {"bearer": {}}}
	}
	if fields := fieldsOf[O](); fields != nil {
		op.Metadata[metaFields] = fields
	}
	if _, tagged := reflect.TypeFor[O]().FieldByName("ETag"); tagged && op.Method == http.MethodGet {
		op.Responses = map[string]*huma.Response{"304": {Description: "You have this version already"}}
	}
	describe(&op, permission, limit)
	method := op.Method
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		req := requestOf(ctx)
		out, err := handle(ctx, req.actor, in)
		if !req.actor.Proven() { // not as believed any more, or nothing asked the database: what came of it is dropped
			if err = req.prove(); err == nil {
				out, err = handle(ctx, req.actor, in)
			}
		}
		if err != nil {
			return nil, answer(ctx, method, err)
		}
		return out, nil
	})
	if item := a.huma.OpenAPI().Paths[op.Path]; method == http.MethodPatch && item.Patch != nil {
		body := item.Patch.RequestBody.Content
		body["application/json"] = body["application/merge-patch+json"] // understood alike
	}
}

// answer turns an error into its problem; what is internal goes to the log.
func answer(ctx context.Context, method string, err error) *Problem {
	p := problemOf(method, err)
	if p.Status >= http.StatusInternalServerError {
		requestOf(ctx).fault = err
	}
	return p
}

// describe adds to the document what the guard does.
func describe(op *huma.Operation, permission operational.Permission, limit int64) {
	statuses := []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}
	if permission != operational.Public {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(op.Path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if op.Method != http.MethodGet {
		statuses = append(statuses, http.StatusForbidden, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
		op.Description = strings.TrimSpace(fmt.Sprintf("%s\n\nA body may have at most %d bytes; JSON may be nested %d deep.", op.Description, limit, maxDepth))
	}
	if op.Method == http.MethodPost && permission != operational.Public {
		op.Parameters = append(op.Parameters, idempotencyParam)
	}
	for _, status := range statuses {
		if _, described := op.Responses[strconv.Itoa(status)]; !described {
			op.Errors = append(op.Errors, status)
		}
	}
	op.Description = strings.TrimSpace(fmt.Sprintf("%s\n\nNeeds the permission `%s`.", op.Description, permission))
}

// operationTime bounds what one operation may take; a client that waits longer has gone.
const operationTime = time.Minute

// guard stands before every operation: credential, rate, permission, and a body that is whole and plain.
func (a *API) guard(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	op := ctx.Operation()
	permission := op.Metadata[metaPermission].(operational.Permission)
	if err := a.admit(r, op, permission); err != nil {
		writeProblem(w, answer(r.Context(), r.Method, err))
		return
	}
	body, done, err := a.upload(w, r, op.Metadata[metaLimit].(int64))
	defer done()
	if err == nil && op.RequestBody != nil && len(body) > 0 && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		err = strictJSON(body)
	}
	if err != nil {
		writeProblem(w, answer(r.Context(), r.Method, err))
		return
	}
	if op.RequestBody != nil && op.Method != http.MethodGet {
		req := requestOf(r.Context())
		req.unseen = unseenIn(req.actor, permission, body)
	}
	bounded, cancel := context.WithTimeout(r.Context(), operationTime)
	defer cancel()
	run := func() { next(huma.WithContext(ctx, bounded)) }
	if r.Method != http.MethodPost || permission == operational.Public || len(r.Header.Values("Idempotency-Key")) == 0 {
		run()
		return
	}
	a.once(w, r, r.Header.Get("Idempotency-Key"), body, run)
}
