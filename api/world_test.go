package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/warehouse"
	"github.com/sharepartner/sharepartner/warehouse/duckdb"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

const password = "correct horse battery"

// person is somebody who is signed in.
type person struct {
	operational.Actor
	token string
}

// world holds two vendors that share a partner, and a partner that only the first one has. What belongs to the second
// vendor, and what the partners keep for themselves, is marked so that it can be looked for where it must not be.
type world struct {
	*pgtest.Database
	api   *api.API
	deps  api.Deps
	store warehouse.Store
	log   *logged
	admin *identity.Admin
	owner *pgx.Conn // for sql and session

	ada, ana       person // vendor A: leader, analyst
	bob            person // vendor B: leader
	pia, pol       person // partner 1 (of A and B), partner 2 (of A)
	connA1, connA2 uuid.UUID
	connB1         uuid.UUID
	processA       catalog.SalesProcess
	processB       catalog.SalesProcess
	productA       catalog.Product
}

// logged is what the API logs; requests may run beside each other.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Marks of what others must never see.
const (
	canaryB       = "CanaryOfVendorB"
	canaryPrivate = "CanaryOfThePartner"
)

// The companies of these tests are planted once; every world gets a copy of its own.
var (
	companiesDB pgtest.Planted
	companies   world
)

func newWorld(t testing.TB) *world {
	t.Helper()
	db := companiesDB.New(t, func(t testing.TB, d *pgtest.Database) {
		companies.serve(d)
		companies.owner = d.Owner(t)
		companies.people(t)
		companies.catalogue(t)
	})
	w := &world{
		ada: companies.ada, ana: companies.ana, bob: companies.bob, pia: companies.pia, pol: companies.pol,
		connA1: companies.connA1, connA2: companies.connA2, connB1: companies.connB1,
		processA: companies.processA, processB: companies.processB, productA: companies.productA,
	}
	w.serve(db)
	w.owner = w.Owner(t)
	store, err := duckdb.Open(t.Context(), duckdb.Options{Path: t.TempDir() + "/warehouse.duckdb", MemoryLimit: "256MB", Threads: 1, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = store.Close() })
	w.store, w.deps.Warehouse = store, store
	w.api = api.New(w.deps)
	return w
}

// serve makes the services over a database.
func (w *world) serve(db *pgtest.Database) {
	w.Database, w.log, w.admin = db, &logged{}, identity.NewAdmin(db.Jobs)
	w.deps = api.Deps{
		DB: w.API, Identity: identity.New(w.API, pgtest.Secret), Interconnect: interconnect.New(w.API), Catalog: catalog.New(w.API), Accounts: accounts.New(w.API),
		Opportunities: opportunities.New(w.API), Imports: imports.New(w.API), Secret: pgtest.Secret, Clock: time.Now,
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Rate: 10_000, Burst: 10_000,
	}
}

func (w *world) people(t testing.TB) {
	ctx := t.Context()
	vendorA, err := w.admin.CreateVendor(ctx, identity.NewVendor{Name: "Acme", TimeZone: "Europe/Berlin", FiscalMonth: 1, Currency: "EUR"})
	require.NoError(t, err)
	vendorB, err := w.admin.CreateVendor(ctx, identity.NewVendor{Name: canaryB, TimeZone: "UTC", FiscalMonth: 4, Currency: "USD"})
	require.NoError(t, err)
	w.ada = w.join(t, vendorA, operational.RoleChannelLeader, "Ada")
	w.ana = w.join(t, vendorA, operational.RoleAnalyst, "Ana")
	w.bob = w.join(t, vendorB, operational.RoleChannelLeader, "Bob")
	gold, north := "Gold", "North"
	partners := []interconnect.NewPartner{
		{Name: "Partner One", PartnerNumber: "1001", Tier: &gold, Region: &north, PersonName: "Pia", ExternalRef: "one", StartedAt: time.Now()},
		{Name: "Partner Two", PartnerNumber: "1002", PersonName: "Pol", ExternalRef: "two", StartedAt: time.Now()},
	}
	require.NoError(t, w.API.InTx(ctx, w.ada.Actor, func(tx *postgres.Tx) error { return interconnect.ProvisionPartners(ctx, tx, partners) }))
	w.connA1, w.connA2 = partners[0].ConnectionID, partners[1].ConnectionID
	w.connB1, err = w.admin.Connect(ctx, identity.NewConnection{Vendor: vendorB, Partner: partners[0].OrgID, PartnerNumber: "B-77", Tier: canaryB, Region: canaryB})
	require.NoError(t, err)
	w.pia = w.session(t, actorOf(partners[0]))
	w.pol = w.session(t, actorOf(partners[1]))
}

func actorOf(p interconnect.NewPartner) operational.Actor {
	return operational.Actor{Person: p.PersonID, Membership: p.MembershipID, Org: p.OrgID, Side: operational.SidePartner, Role: operational.RoleSeller}
}

