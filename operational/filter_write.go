package operational

import "strings"

// String writes a filter in the grammar that ParseFilter reads: what a page shows can be asked of the API by it.
func (f Filter) String() string { return f.text(false) }

// text writes the filter; inner says that it stands beside others, so that a combination needs parentheses.
func (f Filter) text(inner bool) string {
	parts, word := f.And, " and "
	if len(f.Or) > 0 {
		parts, word = f.Or, " or "
	}
	switch len(parts) {
	case 0:
		return f.comparison()
	case 1:
		return parts[0].text(inner)
	}
	texts := make([]string, 0, len(parts))
	for _, p := range parts {
		texts = append(texts, p.text(true))
	}
	joined := strings.Join(texts, word)
	if inner {
		return "(" + joined + ")"
	}
	return joined
}

func (f Filter) comparison() string {
	values := make([]string, 0, len(f.Values))
	for _, v := range f.Values {
		values = append(values, "'"+strings.ReplaceAll(v, "'", "''")+"'")
	}
	switch {
	case f.Field == "":
		return ""
	case f.Op == "in":
		return f.Field + " in (" + strings.Join(values, ", ") + ")"
	}
	return strings.TrimSpace(f.Field + " " + f.Op + " " + strings.Join(values, ""))
}
