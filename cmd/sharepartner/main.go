// Command sharepartner is the one program: the operational service, the pipeline, the column store and the pages.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	_ "time/tzdata" // organisations live in zones that a small machine may not know

	"github.com/alecthomas/kong"
)

// commands is every subcommand; each lives in a file of its name.
type commands struct {
	Up        upCommand        `cmd:"" help:"Run everything: database, pipeline, column store, API and pages."`
	Serve     serveCommand     `cmd:"" help:"Run only API and pages, beside a program that runs \"up\" or \"pipelines run\": any number of them."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database up to date and make its logins."`
	Import    importCommand    `cmd:"" help:"Import data of another system."`
	Person    personCommand    `cmd:"" help:"Add people who can sign in; erase people."`
	Audit     auditCommand     `cmd:"" help:"Verify the audit, or print its heads to be kept elsewhere."`
	Pipelines pipelinesCommand `cmd:"" help:"Run or look after the way to the warehouse."`
	Doctor    doctorCommand    `cmd:"" help:"Say what is missing on this machine and how to get it."`
	OpenAPI   openapiCommand   `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	Bench     benchCommand     `cmd:"" help:"Measure the figures that the project holds itself to."`
}

// ballast is memory that is reserved and never touched, so it takes no room. The collector waits until the heap has
// doubled: beside a live heap of some 20 MB it would run many times a second under load, and take a tenth of it. A higher
// GOGC would do the same, but let a heap that is large (of an import) grow as many times. More of it would take the room that
// a large transaction needs.
const ballast = 40 << 20

func main() {
	held := make([]byte, ballast)
	defer runtime.KeepAlive(held)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var c commands
	k := kong.Parse(&c, kong.Name("sharepartner"), kong.UsageOnError(),
		kong.Description("A partner CRM for one vendor and its channel, with analytics that can be traced to their rows."),
		kong.BindTo(ctx, (*context.Context)(nil)))
	err := k.Run()
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(os.Stderr, "sharepartner: %v\n", err)
		stop()
		os.Exit(1)
	}
}

// logger writes text for people to stderr.
func (c Config) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // the flag's enum holds only valid ones
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}