func (w *world) join(t testing.TB, org uuid.UUID, role operational.Role, name string) person {
	t.Helper()
	staff := []interconnect.NewStaff{{Name: name, Role: role, ExternalRef: name}}
	actor := operational.Actor{Org: org, Side: operational.SideVendor, Role: role}
	require.NoError(t, w.API.InTx(t.Context(), actor, func(tx *postgres.Tx) error {
		return interconnect.ProvisionStaff(t.Context(), tx, staff)
	}))
	actor.Person, actor.Membership = staff[0].PersonID, staff[0].MembershipID
	return w.session(t, actor)
}

// session plants one: hashing a password for everybody in every test would take most of the time.
func (w *world) session(t testing.TB, actor operational.Actor) person {
	t.Helper()
	seed := sha256.Sum256([]byte(actor.Membership.String()))
	token := base64.RawURLEncoding.EncodeToString(seed[:])
	digest := sha256.Sum256([]byte(token))
	actor.Credential = uuid.New()
	_, err := w.owner.Exec(t.Context(), `
		insert into sec.session (id, token_sha256, membership_id, side, created_at, last_seen_at, idle_expires_at, expires_at)
		values ($1, $2, $3, $4, now(), now(), now() + interval '1 hour', now() + interval '1 hour')`, actor.Credential, digest[:], actor.Membership, actor.Side)
	require.NoError(t, err)
	return person{w.WithRights(t, actor), token}
}

// enable gives a person a mail address and a password.
func (w *world) enable(t testing.TB, p person, email string) {
	t.Helper()
	require.NoError(t, w.admin.EnablePerson(t.Context(), p.Person, email, password))
}

func (w *world) catalogue(t testing.TB) {
	ctx := t.Context()
	stages := []catalog.NewStage{{Name: "Qualify", Type: "active"}, {Name: "Propose", Type: "active"}, {Name: "Won", Type: "won"}, {Name: "Lost", Type: "lost"}}
	var err error
	w.processA, err = w.deps.Catalog.CreateProcess(ctx, w.ada.Actor, catalog.NewProcess{Name: "Channel sales", Default: true, Stages: stages})
	require.NoError(t, err)
	stages[0].Name = canaryB
	w.processB, err = w.deps.Catalog.CreateProcess(ctx, w.bob.Actor, catalog.NewProcess{Name: canaryB, Default: true, Stages: stages})
	require.NoError(t, err)
	price, err := operational.ParseAmount("250")
	require.NoError(t, err)
	w.productA, err = w.deps.Catalog.CreateProduct(ctx, w.ada.Actor, catalog.NewProduct{Name: "GTX Basic", Family: "GTX", ListPrice: operational.Money{Amount: price, Currency: "EUR"}})
	require.NoError(t, err)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &v), a.body)
	return v
}

func (a answer) text(t testing.TB, key string) string {
	t.Helper()
	s, _ := a.json(t)[key].(string)
	return s
}

// call sends a request as the person; headers come in pairs.
func (w *world) call(t testing.TB, p person, method, path string, body any, headers ...string) answer {
	t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	case []byte:
		reader = bytes.NewReader(body)
	default:
		text, err := json.Marshal(body)
		require.NoError(t, err)
		reader = bytes.NewReader(text)
	}
	r := httptest.NewRequest(method, path, reader)
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		r.AddCookie(&http.Cookie{Name: "sharepartner", Value: p.token})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	requireAsDescribed(t, r, rec)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// must is call with the expected status.
func (w *world) must(t testing.TB, status int, p person, method, path string, body any, headers ...string) answer {
	t.Helper()
	got := w.call(t, p, method, path, body, headers...)
	if got.status != status {
		require.Equal(t, status, got.status, "%s %s: %s\n%s", method, path, got.body, w.log.String())
	}
	return got
}

// deal creates an opportunity and gives its id.
func (w *world) deal(t testing.TB, p person, connection uuid.UUID, name, amount, currency, at string) string {
	t.Helper()
	got := w.must(t, http.StatusCreated, p, http.MethodPost, "/v1/opportunities", map[string]any{
		"connection_id": connection, "name": name, "customer_name": name + " Ltd", "effective_at": at,
		"vendor_net": map[string]string{"amount": amount, "currency": currency},
	})
	var o struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(got.body), &o))
	return o.ID
}

// move takes an opportunity at version 1 to a stage.
func (w *world) move(t testing.TB, p person, id string, version int, stage uuid.UUID, at string) {
	t.Helper()
	w.must(t, http.StatusOK, p, http.MethodPost, "/v1/opportunities/"+id+"/move", map[string]any{"stage_id": stage, "effective_at": at}, "If-Match", fmt.Sprintf(`"v%d"`, version))
}
