package main

import (
	"context"
	"net/http/httptest"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/cmd/sharepartner/benchapi"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/postgres/local"
)

// benchAPI fills a large channel and asks the API beside its counterparts.
func (c *benchCommand) benchAPI(ctx context.Context) ([]measurement, error) {
	cfg, done, err := scratchConfig()
	if err != nil {
		return nil, err
	}
	defer done()
	g, err := openGround(ctx, cfg, cfg.logger())
	if err != nil {
		return nil, err
	}
	defer g.Close()
	channel, err := benchapi.Fill(ctx, g.ownerURL, c.Rows)
	if err != nil {
		return nil, err
	}
	store, err := cfg.openWarehouse(ctx, cfg.logger())
	if err != nil {
		return nil, err
	}
	defer func() { _ = store.Close() }()
	server := httptest.NewUnstartedServer(nil)
	app := &App{cfg: cfg, log: cfg.logger(), ground: g, store: store, listener: server.Listener}
	server.Config.Handler = api.New(app.deps())
	server.Start()
	defer server.Close()
	bin, err := local.FindBinaries()
	if err != nil {
		return nil, err
	}
	target := benchapi.Target{Addr: server.Listener.Addr().String(), OwnerURL: g.ownerURL, Binaries: bin, Identity: identity.New(g.API, g.Secret), Channel: channel}
	explained, err := target.Explain(ctx)
	if err != nil {
		return nil, err
	}
	f, err := target.Measure(ctx)
	if err != nil {
		return nil, err
	}
	scopes, err := target.MeasureScopes(ctx)
	if err != nil {
		return nil, err
	}
	return append([]measurement{
		atLeast("one opportunity through the API, against pgbench -S", f.ReadRatio, "ratio", 0.25),
		atMost("list of 50, p95, against its bare SQL", f.ListRatio, "ratio", 3),
		atMost("why somebody may do something, p95", milliseconds(explained.P95), "ms", 20),
		figure("one opportunity through the API", f.Reads.PerSecond, "1/s"),
		figure("list of 50 through the API, p95", milliseconds(f.Lists.P95), "ms"),
		figure("list of 50, bare SQL, p95", milliseconds(f.BareLists.P95), "ms"),
	}, scoped(scopes)...), nil
}

// scoped are the lists of roles with a data scope and hidden fields, against the same lists without.
func scoped(all []benchapi.Scoped) []measurement {
	var out []measurement
	for _, s := range all {
		out = append(out, atMost("list of 50 under rights, p95: "+s.Name, s.Ratio, "ratio", 1.5),
			figure("list of 50 under rights, p95: "+s.Name, milliseconds(s.Load.P95), "ms"))
	}
	return out
}
