package operational

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Object is a kind of record that rights speak of.
type Object string

// The objects.
const (
	ObjectAccount      Object = "account"
	ObjectContact      Object = "contact"
	ObjectProduct      Object = "product"
	ObjectSalesProcess Object = "sales_process"
	ObjectOpportunity  Object = "opportunity"
)

// Objects are all of them.
var Objects = []Object{ObjectAccount, ObjectContact, ObjectProduct, ObjectSalesProcess, ObjectOpportunity}

// Act is what one does with a record.
type Act string

// The acts.
const (
	ActCreate Act = "create"
	ActRead   Act = "read"
	ActEdit   Act = "edit"
	ActDelete Act = "delete"
	ActImport Act = "import"
	ActExport Act = "export"
)

// Acts are all of them, in the order in which people are told of them.
var Acts = []Act{ActCreate, ActRead, ActEdit, ActDelete, ActImport, ActExport}

// Visibility is a data scope: whose records a role reaches.
type Visibility string

// The data scopes.
const (
	VisibilityPrivate Visibility = "private" // one's own; of a vendor's people: of the partners and regions they look after
	VisibilityCompany Visibility = "company" // of one's company
	VisibilityPublic  Visibility = "public"  // of all the vendor's partners
)

// Rights is all that an actor's answers are decided by, as plain data: what its role in its own company gives, and on
// the partner side what each vendor gives. Nothing is in it that is not so at the request's moment: the database
// counts every change (Version), and the count is proven with each request.
type Rights struct {
	Version int64       `json:"version"`
	Own     RoleRights  `json:"own"`
	Managed []uuid.UUID `json:"managed"` // connections that one of a vendor's people looks after; only where a scope asks
	Channel int         `json:"channel"` // of how many; it decides nothing but how lists are read
	Links   []Link      `json:"links"`   // the partner side's connections
	// View is the role that somebody looks as, beside the own one that it is narrowed by (Looking).
	View *RoleRights `json:"view,omitempty"`
	// As narrows one of a vendor's people to what one of a partner's people sees of their connection, for reading: a
	// preview of a role, behind the vendor's own wall.
	As *Link `json:"-"`
}

// RoleRights is a role.
type RoleRights struct {
	Key          Role                    `json:"key"`
	Name         string                  `json:"name"`
	Version      int64                   `json:"version"`
	Everything   bool                    `json:"everything"`    // every object and field; visibility company
	Reads        bool                    `json:"-"`             // whatever it gives, it gives to read
	Hat          Side                    `json:"hat,omitempty"` // the only side on which it gives anything; "": on each that its company has
	Capabilities []Permission            `json:"capabilities"`
	Objects      map[Object]ObjectRights `json:"objects"` // what is not here is hidden
}

// ObjectRights is what a role may do with one object.
type ObjectRights struct {
	Create      bool        `json:"create" doc:"May create records"`
	Read        bool        `json:"read" doc:"May read records; without it nothing else is allowed"`
	Edit        bool        `json:"edit" doc:"May change records"`
	Delete      bool        `json:"delete" doc:"May delete records"`
	Import      bool        `json:"import" doc:"May import records from files"`
	Export      bool        `json:"export" doc:"May take records out in files"`
	Visibility  Visibility  `json:"visibility" enum:"private,company,public" doc:"Whose records: private: one's own, of a vendor's people those of the partners and regions they look after; company: all of one's company; public (external roles): all partners'"`
	Access      string      `json:"access" enum:"read,read_write" doc:"Whether the records in sight can be changed"`
	RecordTypes []uuid.UUID `json:"record_types,omitzero" doc:"Record types that the role works with; absent: all, also those to come"`
	Readable    []string    `json:"readable" doc:"Fields that the role reads; all others are hidden"`
	Editable    []string    `json:"editable" doc:"Fields that the role writes"`
}

