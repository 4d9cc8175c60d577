package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/sharepartner/sharepartner/cmd/sharepartner/demo"
)

type upCommand struct {
	Config
	Demo bool `help:"Fill an empty deployment with a demo channel and print who can sign in."`
}

// Run serves until it is told to stop, then stops all in order.
func (c *upCommand) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	log := c.logger()
	app, err := Start(ctx, c.Config, log)
	if err != nil {
		return err
	}
	defer app.Stop()
	fmt.Printf("\nSharePartner is at http://%s\n", app.Addr())
	if c.Demo {
		people, err := demo.Create(ctx, app.demoDeps(), app.Now(), progressTo(os.Stderr, "demo channel"))
		if err != nil {
			return fmt.Errorf("make the demo channel: %w", err)
		}
		fmt.Println("\nSign in as one of these:")
		for _, p := range people {
			fmt.Printf("  %-16s %-34s password %-22s %s\n", p.Title, p.Email, p.Password, p.Organisation)
		}
		switch err := app.WaitLoaded(ctx, 2*time.Minute); {
		case err == nil:
			fmt.Printf("\nThe demo channel is complete. Stop with Ctrl-C.\n")
		case errors.Is(err, context.DeadlineExceeded):
			fmt.Printf("\nThe demo channel is complete, and its figures are not: the page Pipelines and the log say what they wait for. Stop with Ctrl-C.\n")
		default:
			return err
		}
	}
	return app.Wait(ctx)
}
