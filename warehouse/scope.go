package warehouse

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Scope says which rows and fields the caller may see, as plain data. The zero value sees nothing. Only api/scope.go
// makes one, anew for each request, from what the operational side says at that moment: never from what is mirrored.
//
// Whose a record is and of which type, and whether its connection has ended, is decided by the mirrored record as it is
// now, also for questions about the past: so an owner loses sight of it, or gains it, by the seconds that the pipeline
// needs. Everything else that a scope is made of takes effect at once.
type Scope struct {
	wall     Wall
	org      uuid.UUID
	branches []Branch
}

// Wall is the column that bounds all rows of a scope. It stands beside its branches, whatever they say.
type Wall uint8

// The walls.
const (
	NoWall      Wall = iota // nothing is behind it
	VendorWall              // rows of one vendor
	PartnerWall             // rows of one partner, and its own business
	everything              // all rows
)

// Part says whose rows a branch has, of those behind the wall.
type Part uint8

// The parts. The zero one is none.
const (
	PartNone        Part = iota
	PartAll              // all that is behind the wall
	PartUnconnected      // business without a connection
	PartConnections      // of Branch.Connections
	PartOthers           // of all partners but Branch.Partner, which do not show who they are
)

// Branch is a share of a scope's rows with the fields that are read there. The branches of a scope are disjoint.
type Branch struct {
	Part        Part
	Connections []uuid.UUID // of PartConnections
	Partner     uuid.UUID   // of PartOthers

	Living      bool        // only while the connection has not ended
	Private     bool        // only records that belong to the person:
	Contacts    []uuid.UUID // as its connections know it
	Membership  uuid.UUID   // as its own company knows it, of PartUnconnected
	AllTypes    bool        // of any record type; else those without a type, and
	RecordTypes []uuid.UUID // of these
	Fields      []Field     // that are read
}

// Field is a part of a record that is shown or not, with everything that is counted by it.
type Field string

// The fields that questions depend on.
const (
	FieldAmount  Field = "vendor_net" // amounts and currencies
	FieldStage   Field = "stage"      // stages, processes, and how and when a record was closed
	FieldRegion  Field = "region"
	FieldTier    Field = "tier"
	FieldLines   Field = "lines" // products and families
	FieldPartner Field = "partner"
	FieldHistory Field = "history" // how it was before
)

// Fields are all of them.
var Fields = []Field{FieldAmount, FieldStage, FieldRegion, FieldTier, FieldLines, FieldPartner, FieldHistory}

// NewScope makes the scope of what the branches have behind a wall. Without any it sees nothing.
func NewScope(wall Wall, org uuid.UUID, branches ...Branch) Scope {
	if wall != VendorWall && wall != PartnerWall || org == uuid.Nil || len(branches) == 0 {
		return Scope{}
	}
	return Scope{wall: wall, org: org, branches: branches}
}

// VendorScope sees all rows and fields of one vendor's channel.
func VendorScope(org uuid.UUID) Scope { return NewScope(VendorWall, org, whole) }

// PartnerScope sees all rows and fields of one partner: over all its vendors, and its own business.
func PartnerScope(org uuid.UUID) Scope { return NewScope(PartnerWall, org, whole) }

// EverythingScope is for parity checks of the program itself, never for a caller.
func EverythingScope() Scope { return Scope{wall: everything, branches: []Branch{whole}} }

var whole = Branch{Part: PartAll, AllTypes: true, Fields: Fields}

// IsZero says that nothing is seen.
func (s Scope) IsZero() bool { return s.wall == NoWall }

// Vendor gives the vendor whose rows are seen.
func (s Scope) Vendor() (uuid.UUID, bool) { return s.org, s.wall == VendorWall }

// Partner gives the partner whose rows are seen.
func (s Scope) Partner() (uuid.UUID, bool) { return s.org, s.wall == PartnerWall }

// Everything says that all rows are seen.
func (s Scope) Everything() bool { return s.wall == everything }

// Branches are the shares of the rows behind the wall.
func (s Scope) Branches() []Branch { return s.branches }

// Whole says that nothing narrows the wall.
func (s Scope) Whole() bool {
	return len(s.branches) == 1 && s.branches[0].Part == PartAll && s.branches[0].AllTypes && !s.branches[0].Living && !s.branches[0].Private
}

// Reads says whether the field is read on every row of the scope: only then anything can be counted, chosen or parted
// by it without telling of rows where it is hidden.
func (s Scope) Reads(f Field) bool {
	return len(s.branches) > 0 && !slices.ContainsFunc(s.branches, func(b Branch) bool { return !slices.Contains(b.Fields, f) })
}

// Fingerprint names the scope in a receipt without telling what it is made of. The order of what it lists does not
// matter.
func (s Scope) Fingerprint() string {
	branches := make([]string, len(s.branches))
	for i, b := range s.branches {
		b.Connections, b.Contacts, b.RecordTypes, b.Fields = inOrder(b.Connections), inOrder(b.Contacts), inOrder(b.RecordTypes), inOrder(b.Fields)
		text, _ := json.Marshal(b) // plain data has always a text
		branches[i] = string(text)
	}
	text, _ := json.Marshal(inOrder(branches))
	return uuid.NewSHA1(s.org, append([]byte{byte(s.wall)}, text...)).String()
}

// inOrder gives a list in the order of its texts.
func inOrder[T any](list []T) []T {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b T) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return sorted
}