// Has says whether the role has the right to an act, whatever its data scope lets it change.
func (x ObjectRights) Has(a Act) bool {
	switch a {
	case ActCreate:
		return x.Create
	case ActRead:
		return x.Read
	case ActEdit:
		return x.Edit
	case ActDelete:
		return x.Delete
	case ActImport:
		return x.Import
	case ActExport:
		return x.Export
	}
	return false
}

// Level is what the role does with a field: edit, read or hidden.
func (x ObjectRights) Level(field string) string {
	switch {
	case !x.Read || !slices.Contains(x.Readable, field):
		return "hidden"
	case slices.Contains(x.Editable, field):
		return "edit"
	}
	return "read"
}

// Link is what one vendor gives to one of a partner's people.
type Link struct {
	Connection       uuid.UUID  `json:"connection"`
	Vendor           uuid.UUID  `json:"vendor"`
	Contact          uuid.UUID  `json:"contact"` // the person as this vendor knows them
	ConnectionStatus string     `json:"connection_status"`
	ContactStatus    string     `json:"contact_status"`
	InScope          bool       `json:"in_scope"` // the vendor's external access scope lets them in
	Role             RoleRights `json:"role"`
}

// Open says whether anything goes over the link at all.
func (l Link) Open() bool {
	return l.ConnectionStatus == "active" && l.ContactStatus == "active" && l.InScope
}

// Unrestricted are the rights of the program's own jobs, and of administrators over their company.
func Unrestricted() *Rights {
	return &Rights{Own: RoleRights{Everything: true}}
}

// FieldSet is a set of fields of one object. The zero value holds none.
type FieldSet struct {
	All    bool
	Except []string // of all
	Names  []string
}

// Whole says whether no field at all is missing.
func (s FieldSet) Whole() bool { return s.All && len(s.Except) == 0 }

// Has says whether a field is in the set.
func (s FieldSet) Has(field string) bool {
	return s.All && !slices.Contains(s.Except, field) || slices.Contains(s.Names, field)
}

// And gives the fields that are in both.
func (s FieldSet) And(o FieldSet) FieldSet {
	switch {
	case s.All:
		return o.Without(s.Except)
	case o.All:
		return s.Without(o.Except)
	}
	both := FieldSet{Names: []string{}}
	for _, f := range s.Names {
		if slices.Contains(o.Names, f) {
			both.Names = append(both.Names, f)
		}
	}
	return both
}

// Grant is what an actor may do with one part of an object's rows: those of one connection, or those of its own
// company. The parts are disjoint, but for rows of other partners that a vendor shows to all (Public).
type Grant struct {
	Connection  uuid.UUID // zero: a vendor's whole channel and direct business; a partner's own business and master data
	Vendor      uuid.UUID // of the connection
	Contact     uuid.UUID // who the actor is there
	Visibility  Visibility
	Acts        []Act // edit and delete only where the data scope lets write
	RecordTypes []uuid.UUID
	AllTypes    bool
	Read, Edit  FieldSet
}

// May says whether the grant allows the act.
func (g Grant) May(act Act) bool { return slices.Contains(g.Acts, act) }

func (r RoleRights) object(o Object) ObjectRights {
	x := r.Objects[o]
	if r.Everything {
		x = ObjectRights{Create: true, Read: true, Edit: true, Delete: true, Import: true, Export: true, Visibility: VisibilityCompany, Access: "read_write"}
	}
	if r.Reads {
		return x.toRead()
	}
	return x
}

func (r RoleRights) grant(o Object) Grant {
	x := r.object(o)
	g := Grant{
		Visibility: x.Visibility, AllTypes: x.RecordTypes == nil, RecordTypes: x.RecordTypes,
		Read: FieldSet{All: r.Everything, Names: x.Readable}, Edit: FieldSet{All: r.Everything && !r.Reads, Names: x.Editable},
	}
	for _, a := range Acts {
		changes := a == ActEdit || a == ActDelete
		if x.Read && x.Has(a) && (x.Access == "read_write" || !changes) {
			g.Acts = append(g.Acts, a)
		}
	}
	return g
}

