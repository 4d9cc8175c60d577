package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
)

// roleInput has the members of governance.NewRole under names of the API.
type roleInput struct {
	Audience    string  `json:"audience" enum:"internal,external" doc:"internal: for people of your own company; external: for people of your partners (vendors only)" example:"external"`
	Name        string  `json:"name" minLength:"1" maxLength:"100" doc:"Name, unique in its audience" example:"Distributor Admin"`
	Key         string  `json:"key,omitempty" maxLength:"60" pattern:"^[a-z][a-z0-9_]{0,59}$" doc:"What addresses and assignments call it; left out: made of the name" example:"distributor_admin"`
	Description *string `json:"description,omitempty" maxLength:"500" doc:"What the role is meant for"`
	CopyOf      string  `json:"copy_of,omitempty" maxLength:"60" doc:"Key of a role of the same audience whose rights it begins with; left out: it may do nothing" example:"dealer_personnel"`
	Hat         string  `json:"hat,omitempty" enum:"vendor,partner,both" doc:"The side that its people work on; only for your own people, in a company that both governs a channel and sells. Left out: as copy_of says, or the side that you work on"`
}

// rightsPatch has the members of governance.UpdateRights in the same order.
type rightsPatch struct {
	Create      operational.Opt[bool]                   `json:"create,omitzero" doc:"May create records"`
	Read        operational.Opt[bool]                   `json:"read,omitzero" doc:"May read records; false hides the object, whatever else is said" example:"true"`
	Edit        operational.Opt[bool]                   `json:"edit,omitzero" doc:"May change records"`
	Delete      operational.Opt[bool]                   `json:"delete,omitzero" doc:"May delete records"`
	Import      operational.Opt[bool]                   `json:"import,omitzero" doc:"May import records from files"`
	Export      operational.Opt[bool]                   `json:"export,omitzero" doc:"May take records out in files"`
	Visibility  operational.Opt[operational.Visibility] `json:"visibility,omitzero" enum:"private,company,public" doc:"Whose records" example:"company"`
	Access      operational.Opt[string]                 `json:"access,omitzero" enum:"read,read_write" doc:"Whether the records in sight can be changed" example:"read_write"`
	RecordTypes operational.Opt[[]uuid.UUID]            `json:"record_types,omitzero" maxItems:"50" doc:"Record types that the role works with; null: all, also those to come"`
	Readable    operational.Opt[[]string]               `json:"readable,omitzero" maxItems:"200" doc:"Fields that the role reads; all others are hidden" example:"[\"name\",\"stage\"]"`
	Editable    operational.Opt[[]string]               `json:"editable,omitzero" maxItems:"200" doc:"Fields that the role writes; left out, those that are hidden now are written no more" example:"[\"name\"]"`
}

type rolePatch struct {
	Name         operational.Opt[string]                   `json:"name,omitzero" minLength:"1" maxLength:"100" doc:"Name, unique in its audience"`
	Description  operational.Opt[string]                   `json:"description,omitzero" maxLength:"500" doc:"What the role is meant for"`
	Capabilities operational.Opt[[]operational.Permission] `json:"capabilities,omitzero" maxItems:"100" doc:"Permissions that are a right to no object; internal roles only"`
	Objects      map[operational.Object]rightsPatch        `json:"objects,omitempty" doc:"Rights by object: what is left out stays"`
}

func (p rolePatch) change() governance.UpdateRole {
	change := governance.UpdateRole{Name: p.Name, Description: p.Description, Capabilities: p.Capabilities, Objects: map[operational.Object]governance.UpdateRights{}}
	for o, x := range p.Objects {
		change.Objects[o] = governance.UpdateRights(x)
	}
	return change
}

// RoleKey names a role.
type RoleKey struct {
	Key string `path:"key" maxLength:"60" doc:"Key of the role" example:"dealer_personnel"`
}

type roleReading struct {
	RoleKey
	IfNoneMatch string `header:"If-None-Match" maxLength:"1000" doc:"ETag that you have: 304 when it is still the same"`
	FieldsInput
}

// RoleChanging is what a change of a role must carry.
type RoleChanging struct {
	RoleKey
	IfMatch string `header:"If-Match" doc:"ETag of the role as you read it; required" example:"\"v3\""`
}

func (c RoleChanging) version() (int64, error) { return Changing{IfMatch: c.IfMatch}.version() }

type rolePatching struct {
	RoleChanging
	Body rolePatch `contentType:"application/merge-patch+json" doc:"Members to change; what is left out stays"`
}

type differencesOutput struct {
	Body struct {
		Items []governance.Difference `json:"items" doc:"Everything in which they differ"`
	}
}

