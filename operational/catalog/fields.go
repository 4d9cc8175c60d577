package catalog

import (
	"context"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// How each field is emptied for those who may not read it.
var (
	productMasks = map[string]func(*Product){
		"name":        func(p *Product) { p.Name = "" },
		"family":      func(p *Product) { p.Family = "" },
		"list_price":  func(p *Product) { p.ListPrice = operational.Money{} },
		"active":      func(p *Product) { p.Active = nil },
		"record_type": func(p *Product) { p.RecordTypeID = nil },
	}
	processMasks = map[string]func(*SalesProcess){
		"name":   func(p *SalesProcess) { p.Name = "" },
		"stages": func(p *SalesProcess) { p.Stages = nil },
	}
)

func (p Product) masked(g operational.Grant) Product {
	operational.Mask(g.Read, &p, productMasks)
	p.Custom = operational.MaskCustom(g.Read, p.Custom)
	p.Version, p.UpdatedAt = p.touched.Seen(g.Read, p.Version, p.UpdatedAt)
	p.touched = nil
	return p
}

func (p SalesProcess) masked(g operational.Grant) SalesProcess {
	operational.Mask(g.Read, &p, processMasks)
	p.Version, p.UpdatedAt = p.touched.Seen(g.Read, p.Version, p.UpdatedAt)
	p.touched = nil
	return p
}

// Fields of lists that are not called as the field they show; "" for those that are never hidden.
var listed = map[string]string{"currency": "list_price", "organisation": "", "default": "", "created_at": "", "updated_at": "", "id": ""}

func fieldOf(name string) string {
	if field, other := listed[name]; other {
		return field
	}
	return name
}

// ProductListing says by which fields the actor can list products: those that it may read of all of them. Fields that
// companies have added are in it when asked names them.
func (s *Service) ProductListing(ctx context.Context, actor operational.Actor, asked ...string) (operational.Listing, error) {
	l, err := s.productsFor(ctx, actor, asked)
	return productListing(actor, l), err
}

func productListing(actor operational.Actor, l postgres.List) operational.Listing {
	return l.Listing().Only(actor.ReadableFields(operational.ObjectProduct), fieldOf)
}

func (s *Service) productsFor(ctx context.Context, actor operational.Actor, asked []string) (postgres.List, error) {
	added, err := objects.Columns(ctx, s.db, actor, operational.ObjectProduct, "p.custom", asked)
	return changedAt(actor, operational.ObjectProduct, productList.With(added)), err
}

// ProcessListing says by which fields the actor can list sales processes.
func ProcessListing(actor operational.Actor) operational.Listing {
	return processList.Listing().Only(actor.ReadableFields(operational.ObjectSalesProcess), func(name string) string {
		if name == "active" { // of products a field that roles speak of; a process takes new opportunities or not
			return ""
		}
		return fieldOf(name)
	})
}

// grantOn is the actor's grant on the catalogue of a company: its own, or that of a vendor it is connected with.
func grantOn(actor operational.Actor, object operational.Object, company uuid.UUID) (operational.Grant, bool) {
	for _, g := range actor.Grants(object) {
		if companyOf(actor, g) == company {
			return g, true
		}
	}
	return operational.Grant{}, false
}

func companyOf(actor operational.Actor, g operational.Grant) uuid.UUID {
	if g.Connection == uuid.Nil {
		return actor.Org
	}
	return g.Vendor
}

func mayCreate(actor operational.Actor, object operational.Object, members []operational.Member) (operational.Grant, error) {
	g, _ := actor.GrantOf(object, uuid.Nil)
	if err := g.Require(operational.ActCreate); err != nil {
		return g, err
	}
	return g, g.Writes(members...)
}

// narrowed checks what a list is asked for and narrows it to the catalogues that the actor's grants reach.
func narrowed(actor operational.Actor, object operational.Object, known operational.Listing, q operational.Query) (operational.Query, error) {
	grants := actor.Grants(object)
	if len(grants) == 0 {
		return q, operational.NotFound(string(object))
	}
	if err := known.Require(q); err != nil {
		return q, err
	}
	var whole []string
	var parts []operational.Filter
	for _, g := range grants {
		company := companyOf(actor, g).String()
		if g.AllTypes || object != operational.ObjectProduct { // processes have no types
			whole = append(whole, company)
			continue
		}
		parts = append(parts, operational.Filter{And: []operational.Filter{{Field: "organisation", Op: "eq", Values: []string{company}}, ofTypes(g)}})
	}
	if len(whole) > 0 {
		parts = append(parts, operational.Filter{Field: "organisation", Op: "in", Values: whole})
	}
	return q.Also(operational.Filter{Or: parts}), nil
}

func ofTypes(g operational.Grant) operational.Filter {
	typeless := operational.Filter{Field: "record_type", Op: "is_null"}
	if len(g.RecordTypes) == 0 {
		return typeless
	}
	types := operational.Filter{Field: "record_type", Op: "in"}
	for _, t := range g.RecordTypes {
		types.Values = append(types.Values, t.String())
	}
	return operational.Filter{Or: []operational.Filter{typeless, types}}
}

// members of a product that a caller has set.
func (in NewProduct) members() []operational.Member {
	given := operational.Members("name", "family", "list_price")
	if in.RecordTypeID != nil {
		given = append(given, operational.Member{Name: "record_type_id", Field: "record_type"})
	}
	return given
}

func (patch UpdateProduct) members() (given []operational.Member) {
	for _, m := range []struct {
		given         bool
		member, field string
	}{
		{patch.Name.Given, "name", "name"},
		{patch.Family.Given, "family", "family"},
		{patch.ListPrice.Given, "list_price", "list_price"},
		{patch.Active.Given, "active", "active"},
		{patch.RecordTypeID.Given, "record_type_id", "record_type"},
	} {
		if m.given {
			given = append(given, operational.Member{Name: m.member, Field: m.field})
		}
	}
	return given
}

// fields are the names of what the patch sets, for the audit.
func (patch UpdateProduct) fields() []string {
	var names []string
	for _, m := range patch.members() {
		names = append(names, m.Field)
	}
	for name := range patch.Custom {
		names = append(names, name)
	}
	return names
}
