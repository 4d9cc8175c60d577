package portal_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
	"github.com/sharepartner/sharepartner/operational/pgtest"
)

// The known answers of the public CRM export, read off the pages.
func TestTheKnownExportOnThePages(t *testing.T) {
	t.Parallel()
	folder := pgtest.PublicExport(t)
	w := newWorldWith(t, func(w *world, t testing.TB) {
		ctx, admin := context.Background(), identity.NewAdmin(w.db.Jobs)
		vendor, err := admin.CreateVendor(ctx, identity.NewVendor{Name: "Export vendor", TimeZone: "UTC", FiscalMonth: 1, Currency: "USD"})
		require.NoError(t, err)
		w.leader, err = admin.AddPerson(ctx, identity.NewPerson{Org: vendor, Role: operational.RoleChannelLeader, Name: "Ingrid Solberg", Email: leaderMail, Password: password})
		require.NoError(t, err)
		files, err := imports.ReadFolder(os.DirFS(folder), nil)
		require.NoError(t, err)
		_, err = imports.NewRunner(w.db.Jobs).Import(ctx, w.leader, imports.NewImport{Files: files}, nil)
		require.NoError(t, err)
	})
	v := w.as(t, leaderMail)
	year := v.get("/briefing?period=2017")
	won := text(year.kpi("Won"))
	require.Contains(t, won, "3,042 won")
	require.Contains(t, won, "$7,203,038")
	require.Contains(t, text(year.kpi("Lost")), "1,684 lost")
	require.Contains(t, text(year.kpi("Open now")), "2,409 open")
	regions := map[string][]string{}
	for _, row := range year.table("regions-t") {
		regions[row[0]] = row
	}
	for region, want := range map[string][3]string{"Central": {"1,173", "$2,358,511", "657"}, "West": {"1,010", "$2,578,786", "564"}, "East": {"859", "$2,265,741", "463"}, "3 in all": {"3,042", "$7,203,038", "1,684"}} {
		require.Equal(t, want[:], regions[region][1:4], region)
	}
	for quarter, want := range map[string][3]string{"2017-Q1": {"531 won", "$1,134,672", "116 lost"}, "2017-Q2": {"1,254 won", "$3,086,111", "778 lost"}, "2017-Q3": {"1,257 won", "$2,982,255", "790 lost"}} {
		p := v.get("/?period=" + quarter)
		require.Contains(t, text(p.kpi("Won")), want[0])
		require.Contains(t, text(p.kpi("Won")), want[1])
		require.Contains(t, text(p.kpi("Lost")), want[2])
		v.addsUp(attr(p.kpi("Lost"), "href"))
	}
	require.Contains(t, v.get("/opportunities").text(), "7,135 opportunities")
	quiet := v.get("/briefing")
	require.Contains(t, quiet.text(), "The newest business here is from Q3 2017")
	b := newTab(t, w).as(leaderMail)
	for _, l := range []look{looks[0], looks[3]} {
		b.see(l)
		for name, path := range map[string]string{"export-briefing": "/briefing?period=2017-Q3", "export-funnel": "/funnel?period=2017"} {
			b.open(path)
			b.shot(name + "-" + l.name)
			b.fits()
			b.accessible()
		}
	}
	b.quiet()
}
