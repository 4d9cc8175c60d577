package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
)

type importCommand struct {
	CRMExport importCRMExport `cmd:"" name:"crm-export" help:"Import the CSV files of a CRM's export: accounts, products, sales teams, pipeline."`
}

type importCRMExport struct {
	Config
	Dir      string `arg:"" help:"Folder with the CSV files." type:"existingdir"`
	Mapping  string `help:"YAML file that says how the files are named and read; without it the public CRM Sales Opportunities export is expected." type:"existingfile"`
	Vendor   string `help:"Name of the vendor that the export belongs to; made if it is not there yet." default:"Imported vendor"`
	Currency string `help:"Reporting currency of a vendor that is made." default:"USD"`
	DryRun   bool   `help:"Do everything, keep nothing, print the same summary."`
}

// Run imports a folder, with the same code that the API's import job runs.
func (c *importCRMExport) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	in, err := c.read()
	if err != nil {
		return err
	}
	g, err := openGround(ctx, c.Config, c.logger())
	if err != nil {
		return err
	}
	defer g.Close()
	done, err := c.bring(ctx, g, in, progressTo(os.Stderr, "import"))
	if err != nil {
		return err
	}
	printSummary(done)
	return nil
}

// bring imports for the vendor. One that is not here is made, but not by a dry run, which changes nothing.
func (c *importCRMExport) bring(ctx context.Context, g *ground, in imports.NewImport, progress imports.Progress) (imports.Import, error) {
	admin, runner := identity.NewAdmin(g.Jobs), imports.NewRunner(g.Jobs)
	wanted := identity.NewVendor{Name: c.Vendor, TimeZone: "UTC", FiscalMonth: 1, Currency: c.Currency}
	id, found, err := admin.FindVendor(ctx, c.Vendor)
	switch {
	case err != nil:
		return imports.Import{}, err
	case !found && c.DryRun:
		fmt.Printf("There is no vendor named %q: the import would make it, with reports in %s.\n\n", c.Vendor, c.Currency)
		return runner.TryFor(ctx, wanted, in, progress)
	case !found:
		if id, err = admin.CreateVendor(ctx, wanted); err != nil {
			return imports.Import{}, err
		}
	}
	return runner.Import(ctx, operational.Actor{}.As(id, operational.SideVendor, "import"), in, progress)
}

func (c *importCRMExport) read() (imports.NewImport, error) {
	in := imports.NewImport{DryRun: c.DryRun}
	var err error
	if c.Mapping != "" {
		if in.Mapping, err = os.ReadFile(c.Mapping); err != nil {
			return in, fmt.Errorf("read the mapping: %w", err)
		}
	}
	in.Files, err = imports.ReadFolder(os.DirFS(c.Dir), in.Mapping)
	return in, err
}

func printSummary(i imports.Import) {
	s := i.Summary
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tcreated\tupdated\tunchanged\tquarantined\t")
	for _, row := range []struct {
		name string
		t    imports.Tally
	}{{"partners", s.Partners}, {"staff", s.Staff}, {"products", s.Products}, {"accounts", s.Accounts}, {"partners' accounts", s.Links}, {"opportunities", s.Opportunities}} {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t\n", row.name, row.t.Created, row.t.Updated, row.t.Unchanged, row.t.Quarantined)
	}
	_ = w.Flush()
	fmt.Printf("\nwon %d for %s %s, lost %d, disqualified %d, open %d for %s %s\n", s.Won.Count, s.Won.Amount, s.Currency, s.Lost.Count, s.Disqualified.Count, s.Open.Count, s.Open.Amount, s.Currency)
	for _, rule := range slices.Sorted(maps.Keys(s.Cleansed)) {
		fmt.Printf("cleansed: %s, %d times\n", rule, s.Cleansed[rule])
	}
	for _, rule := range slices.Sorted(maps.Keys(s.Quarantined)) {
		fmt.Printf("left out: %s, %d rows\n", rule, s.Quarantined[rule])
	}
	if i.DryRun {
		fmt.Println("This was a dry run: nothing of the export was kept.")
	}
}
