package parity

import (
	"os"
	"testing"

	"github.com/sharepartner/sharepartner/operational/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }
