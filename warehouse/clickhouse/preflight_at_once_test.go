package clickhouse_test

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
)

// Programs that start together on a server where nothing is yet make one database.
func TestManyOpenANewDatabaseAtOnce(t *testing.T) {
	address, err := url.Parse(chtest.NewURL(t))
	require.NoError(t, err)
	address.Path += "_new"
	defer func() {
		require.NoError(t, chtest.Connect(t, chtest.Server(t).URL("default")).Exec(t.Context(), "DROP DATABASE "+address.Path[1:]))
	}()
	var all errgroup.Group
	for range 5 {
		all.Go(func() error {
			s, err := clickhouse.OpenChecked(t.Context(), clickhouse.Options{URL: address.String()})
			if err != nil {
				return err
			}
			if _, _, err := s.Checkpoint(t.Context()); err != nil {
				return err
			}
			return s.Close()
		})
	}
	require.NoError(t, all.Wait())
}
