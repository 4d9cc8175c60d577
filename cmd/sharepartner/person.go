package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

type personCommand struct {
	Add personAdd `cmd:"" help:"Add a person of a vendor, with a password that is printed once."`
}

type personAdd struct {
	Config
	Vendor string `required:"" help:"Name of the vendor."`
	Name   string `required:"" help:"The person's name."`
	Email  string `required:"" help:"The mail address to sign in with."`
	Role   string `help:"What the person does." enum:"administrator,channel_leader,channel_manager,analyst" default:"channel_leader"`
}

// Run adds the person.
func (c *personAdd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	g, err := openGround(ctx, c.Config, c.logger())
	if err != nil {
		return err
	}
	defer g.Close()
	admin := identity.NewAdmin(g.Jobs)
	org, found, err := admin.FindVendor(ctx, c.Vendor)
	if err != nil {
		return err
	}
	if !found {
		return operational.Fault(operational.KindNotFound, "not-found", "There is no vendor named %q. Import its data first, or check the name.", c.Vendor)
	}
	password := rand.Text()
	if _, err := admin.AddPerson(ctx, identity.NewPerson{Org: org, Role: operational.Role(c.Role), Name: c.Name, Email: c.Email, Password: password}); err != nil {
		return err
	}
	fmt.Printf("%s can sign in with %s and the password %s\n", c.Name, c.Email, password)
	return nil
}
