package operational

import (
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Rule names one of the rules that a decision is made by, in the order in which they are asked. The names are stable.
type Rule string

// The rules. Whatever none of them allows is denied.
const (
	RuleMember     Rule = "scope.member"     // the person is an active member of its company: without that there is nothing to ask
	RuleCompany    Rule = "scope.company"    // the record is of one's own company, or a vendor of one's own shares it
	RuleConnection Rule = "scope.connection" // the connection with the vendor is active
	RuleContact    Rule = "scope.contact"    // the vendor has not suspended the person
	RuleAccess     Rule = "scope.access"     // the vendor's external access scope lets the person in
	RuleWorkplace  Rule = "scope.workplace"  // the session or key works where the record lies
	RuleRole       Rule = "role"             // the role may do this with such records: the vendor's role over a connection
	RuleOwnRole    Rule = "role.own_company" // and so may the role in the person's own company
	RuleRecordType Rule = "record_type"      // the role works with the record's type
	RuleDataScope  Rule = "data_scope"       // the record is among those that the role reaches, and may be written if need be
	RuleFrozen     Rule = "frozen"           // the record has not stayed behind with an ended connection
	RuleField      Rule = "field"            // the field may be read, or written
)

// Outcome is what a rule said.
type Outcome string

// The outcomes.
const (
	OutcomePass   Outcome = "pass"
	OutcomeDeny   Outcome = "deny"
	OutcomeUnsaid Outcome = "unsaid" // it is another company's affair: it can deny, and does not tell
)

// Step is one rule and what it said.
type Step struct {
	Rule    Rule    `json:"rule" doc:"The rule; its name is stable"`
	Outcome Outcome `json:"outcome" enum:"pass,deny,unsaid" doc:"Whether it lets through; unsaid: it is the other company's own affair and may still deny"`
	Detail  string  `json:"detail" doc:"What it looked at, in a sentence"`
}

// Decision says whether something may be done, and why.
type Decision struct {
	Allowed   bool   `json:"allowed" doc:"Whether it is allowed"`
	DecidedBy Rule   `json:"decided_by" doc:"The rule that denied; when all let through, the last one asked"`
	Steps     []Step `json:"steps" doc:"The rules in the order in which they were asked; none is asked after one has denied"`
}

// Facts are what rules know of a record. A company's own records have one organisation, those of a connection two.
type Facts struct {
	Connection      uuid.UUID // zero: none
	Vendor, Partner uuid.UUID // whose record it is
	OwnerContact    uuid.UUID // who it belongs to, with a connection
	OwnerMembership uuid.UUID // and without
	RecordType      uuid.UUID // zero: none
	Frozen          bool      // its connection has ended, and it stays as it was
}

// always are the fields that no role hides, and that nobody writes.
var always = []string{"id", "number", "version", "connection_id", "vendor", "partner", "created_at", "updated_at"}

// ownerless are the objects whose records belong to a company as a whole: there is nobody's own among them.
var ownerless = map[Object]bool{ObjectProduct: true, ObjectSalesProcess: true}

// Decide says whether the actor may do this with the record and, when a field is named, with the field. It is the
// meaning that the stores compile into SQL for whole lists; a test holds them together.
func Decide(a Actor, act Act, o Object, f Facts, field string) Decision {
	c := &deciding{actor: a, rights: a.rights(), act: act, object: o, facts: f, field: field}
	for _, rule := range []func() bool{c.company, c.link, c.workplace, c.role, c.recordType, c.dataScope, c.frozen, c.fieldRule} {
		if !rule() {
			return c.decision
		}
	}
	c.decision.Allowed = true
	return c.decision
}

// deciding is a decision on its way.
type deciding struct {
	actor    Actor
	rights   *Rights
	act      Act
	object   Object
	facts    Facts
	field    string
	over     *Link // the connection that the record is reached over; nil: it is of one's own company
	foreign  bool  // it is another partner's, or the vendor's own: shown to all partners or to none
	decision Decision
}

// say notes what a rule said and gives whether to go on.
func (c *deciding) say(rule Rule, pass bool, format string, args ...any) bool {
	outcome := OutcomePass
	if !pass {
		outcome = OutcomeDeny
	}
	c.decision.Steps = append(c.decision.Steps, Step{rule, outcome, fmt.Sprintf(format, args...)})
	c.decision.DecidedBy = rule
	return pass
}

func (c *deciding) either(rule Rule, pass bool, yes, no string) bool {
	if pass {
		return c.say(rule, true, "%s", yes)
	}
	return c.say(rule, false, "%s", no)
}

func (c *deciding) company() bool {
	a, f := c.actor, c.facts
	switch {
	case a.Role == RoleSystem && a.Rights == nil:
		return c.say(RuleCompany, true, "A job of the program works on every record of its organisation.")
	case a.Side == SideVendor:
		return c.either(RuleCompany, f.Vendor == a.Org && a.Org != uuid.Nil, "The record is of the person's own company.", "The record is of another company.")
	case f.Partner == a.Org && f.Connection == uuid.Nil && a.Org != uuid.Nil:
		return c.say(RuleCompany, true, "The record is of the person's own company.")
	case !shared[c.object]:
		return c.say(RuleCompany, false, "The record is of another company, and such records are not shared.")
	}
	for i, l := range c.rights.Links {
		if l.Connection == f.Connection || f.Partner != a.Org && l.Vendor == f.Vendor && f.Vendor != uuid.Nil {
			c.over, c.foreign = &c.rights.Links[i], !ownerless[c.object] && f.Partner != a.Org
			return c.say(RuleCompany, true, "The record is reached over a connection with its vendor.")
		}
	}
	return c.say(RuleCompany, false, "The person has no connection, that has not ended, with the record's company.")
}

// link asks what the vendor says of connection and person.
func (c *deciding) link() bool {
	l := c.over
	return l == nil || c.either(RuleConnection, l.ConnectionStatus == "active", "The connection is active.", "The connection is "+l.ConnectionStatus+".") &&
		c.either(RuleContact, l.ContactStatus == "active", "The person is an active contact of the vendor.", "The vendor has the contact as "+l.ContactStatus+".") &&
		c.either(RuleAccess, l.InScope, "The external access scope lets the person in.", "The external access scope does not let the person in.")
}

func (c *deciding) workplace() bool {
	works := c.actor.Connection
	if works == uuid.Nil || c.actor.Side != SidePartner || !shared[c.object] {
		return true // it works everywhere
	}
	return c.either(RuleWorkplace, c.over != nil && c.over.Connection == works,
		"The session works in the record's connection.", "The session works in another connection.")
}

func (c *deciding) role() bool {
	own := c.rights.Own
	if c.over == nil {
		return c.mayAct(RuleRole, own)
	}
	if !c.mayAct(RuleRole, c.over.Role) {
		return false
	}
	if own.Unsaid() {
		c.decision.Steps = append(c.decision.Steps, Step{RuleOwnRole, OutcomeUnsaid, "The partner's own company may let its people do less, never more. What it says is its own affair."})
		return true
	}
	return c.mayAct(RuleOwnRole, own)
}

func (c *deciding) mayAct(rule Rule, r RoleRights) bool {
	x := r.object(c.object)
	name := r.Name
	if name == "" {
		name = string(r.Key)
	}
	return c.either(rule, x.Has(c.act) && x.Read, fmt.Sprintf("The role %q may %s records of the kind %s.", name, c.act, c.object),
		fmt.Sprintf("The role %q may not %s records of the kind %s.", name, c.act, c.object))
}

// grant is what the role gives, before anything narrows it: of the vendor over a connection, else one's own.
func (c *deciding) grant() Grant {
	if c.over != nil {
		return c.over.Role.grant(c.object).and(c.rights.Own.asLinked(c.object))
	}
	return c.rights.Own.grant(c.object)
}

func (c *deciding) recordType() bool {
	g := c.grant()
	switch {
	case c.facts.RecordType == uuid.Nil:
		return true
	case g.AllTypes:
		return c.say(RuleRecordType, true, "The role works with all record types.")
	}
	return c.either(RuleRecordType, slices.Contains(g.RecordTypes, c.facts.RecordType), "The role works with records of this type.", "The role does not work with records of this type.")
}

func (c *deciding) dataScope() bool {
	g := c.grant()
	if !g.May(c.act) { // the role says yes; so it is the data scope that lets read only
		return c.say(RuleDataScope, false, "The data scope of the role lets read only.")
	}
	f, a := c.facts, c.actor
	switch {
	case ownerless[c.object]:
		return true
	case c.foreign:
		return c.either(RuleDataScope, g.Visibility == VisibilityPublic && a.Connection == c.over.Connection && f.Partner != uuid.Nil && c.act == ActRead,
			"The role reads the records of all the vendor's partners, and the session works with that vendor alone.",
			"The record is not of the person's own company, and is reached only by a role that reads those of all partners, in a session that works with that vendor alone.")
	case g.Visibility != VisibilityPrivate:
		return c.say(RuleDataScope, true, "The role reaches all such records of the company.")
	case c.over != nil:
		return c.either(RuleDataScope, f.OwnerContact == c.over.Contact && f.OwnerContact != uuid.Nil, "The record is the person's own.", "The role reaches a person's own records only, and this is another's.")
	case a.Side == SideVendor && f.Connection != uuid.Nil:
		return c.either(RuleDataScope, slices.Contains(c.rights.Managed, f.Connection), "The person looks after the partner.", "The role reaches the records of the partners and regions that a person looks after only, and this is none of them.")
	}
	return c.either(RuleDataScope, f.OwnerMembership == a.Membership && a.Membership != uuid.Nil, "The record is the person's own.", "The role reaches a person's own records only, and this is another's.")
}

func (c *deciding) frozen() bool {
	if !c.facts.Frozen {
		return true
	}
	return c.either(RuleFrozen, c.over == nil && c.actor.Side == SideVendor && (c.act == ActRead || c.act == ActExport),
		"The connection has ended: the vendor may read what was shared.", "The connection has ended: what was shared can be read by the vendor only, and stays as it is.")
}

func (c *deciding) fieldRule() bool {
	writes := c.act == ActCreate || c.act == ActEdit || c.act == ActImport
	fixed := slices.Contains(always, c.field)
	g := c.grant()
	switch {
	case c.field == "" || c.act == ActDelete:
		return true
	case c.foreign && slices.Contains(namesOthers, c.field):
		return c.say(RuleField, false, "The field is not shown of other partners' records.")
	case writes:
		return c.either(RuleField, !fixed && g.Edit.Has(c.field), "The field may be written.", "The field may not be written.")
	}
	return c.either(RuleField, fixed || g.Read.Has(c.field), "The field may be read.", "The field is hidden.")
}

// namesOthers are the fields that would tell a partner who the others are, or that lie in tables that are not shown to all.
var namesOthers = []string{"partner", "owner", "number", "lines", "history"}

// Unsaid says that nothing is known of the role in the person's own company: a vendor asks about a partner's person.
func (r RoleRights) Unsaid() bool { return r.Key == RoleUnsaid }

// RoleUnsaid stands for the role in a company whose affair it is.
const RoleUnsaid Role = "unsaid"

// asLinked is how the own company's role narrows what a vendor gives; what is not said narrows nothing.
func (r RoleRights) asLinked(o Object) Grant {
	if r.Unsaid() {
		return RoleRights{Everything: true}.grant(o)
	}
	return r.grant(o)
}
