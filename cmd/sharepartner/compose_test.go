package main

import (
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/stretchr/testify/require"
)

// The compose file is checked as the compose program reads it: no engine is needed for that.
func TestComposeFile(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"},
		cli.WithEnv([]string{"POSTGRES_PASSWORD=a", "CLICKHOUSE_PASSWORD=b", "SHAREPARTNER_SECRET=c"}), cli.WithProfiles([]string{"clickhouse"}), cli.WithConsistency(true))
	require.NoError(t, err)
	project, err := options.LoadProject(t.Context())
	require.NoError(t, err)

	require.ElementsMatch(t, []string{"postgres", "clickhouse", "sharepartner"}, project.ServiceNames())
	program := project.Services["sharepartner"]
	require.Equal(t, "postgres://sharepartner_owner:a@postgres:5432/sharepartner?sslmode=disable", *program.Environment["DATABASE_URL"])
	require.Contains(t, program.DependsOn, "postgres")
	for _, setting := range []string{"SHAREPARTNER_URL", "SMTP_URL", "MAIL_FROM", "SHAREPARTNER_TRUSTED_PROXIES"} {
		require.NotNil(t, program.Environment[setting], setting)
		require.Empty(t, *program.Environment[setting], "no mail and no proxy unless it is asked for")
	}
	require.Equal(t, "127.0.0.1", program.Ports[0].HostIP, "the demo is not for the network")
	require.Contains(t, project.Services["postgres"].Command, "wal_level=logical")
	require.Equal(t, []string{"clickhouse"}, project.Services["clickhouse"].Profiles)
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
