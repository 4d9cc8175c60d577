package benchapi

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

const (
	clients = 16
	rounds  = 3
	stretch = 4 * time.Second
)

// Target is a served API over a filled channel.
type Target struct {
	Addr     string // of the API
	OwnerURL string // of the database, for the bare SQL and pgbench
	Binaries string // folder of pgbench
	Identity *identity.Service
	Channel  Channel
}

// caller is one tenant with a key and some of its opportunities.
type caller struct {
	org  uuid.UUID
	side operational.Side
	key  string
	ids  []uuid.UUID
}

// Figures are what Measure found.
type Figures struct {
	ReadRatio float64 // point reads per second through the API over pgbench -S
	Reads     Load
	ListRatio float64 // p95 of a list through the API over p95 of its bare SQL
	Lists     Load
	BareLists Load
}

// Measure takes the figures, API and its counterpart by turns, so that a noisy minute strikes both.
func (t Target) Measure(ctx context.Context) (Figures, error) {
	pool, err := pgxpool.New(ctx, t.OwnerURL)
	if err != nil {
		return Figures{}, err
	}
	defer pool.Close()
	callers, err := t.callers(ctx, pool)
	if err != nil {
		return Figures{}, err
	}
	if err := pgbenchInit(ctx, t.Binaries, t.OwnerURL); err != nil {
		return Figures{}, err
	}
	line := make([]client, clients)
	for c := range line {
		line[c].addr = t.Addr
		defer line[c].close()
	}
	read := func(_ context.Context, c, i int) error {
		who := callers[(c*7+i)%len(callers)]
		return line[c].get("/v1/opportunities/"+who.ids[i%len(who.ids)].String(), who.key)
	}
	list := func(_ context.Context, c, i int) error {
		return line[c].get("/v1/opportunities?limit=50", callers[(c*7+i)%len(callers)].key)
	}
	bare := func(ctx context.Context, c, i int) error { return bareList(ctx, pool, callers[(c*7+i)%len(callers)]) }

	var f Figures
	var readRatios, listRatios []float64
	for range rounds {
		if f.Reads, err = drive(ctx, clients, stretch, read); err != nil {
			return Figures{}, err
		}
		tps, err := pgbench(ctx, t.Binaries, t.OwnerURL, clients, stretch)
		if err != nil {
			return Figures{}, err
		}
		readRatios = append(readRatios, f.Reads.PerSecond/tps)
		if f.Lists, err = drive(ctx, clients, stretch, list); err != nil {
			return Figures{}, err
		}
		if f.BareLists, err = drive(ctx, clients, stretch, bare); err != nil {
			return Figures{}, err
		}
		listRatios = append(listRatios, float64(f.Lists.P95)/float64(f.BareLists.P95))
	}
	f.ReadRatio, f.ListRatio = median(readRatios), median(listRatios)
	return f, nil
}

// callers makes a key for every vendor and for large, middling and small partners.
func (t Target) callers(ctx context.Context, pool *pgxpool.Pool) ([]caller, error) {
	var out []caller
	for _, org := range t.Channel.Vendors {
		out = append(out, caller{org: org, side: operational.SideVendor})
	}
	for i := 0; i < len(t.Channel.Partners); i += 25 {
		out = append(out, caller{org: t.Channel.Partners[i], side: operational.SidePartner})
	}
	for i := range out {
		c := &out[i]
		actor, err := memberOf(ctx, pool, c.org, c.side)
		if err != nil {
			return nil, err
		}
		if _, c.key, err = t.Identity.CreateKey(ctx, actor, identity.NewKey{Name: "bench", Scopes: []string{string(operational.OpportunitiesRead)}}); err != nil {
			return nil, err
		}
		rows, err := pool.Query(ctx, `select id from crm.opportunity where `+c.column()+` = $1 limit 200`, c.org)
		if err != nil {
			return nil, err
		}
		if c.ids, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c caller) column() string {
	if c.side == operational.SideVendor {
		return "vendor_org_id"
	}
	return "partner_org_id"
}

// bareList is the list without sign-in, wall, rules or JSON: the same rows and names, as the owner.
func bareList(ctx context.Context, pool *pgxpool.Pool, c caller) error {
	rows, err := pool.Query(ctx, `select o.*, v.name, p.name, e.display_name, s.name
		from (select * from crm.opportunity where `+c.column()+` = $1 order by updated_at desc, id desc limit 51) o
		left join crm.organisation v on v.id = o.vendor_org_id left join crm.organisation p on p.id = o.partner_org_id
		left join crm.external_contact e on e.id = o.owner_contact_id join crm.stage s on s.id = o.stage_id
		order by o.updated_at desc, o.id desc`, c.org)
	if err != nil {
		return err
	}
	n := 0
	for rows.Next() {
		if _, err := rows.Values(); err != nil {
			return err
		}
		n++
	}
	if n == 0 {
		return fmt.Errorf("the bare list of %s is empty", c.org)
	}
	return rows.Err()
}
