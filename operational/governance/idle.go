package governance

import "github.com/sharepartner/sharepartner/operational"

// idle refuses rights that do nothing, so that nobody believes to have given something. What a role has of them already
// may stay.
func (r Role) idle(was Role) error {
	var faults operational.Faults
	for _, o := range sortedObjects(r.Objects) {
		for _, a := range operational.Acts {
			if why := operational.Idle(o, a, r.Audience == External); why != "" && r.Objects[o].Has(a) && !was.Objects[o].Has(a) {
				faults.Add("objects."+string(o)+"."+string(a), why+" The right would do nothing.", true)
			}
		}
	}
	return faults.Err()
}
