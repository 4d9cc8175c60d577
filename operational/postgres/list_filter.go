package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
)

var compare = map[string]string{"eq": "=", "ne": "<>", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

func (b *builder) filter(f operational.Filter) string {
	switch {
	case len(f.And) > 0:
		return b.joined(f.And, " and ")
	case len(f.Or) > 0:
		return b.joined(f.Or, " or ")
	default:
		return b.comparison(f)
	}
}

func (b *builder) joined(parts []operational.Filter, word string) string {
	conditions := make([]string, 0, len(parts))
	for _, p := range parts {
		conditions = append(conditions, b.filter(p))
	}
	return "(" + strings.Join(conditions, word) + ")"
}

func (b *builder) comparison(f operational.Filter) string {
	c, ok := b.list.column(f.Field)
	if !ok {
		b.faults.Add("filter", fmt.Sprintf("There is no field %.60q to filter by.", f.Field), nil)
		return "false"
	}
	if !slices.Contains(c.operators(), f.Op) {
		b.faults.Add("filter", fmt.Sprintf("%s takes %s, not %.20s.", f.Field, strings.Join(c.operators(), ", "), f.Op), nil)
		return "false"
	}
	values := make([]string, 0, len(f.Values))
	for _, v := range f.Values {
		parsed, err := c.parse(v)
		if err != nil {
			b.faults.Add("filter", fmt.Sprintf("%s: %s.", f.Field, err), shortened(v))
		}
		values = append(values, parsed)
	}
	if wanted := wantedValues(f.Op); wanted >= 0 && len(values) != wanted || f.Op == "in" && len(values) == 0 {
		b.faults.Add("filter", fmt.Sprintf("%s: %s does not take %d values.", f.Field, f.Op, len(values)), nil)
		return "false"
	}
	if c.Within != "" {
		return b.within(c, f.Op, values)
	}
	return b.condition(c, f.Op, values)
}

func wantedValues(op string) int {
	switch op {
	case "in":
		return -1
	case "is_null":
		return 0
	default:
		return 1
	}
}

func (b *builder) condition(c Column, op string, values []string) string {
	switch op {
	case "is_null":
		return c.SQL + " is null"
	case "in":
		return fmt.Sprintf("%s = any(%s)", c.SQL, c.Type.castAll(b.arg(values)))
	case "contains":
		return fmt.Sprintf("position(lower(%s) in lower(%s)) > 0", c.Type.cast(b.arg(values[0])), c.SQL)
	}
	sign := compare[op]
	if op == "ne" && c.Nullable { // what has no value is not equal to any
		sign = "is distinct from"
	}
	return fmt.Sprintf("%s %s %s", c.SQL, sign, c.Type.cast(b.arg(values[0])))
}

// within asks whether there is such a row in the other table; "ne" and "is_null" ask whether there is none.
func (b *builder) within(c Column, op string, values []string) string {
	switch op {
	case "is_null":
		return "not " + fmt.Sprintf(c.Within, "true")
	case "ne":
		return "not " + fmt.Sprintf(c.Within, b.condition(c, "eq", values))
	default:
		return fmt.Sprintf(c.Within, b.condition(c, op, values))
	}
}

func shortened(v string) string {
	if r := []rune(v); len(r) > 100 {
		return string(r[:100])
	}
	return v
}
