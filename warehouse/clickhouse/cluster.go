package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/warehouse"
)

// node is a server as the cluster lists it.
type node struct {
	shard, weight uint32
	address       string
}

const nodesSQL = "SELECT shard_num, shard_weight, concat(host_name, ':', toString(port)) FROM system.clusters WHERE cluster = {cluster:String} ORDER BY shard_num, replica_num"

// nodes lists the servers of the cluster, shard by shard.
func nodes(ctx context.Context, db driver.Conn, cluster string) ([]node, error) {
	all, err := collect(ctx, db, nodesSQL, []any{named("cluster", cluster)}, func(rows driver.Rows) (n node, err error) {
		err = rows.Scan(&n.shard, &n.weight, &n.address)
		return n, err
	})
	if err != nil {
		return nil, fmt.Errorf("look for the servers of the cluster %s: %w", cluster, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the server of WAREHOUSE_URL knows no cluster %q. Nothing was changed. Name one of its system.clusters in WAREHOUSE_CLUSTER, or none for a single server", cluster)
	}
	if slices.ContainsFunc(all, func(n node) bool { return n.weight != all[0].weight }) {
		return nil, fmt.Errorf("the shards of the cluster %s have different weights. Nothing was changed. Give all of them the same: a company's rows are found by a number that takes them for equal", cluster)
	}
	return all, nil
}

// meet finds the shards: the server of the address, or the servers of the cluster that it knows.
func meet(ctx context.Context, o Options) (shards []*shard, err error) {
	options, err := optionsOf(o)
	if err != nil {
		return nil, err
	}
	if o.Cluster == "" {
		sh, err := dial(*options, options.Addr)
		return []*shard{sh}, err
	}
	db, err := withoutDatabase(*options)
	if err != nil {
		return nil, err
	}
	all, err := nodes(ctx, db, o.Cluster)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	for _, addresses := range byShard(all) {
		sh, err := dial(*options, addresses)
		if err != nil {
			return nil, err
		}
		shards = append(shards, sh)
	}
	return shards, nil
}

// byShard gives the addresses of each shard, in their order.
func byShard(all []node) (addresses [][]string) {
	for i, n := range all {
		if i == 0 || n.shard != all[i-1].shard {
			addresses = append(addresses, nil)
		}
		last := len(addresses) - 1
		addresses[last] = append(addresses[last], n.address)
	}
	return addresses
}

// spread lists the tables of which each shard has the rows of some companies. All others are small, and everywhere: what
// questions join them with is then on the same server.
var spread = []string{"opportunity", "opportunity_line", "opportunity_history", "opportunity_move", "opportunity_wide", "opportunity_stay"}

// tenantSQL is the number by which the engine finds the shard of a row, and home that shard.
const tenantSQL = "CRC32(UUIDToNum(coalesce(vendor_org_id, partner_org_id, toUUID('00000000-0000-0000-0000-000000000000'))))"

// home is the shard of a company's rows: of a vendor's channel, or of a partner's own business.
func home(tenant uuid.UUID, shards int) int {
	return int(crc32.ChecksumIEEE(tenant[:]) % uint32(shards))
}

// wholeCluster makes the tables through which other tools see the rows of all shards, whichever server they ask. The program asks
// each shard itself: so each adds up its own rows, and it is known which one did not.
func (s *Store) wholeCluster() (statements []string) {
	if s.cluster == "" {
		return nil
	}
	names := []string{"opportunity_move", "opportunity_wide", "opportunity_stay"}
	for _, t := range s.tables {
		if !slices.Contains(spread, t.Name) {
			continue
		}
		if names = append(names, t.Name+"_log"); !t.AppendOnly {
			names = append(names, t.Name)
		}
	}
	for _, name := range names {
		statements = append(statements, distributed(s.cluster, name))
	}
	return statements
}

// holders are the shards that a table has to be read from to have all its rows.
func (s *Store) holders(t *warehouse.Table) []*shard {
	if slices.Contains(spread, t.Name) {
		return s.shards
	}
	return s.shards[:1]
}

// parts gives each shard the rows of a batch that it keeps.
func (s *Store) parts(b *warehouse.Batch) []*warehouse.Batch {
	parts := make([]*warehouse.Batch, len(s.shards))
	if len(s.shards) == 1 || !slices.Contains(spread, b.Table.Name) {
		for i := range parts {
			parts[i] = b
		}
		return parts
	}
	rows := make([][]int, len(s.shards))
	vendor, partner := &b.Columns[b.Table.Index("vendor_org_id")], &b.Columns[b.Table.Index("partner_org_id")]
	for i := range b.Len() {
		of := vendor
		if of.State[i] != warehouse.Present {
			of = partner
		}
		if of.State[i] == warehouse.Present {
			at := home(of.UUIDs[i], len(rows))
			rows[at] = append(rows[at], i)
			continue
		}
		for at := range rows { // it tells of an end by its key alone, and not whose it was
			rows[at] = append(rows[at], i)
		}
	}
	for i := range parts {
		parts[i] = choose(b, rows[i])
	}
	return parts
}
