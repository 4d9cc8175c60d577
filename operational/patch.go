package operational

// Into puts a given value into a field that may be empty.
func (o Opt[T]) Into(target **T) {
	if o.Given {
		*target = o.Value
	}
}

// Required puts a given value into a field that may not be empty, and reports one that was cleared.
func (o Opt[T]) Required(faults *Faults, field string, target *T) {
	switch {
	case o.Given && o.Value == nil:
		faults.Add(field, "It cannot be empty.", nil)
	case o.Given:
		*target = *o.Value
	}
}
