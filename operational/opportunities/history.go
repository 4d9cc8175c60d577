package opportunities

import "slices"

// changed are the fields that are others than before the change, as roles call them: those that it says itself, and those
// of which history keeps the values.
func (r historyRow) changed(was historyRow) []string {
	names := slices.Clone(r.Changed)
	for _, f := range []struct {
		name string
		same bool
	}{
		{"stage", r.StageID == was.StageID},
		{"vendor_net", r.VendorNetAmount.Equal(was.VendorNetAmount)},
		{"close_date", same(r.CloseDate, was.CloseDate)},
		{"owner", same(r.OwnerID, was.OwnerID)},
		{"region", same(r.Region, was.Region)},
		{"tier", same(r.Tier, was.Tier)},
	} {
		if !f.same && !slices.Contains(names, f.name) {
			names = append(names, f.name)
		}
	}
	slices.Sort(names)
	return names
}

// history is what the view shows of all changes of an opportunity. A change of which it shows nothing is not there, and
// the others are counted as if it had never been.
func (v view) history(rows []historyRow, o state) []Change {
	var changes []Change
	last := o.Touched.Base(o.Version)
	for i, r := range rows {
		var changed, shown []string
		if i > 0 {
			changed = r.changed(rows[i-1])
		}
		for _, name := range changed {
			if v.Read.Has(name) {
				shown = append(shown, name)
			}
		}
		if len(changed) > 0 && len(shown) == 0 {
			continue
		}
		c := v.past(r.change(), changed, shown)
		if c.Version > last && !v.whole() {
			last++
			c.Version = last
		}
		changes = append(changes, c)
	}
	return changes
}

// past is what the view shows of one change. Free words may tell what the fields do not: they show with all that changed.
func (v view) past(c Change, changed, shown []string) Change {
	for i, f := range fields {
		if v.hidden.hides(i) && f.past != nil {
			f.past(&c)
		}
	}
	c.Fields = shown
	if len(shown) < len(changed) {
		c.Reason = ""
	}
	return c
}
