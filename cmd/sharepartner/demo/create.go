package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/imports"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Deps is what the demo is written through.
type Deps struct {
	API  *postgres.DB // the api login
	Jobs *postgres.DB // the jobs login
}

// Person is somebody who can sign in to the demo.
type Person struct {
	Title        string // what they are, for people
	Name         string
	Email        string
	Password     string
	Organisation string
}

// People are the three who can sign in. Their passwords are no secret: the demo is for a machine of one's own.
func People() []Person { return []Person{ingrid, tomasz, mirela} }

var (
	ingrid = Person{"Channel leader", "Ingrid Solberg", "ingrid.solberg@halden.example", "fjord-lantern-27", haldenName}
	tomasz = Person{"Partner", "Tomasz Wrona", "tomasz.wrona@kestrel.example", "amber-sparrow-64", "Kestrel Automation"}
	mirela = Person{"Analyst", "Mirela Ionescu", "mirela.ionescu@halden.example", "slate-harbour-81", haldenName}
)

// maker makes the demo step by step. Each step looks first whether it is done, so that a channel whose making was
// interrupted is completed by the next run.
type maker struct {
	now           time.Time
	progress      func(done float64, step string)
	admin         *identity.Admin
	runner        *imports.Runner
	imports       *imports.Service
	orgs          *interconnect.Service
	accounts      *accounts.Service
	opportunities *opportunities.Service
	rights        *governance.Service

	halden, ostrava uuid.UUID
}

// Create makes the demo channel, if it is not there, and says who can sign in.
func Create(ctx context.Context, d Deps, now time.Time, progress func(done float64, step string)) ([]Person, error) {
	m := &maker{
		now: now, progress: progress, admin: identity.NewAdmin(d.Jobs), runner: imports.NewRunner(d.Jobs), imports: imports.New(d.API),
		orgs: interconnect.New(d.API), accounts: accounts.New(d.API), opportunities: opportunities.New(d.API),
		rights: governance.New(d.API),
	}
	for _, s := range []struct {
		name string
		do   func(context.Context) error
	}{
		{haldenName, m.makeHalden},
		{ostravaName, m.makeOstrava},
		{"contacts", m.makeContacts},
		{"governance", m.makeGovernance},
		{"people", m.makePeople},
	} {
		if err := s.do(ctx); err != nil {
			return nil, fmt.Errorf("demo: %s: %w", s.name, err)
		}
	}
	progress(1, "Done")
	return People(), nil
}

func (m *maker) makeHalden(ctx context.Context) (err error) {
	m.progress(0, haldenName)
	m.halden, err = m.vendor(ctx, identity.NewVendor{Name: haldenName, Country: "NO", TimeZone: "Europe/Oslo", FiscalMonth: 1, Currency: "EUR"})
	if err != nil {
		return err
	}
	return m.load(ctx, m.halden, halden(), 0.05, 0.75)
}

// makeOstrava connects the shared partners first: its export then finds them by their names.
func (m *maker) makeOstrava(ctx context.Context) (err error) {
	m.progress(0.75, ostravaName)
	m.ostrava, err = m.vendor(ctx, identity.NewVendor{Name: ostravaName, Country: "CZ", TimeZone: "Europe/Prague", FiscalMonth: 4, Currency: "EUR"})
	if err != nil {
		return err
	}
	done, err := m.loaded(ctx, m.ostrava)
	if err != nil || done {
		return err
	}
	c := ostrava()
	for i, p := range c.partners {
		if err := m.connect(ctx, i+1, p); err != nil {
			return fmt.Errorf("connect %s: %w", p.name, err)
		}
	}
	return m.load(ctx, m.ostrava, c, 0.78, 0.9)
}

func (m *maker) vendor(ctx context.Context, in identity.NewVendor) (uuid.UUID, error) {
	id, found, err := m.admin.FindVendor(ctx, in.Name)
	if err != nil || found {
		return id, err
	}
	return m.admin.CreateVendor(ctx, in)
}

func asVendor(org uuid.UUID) operational.Actor {
	return operational.Actor{}.As(org, operational.SideVendor, "demo")
}

func asPartner(org uuid.UUID) operational.Actor {
	return operational.Actor{}.As(org, operational.SidePartner, "demo")
}

// load imports a vendor's channel, once.
func (m *maker) load(ctx context.Context, vendor uuid.UUID, c channel, from, to float64) error {
	done, err := m.loaded(ctx, vendor)
	if err != nil || done {
		return err
	}
	mapping, err := data.ReadFile("data/mapping.yaml")
	if err != nil {
		return err
	}
	in := imports.NewImport{Files: c.files(m.now), Mapping: mapping}
	_, err = m.runner.Import(ctx, asVendor(vendor), in, func(done float64, step string) {
		m.progress(from+done*(to-from), step)
	})
	return err
}

func (m *maker) loaded(ctx context.Context, vendor uuid.UUID) (bool, error) {
	list, err := m.imports.List(ctx, asVendor(vendor), operational.Query{
		Page: operational.Page{Limit: 1}, Filter: &operational.Filter{Field: "state", Op: "eq", Values: []string{string(imports.StateDone)}},
	})
	return len(list.Items) > 0, err
}

// connect ties a partner of Halden to Ostrava, as both would by an invitation.
func (m *maker) connect(ctx context.Context, number int, p partner) error {
	org, err := m.partnerOrg(ctx, m.halden, p.name)
	if err != nil {
		return err
	}
	theirs, err := m.orgs.Connections(ctx, asPartner(org), operational.Query{})
	if err != nil {
		return err
	}
	for _, c := range theirs.Items {
		if c.VendorOrgID == m.ostrava {
			return nil
		}
	}
	_, err = m.admin.Connect(ctx, identity.NewConnection{
		Vendor: m.ostrava, Partner: org, PartnerNumber: fmt.Sprintf("OS-%03d", number), Tier: p.tier, Region: p.region, StartedAt: m.now.AddDate(-3, 0, 0),
	})
	return err
}

func (m *maker) partnerOrg(ctx context.Context, vendor uuid.UUID, name string) (uuid.UUID, error) {
	list, err := m.orgs.Connections(ctx, asVendor(vendor), operational.Query{
		Page: operational.Page{Limit: 1}, Filter: &operational.Filter{Field: "partner_name", Op: "eq", Values: []string{name}},
	})
	if err != nil {
		return uuid.Nil, err
	}
	if len(list.Items) == 0 {
		return uuid.Nil, operational.NotFound("partner " + name)
	}
	return list.Items[0].PartnerOrgID, nil
}
