package portal

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// allBusiness is the room without a single vendor.
const allBusiness = "all"

// person is who is signed in and where they can work.
func (v *visit) person() *views.Person {
	p := &views.Person{Name: v.me.Name, Role: words(v.me.Role), Org: v.me.Organisation.Name, Side: "Vendor"}
	if !v.vendor() {
		p.Side = "Partner"
		if len(v.me.Vendors) > 0 {
			p.Side = "All vendors and own"
		}
	}
	for _, c := range v.me.Vendors {
		if c.Current {
			p.Bound, p.Side = c.Vendor.Name, "For "+c.Vendor.Name+" only"
		}
	}
	if v.me.ViewsAs != nil {
		p.Role, p.Looks = v.me.ViewsAs.Name, v.me.ViewsAs.Name
		return p // it stays where it looks
	}
	p.Rooms = v.rooms()
	return p
}

// rooms are the places that the session can work in; none where there is only one.
func (v *visit) rooms() []views.Room {
	var out []views.Room
	if len(v.me.Vendors) > 0 {
		out = append(out, views.Room{Heading: "Your business", Text: "All my business", Sub: "All vendors and own", Name: allBusiness, Current: v.me.ConnectionID == nil})
		for _, c := range v.me.Vendors {
			out = append(out, views.Room{Text: c.Vendor.Name, Sub: "Only what you do for it", Name: "vendor:" + c.ConnectionID.String(), Current: c.Current})
		}
	}
	if len(v.me.Workspaces) < 2 {
		return out
	}
	heading := "Your companies"
	for _, c := range v.me.Workspaces {
		current := c.Current && len(v.me.Vendors) == 0
		out = append(out, views.Room{
			Heading: heading, Text: c.Organisation.Name, Sub: "As a " + c.Side, Current: current,
			Name: "company:" + c.Organisation.ID.String() + ":" + c.Side,
		})
		heading = ""
	}
	return out
}

// switchRoom takes the session to another room and goes on there.
func (p *Portal) switchRoom(v *visit) error {
	to, err := placeOf(v.r.PostFormValue("room"))
	if err != nil {
		return err
	}
	if err := v.enter(to); err != nil {
		return err
	}
	target := local(v.r.PostFormValue("return"))
	if path, _, _ := strings.Cut(target, "?"); to.Organisation != nil || !slices.Contains([]string{"/briefing", "/funnel", "/opportunities"}, path) {
		target = "/" // a record or a setting of one room is not there in another
	} else {
		target = path // nor are the values of its filters
	}
	http.Redirect(v.w, v.r, target, http.StatusSeeOther)
	return nil
}

// enter gives the browser the session of another room; the one before has ended.
func (v *visit) enter(to identity.Place) error {
	session, err := v.deps.Identity.Switch(v.ctx, v.actor, v.api.SessionToken(v.r), to)
	if err != nil {
		return err
	}
	http.SetCookie(v.w, v.api.SessionCookie(v.r, session))
	return nil
}

func placeOf(room string) (identity.Place, error) {
	kind, rest, _ := strings.Cut(room, ":")
	id, side, _ := strings.Cut(rest, ":")
	parsed, err := uuid.Parse(id)
	switch {
	case room == allBusiness:
		return identity.Place{}, nil
	case err == nil && kind == "vendor" && side == "":
		return identity.Place{Connection: &parsed}, nil
	case err == nil && kind == "company":
		where := operational.Side(side)
		if where == operational.SideVendor || where == operational.SidePartner {
			return identity.Place{Organisation: &parsed, Side: &where}, nil
		}
	}
	return identity.Place{}, operational.Fault(operational.KindInvalid, "no-such-workspace", "There is no such workspace. Nothing was changed. Choose one from the list.")
}