func (a *API) roles(s *governance.Service) {
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "list-roles", Method: http.MethodGet, Path: "/v1/roles", Tags: []string{governanceTag},
		Summary: "List roles", Description: "The roles of your company that you govern, with their rights and how many people have them. " + needsEither,
	}, listing(a, "list-roles", everybody(governance.RoleListing), s.Roles))
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "read-role", Method: http.MethodGet, Path: "/v1/roles/{key}", Tags: []string{governanceTag},
		Summary: "Read a role", Description: "One role with its rights. " + needsEither,
	}, func(ctx context.Context, actor operational.Actor, in *roleReading) (*record[governance.Role], error) {
		r, err := s.Role(ctx, actor, in.Key)
		if err != nil {
			return nil, err
		}
		return asRecord(Reading{IfNoneMatch: in.IfNoneMatch}, r.Version, r)
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "create-role", Method: http.MethodPost, Path: "/v1/roles", Tags: []string{governanceTag}, DefaultStatus: http.StatusCreated,
		Summary: "Create a role", Description: "Adds a role that may do nothing, or a copy of another one. Nobody gives rights that they do not have themselves, nor on a side of the company on which they do not work. " + needsEither,
	}, func(ctx context.Context, actor operational.Actor, in *struct{ Body roleInput }) (*created[governance.Role], error) {
		b := in.Body
		r, err := s.CreateRole(ctx, actor, governance.NewRole{Key: b.Key, Audience: b.Audience, Name: b.Name, Description: b.Description, CopyOf: b.CopyOf, Hat: b.Hat})
		return &created[governance.Role]{etagOf(r.Version), "/v1/roles/" + r.Key, r}, err
	})
	a.roleChanges(s)
}

func (a *API) roleChanges(s *governance.Service) {
	register(a, operational.SignedIn, patching(huma.Operation{
		OperationID: "update-role", Path: "/v1/roles/{key}", Tags: []string{governanceTag},
		Summary: "Change a role", Description: "Changes name, capabilities and rights to any number of objects and fields as one change set: all of it, or nothing. It holds from everybody's next request on. " +
			"Nobody gives rights that they do not have themselves; to take away is always allowed. " + needsEither,
	}), func(ctx context.Context, actor operational.Actor, in *rolePatching) (*record[governance.Role], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		r, err := s.UpdateRole(ctx, actor, in.Key, version, in.Body.change())
		return &record[governance.Role]{etagOf(r.Version), r}, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "preview-role", Method: http.MethodPost, Path: "/v1/roles/{key}/preview", Tags: []string{governanceTag},
		Summary: "Preview a change of a role", Description: "Says whom a change set would touch, which hidden fields it would make visible, and everything else that it would change. Nothing is saved. " + needsEither,
	}, func(ctx context.Context, actor operational.Actor, in *struct {
		RoleKey
		Body rolePatch `doc:"The change set, as update-role takes it"`
	},
	) (*struct{ Body governance.Preview }, error) {
		p, err := s.Preview(ctx, actor, in.Key, in.Body.change())
		return &struct{ Body governance.Preview }{p}, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "compare-roles", Method: http.MethodGet, Path: "/v1/roles/{key}/differences", Tags: []string{governanceTag},
		Summary: "Compare two roles", Description: "Everything in which the role differs from another one. " + needsEither,
	}, func(ctx context.Context, actor operational.Actor, in *struct {
		RoleKey
		With string `query:"with" required:"true" maxLength:"60" doc:"Key of the other role" example:"analyst"`
	},
	) (*differencesOutput, error) {
		found, err := s.Compare(ctx, actor, in.Key, in.With)
		out := &differencesOutput{}
		out.Body.Items = found
		return out, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "make-role-default", Method: http.MethodPost, Path: "/v1/roles/{key}/make-default", Tags: []string{governanceTag}, Errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired},
		Summary: "Make a role the default", Description: "Makes an external role the one that partners' people have when neither they nor their company were given another. Needs `channel.govern`.",
	}, func(ctx context.Context, actor operational.Actor, in *RoleChanging) (*record[governance.Role], error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		r, err := s.MakeDefault(ctx, actor, in.Key, version)
		return &record[governance.Role]{etagOf(r.Version), r}, err
	})
	register(a, operational.SignedIn, huma.Operation{
		OperationID: "delete-role", Method: http.MethodDelete, Path: "/v1/roles/{key}", Tags: []string{governanceTag}, DefaultStatus: http.StatusNoContent, Errors: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired},
		Summary: "Delete a role", Description: "Deletes a role that nobody has; the answer to one that somebody has names them. Roles that came with the workspace stay. " + needsEither,
	}, func(ctx context.Context, actor operational.Actor, in *RoleChanging) (*struct{}, error) {
		version, err := in.version()
		if err != nil {
			return nil, err
		}
		return nil, s.DeleteRole(ctx, actor, in.Key, version)
	})
}
