package governance

import "github.com/sharepartner/sharepartner/operational"

// beyond refuses to give a role what whoever gives it does not have.
func beyond(own operational.RoleRights, had, wanted Role) error {
	faults := own.Beyond(had.rights(), wanted.rights())
	if len(faults) == 0 {
		return nil
	}
	e := operational.Fault(operational.KindForbidden, "beyond-own-rights", "Nobody can give rights that they do not have themselves. Nothing was saved. Ask an administrator of your organisation.")
	e.Fields = faults
	return e
}

// Grant is what the role gives over the records of its own company, or of the vendor where it is for partners' people.
func (r Role) Grant(o operational.Object) operational.Grant {
	return operational.Actor{Rights: &operational.Rights{Own: r.rights()}}.OwnGrant(o)
}

func (r Role) rights() operational.RoleRights {
	own := operational.RoleRights{Key: operational.Role(r.Key), Everything: r.Everything, Capabilities: r.Capabilities, Objects: r.Objects}
	switch {
	case r.Audience == External:
		own.Hat = operational.SideVendor // what it gives is the vendor's
	case r.Hat != nil:
		own.Hat = *r.Hat
	}
	return own
}
