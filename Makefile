# make run    the program with a demo channel, on http://127.0.0.1:8080
# make test   everything, against real Postgres, DuckDB, ClickHouse and Chromium
# make check  format and lint
# make bench  the figures we hold ourselves to
# make soak   faults without end: make soak ROUNDS=300 SEED=7
SHELL := /bin/bash
export CGO_ENABLED := 1

ROUNDS ?= 100
SEED ?= 1

.PHONY: run build assets engine generate test check bench soak openapi clean

run: build
	exec bin/sharepartner up --demo

build: assets
	@.tools/need go gcc g++ postgres
	go build -o bin/sharepartner ./cmd/sharepartner

# The scripts, styles and fonts of the pages, from the locked npm packages.
assets: api/portal/assets/dist/licences.txt
api/portal/assets/dist/licences.txt: $(wildcard api/portal/assets/*.mjs api/portal/assets/*.json)
	@.tools/need npm
	cd api/portal/assets && npm ci --no-audit --no-fund --loglevel=error && node build.mjs && touch dist/licences.txt

# ClickHouse for the tests, from the locked npm package: 545 MB, fetched once.
engine: warehouse/clickhouse/local/engine/node_modules/.package-lock.json
warehouse/clickhouse/local/engine/node_modules/.package-lock.json: $(wildcard warehouse/clickhouse/local/engine/*.json)
	@.tools/need npm
	cd warehouse/clickhouse/local/engine && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json

generate:
	go tool -modfile=.tools/go.mod templ generate -path api/portal
	go test ./api -run OpenAPI -update

# Without vet, which make check does too. Tests wait for servers and browsers: one package more than there are processors
# goes on at once, those first that take longest. There is more memory than processor time, nobody looks for symbols in
# the programs of tests, and what the race detector finds is told at once: it need not wait a second at each end. Without
# paths in it, what was compiled for one checkout is of use in every other.
test: export GOGC := $(or $(GOGC),400)
test: export GORACE := $(or $(GORACE),atexit_sleep_ms=50)
test: assets engine
	@.tools/need go gcc g++ postgres chromium
	.tools/in-memory go test -race -trimpath -vet=off -ldflags='-s -w' -timeout 20m -p $$(($$(getconf _NPROCESSORS_ONLN) + 1)) ./pipelines ./api/portal ./api ./cmd/... ./warehouse/... ./...

# Reads what make test has compiled.
check: .tools/bin/golangci-lint .tools/bin/gofumpt
	@unformatted=$$(.tools/bin/gofumpt -l $$(git ls-files '*.go' | grep -v '_templ\.go$$')); \
	  if [ -n "$$unformatted" ]; then echo "not formatted (gofumpt):"; echo "$$unformatted"; exit 1; fi
	GOFLAGS='-race -trimpath' .tools/bin/golangci-lint run ./...

.tools/bin/%: .tools/go.mod
	@.tools/need go
	go build -modfile=.tools/go.mod -o .tools/bin/ $$(go list -modfile=.tools/go.mod tool | grep '/$*$$')

bench: build
	bin/sharepartner bench

# With both engines at once. The same seed brings the same faults.
soak: engine
	@.tools/need go gcc g++ postgres
	go test ./pipelines -run '^TestSoak' -count=1 -v -timeout 0 -args -soak.rounds=$(ROUNDS) -soak.clickhouse=$(ROUNDS) -soak.seed=$(SEED)

clean:
	rm -rf bin .tools/bin .bench
