package portal

import (
	"net/http"

	"github.com/sharepartner/sharepartner/operational"
)

const (
	viewAsPath     = "/governance/view-as"
	lookNoMorePath = viewAsPath + "/end"
)

// opens says whether the page does for this person what the request asks of it. Whoever looks as a role may ask to be
// shown something, and to look no more.
func (v *visit) opens(needs operational.Permission) error {
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead && v.r.URL.Path != lookNoMorePath {
		if err := v.actor.OnlyLooks(); err != nil {
			return err
		}
	}
	return v.actor.Require(needs)
}

// lookAs has the session look as a role, from the first page that opens for it.
func (p *Portal) lookAs(v *visit) error {
	role := v.r.PostFormValue("role")
	if err := v.deps.Identity.LookAs(v.ctx, v.actor, v.api.SessionToken(v.r), operational.Role(role)); err != nil {
		status, note, known := refused(err)
		if !known {
			return err
		}
		return v.showViewAs(status, role, note)
	}
	http.Redirect(v.w, v.r, "/", http.StatusSeeOther)
	return nil
}

// lookNoMore gives the session the rights of its person again, where it began to look.
func (p *Portal) lookNoMore(v *visit) error {
	if err := v.deps.Identity.LookNoMore(v.ctx, v.actor, v.api.SessionToken(v.r)); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, "/governance/roles?audience=internal", http.StatusSeeOther)
	return nil
}
