package main

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/postgres"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
)

const longPassword = "a long enough password"

// vendorAt makes a vendor whose rows are on a shard, with a leader and a sales process.
func vendorAt(t *testing.T, app *App, shard int) (vendor uuid.UUID, leader operational.Actor, as *visitor) {
	t.Helper()
	admin := identity.NewAdmin(app.ground.Jobs)
	for {
		var err error
		vendor, err = admin.CreateVendor(t.Context(), identity.NewVendor{Name: fmt.Sprint("Of shard ", shard), Currency: "EUR"})
		require.NoError(t, err)
		if int(crc32.ChecksumIEEE(vendor[:])%2) == shard {
			break
		}
	}
	email := fmt.Sprintf("leader-%d@example.com", shard)
	leader, err := admin.AddPerson(t.Context(), identity.NewPerson{Org: vendor, Role: operational.RoleAdministrator, Name: "Leader", Email: email, Password: longPassword})
	require.NoError(t, err)
	as = newVisitor(t, app, email, longPassword)
	made := as.send("POST", "/v1/sales-processes", `{"name":"Way","default":true,"stages":[{"name":"Talk","type":"active"},{"name":"Won","type":"won"},{"name":"Lost","type":"lost"},{"name":"Out","type":"disqualified"}]}`)
	require.Equal(t, http.StatusCreated, made.status, made.body)
	return vendor, leader, as
}

// Two vendors on two shards, and a partner of both. While a shard is away its vendor has no figures, the other one notices nothing, and
// what the partner sees says that something is missing: in the API, in receipts and on pages. All of it comes back by itself.
func TestAShardThatIsAway(t *testing.T) {
	t.Parallel()
	shards := chtest.Shards(t, 2, local.Options{})
	cfg := sharedConfig(t, shards[0].URL("figures"))
	cfg.WarehouseCluster = local.Cluster
	app := startRole(t, everything, cfg)
	_, leader, ann := vendorAt(t, app, 0)
	far, _, ben := vendorAt(t, app, 1)
	partners := []interconnect.NewPartner{{Name: "Of both", PartnerNumber: "1", PersonName: "Pia", ExternalRef: "one", StartedAt: time.Now()}}
	require.NoError(t, app.ground.API.InTx(t.Context(), leader, func(tx *postgres.Tx) error { return interconnect.ProvisionPartners(t.Context(), tx, partners) }))
	admin := identity.NewAdmin(app.ground.Jobs)
	second, err := admin.Connect(t.Context(), identity.NewConnection{Vendor: far, Partner: partners[0].OrgID, PartnerNumber: "2"})
	require.NoError(t, err)
	_, err = admin.AddPerson(t.Context(), identity.NewPerson{Org: partners[0].OrgID, Role: operational.RoleSeller, Name: "Pam", Email: "pam@example.com", Password: longPassword})
	require.NoError(t, err)
	pam := newVisitor(t, app, "pam@example.com", longPassword)
	for as, connection := range map[*visitor]uuid.UUID{ann: partners[0].ConnectionID, ben: second} {
		made := as.send("POST", "/v1/opportunities", fmt.Sprintf(`{"name":"Deal","connection_id":%q,"vendor_net":{"amount":"10","currency":"EUR"}}`, connection))
		require.Equal(t, http.StatusCreated, made.status, made.body)
	}
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))

	type open struct {
		tallies
		Partial *struct {
			Missing int
			Names   []string
		}
	}
	const figure = "/v1/analytics/amount-open"
	ask := func(as *visitor) (o open) {
		t.Helper()
		require.NoError(t, json.Unmarshal(as.get(figure), &o))
		return o
	}
	const warning = "Some figures are missing"
	whole := ask(pam)
	require.Equal(t, 2, whole.Rows[0].Count)
	require.Nil(t, whole.Partial)
	require.NotContains(t, string(pam.get("/briefing")), warning)

	shards[1].Kill()
	var part open
	require.Eventually(t, func() bool { part = ask(pam); return part.Partial != nil }, time.Minute, 50*time.Millisecond)
	require.Equal(t, 1, part.Rows[0].Count)
	require.Equal(t, 1, part.Partial.Missing)
	require.Empty(t, part.Partial.Names, "servers are not a partner's affair")
	for _, page := range []string{"/briefing", "/funnel"} {
		require.Contains(t, string(pam.get(page)), warning, page)
		require.NotContains(t, string(ann.get(page)), warning, page)
	}
	require.Contains(t, string(pam.get(whole.Receipt.URL)), "cannot be held against those of the receipt")
	require.Contains(t, string(pam.get(whole.Receipt.RowsURL)), `"partial"`)
	mine := ask(ann)
	require.Equal(t, 1, mine.Rows[0].Count)
	require.Nil(t, mine.Partial, "all of it is on the other shard")
	none := ben.send("GET", figure, "")
	require.Equal(t, http.StatusServiceUnavailable, none.status, none.body)
	require.Contains(t, none.body, "warehouse-part-away")
	require.Contains(t, ben.send("GET", "/briefing", "").body, "The figures are away at the moment")
	require.Contains(t, string(ben.get("/v1/opportunities")), "Deal")
	require.Eventually(t, func() bool {
		p := pipelineOf(ann)
		return p.State == "waiting" && p.LastFault != ""
	}, time.Minute, 50*time.Millisecond)
	require.Contains(t, string(ann.get("/pipelines")), shards[1].Address())

	require.NoError(t, shards[1].Restart(t.Context()))
	require.Eventually(t, func() bool { return ben.send("GET", figure, "").status == http.StatusOK }, time.Minute, 50*time.Millisecond)
	require.Nil(t, ask(pam).Partial)
	require.Contains(t, string(pam.get(part.Receipt.URL)), "The receipt is of an answer that was partial")
	require.Contains(t, string(pam.get(whole.Receipt.URL)), `"same":true`)
	made := ben.send("POST", "/v1/products", `{"name":"Later","family":"Any","list_price":{"amount":"5","currency":"EUR"}}`)
	require.Equal(t, http.StatusCreated, made.status, made.body)
	require.NoError(t, app.WaitLoaded(t.Context(), time.Minute))
}
