package demo

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// Keys of roles of partners' people: the one that each workspace comes with, and the one that is made here.
const (
	dealerRole   = "dealer_personnel"
	referralRole = "referral_partner"
)

const competitor = "x_competitor" // a field of its own

// makeGovernance gives Halden a second role for partners that only pass business on, and two sorts of opportunities. The
// role comes last but for whom it is given to: where it is, all was made before.
func (m *maker) makeGovernance(ctx context.Context) error {
	m.progress(0.95, "Roles and record types")
	actor := asVendor(m.halden)
	roles, err := m.rights.Roles(ctx, actor, operational.Query{Page: operational.Page{Limit: 100}})
	if err != nil || slices.ContainsFunc(roles.Items, func(r governance.Role) bool { return r.Key == referralRole }) {
		return err
	}
	if err := m.recordTypes(ctx, actor); err != nil {
		return err
	}
	role, err := m.rights.CreateRole(ctx, actor, governance.NewRole{
		Key: referralRole, Audience: governance.External, Name: "Referral Partner", CopyOf: dealerRole,
		Description: new("For partners that pass business on: they follow their opportunities, without amounts and products."),
	})
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	held := slices.DeleteFunc(slices.Clone(role.Objects[operational.ObjectOpportunity].Readable), func(f string) bool { return f == "vendor_net" || f == "lines" || f == "history" })
	_, err = m.rights.UpdateRole(ctx, actor, role.Key, role.Version, governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{
		operational.ObjectOpportunity: {
			Edit: operational.Set(false), Export: operational.Set(false), Readable: operational.Set(held),
			Editable: operational.Set(slices.DeleteFunc(slices.Clone(held), func(f string) bool { return f != "name" && f != "customer_name" && f != "close_date" })),
		},
		operational.ObjectProduct: {Read: operational.Set(false)},
	}})
	if err != nil {
		return fmt.Errorf("rights of the role: %w", err)
	}
	return m.giveReferral(ctx, actor)
}

// giveReferral gives the role to a few of the smallest partners.
func (m *maker) giveReferral(ctx context.Context, actor operational.Actor) error {
	few, err := m.orgs.Connections(ctx, actor, operational.Query{
		Page: operational.Page{Limit: 6}, Sort: []operational.Sort{{Field: "partner_name"}}, Filter: &operational.Filter{Field: "tier", Op: "eq", Values: []string{"Member"}},
	})
	if err != nil {
		return err
	}
	for _, c := range few.Items {
		a, err := m.rights.ConnectionAssignment(ctx, actor, c.ID)
		if err == nil {
			_, err = m.rights.AssignConnection(ctx, actor, c.ID, a.Version, governance.UpdateConnectionAssignment{Role: operational.Set(referralRole)})
		}
		if err != nil {
			return fmt.Errorf("role of %s: %w", c.PartnerName, err)
		}
	}
	return nil
}

// recordTypes are two sorts of opportunities, of which one asks for what the other does not.
func (m *maker) recordTypes(ctx context.Context, actor operational.Actor) error {
	all := operational.Query{Page: operational.Page{Limit: 100}}
	fields, err := m.rights.CustomFields(ctx, actor, all)
	if err == nil && len(fields.Items) == 0 {
		_, err = m.rights.CreateCustomField(ctx, actor, governance.NewCustomField{
			Object: operational.ObjectOpportunity, Name: competitor, Label: "Competitor", Type: "choice", Choices: []string{"None known", "Incumbent", "Low price", "Own design"},
		})
	}
	if err == nil {
		err = m.showCompetitor(ctx, actor)
	}
	if err != nil {
		return fmt.Errorf("custom field: %w", err)
	}
	layouts, err := m.rights.Layouts(ctx, actor, all)
	if err == nil && len(layouts.Items) == 0 {
		layouts.Items = make([]governance.Layout, 1)
		layouts.Items[0], err = m.rights.CreateLayout(ctx, actor, renewals)
	}
	if err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	types, err := m.rights.RecordTypes(ctx, actor, all)
	if err == nil && len(types.Items) == 0 {
		_, err = m.rights.CreateRecordType(ctx, actor, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "New business", Default: true})
	}
	if err == nil && len(types.Items) < 2 {
		var renewal governance.RecordType
		renewal, err = m.rights.CreateRecordType(ctx, actor, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Renewal"})
		if err == nil {
			_, err = m.rights.UpdateRecordType(ctx, actor, renewal.ID, renewal.Version, governance.UpdateRecordType{Layouts: operational.Set(map[string]uuid.UUID{dealerRole: layouts.Items[0].ID})})
		}
	}
	if err != nil {
		return fmt.Errorf("record type: %w", err)
	}
	return nil
}

// showCompetitor lets partners' people fill in the new field: roles hide it until it is given to them.
func (m *maker) showCompetitor(ctx context.Context, actor operational.Actor) error {
	role, err := m.rights.Role(ctx, actor, dealerRole)
	have := role.Objects[operational.ObjectOpportunity]
	if err != nil || slices.Contains(have.Readable, competitor) {
		return err
	}
	_, err = m.rights.UpdateRole(ctx, actor, role.Key, role.Version, governance.UpdateRole{Objects: map[operational.Object]governance.UpdateRights{
		operational.ObjectOpportunity: {Readable: operational.Set(append(have.Readable, competitor)), Editable: operational.Set(append(have.Editable, competitor))},
	}})
	return err
}

// renewals asks when a contract ends before anything else.
var renewals = governance.NewLayout{Object: operational.ObjectOpportunity, Name: "Renewals", Definition: objects.FormDefinition{Sections: []objects.FormSection{
	{Title: "Contract", Fields: []objects.Place{{Name: "name"}, {Name: "customer_name"}, {Name: "close_date", Required: true}}},
	{Title: "Business", Fields: []objects.Place{{Name: "vendor_net"}, {Name: "stage"}, {Name: "owner"}, {Name: "region"}, {Name: "tier"}}},
}}}

// lookAfter lets a member look after its company's workspace.
func (m *maker) lookAfter(ctx context.Context, org uuid.UUID, name string) error {
	members, err := m.admin.Members(ctx, org)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(members, func(x identity.Member) bool { return x.Name == name })
	if i < 0 || members[i].Role == operational.RoleAdministrator {
		return nil
	}
	actor := asPartner(org)
	a, err := m.rights.MemberAssignment(ctx, actor, members[i].MembershipID)
	if err != nil {
		return err
	}
	_, err = m.rights.AssignMember(ctx, actor, members[i].MembershipID, a.Version, governance.UpdateMemberAssignment{Role: operational.Set(string(operational.RoleAdministrator))})
	return err
}
