package portal_test

import (
	"os"
	"testing"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	stopBrowser()
	endShared()
	os.Exit(code)
}