// and narrows a vendor's grant by what the partner's own company lets its person do.
func (g Grant) and(own Grant) Grant {
	g.Acts = slices.DeleteFunc(slices.Clone(g.Acts), func(a Act) bool { return !own.May(a) })
	g.Read, g.Edit = g.Read.within(own.Read), g.Edit.within(own.Edit)
	if own.Visibility == VisibilityPrivate {
		g.Visibility = VisibilityPrivate
	}
	return g // record types of a vendor's records are the vendor's: the partner's own role does not know them
}

// within leaves what the person's own company lets it see as well. Of the fields that a vendor has added the own role
// does not know: those are the vendor's to give.
func (s FieldSet) within(own FieldSet) FieldSet {
	both := s.And(own)
	if both.All || own.All {
		return both
	}
	for _, f := range s.Names {
		if strings.HasPrefix(f, customPrefix) && !slices.Contains(both.Names, f) {
			both.Names = append(both.Names, f)
		}
	}
	return both
}

// customPrefix begins the names of the fields that companies add.
const customPrefix = "x_"

// rights are what the actor's answers are decided by. Without any there are none, but for jobs of the program.
func (a Actor) rights() *Rights {
	switch {
	case a.Rights != nil:
		return a.Rights
	case a.Role == RoleSystem:
		return Unrestricted()
	}
	return &Rights{}
}

// Grants are the parts of an object's rows that the actor may read, with what it may do there. None: the object is not
// there for the actor. A partner that works in one connection sees that alone of what is shared.
func (a Actor) Grants(o Object) []Grant {
	r := a.rights()
	own := r.Own.grant(o)
	switch {
	case a.Side == SideVendor && r.As != nil:
		return readable(r.As.seen(o))
	case a.Side == SideVendor || a.Role == RoleSystem:
		return readable([]Grant{own})
	}
	var grants []Grant
	// A session that works with one vendor still has its own customers at hand; a key made for one connection has not.
	if a.Connection == uuid.Nil || !shared[o] && a.Scopes == nil {
		grants = append(grants, own)
	}
	for _, l := range r.Links {
		if !shared[o] || !l.Open() || a.Connection != uuid.Nil && a.Connection != l.Connection {
			continue
		}
		g := l.Role.grant(o).and(own)
		g.Connection, g.Vendor, g.Contact = l.Connection, l.Vendor, l.Contact
		grants = append(grants, g)
	}
	return readable(grants)
}

// seen is what a vendor sees of its own records in the place of a partner's person: those of the one connection.
func (l Link) seen(o Object) []Grant {
	g := l.Role.grant(o)
	if !shared[o] || !l.Open() || !g.May(ActRead) {
		return nil
	}
	g.Connection, g.Vendor, g.Contact, g.Acts, g.Edit = l.Connection, l.Vendor, l.Contact, []Act{ActRead}, FieldSet{}
	if g.Visibility == VisibilityPublic {
		g.Visibility = VisibilityCompany
	}
	return []Grant{g}
}

// shared are the objects that lie on connections; a test compares them with the database.
var shared = map[Object]bool{ObjectProduct: true, ObjectSalesProcess: true, ObjectOpportunity: true}

func readable(grants []Grant) []Grant {
	return slices.DeleteFunc(grants, func(g Grant) bool { return !g.May(ActRead) })
}

// May says whether the actor may do this with some record of the kind.
func (a Actor) May(act Act, o Object) bool {
	return slices.ContainsFunc(a.Grants(o), func(g Grant) bool { return g.May(act) })
}

// ReadableFields are the fields that the actor may read on every row of the object that it sees: what a list over all
// of them may be filtered and sorted by without telling of what is hidden.
func (a Actor) ReadableFields(o Object) FieldSet {
	grants := a.Grants(o)
	if len(grants) == 0 {
		return FieldSet{}
	}
	all := FieldSet{All: true}
	for _, g := range grants {
		all = all.And(g.Read)
	}
	return all
}
