package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

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
	Invitations   *interconnect.Invitations // nil: links without an address before them, and no mail
	Catalog       *catalog.Service
	Accounts      *accounts.Service
	Opportunities *opportunities.Service
	Imports       *imports.Service
	Warehouse     warehouse.Store
	Secret        postgres.Secret
	Clock         func() time.Time
	Log           *slog.Logger
	Secure        bool             // served by https, also when a proxy ends it: cookies get the __Host- prefix
	Address       string           // under which people reach the program; empty: that of each request
	Resets        *identity.Resets // of lost passwords; nil: none, as where no mail is sent
	Places        Places           // which proxies are believed when they say where a request comes from; none unless said
	Rate          float64          // requests a second per credential; 0: 50
	Burst         int              // at once; 0: 100
}

// API is the operational API.
type API struct {
	deps      Deps
	mux       *http.ServeMux
	huma      huma.API
	handler   http.Handler
	analytics *Analytics
	cursors   cursors
	limits    *limits
	uploads   uploads         // places for large bodies, which are held in memory
	sealer    postgres.Sealer // of answers that are kept for repeated requests
	prints    []byte          // key of what knows a repetition
}

// Version of the contract: changes inside it only add.
const Version = "1.0.0"

const about = `The operational API of SharePartner.

Lists come in pages: ` + "`limit`, `cursor`, `filter`, `sort`, `count=exact`" + `. Reads carry an ` + "`ETag`" + `; changes need it back as ` + "`If-Match`" + `.
A POST may carry an ` + "`Idempotency-Key`" + `. Errors are problem details (RFC 9457) with a stable ` + "`code`" + `. Money is exact text with its
currency, times are RFC 3339 in UTC. Which organisation a request works in comes from its credential alone.

Each credential may make %v requests a second, %d at once; more are answered with 429 and Retry-After.`

// New makes the API.
func New(d Deps) *API {
	if d.Clock == nil {
		d.Clock = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Invitations == nil {
		d.Invitations = interconnect.NewInvitations(d.DB, d.Identity, interconnect.NewTickets(d.Secret.Derive("invitations"), ""), false)
	}
	if d.Resets == nil {
		d.Resets = identity.NewResets(d.DB, d.Secret, false)
	}
	a := &API{
		deps: d, mux: http.NewServeMux(), analytics: NewAnalytics(d), cursors: newCursors(d.Secret),
		sealer: d.Secret.Sealer("idempotency"), prints: d.Secret.Derive("idempotency-requests"),
		limits: newLimits(d.Rate, d.Burst, d.Clock), uploads: uploads{busy: map[uuid.UUID]bool{}},
	}
	a.huma = humago.New(a.mux, a.config())
	a.sessions()
	a.looking()
	a.ownCredentials()
	a.profile()
	a.resets()
	a.secondFactor()
	a.providers()
	a.keys()
	a.organisations()
	a.connections()
	a.connectionPeople()
	a.invitations()
	a.people()
	a.workspaces()
	a.accounts()
	a.products()
	a.processes()
	a.objects()
	a.opportunities()
	a.imports()
	a.exports()
	a.analyticsOperations()
	a.audit()
	a.erasure()
	a.governance()
	a.system()
	a.mux.HandleFunc("/", a.elsewhere)
	a.handler = a.outermost(a.mux)
	return a
}

func (a *API) config() huma.Config {
	c := huma.DefaultConfig("SharePartner", Version)
	c.Info.Description = fmt.Sprintf(about, a.limits.rate, a.limits.burst)
	c.Components.Schemas = newRegistry()
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"cookie": {Type: "apiKey", In: "cookie", Name: cookieSecure, Description: "Session of a browser; without https the name is " + cookiePlain},
		"bearer": {Type: "http", Scheme: "bearer", Description: "API key: sp_..."},
	}
	c.CreateHooks = nil // no links to schemas inside bodies
	c.DocsPath, c.SchemasPath = "", ""
	c.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	c.RejectUnknownQueryParameters = true
	c.Transformers = []huma.Transformer{chooseFields}
	return c
}

// jsonFormat writes text as it is: escaping < and > is for HTML, not for an API.
var jsonFormat = huma.DefaultJSONFormat

// Analytics gives the analytics behind the operations, for the pages.
func (a *API) Analytics() *Analytics { return a.analytics }

// OpenAPI is the document that describes all operations.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// ServeHTTP answers /v1/..., /openapi.json and /openapi.yaml.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }
