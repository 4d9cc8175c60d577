package main

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/warehouse/clickhouse"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/local"
)

func composed(t *testing.T, profiles ...string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"},
		cli.WithEnv([]string{"POSTGRES_PASSWORD=a", "CLICKHOUSE_PASSWORD=b", "SHAREPARTNER_SECRET=c", "WAREHOUSE_CLUSTER=sharepartner"}), cli.WithProfiles(profiles), cli.WithConsistency(true))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return project
}

// The compose file is checked as the compose program reads it: no engine is needed for that.
func TestComposeFile(t *testing.T) {
	require.ElementsMatch(t, []string{"postgres", "sharepartner"}, composed(t).ServiceNames())
	project := composed(t, "clickhouse")
	require.ElementsMatch(t, []string{"postgres", "clickhouse", "sharepartner", "serve"}, project.ServiceNames())
	program := project.Services["sharepartner"]
	require.Equal(t, "postgres://sharepartner_owner:a@postgres:5432/sharepartner?sslmode=disable", *program.Environment["DATABASE_URL"])
	require.Contains(t, program.DependsOn, "postgres")
	for _, setting := range []string{"WAREHOUSE_URL", "SHAREPARTNER_URL", "SMTP_URL", "MAIL_FROM", "SHAREPARTNER_TRUSTED_PROXIES"} {
		require.NotNil(t, program.Environment[setting], setting)
		require.Empty(t, *program.Environment[setting], "no mail and no proxy unless it is asked for")
	}
	require.Equal(t, "127.0.0.1", program.Ports[0].HostIP, "the demo is not for the network")
	require.Contains(t, project.Services["postgres"].Command, "wal_level=logical")
	require.Equal(t, []string{"clickhouse"}, project.Services["clickhouse"].Profiles)
}

// All programs of the profile have the same warehouse, and what the role of each needs.
func TestComposeFileNamesTheWarehouse(t *testing.T) {
	env := []string{"POSTGRES_PASSWORD=a", "CLICKHOUSE_PASSWORD=b", "SHAREPARTNER_SECRET=cccccccccccccccccccccccccccccccc", "WAREHOUSE_URL=clickhouse://sharepartner:b@clickhouse:9000/sharepartner"}
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"}, cli.WithEnv(env), cli.WithProfiles([]string{"clickhouse"}), cli.WithConsistency(true))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	for name, as := range map[string]role{"sharepartner": everything, "serve": server} {
		program := project.Services[name]
		require.Equal(t, as.name, program.Command[0])
		set := program.Environment
		cfg := testConfig(t)
		cfg.DatabaseURL, cfg.WarehouseURL, cfg.Secret = *set["DATABASE_URL"], *set["WAREHOUSE_URL"], *set["SHAREPARTNER_SECRET"]
		require.NoError(t, cfg.check())
		require.NoError(t, as.needs(cfg))
		require.Equal(t, "clickhouse://sharepartner:b@clickhouse:9000/sharepartner", cfg.WarehouseURL)
	}
	engine := project.Services["clickhouse"].Environment
	require.Equal(t, []string{"sharepartner", "b", "sharepartner"}, []string{*engine["CLICKHOUSE_USER"], *engine["CLICKHOUSE_PASSWORD"], *engine["CLICKHOUSE_DB"]})
	require.Empty(t, project.Services["serve"].Volumes, "it keeps nothing")
}

// Two real servers answer together with the settings that the containers get: only names of hosts, which containers alone
// have, give way to ports here. The Keeper is looked at as far as it can be without one.
func TestComposeFileMakesACluster(t *testing.T) {
	project := composed(t, "cluster")
	require.ElementsMatch(t, []string{"postgres", "clickhouse-1", "clickhouse-2", "keeper", "sharepartner"}, project.ServiceNames())
	settings := project.Configs["clickhouse-cluster"].Content
	var ports [2]int
	for i := range ports {
		var err error
		ports[i], err = local.FreePort()
		require.NoError(t, err)
		host := fmt.Sprintf("<host>clickhouse-%d</host><port>9000</port>", i+1)
		require.Equal(t, 1, strings.Count(settings, host))
		settings = strings.Replace(settings, host, fmt.Sprintf("<host>127.0.0.1</host><port>%d</port>", ports[i]), 1)
	}
	require.NoError(t, xml.Unmarshal([]byte(settings), new(struct{})))
	inside := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(settings), "<clickhouse>"), "</clickhouse>")
	var servers [2]*local.Server
	var volumes []string
	for i := range servers {
		shard := project.Services[fmt.Sprintf("clickhouse-%d", i+1)]
		require.Equal(t, fmt.Sprintf("clickhouse-%d", i+1), shard.Hostname)
		require.Contains(t, shard.DependsOn, "keeper")
		require.Equal(t, "/etc/clickhouse-server/config.d/cluster.xml", shard.Configs[0].Target)
		volumes = append(volumes, shard.Volumes[0].Source)
		o := local.Options{Port: ports[i], Config: inside, User: *shard.Environment["CLICKHOUSE_USER"], Password: *shard.Environment["CLICKHOUSE_PASSWORD"]}
		for _, name := range []string{"CLICKHOUSE_PASSWORD", "CLICKHOUSE_SHARD"} {
			o.Environment = append(o.Environment, name+"="+*shard.Environment[name])
		}
		servers[i] = chtest.Own(t, o)
	}
	require.Equal(t, []string{"clickhouse-1", "clickhouse-2"}, volumes)
	var answer string
	require.NoError(t, chtest.Connect(t, servers[1].URL("default")).QueryRow(t.Context(),
		`select arrayStringConcat(arraySort(groupArray(getMacro('shard') || getMacro('replica') || currentUser())), ' ') from cluster('`+local.Cluster+`', system.one)`).Scan(&answer))
	require.Equal(t, "11sharepartner 21sharepartner", answer)
	program := project.Services["sharepartner"].Environment
	store, err := clickhouse.OpenChecked(t.Context(), clickhouse.Options{URL: servers[1].URL("sharepartner"), Cluster: *program["WAREHOUSE_CLUSTER"], Engine: clickhouse.Engine(*program["WAREHOUSE_ENGINE"])})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	require.NoError(t, store.Reset(t.Context()))

	keeper := project.Configs["clickhouse-keeper"].Content
	require.NoError(t, xml.Unmarshal([]byte(keeper), new(struct{})))
	require.Contains(t, keeper, "<tcp_port>9181</tcp_port>")
	require.Contains(t, settings, "<node><host>keeper</host><port>9181</port></node>")
	require.Contains(t, strings.Join(project.Services["keeper"].HealthCheck.Test, " "), ":9182/ready")
}

// The settings of mail reach the program, by the names that it reads them under.
func TestComposeFilePassesMail(t *testing.T) {
	env := []string{"POSTGRES_PASSWORD=a", "SHAREPARTNER_SECRET=c", "SHAREPARTNER_URL=https://crm.example", "SMTP_URL=smtp://mail.example:587", "MAIL_FROM=no-reply@crm.example"}
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"}, cli.WithEnv(env), cli.WithConsistency(true))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	set := project.Services["sharepartner"].Environment
	m := Mail{URL: *set["SHAREPARTNER_URL"], SMTP: *set["SMTP_URL"], From: *set["MAIL_FROM"]}
	require.Equal(t, Mail{URL: "https://crm.example", SMTP: "smtp://mail.example:587", From: "no-reply@crm.example"}, m)
	require.NoError(t, m.check())
	require.NoError(t, Mail{}.check())
}

func TestComposeFileNeedsItsSecrets(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"}, cli.WithConsistency(true))
	require.NoError(t, err)
	_, err = options.LoadProject(t.Context())
	require.ErrorContains(t, err, "POSTGRES_PASSWORD")
}
