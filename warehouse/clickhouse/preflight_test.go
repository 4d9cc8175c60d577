package clickhouse

import (
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
	"github.com/stretchr/testify/require"
)

func TestServersThatAreTooOld(t *testing.T) {
	for _, v := range []proto.Version{{Major: 26, Minor: 7}, {Major: 26, Minor: 7, Patch: 3}, {Major: 26, Minor: 10}, {Major: 27, Minor: 1}} {
		require.NoError(t, newEnough("there", v), v.String())
	}
	for _, v := range []proto.Version{{Major: 26, Minor: 6, Patch: 9}, {Major: 25, Minor: 12}, {}} {
		require.ErrorContains(t, newEnough("host:9000/x", v), "ClickHouse at host:9000/x is version "+v.String()+", and 26.7 or newer is needed", v.String())
	}
}
