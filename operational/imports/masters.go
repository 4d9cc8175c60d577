package imports

import (
	"fmt"
	"regexp"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
)

func (x *reader) readProducts(t *table) {
	for _, r := range t.rows {
		e := x.entry(t, r)
		name, family := e.needed("name", 200), e.text("family")
		if family == "" || len([]rune(family)) > 100 {
			e.note("family", ruleNoFamily, family, "Other", "The product has no family that can be kept; it is counted under Other.")
			family = "Other"
		}
		text := e.needed("list_price", 40)
		price, err := parseAmount(text)
		if text != "" && err != nil {
			e.fault("list_price", ruleAmount, text, sentence(err))
		}
		first := e.first("name", name, ident(name))
		if e.kept() {
			x.products = append(x.products, product{name: name, family: family, price: price})
			x.names[fileProducts].add(name, len(x.products)-1)
		} else if first {
			x.names[fileProducts].add(name, quarantined)
		}
	}
}

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

func (x *reader) readTeams(t *table) {
	managers := map[string]int{}
	for _, r := range t.rows {
		e := x.entry(t, r)
		p := partner{line: r.line, name: e.needed("partner", 200), manager: -1, customers: map[int]bool{}}
		p.ref, p.person = ident(p.name), p.name
		if person := e.optional("person", 200); person != nil {
			p.person = *person
		}
		manager := e.optional("manager", 200)
		if manager == nil && e.t.get(r, "manager") == "" {
			e.note("manager", ruleValueDropped, "", "", "The partner has no channel manager.")
		}
		p.region, p.tier = deref(e.optional("region", 60)), deref(e.optional("tier", 60))
		if c := e.text("country"); c != "" && !countryForm.MatchString(c) {
			e.drop("country", c, "is not a code of two capital letters")
		} else {
			p.country = c
		}
		first := e.first("partner", p.name, p.ref)
		if !e.kept() {
			if first {
				x.names[fileTeams].add(p.name, quarantined)
			}
			continue
		}
		if manager != nil {
			i, known := managers[ident(*manager)]
			if !known {
				i = len(x.managers)
				managers[ident(*manager)] = i
				x.managers = append(x.managers, *manager)
			}
			p.manager = i
		}
		x.partners = append(x.partners, p)
		x.names[fileTeams].add(p.name, len(x.partners)-1)
	}
}

func (x *reader) readAccounts(t *table) {
	parents := map[int]*entry{} // rows that name a parent, for when all names are known
	for _, r := range t.rows {
		e := x.entry(t, r)
		a := accounts.ImportedAccount{}
		a.Name = e.needed("name", 200)
		a.Industry, a.Website, a.Country = e.optional("industry", 100), e.website(), e.optional("country", 100)
		a.YearEstablished = e.count("year_established", 1000, 2200)
		a.NumberOfEmployees = e.count("number_of_employees", 0, 1_000_000_000)
		a.AnnualRevenue = e.revenue()
		a.ExternalRef = ident(a.Name)
		first := e.first("name", a.Name, a.ExternalRef)
		parent := e.text("parent")
		if !e.kept() {
			if first {
				x.names[fileAccounts].add(a.Name, quarantined)
			}
			continue
		}
		e.notes = nil
		x.accounts = append(x.accounts, a)
		x.names[fileAccounts].add(a.Name, len(x.accounts)-1)
		if parent != "" {
			parents[len(x.accounts)-1] = e
		}
	}
	for i := range x.accounts {
		if e := parents[i]; e != nil {
			e.parent(i)
			e.kept()
		}
	}
}

// parent ties an account to its parent, if that is there and no circle comes of it.
func (e *entry) parent(i int) {
	name := squeeze(e.t.get(e.r, "parent"))
	if right, found := e.x.spelling["parent"][name]; found {
		name = right
	}
	place, known := e.x.names[fileAccounts].find(name)
	if !known || place < 0 {
		e.note("parent", ruleUnknownParent, name, "", "The parent is not among the accounts; the account is kept without it.")
		return
	}
	for up, steps := place, 0; ; steps++ {
		if up == i || steps > 100 {
			e.drop("parent", name, "would make the account its own parent")
			return
		}
		next, more := e.x.names[fileAccounts].exact[e.x.accounts[up].ParentRef]
		if e.x.accounts[up].ParentRef == "" || !more {
			break
		}
		up = next
	}
	e.spelledAs("parent", name, e.x.accounts[place].Name, fileAccounts)
	e.x.accounts[i].ParentRef = e.x.accounts[place].ExternalRef
}

func (e *entry) count(column string, least, most int) *int {
	v := e.text(column)
	if v == "" {
		return nil
	}
	n, err := parseCount(v, least, most)
	if err != nil {
		e.drop(column, v, err.Error())
		return nil
	}
	return &n
}

// website reads an address in the form in which it is kept.
func (e *entry) website() *string {
	v := e.text("website")
	if v == "" {
		return nil
	}
	address, err := accounts.Website(v)
	switch {
	case err != nil:
		e.drop("website", v, err.Error())
		return nil
	case len([]rune(address)) > 300:
		e.drop("website", v, "has more than 300 characters")
		return nil
	case address != v:
		e.note("website", ruleWebsite, v, address, "The address is written as it is kept.")
	}
	return &address
}

// revenue reads the annual revenue in the export's unit.
func (e *entry) revenue() *decimal.Decimal {
	v := e.text("annual_revenue")
	if v == "" {
		return nil
	}
	amount, err := parseAmount(v)
	if err == nil && e.x.m.RevenueUnit > 1 {
		amount = amount.Mul(decimal.NewFromInt(e.x.m.RevenueUnit))
	}
	if err == nil && amount.GreaterThan(operational.MaxAmount) {
		err = fmt.Errorf("%q is more than can be kept", clip(v))
	}
	if err != nil {
		e.drop("annual_revenue", v, err.Error())
		return nil
	}
	return &amount
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
