package portal

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

// A stage says of which company or process it is where others with open business beside it are of another.
func TestStagesSayWhoseTheyAre(t *testing.T) {
	page := func(places ...place) (*briefingPage, []api.TallyRow) {
		b := &briefingPage{d: &briefingData{openByStage: &api.Answer[api.TallyRow]{}}, stagesKnown: map[string]place{}}
		for i, p := range places {
			key := uuid.NewString()
			p.stage.Name = []string{"Qualified", "Proposal", "Registered"}[i]
			b.stagesKnown[key] = p
			b.d.openByStage.Rows = append(b.d.openByStage.Rows, api.TallyRow{Key: key, Count: 1, Amount: operational.Money{Currency: "EUR"}})
		}
		return b, b.d.openByStage.Rows
	}
	channel, direct := catalog.SalesProcess{ID: uuid.New(), Name: "Channel"}, catalog.SalesProcess{ID: uuid.New(), Name: "Direct"}
	theirs := catalog.SalesProcess{ID: uuid.New(), Name: "Channel"}

	for what, c := range map[string]struct {
		places []place
		of     string // what the first of them says
	}{
		"one process":         {[]place{{process: channel, org: "Halden"}, {process: channel, org: "Halden"}}, ""},
		"of two companies":    {[]place{{process: channel, org: "Halden"}, {process: theirs, org: "Ostrava"}}, "Halden"},
		"of one company":      {[]place{{process: channel, org: "Halden"}, {process: direct, org: "Halden"}}, "Channel"},
		"of both, by company": {[]place{{process: channel, org: "Halden"}, {process: theirs, org: "Ostrava"}, {process: direct, org: "Halden"}}, "Halden, Channel"},
	} {
		b, rows := page(c.places...)
		name, of := b.stageName(rows[0])
		require.Equal(t, "Qualified", name, what)
		require.Equal(t, c.of, of, what)
	}

	b, rows := page(place{process: channel, org: "Halden"}, place{process: theirs, org: "Ostrava"})
	rows[1].Count = 0
	_, of := b.stageName(rows[0])
	require.Empty(t, of, "nothing is open in the other process")
	rows[1].Count, rows[1].Amount.Currency = 1, "USD"
	_, of = b.stageName(rows[0])
	require.Empty(t, of, "what is open in another currency has a chart of its own")
	name, of := b.stageName(api.TallyRow{Key: uuid.NewString(), Name: "Gone"})
	require.Equal(t, "Gone", name)
	require.Empty(t, of)
}
