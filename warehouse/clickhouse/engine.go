package clickhouse

import (
	"fmt"
	"strings"

	engine "github.com/ClickHouse/clickhouse-go/v2"
)

// Engine is the engine of the tables: MergeTree, or the same of a family that keeps copies (ReplicatedMergeTree,
// SharedMergeTree). What is kept of several versions of a row takes the replacing engine of that family.
type Engine string

const plainEngine Engine = "MergeTree"

// replicated says that servers of a shard keep copies, and find one another by a path in Keeper.
func (e Engine) replicated() bool { return strings.HasPrefix(string(e), "Replicated") }

func (e Engine) orPlain() Engine {
	if e == "" {
		return plainEngine
	}
	return e
}

func (e Engine) check() error {
	family, ok := strings.CutSuffix(string(e), string(plainEngine))
	if !ok || family != "" && family != "Replicated" && family != "Shared" {
		return fmt.Errorf("WAREHOUSE_ENGINE is MergeTree, ReplicatedMergeTree or SharedMergeTree, and not %q. Nothing was changed", string(e))
	}
	return nil
}

// table puts the engine into a statement that makes a table of the plain one. A copy has its place in Keeper by shard, database and
// name of the table, and is known by its server: macros that each server has.
func (e Engine) table(statement string) string {
	if e == plainEngine {
		return statement
	}
	family, place, more := strings.TrimSuffix(string(e), string(plainEngine)), "", ""
	if e.replicated() {
		place, more = "('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')", "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}', "
	}
	return strings.NewReplacer("ENGINE = MergeTree", "ENGINE = "+family+"MergeTree"+place, "ENGINE = ReplacingMergeTree(", "ENGINE = "+family+"ReplacingMergeTree("+more).Replace(statement)
}

// settings make copies say the same: what is written is there in most of them before it counts, and one that lags is not asked.
// Rows that look alike are not taken for the same ones sent twice: each load is told from every other by its number.
func (e Engine) settings() engine.Settings {
	if !e.replicated() {
		return nil
	}
	return engine.Settings{"insert_quorum": "auto", "insert_quorum_parallel": 0, "select_sequential_consistency": 1, "insert_deduplicate": 0}
}

// distributed makes the table through which others see the rows of all shards.
func distributed(cluster, table string) string {
	return fmt.Sprintf("CREATE OR REPLACE TABLE %[1]s_all AS %[1]s ENGINE = Distributed(%[2]s, currentDatabase(), %[1]s, %[3]s)", table, quoted(cluster), tenantSQL)
}

func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
