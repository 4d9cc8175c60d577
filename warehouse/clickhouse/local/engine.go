package local

import (
	"fmt"
	"os"
	"path/filepath"
)

// below is where the locked npm package of the engine lies in the checkout (make engine).
const below = "warehouse/clickhouse/local/engine/node_modules/@chdb/lib-linux-x64-gnu/libchdb.so"

// FindEngine gives the library of the engine, from wherever in the checkout the program works.
func FindEngine() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("look for the ClickHouse engine: %w", err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, below)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("the ClickHouse engine is not there: %s was looked for in %s and above. Fetch it once with: make engine (545 MB; Linux on x86-64)", below, start)
		}
	}
}
