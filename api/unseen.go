package api

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// unseenIn are the members of a body that are there for others and not for the caller: those of fields that it reads on
// no record, and those of the other side.
func unseenIn(actor operational.Actor, p operational.Permission, body []byte) []string {
	name, ofObject := p.Object()
	described, found := objects.Of(name)
	if !ofObject || !found {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return nil
	}
	grants := actor.Grants(name)
	var unseen []string
	for _, member := range slices.Sorted(maps.Keys(members)) {
		field := described.FieldOf(member)
		hidden := field != "" && !slices.ContainsFunc(grants, func(g operational.Grant) bool { return g.Read.Has(field) })
		if hidden || slices.Contains(hiddenFields[actor.Side], member) {
			unseen = append(unseen, member)
		}
	}
	return unseen
}

// asUnknown makes what is wrong with a body the same as if members that the caller does not see were there for nobody:
// each is unexpected, whatever its value is.
func asUnknown(errs []error, unseen []string) []error {
	if len(unseen) == 0 || len(errs) == 0 {
		return errs
	}
	of := func(location string) bool {
		return slices.ContainsFunc(unseen, func(member string) bool {
			rest, ok := strings.CutPrefix(location, "body."+member)
			return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
	}
	left := slices.DeleteFunc(slices.Clone(errs), func(err error) bool {
		var d *huma.ErrorDetail
		return errors.As(err, &d) && of(d.Location)
	})
	for _, member := range unseen {
		left = append(left, &huma.ErrorDetail{Location: "body." + member, Message: operational.UnexpectedMember})
	}
	return left
}
