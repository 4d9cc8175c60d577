package interconnect

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Service keeps organisations, connections, and what a company decides for itself.
type Service struct {
	db *postgres.DB
}

// New makes the service on the api login.
func New(db *postgres.DB) *Service { return &Service{db: db} }

// Organisation reads the caller's own organisation or one that it is connected with.
func (s *Service) Organisation(ctx context.Context, actor operational.Actor, id uuid.UUID) (Organisation, error) {
	if vendor, bound := boundTo(actor); bound && id != actor.Org && id != vendor {
		return Organisation{}, operational.NotFound("organisation")
	}
	return postgres.One[Organisation](ctx, s.db, actor, "organisation", organisationColumns+" from "+organisationsFrom(actor.Side)+" where o.id = $1", id)
}

// Organisations lists them by name.
func (s *Service) Organisations(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Organisation], error) {
	if vendor, bound := boundTo(actor); bound {
		q = q.Also(operational.Filter{Field: "id", Op: "in", Values: []string{actor.Org.String(), vendor.String()}})
	}
	l := organisationList(actor.Side)
	return postgres.Page(ctx, s.db, actor, l, q, organisationColumns+", {keys} as sort_keys from "+l.From+sqlPage, func(r organisationRow) Organisation { return r.Organisation })
}

// Connection reads one connection of the caller.
func (s *Service) Connection(ctx context.Context, actor operational.Actor, id uuid.UUID) (Connection, error) {
	if !worksIn(actor, id) {
		return Connection{}, operational.NotFound("connection")
	}
	return postgres.One[Connection](ctx, s.db, actor, "connection", connectionsFor(actor.Side)+" where c.id = $1", id)
}

// Connections lists those of the caller, last changed first.
func (s *Service) Connections(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Connection], error) {
	if actor.Connection != uuid.Nil {
		q = q.Also(operational.Filter{Field: "id", Op: "eq", Values: []string{actor.Connection.String()}})
	}
	sql := connectionsFor(actor.Side, "{keys} as sort_keys") + sqlPage
	return postgres.Page(ctx, s.db, actor, connectionList(actor.Side), q, sql, func(r connectionRow) Connection { return r.Connection })
}

// boundTo says whether a credential works in one connection only, and which vendor's: of the others it does not learn.
func boundTo(actor operational.Actor) (vendor uuid.UUID, bound bool) {
	if actor.Connection == uuid.Nil {
		return uuid.Nil, false
	}
	if actor.Rights != nil {
		for _, l := range actor.Rights.Links {
			if l.Connection == actor.Connection {
				return l.Vendor, true
			}
		}
	}
	return uuid.Nil, true
}

// Workspace is the caller's own.
func (s *Service) Workspace(ctx context.Context, actor operational.Actor) (Workspace, error) {
	return postgres.One[Workspace](ctx, s.db, actor, "workspace", sqlWorkspace, actor.Org)
}

// OrganisationListing says by which fields organisations can be listed, on either side.
func OrganisationListing() operational.Listing {
	return organisationList(operational.SideVendor).Listing()
}

// ConnectionListing says by which fields a side can list connections.
func ConnectionListing(side operational.Side) operational.Listing {
	return connectionList(side).Listing()
}
