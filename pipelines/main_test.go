package pipelines_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimFile); path != "" {
		os.Exit(victim(path)) // TestKill runs this program as the process to kill
	}
	code := pgtest.Run(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "goroutines left behind:", err)
		code = 1
	}
	os.Exit(code)
}
