package pipelines_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/warehouse/clickhouse/chtest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimFile); path != "" {
		os.Exit(victim(path)) // TestKill runs this program as the process to kill
	}
	code := pgtest.Run(m)
	chtest.Stop()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	os.Exit(code)
}
