package api

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/warehouse"
)

// Deps is what the API is made of.
type Deps struct {
	DB            *postgres.DB // the api login: for idempotency keys and readiness
	Identity      *identity.Service
	Interconnect  *interconnect.Service
	Catalog       *catalog.Service
	Accounts      *accounts.Service
	Opportunities *opportunities.Service
	Imports       *imports.Service
	Warehouse     warehouse.Store
	Secret        postgres.Secret
	Clock         func() time.Time
	Log           *slog.Logger
	Secure        bool    // served by https, also when a proxy ends it: cookies get the __Host- prefix
	Rate          float64 // requests a second per credential; 0: 50
	Burst         int     // at once; 0: 100
}

// API is the operational API.
type API struct {
	deps      Deps
	mux       *http.ServeMux
	huma      huma.API
	handler   http.Handler
	analytics *Analytics
}

// Analytics gives the analytics behind the operations, for the pages.
func (a *API) Analytics() *Analytics { return a.analytics }

// OpenAPI is the document that describes all operations.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// ServeHTTP answers /v1/..., /openapi.json and /openapi.yaml.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// New makes the API.
func New(d Deps) *API {
	return &API{deps: d, mux: http.NewServeMux(), analytics: NewAnalytics(d)}
}
