package catalog

import (
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// demand refuses a new product that lacks what the layout of its type asks for.
func (in NewProduct) demand(actor operational.Actor, setup objects.Setup, g operational.Grant) error {
	p := Product{Name: in.Name, Family: in.Family, ListPrice: in.ListPrice, Active: new(true), RecordTypeID: in.RecordTypeID, Custom: in.Custom}
	return setup.Demand(actor, operational.ObjectProduct, g, nil, p.content(setup), memberOf)
}

// demand refuses a change by which the product comes to lack what the layout of its type asks for.
func (p Product) demand(actor operational.Actor, setup objects.Setup, g operational.Grant, was Product) error {
	return setup.Demand(actor, operational.ObjectProduct, g, new(was.content(setup)), p.content(setup), memberOf)
}

// content is what the product holds, as layouts look at it.
func (p Product) content(setup objects.Setup) objects.Content {
	return objects.Content{Type: p.RecordTypeID, Texts: func(field string) []string {
		switch field {
		case "name":
			return []string{p.Name}
		case "family":
			return []string{p.Family}
		case "list_price":
			return []string{p.ListPrice.Amount.String(), p.ListPrice.Amount.StringFixed(2)}
		case "active":
			return objects.CustomTexts(p.OnSale())
		case "record_type":
			return setup.TypeName(p.RecordTypeID)
		}
		return objects.CustomTexts(p.Custom[field])
	}}
}

func memberOf(field string) string {
	switch {
	case operational.IsCustom(field):
		return objects.MemberOfCustom(field)
	case field == "record_type":
		return "record_type_id"
	}
	return field
}
