package local

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// settingsOf writes the two files that the engine reads at its start.
func settingsOf(dir string, o Options) error {
	config := "<clickhouse>\n" + o.Config + // the engine takes what comes first
		element("users_config", filepath.Join(dir, "users.xml")) + machine + shards(o) + "</clickhouse>\n"
	users := "<clickhouse>\n<profiles><default>" + elements(o.Settings) + "</default></profiles>\n<users>" +
		// The engine's own prompt is default, without a password. Whoever else comes under that name may do no more than it.
		user("default", "", grants("GRANT SYSTEM LISTEN ON *.*")) + user(o.User, o.Password, grants(o.Grants...)) +
		"</users>\n<quotas><default/></quotas>\n</clickhouse>\n"
	for name, text := range map[string]string{"config.xml": config, "users.xml": users} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the settings of the engine: %w", err)
		}
	}
	return nil
}

// machine leaves the machine to others: a test's server is one of many.
var machine = elements(map[string]string{
	"max_server_memory_usage": "2000000000", "mark_cache_size": "67108864", "uncompressed_cache_size": "0",
	"background_pool_size": "4", "background_schedule_pool_size": "8", "background_fetches_pool_size": "1",
	"background_common_pool_size": "2", "background_move_pool_size": "1", "background_message_broker_schedule_pool_size": "1",
	"background_buffer_flush_schedule_pool_size": "1", "background_distributed_schedule_pool_size": "2",
})

func user(name, password, more string) string {
	return "<" + name + ">" + element("password", password) + "<networks>" + element("ip", "127.0.0.0/8") + "</networks>" +
		element("profile", "default") + element("quota", "default") + more + "</" + name + ">"
}

func grants(all ...string) string {
	if len(all) == 0 {
		return ""
	}
	var b strings.Builder
	for _, grant := range all {
		b.WriteString(element("query", grant))
	}
	return "<grants>" + b.String() + "</grants>"
}

// shards is the cluster as each of its servers sees it: the same for all, except which one it is itself.
func shards(o Options) string {
	if len(o.Shards) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("<remote_servers><" + Cluster + ">" + element("secret", "of loopback alone"))
	for _, port := range o.Shards {
		b.WriteString("<shard>" + element("internal_replication", "true") + "<replica>" + element("host", "127.0.0.1") + element("port", strconv.Itoa(port)) + "</replica></shard>")
	}
	b.WriteString("</" + Cluster + "></remote_servers>")
	own := slices.Index(o.Shards, o.Port) + 1
	b.WriteString("<macros>" + elements(map[string]string{"cluster": Cluster, "shard": strconv.Itoa(own), "replica": "1"}) + "</macros>\n")
	return b.String()
}

func elements(all map[string]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		b.WriteString(element(name, all[name]))
	}
	return b.String()
}

func element(name, text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes all
	return "<" + name + ">" + b.String() + "</" + name + ">"
}
