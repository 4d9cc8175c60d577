package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

type objectsOutput struct {
	Body struct {
		Items []objects.ObjectDescription `json:"items" doc:"The objects that you see"`
	}
}

type objectInput struct {
	Name string `path:"name" maxLength:"64" doc:"Name of the object" example:"opportunity"`
}

type objectOutput struct{ Body objects.ObjectDescription }

func (a *API) objects() {
	s := objects.New(a.deps.DB)
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "list-objects", Method: http.MethodGet, Path: "/v1/objects", Tags: []string{"objects"},
		Summary: "List objects", Description: "The sorts of records that you see, with their fields, types and layouts, and what you may do with them: in your own company, and with each vendor. What you do not see is not there, nor for an API key what none of its scopes is a right to.",
	}, func(ctx context.Context, actor operational.Actor, _ *struct{}) (*objectsOutput, error) {
		found, err := s.List(ctx, actor)
		out := &objectsOutput{}
		out.Body.Items = slices.DeleteFunc(found, func(d objects.ObjectDescription) bool { return !inScope(actor, d.Name) })
		return out, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "read-object", Method: http.MethodGet, Path: "/v1/objects/{name}", Tags: []string{"objects"},
		Summary: "Describe an object", Description: "One sort of records: fields, types, layouts, and what you may do.",
	}, func(ctx context.Context, actor operational.Actor, in *objectInput) (*objectOutput, error) {
		d, err := s.Get(ctx, actor, operational.Object(in.Name))
		if err == nil && !inScope(actor, d.Name) {
			err = operational.NotFound("object")
		}
		if err != nil {
			return nil, err
		}
		return &objectOutput{d}, nil
	})
}

// inScope says whether the credential has to do with the object: a key has, when one of its scopes is a right to it.
func inScope(actor operational.Actor, name operational.Object) bool {
	return actor.Scopes == nil || slices.ContainsFunc(actor.Scopes, func(scope string) bool {
		object, ok := operational.Permission(scope).Object()
		return ok && object == name
	})
}
