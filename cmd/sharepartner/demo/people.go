package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

var jobTitles = []string{"Head of Maintenance", "Plant Manager", "Purchasing", "Automation Engineer", "Production Planning", "Technical Director", "Project Lead"}

// makeContacts gives the largest customers of Halden and of Kestrel somebody to talk to, and Kestrel some figures of
// its own that no vendor sees.
func (m *maker) makeContacts(ctx context.Context) error {
	m.progress(0.9, "Contacts")
	if err := m.contacts(ctx, asVendor(m.halden), 60); err != nil {
		return err
	}
	kestrel, err := m.partnerOrg(ctx, m.halden, tomasz.Organisation)
	if err != nil {
		return err
	}
	if err := m.contacts(ctx, asPartner(kestrel), 20); err != nil {
		return err
	}
	return m.privates(ctx, asPartner(kestrel), 15)
}

func (m *maker) contacts(ctx context.Context, actor operational.Actor, most int) error {
	have, err := m.accounts.Contacts(ctx, actor, operational.Query{Page: operational.Page{Limit: 1}})
	if err != nil || len(have.Items) > 0 {
		return err
	}
	largest, err := m.accounts.Accounts(ctx, actor, operational.Query{
		Page: operational.Page{Limit: most}, Sort: []operational.Sort{{Field: "annual_revenue", Desc: true}},
	})
	if err != nil {
		return err
	}
	r, names := rand.New(rand.NewPCG(16180, 1)), peopleByCountry()
	for _, a := range largest.Items {
		if a.Country == nil || len(names[*a.Country]) == 0 {
			continue
		}
		who := names[*a.Country]
		person := who[r.IntN(len(who))]
		_, err := m.accounts.CreateContact(ctx, actor, accounts.NewContact{
			AccountID: a.ID, FirstName: &person[0], LastName: person[1], JobTitle: &jobTitles[r.IntN(len(jobTitles))], Email: mailOf(person, a.Name),
		})
		if err != nil {
			return fmt.Errorf("contact of %s: %w", a.Name, err)
		}
	}
	return nil
}

// peopleByCountry are first and last names, by the country where they are at home or near.
func peopleByCountry() map[string][][2]string {
	byRegion, out := map[string][][2]string{}, map[string][][2]string{}
	for _, r := range records("people.csv") {
		byRegion[r[0]] = append(byRegion[r[0]], [2]string{r[1], r[2]})
	}
	for _, r := range records("customers.csv") {
		out[r[1]] = byRegion[r[0]]
	}
	return out
}

// mailOf makes an address where the names have Latin letters.
func mailOf(person [2]string, company string) *string {
	first, last, host := letters(person[0]), letters(person[1]), letters(company)
	if first == "" || last == "" || host == "" {
		return nil
	}
	return new(first + "." + last + "@" + host + ".example")
}

func letters(s string) string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case unicode.IsLetter(c) && !strings.ContainsRune("ıøłßæ", c):
			return ""
		}
	}
	return b.String()
}

// privates notes what Kestrel gets from its own customers.
func (m *maker) privates(ctx context.Context, actor operational.Actor, most int) error {
	open, err := m.opportunities.List(ctx, actor, operational.Query{
		Page: operational.Page{Limit: most}, Filter: &operational.Filter{Field: "stage_type", Op: "eq", Values: []string{"active"}},
	})
	if err != nil {
		return err
	}
	for i, o := range open.Items {
		private, err := m.opportunities.Private(ctx, actor, o.ID)
		if err != nil {
			return fmt.Errorf("opportunity %s: %w", o.Number, err)
		}
		if private.Version > 0 {
			continue
		}
		margin := decimal.NewFromInt(int64(108 + i*3%17)).Div(decimal.NewFromInt(100))
		_, err = m.opportunities.UpdatePrivate(ctx, actor, o.ID, 0, opportunities.UpdatePrivate{
			EndCustomerAmount: operational.Set(operational.Money{Amount: o.VendorNet.Amount.Mul(margin).Round(2), Currency: o.VendorNet.Currency}),
			Note:              operational.Set("Our own work on site is offered apart."),
		})
		if err != nil {
			return fmt.Errorf("opportunity %s: %w", o.Number, err)
		}
	}
	return nil
}

// makePeople lets the three sign in. Tomasz is the person that the import made for Kestrel.
func (m *maker) makePeople(ctx context.Context) error {
	m.progress(0.97, "People")
	kestrel, err := m.partnerOrg(ctx, m.halden, tomasz.Organisation)
	if err != nil {
		return err
	}
	for _, p := range []struct {
		Person
		org  uuid.UUID
		role operational.Role
	}{{tomasz, kestrel, operational.RoleSeller}, {mirela, m.halden, operational.RoleAnalyst}, {ingrid, m.halden, operational.RoleChannelLeader}} {
		if err := m.person(ctx, p.Person, p.org, p.role); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return m.lookAfter(ctx, kestrel, tomasz.Name)
}

func (m *maker) person(ctx context.Context, p Person, org uuid.UUID, role operational.Role) error {
	members, err := m.admin.Members(ctx, org)
	if err != nil {
		return err
	}
	for _, have := range members {
		switch {
		case have.Name == p.Name && have.SignsIn:
			return nil // with the password that they have now
		case have.Name == p.Name:
			return m.admin.EnablePerson(ctx, have.PersonID, p.Email, p.Password)
		}
	}
	_, err = m.admin.AddPerson(ctx, identity.NewPerson{Org: org, Role: role, Name: p.Name, Email: p.Email, Password: p.Password})
	return err
}
