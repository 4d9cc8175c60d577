package pgtest

import (
	"os"
	"path/filepath"
	"testing"
)

// PublicExport is the folder of the public CRM export, which is no part of the project. Without it a test skips, and
// under CI it fails.
func PublicExport(t testing.TB) string {
	t.Helper()
	root := os.Getenv("SHAREPARTNER_TEST_DATA")
	if root == "" && os.Getenv("CI") != "" {
		t.Fatal("SHAREPARTNER_TEST_DATA must name the folder with pipeline/maven under CI")
	}
	if root == "" {
		t.Skip("set SHAREPARTNER_TEST_DATA to the folder with pipeline/maven to run this test")
	}
	return filepath.Join(root, "pipeline", "maven")
}
