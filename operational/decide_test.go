package operational_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
)

// The ids of these tests.
var (
	vendor, vendorB, partner, partnerQ = uuid.New(), uuid.New(), uuid.New(), uuid.New()
	conn, connB, connQ                 = uuid.New(), uuid.New(), uuid.New()
	contact, contactB, member          = uuid.New(), uuid.New(), uuid.New()
	kindOne, kindTwo                   = uuid.New(), uuid.New()
)

// sees is a role that may do all with opportunities, and reads and writes these two fields.
func sees(change func(x *operational.ObjectRights)) operational.RoleRights {
	x := operational.ObjectRights{
		Create: true, Read: true, Edit: true, Delete: true, Import: true, Export: true,
		Visibility: operational.VisibilityCompany, Access: "read_write", Readable: []string{"name", "stage", "owner"}, Editable: []string{"name"},
	}
	if change != nil {
		change(&x)
	}
	return operational.RoleRights{Key: "worker", Name: "Worker", Objects: map[operational.Object]operational.ObjectRights{operational.ObjectOpportunity: x, operational.ObjectProduct: x, operational.ObjectAccount: x}}
}

func ofVendor(own operational.RoleRights, managed ...uuid.UUID) operational.Actor {
	return operational.Actor{Org: vendor, Membership: member, Side: operational.SideVendor, Rights: &operational.Rights{Own: own, Managed: managed}}
}

func ofPartner(own, role operational.RoleRights, change func(l *operational.Link)) operational.Actor {
	l := operational.Link{Connection: conn, Vendor: vendor, Contact: contact, ConnectionStatus: "active", ContactStatus: "active", InScope: true, Role: role}
	if change != nil {
		change(&l)
	}
	b := operational.Link{Connection: connB, Vendor: vendorB, Contact: contactB, ConnectionStatus: "active", ContactStatus: "active", InScope: true, Role: sees(nil)}
	return operational.Actor{Org: partner, Membership: member, Side: operational.SidePartner, Rights: &operational.Rights{Own: own, Links: []operational.Link{b, l}}}
}

func working(a operational.Actor, in uuid.UUID) operational.Actor {
	a.Connection = in
	return a
}

