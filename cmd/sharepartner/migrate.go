package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/sharepartner/sharepartner/operational/postgres"
)

type migrateCommand struct {
	Config
	PrintSQL bool `name:"print-sql" help:"Only print the SQL that makes the logins, for an administrator of the server."`
}

// Run brings the database up to date, or prints what an administrator must do first.
func (c *migrateCommand) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.PrintSQL {
		return c.printSQL()
	}
	g, err := openGround(ctx, c.Config, c.logger())
	var rights *postgres.MissingRightsError
	if errors.As(err, &rights) {
		fmt.Print(rights.SQL)
	}
	if err != nil {
		return err
	}
	defer g.Close()
	fmt.Println("The database is up to date, its logins work and the tenant wall holds.")
	return nil
}

func (c *migrateCommand) printSQL() error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder %s: %w", c.Data, err)
	}
	secret, err := c.secret()
	if err != nil {
		return err
	}
	fmt.Print(postgres.LoginsSQL(secret))
	return nil
}
