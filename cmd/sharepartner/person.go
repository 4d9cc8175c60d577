package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

type personCommand struct {
	Add          personAdd      `cmd:"" help:"Add a person of a vendor, with a password that is printed once."`
	SetPassword  personPassword `cmd:"" help:"Give somebody who has lost the password another one, which is printed once or asked for. Make sure who asks."`
	SetEmail     personEmail    `cmd:"" help:"Have somebody sign in with another mail address, where no mail is sent or the one before is lost. Make sure who asks."`
	ForgetFactor personForget   `cmd:"" help:"Take the second factor from somebody who has lost it and the recovery codes. Make sure who asks."`
	Erase        personErase    `cmd:"" help:"Take out everything that names a person, in all organisations, for good."`
}

// onPerson does something to whoever signs in with an address.
func (c Config) onPerson(ctx context.Context, email string, do func(admin *identity.Admin, person identity.Known) error) error {
	if err := c.check(); err != nil {
		return err
	}
	g, err := openGround(ctx, c, c.logger())
	if err != nil {
		return err
	}
	defer g.Close()
	admin := identity.NewAdmin(g.Jobs)
	person, err := admin.PersonOfEmail(ctx, email)
	if err != nil {
		return err
	}
	return do(admin, person)
}

type personPassword struct {
	Config
	Email string `arg:"" help:"The mail address that the person signs in with."`
	Ask   bool   `help:"Read the password from the input, instead of making one."`
}

// Run sets the password and says what comes of it.
func (c *personPassword) Run(ctx context.Context) error {
	return c.onPerson(ctx, c.Email, func(admin *identity.Admin, person identity.Known) error {
		password := rand.Text()
		if c.Ask {
			fmt.Printf("Another password for %s: ", person.Name)
			line, _ := bufio.NewReader(os.Stdin).ReadString('\n') // at the end of the input nothing was typed
			password = strings.TrimRight(line, "\r\n")
		}
		if err := admin.SetPassword(ctx, person.PersonID, password); err != nil {
			return err
		}
		if c.Ask {
			fmt.Printf("\n%s signs in with it from now on and is signed out everywhere. A second factor stays.\n", person.Name)
			return nil
		}
		fmt.Printf("%s can sign in with %s and the password %s, and is signed out everywhere. A second factor stays.\n", person.Name, c.Email, password)
		return nil
	})
}

type personEmail struct {
	Config
	Email string `arg:"" help:"The mail address that the person signs in with."`
	To    string `arg:"" help:"The one from now on."`
}

// Run changes the address and says what comes of it.
func (c *personEmail) Run(ctx context.Context) error {
	return c.onPerson(ctx, c.Email, func(admin *identity.Admin, person identity.Known) error {
		if err := admin.SetAddress(ctx, person.PersonID, c.To); err != nil {
			return err
		}
		fmt.Printf("%s signs in with %s from now on. Password, second factor and sessions stay; where mail is sent the address before is told.\n", person.Name, c.To)
		return nil
	})
}

type personForget struct {
	Config
	Email string `required:"" help:"The mail address that the person signs in with."`
}

// Run takes the second factor from somebody who has lost it, and says what comes next.
func (c *personForget) Run(ctx context.Context) error {
	return c.onPerson(ctx, c.Email, func(admin *identity.Admin, person identity.Known) error {
		if err := admin.ForgetFactor(ctx, person.PersonID); err != nil {
			return err
		}
		fmt.Printf("%s has no second factor any more and is signed out everywhere. Whose company asks for one sets it up anew when signing in.\n", person.Name)
		return nil
	})
}

type personErase struct {
	Config
	Email   string `required:"" help:"The mail address that the person signs in with."`
	Reason  string `required:"" help:"Why, for the audit." enum:"requested,left,mistake,order"`
	Confirm string `help:"The person's name, exactly; without it you are asked to type it."`
}

// Run erases the person once the name was typed.
func (c *personErase) Run(ctx context.Context) error {
	return c.onPerson(ctx, c.Email, func(admin *identity.Admin, person identity.Known) error {
		typed := c.Confirm
		if typed == "" {
			fmt.Printf("This cannot be undone: %s will be nobody in all organisations; what they did stays without the name.\nType the name to go on: ", person.Name)
			line, _ := bufio.NewReader(os.Stdin).ReadString('\n') // at the end of the input nothing was typed
			typed = strings.TrimRight(line, "\r\n")
		}
		if err := admin.ErasePerson(ctx, person.PersonID, identity.Erasure{Reason: c.Reason, Confirm: typed}); err != nil {
			return err
		}
		fmt.Println("The person is erased. Values in the findings of imports and answers to repeated requests follow within 30 days; backups are yours to clear.")
		return nil
	})
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