func TestEveryRuleDecides(t *testing.T) {
	type facts = operational.Facts
	read, edit, opportunity := operational.ActRead, operational.ActEdit, operational.ObjectOpportunity
	theirs := facts{Connection: conn, Vendor: vendor, Partner: partner, OwnerContact: contact}
	others := facts{Connection: connQ, Vendor: vendor, Partner: partnerQ, OwnerContact: uuid.New()}
	everything := operational.Unrestricted().Own
	private := func(x *operational.ObjectRights) { x.Visibility = operational.VisibilityPrivate }
	public := func(x *operational.ObjectRights) { x.Visibility = operational.VisibilityPublic }
	noEdit := func(x *operational.ObjectRights) { x.Edit = false }
	readOnly := func(x *operational.ObjectRights) { x.Access = "read" }
	ofKind := func(x *operational.ObjectRights) { x.RecordTypes = []uuid.UUID{kindOne} }
	typed := func(f facts, kind uuid.UUID) facts { f.RecordType = kind; return f }
	owned := func(f facts, by uuid.UUID) facts { f.OwnerContact = by; return f }
	cold := func(f facts) facts { f.Frozen = true; return f }
	unsaid := operational.RoleRights{Key: operational.RoleUnsaid}
	for name, c := range map[string]struct {
		actor   operational.Actor
		act     operational.Act
		object  operational.Object
		facts   facts
		field   string
		allowed bool
		by      operational.Rule
	}{
		"another vendor's":                   {ofVendor(everything), read, opportunity, facts{Vendor: vendorB}, "", false, operational.RuleCompany},
		"one's own company's":                {ofVendor(everything), read, opportunity, theirs, "", true, operational.RuleDataScope},
		"no connection with its vendor":      {ofPartner(everything, sees(nil), nil), read, opportunity, facts{Connection: connQ, Vendor: uuid.New(), Partner: partnerQ}, "", false, operational.RuleCompany},
		"the vendor's customers":             {ofPartner(everything, sees(nil), nil), read, operational.ObjectAccount, facts{Vendor: vendor}, "", false, operational.RuleCompany},
		"nobody's rights":                    {operational.Actor{Org: vendor, Side: operational.SideVendor}, read, opportunity, theirs, "", false, operational.RuleRole},
		"the program's job":                  {operational.Actor{Org: vendor, Side: operational.SideVendor, Role: operational.RoleSystem}, edit, opportunity, theirs, "name", true, operational.RuleField},
		"connection suspended":               {ofPartner(everything, sees(nil), func(l *operational.Link) { l.ConnectionStatus = "suspended" }), read, opportunity, theirs, "", false, operational.RuleConnection},
		"contact suspended":                  {ofPartner(everything, sees(nil), func(l *operational.Link) { l.ContactStatus = "suspended" }), read, opportunity, theirs, "", false, operational.RuleContact},
		"out of the scope":                   {ofPartner(everything, sees(nil), func(l *operational.Link) { l.InScope = false }), read, opportunity, theirs, "", false, operational.RuleAccess},
		"all is open":                        {ofPartner(everything, sees(nil), nil), read, opportunity, theirs, "", true, operational.RuleDataScope},
		"works elsewhere":                    {working(ofPartner(everything, sees(nil), nil), connB), read, opportunity, theirs, "", false, operational.RuleWorkplace},
		"works there":                        {working(ofPartner(everything, sees(nil), nil), conn), read, opportunity, theirs, "", true, operational.RuleDataScope},
		"works there, own business":          {working(ofPartner(everything, sees(nil), nil), conn), read, opportunity, facts{Partner: partner}, "", false, operational.RuleWorkplace},
		"works there, own customers":         {working(ofPartner(everything, sees(nil), nil), conn), read, operational.ObjectAccount, facts{Partner: partner}, "", true, operational.RuleDataScope},
		"the vendor's role says no":          {ofPartner(everything, sees(noEdit), nil), edit, opportunity, theirs, "", false, operational.RuleRole},
		"the vendor's role says yes":         {ofPartner(everything, sees(nil), nil), edit, opportunity, theirs, "", true, operational.RuleDataScope},
		"the own role says no":               {ofPartner(sees(noEdit), sees(nil), nil), edit, opportunity, theirs, "", false, operational.RuleOwnRole},
		"what the own role says is unsaid":   {ofPartner(unsaid, sees(nil), nil), edit, opportunity, theirs, "", true, operational.RuleDataScope},
		"the own business asks no vendor":    {ofPartner(sees(nil), sees(noEdit), nil), edit, opportunity, facts{Partner: partner}, "", true, operational.RuleDataScope},
		"a type that is not the role's":      {ofPartner(everything, sees(ofKind), nil), read, opportunity, typed(theirs, kindTwo), "", false, operational.RuleRecordType},
		"a type of the role":                 {ofPartner(everything, sees(ofKind), nil), read, opportunity, typed(theirs, kindOne), "", true, operational.RuleDataScope},
		"no type":                            {ofPartner(everything, sees(ofKind), nil), read, opportunity, theirs, "", true, operational.RuleDataScope},
		"own types do not bind the vendor's": {ofPartner(sees(ofKind), sees(nil), nil), read, opportunity, typed(theirs, kindTwo), "", true, operational.RuleDataScope},
		"another's, by a private role":       {ofPartner(everything, sees(private), nil), read, opportunity, owned(theirs, contactB), "", false, operational.RuleDataScope},
		"one's own, by a private role":       {ofPartner(everything, sees(private), nil), read, opportunity, theirs, "", true, operational.RuleDataScope},
		"the own role is private":            {ofPartner(sees(private), sees(nil), nil), read, opportunity, owned(theirs, contactB), "", false, operational.RuleDataScope},
		"nobody's, by a private role":        {ofPartner(everything, sees(private), nil), read, opportunity, owned(theirs, uuid.Nil), "", false, operational.RuleDataScope},
		"own business of another":            {ofPartner(sees(private), sees(nil), nil), read, opportunity, facts{Partner: partner, OwnerMembership: uuid.New()}, "", false, operational.RuleDataScope},
		"own business of one's own":          {ofPartner(sees(private), sees(nil), nil), read, opportunity, facts{Partner: partner, OwnerMembership: member}, "", true, operational.RuleDataScope},
		"a partner one looks after":          {ofVendor(sees(private), conn), edit, opportunity, theirs, "", true, operational.RuleDataScope},
		"a partner of a colleague":           {ofVendor(sees(private), connQ), read, opportunity, theirs, "", false, operational.RuleDataScope},
		"direct business of one's own":       {ofVendor(sees(private)), read, opportunity, facts{Vendor: vendor, OwnerMembership: member}, "", true, operational.RuleDataScope},
		"direct business of a colleague":     {ofVendor(sees(private)), read, opportunity, facts{Vendor: vendor, OwnerMembership: uuid.New()}, "", false, operational.RuleDataScope},
		"the scope lets read only":           {ofPartner(everything, sees(readOnly), nil), edit, opportunity, theirs, "", false, operational.RuleDataScope},
		"the own scope lets read only":       {ofPartner(sees(readOnly), sees(nil), nil), edit, opportunity, theirs, "", false, operational.RuleDataScope},
		"products are nobody's own":          {ofPartner(everything, sees(private), nil), read, operational.ObjectProduct, facts{Vendor: vendor}, "", true, operational.RuleOwnRole},
		"another partner's":                  {working(ofPartner(everything, sees(nil), nil), conn), read, opportunity, others, "", false, operational.RuleDataScope},
		"another partner's, to all":          {working(ofPartner(everything, sees(public), nil), conn), read, opportunity, others, "name", true, operational.RuleField},
		"not who it is":                      {working(ofPartner(everything, sees(public), nil), conn), read, opportunity, others, "owner", false, operational.RuleField},
		"not while working everywhere":       {ofPartner(everything, sees(public), nil), read, opportunity, others, "", false, operational.RuleDataScope},
		"not to write":                       {working(ofPartner(everything, sees(public), nil), conn), edit, opportunity, others, "", false, operational.RuleDataScope},
		"frozen, for the vendor":             {ofVendor(everything), read, opportunity, cold(theirs), "", true, operational.RuleFrozen},
		"frozen, nobody writes":              {ofVendor(everything), edit, opportunity, cold(theirs), "", false, operational.RuleFrozen},
		"frozen, for the partner":            {ofPartner(everything, sees(nil), nil), read, opportunity, cold(theirs), "", false, operational.RuleFrozen},
		"a hidden field":                     {ofPartner(everything, sees(nil), nil), read, opportunity, theirs, "vendor_net", false, operational.RuleField},
		"a readable field":                   {ofPartner(everything, sees(nil), nil), read, opportunity, theirs, "stage", true, operational.RuleField},
		"hidden by the own company":          {ofPartner(sees(func(x *operational.ObjectRights) { x.Readable = []string{"name"} }), sees(nil), nil), read, opportunity, theirs, "stage", false, operational.RuleField},
		"readable, not to be written":        {ofPartner(everything, sees(nil), nil), edit, opportunity, theirs, "stage", false, operational.RuleField},
		"to be written":                      {ofPartner(everything, sees(nil), nil), edit, opportunity, theirs, "name", true, operational.RuleField},
		"never hidden":                       {ofPartner(everything, sees(nil), nil), read, opportunity, theirs, "number", true, operational.RuleField},
		"never written":                      {ofVendor(everything), edit, opportunity, theirs, "version", false, operational.RuleField},
		"no act at all":                      {ofVendor(everything), "steal", opportunity, theirs, "", false, operational.RuleRole},
	} {
		d := operational.Decide(c.actor, c.act, c.object, c.facts, c.field)
		require.Equal(t, c.allowed, d.Allowed, "%s: %+v", name, d)
		require.Equal(t, c.by, d.DecidedBy, "%s: %+v", name, d)
		require.NotEmpty(t, d.Steps[len(d.Steps)-1].Detail, name)
		for i, s := range d.Steps {
			require.Equal(t, !d.Allowed && i == len(d.Steps)-1, s.Outcome == operational.OutcomeDeny, "%s: %+v", name, d)
		}
	}
}

// reaches is what the grants say of a row, in the words of the stores.
func reaches(a operational.Actor, g operational.Grant, act operational.Act, f operational.Facts) bool {
	typed := g.AllTypes || f.RecordType == uuid.Nil || slices.Contains(g.RecordTypes, f.RecordType)
	private := g.Visibility == operational.VisibilityPrivate
	switch {
	case !typed || !g.May(act):
		return false
	case a.Side == operational.SideVendor:
		mine := slices.Contains(a.Rights.Managed, f.Connection) || f.Connection == uuid.Nil && f.OwnerMembership == a.Membership
		return f.Vendor == a.Org && (!private || mine) && (!f.Frozen || act == operational.ActRead || act == operational.ActExport)
	case g.Connection == uuid.Nil:
		return f.Partner == a.Org && f.Connection == uuid.Nil && (!private || f.OwnerMembership == a.Membership)
	case f.Connection == g.Connection:
		return !f.Frozen && (!private || f.OwnerContact == g.Contact)
	}
	return f.Vendor == g.Vendor && f.Partner != a.Org && f.Partner != uuid.Nil && !f.Frozen && g.Visibility == operational.VisibilityPublic && a.Connection == g.Connection && act == operational.ActRead
}

// TestDecisionsAndGrantsAgree over many chances: whether a row is reached, and which of its fields.
func TestDecisionsAndGrantsAgree(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	some := func(ids ...uuid.UUID) uuid.UUID { return ids[chance.IntN(len(ids))] }
	maybe := func(p float64) bool { return chance.Float64() < p }
	fields := []string{"name", "stage", "owner", "vendor_net"}
	role := func() operational.RoleRights {
		if maybe(0.2) {
			return operational.Unrestricted().Own
		}
		return sees(func(x *operational.ObjectRights) {
			x.Read, x.Edit, x.Export = maybe(0.9), maybe(0.7), maybe(0.7)
			x.Visibility = []operational.Visibility{operational.VisibilityPrivate, operational.VisibilityCompany, operational.VisibilityPublic}[chance.IntN(3)]
			x.Access = []string{"read", "read_write"}[chance.IntN(2)]
			if maybe(0.5) {
				x.RecordTypes = [][]uuid.UUID{{}, {kindOne}, {kindOne, kindTwo}}[chance.IntN(3)]
			}
			x.Readable, x.Editable = fields[:chance.IntN(5)], nil
			x.Editable = x.Readable[:chance.IntN(len(x.Readable)+1)]
		})
	}
	allowed := 0
	for range 10_000 {
		a := ofVendor(role(), conn)
		if maybe(0.7) {
			a = ofPartner(role(), role(), func(l *operational.Link) {
				l.InScope = maybe(0.9)
				if maybe(0.1) {
					l.ConnectionStatus = "suspended"
				}
				if maybe(0.1) {
					l.ContactStatus = "suspended"
				}
			})
			a.Connection = some(uuid.Nil, uuid.Nil, conn, connB)
		}
		f := [...]operational.Facts{
			{Connection: conn, Vendor: vendor, Partner: partner},
			{Connection: connQ, Vendor: vendor, Partner: partnerQ},
			{Connection: connB, Vendor: vendorB, Partner: partner},
			{Partner: partner},
			{Vendor: vendor},
		}[chance.IntN(5)]
		if f.Connection != uuid.Nil {
			f.OwnerContact, f.Frozen = some(uuid.Nil, contact, contactB, uuid.New()), maybe(0.1)
		} else {
			f.OwnerMembership = some(uuid.Nil, member, uuid.New())
		}
		f.RecordType = some(uuid.Nil, kindOne, kindTwo)
		act := []operational.Act{operational.ActRead, operational.ActRead, operational.ActEdit, operational.ActExport}[chance.IntN(4)]
		var over *operational.Grant
		for _, g := range a.Grants(operational.ObjectOpportunity) {
			if reaches(a, g, act, f) {
				over = &g
			}
		}
		d := operational.Decide(a, act, operational.ObjectOpportunity, f, "")
		require.Equal(t, over != nil, d.Allowed, "%+v\n%+v\n%+v", a.Rights, f, d)
		if over == nil {
			continue
		}
		allowed++
		for _, field := range fields {
			set := over.Read
			if act == operational.ActEdit {
				set = over.Edit
			}
			foreign := over.Connection != uuid.Nil && f.Connection != over.Connection && field == "owner"
			require.Equal(t, set.Has(field) && !foreign, operational.Decide(a, act, operational.ObjectOpportunity, f, field).Allowed, field)
		}
	}
	require.Greater(t, allowed, 1000)
}
