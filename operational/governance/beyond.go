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

func (r Role) rights() operational.RoleRights {
	return operational.RoleRights{Everything: r.Everything, Capabilities: r.Capabilities, Objects: r.Objects}
}
