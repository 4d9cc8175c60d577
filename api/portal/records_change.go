package portal

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// changes are what a form sets of a record: only what differs from what the record holds. What cannot be read is noted,
// and said all at once.
type changes struct {
	known
	values url.Values
	was    row // empty for a new record
	faults operational.Faults
	fits   map[string][]views.Option // accounts that a typed name may mean
}

func (k known) changesOf(values url.Values, was row) *changes {
	return &changes{known: k, values: values, was: was, fits: map[string][]views.Option{}}
}

// unless refuses what the form cannot have had: a field that is hidden or unknown, in the same words, and one that is
// read only.
func (c *changes) unless() error {
	fields := map[string]objects.FieldNote{}
	for _, f := range c.part.Fields {
		fields[memberOf(f)] = f
	}
	err := only(c.values, func(name string) bool {
		_, there := fields[name]
		return there || name == "version"
	})
	if err != nil {
		return err
	}
	for name, f := range fields {
		if _, other := c.given(name); other && !f.Editable {
			return operational.NotEditable(name)
		}
	}
	return nil
}

// given is what was sent for a member, and whether that is another value than the record has.
func (c *changes) given(member string) (string, bool) {
	if !c.values.Has(member) {
		return "", false
	}
	text := strings.TrimSpace(strings.ReplaceAll(c.values.Get(member), "\r\n", "\n"))
	return text, text != strings.TrimSpace(c.was.in(member))
}

func (c *changes) text(member string) operational.Opt[string] {
	return readAs(c, member, "", func(text string) (string, error) { return text, nil })
}

func (c *changes) whole(member string) operational.Opt[int] {
	return readAs(c, member, "Use digits only, as 1250.", strconv.Atoi)
}

func (c *changes) exact(member string) operational.Opt[decimal.Decimal] {
	return readAs(c, member, "Use digits with at most two decimals, as 1234.50.", operational.ParseAmount)
}

func (c *changes) id(member string) operational.Opt[uuid.UUID] {
	return readAs(c, member, "Choose one from the list.", uuid.Parse)
}

// readAs reads a value; an empty one takes away what there was.
func readAs[T any](c *changes, member, fault string, read func(string) (T, error)) operational.Opt[T] {
	text, other := c.given(member)
	switch {
	case !other:
		return operational.Opt[T]{}
	case text == "":
		return operational.Opt[T]{Given: true}
	}
	value, err := read(text)
	if err != nil {
		c.faults.Add(member, fault, nil)
		return operational.Opt[T]{}
	}
	return operational.Set(value)
}

// account reads an account by its id, or by its name where there are too many to choose from.
func (c *changes) account(member string) operational.Opt[uuid.UUID] {
	text, other := c.given(member)
	if _, err := uuid.Parse(text); err == nil || !other || text == "" {
		return c.id(member)
	}
	if was := c.was.in(member); was != "" && text == c.accounts[was] {
		return operational.Opt[uuid.UUID]{}
	}
	found, err := c.accountsCalled(text)
	switch {
	case err != nil:
		c.faults.Add(member, messageOf(err), nil)
	case len(found) == 1:
		id, _ := uuid.Parse(found[0].Value)
		return operational.Set(id)
	case len(found) == 0:
		c.faults.Add(member, "There is no such account, or it is not yours to see.", nil)
	default:
		c.fits[member] = found
		c.faults.Add(member, "Several accounts fit. Choose one of them.", nil)
	}
	return operational.Opt[uuid.UUID]{}
}

// accountsCalled are the accounts of a name, in capitals or not; when none has it, those that contain it.
func (v *visit) accountsCalled(name string) ([]views.Option, error) {
	q := operational.Query{Page: operational.Page{Limit: mostFits}, Sort: []operational.Sort{{Field: "name"}}}
	found, err := v.deps.Accounts.Accounts(v.ctx, v.actor, q.Also(operational.Filter{Field: "name", Op: "contains", Values: []string{clip(name, 200)}}))
	if err != nil {
		return nil, err
	}
	all := accountOptions(found.Items)
	very := slices.DeleteFunc(slices.Clone(all), func(o views.Option) bool { return !strings.EqualFold(o.Text, name) })
	if len(very) > 0 {
		return very, nil
	}
	return all, nil
}

// The most accounts that are offered for a typed name.
const mostFits = 50

// custom are the values of the company's own fields that differ; nil takes one away.
func (c *changes) custom() map[string]any {
	out := map[string]any{}
	for _, f := range c.part.Fields {
		text, other := c.given(memberOf(f))
		switch {
		case !f.Custom || !other:
		case text == "":
			out[f.Name] = nil
		case f.Type == objects.Boolean && (text == "true" || text == "false"):
			out[f.Name] = text == "true"
		default:
			out[f.Name] = text
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// kept are custom values without those that are taken away: a new record has nothing to take away.
func kept(custom map[string]any) map[string]any {
	maps.DeleteFunc(custom, func(_ string, value any) bool { return value == nil })
	return custom
}
