package imports

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// States of a connection that matter here: only what is active can be written to, and who has left may come back.
const (
	statusActive = "active"
	statusEnded  = "ended"
)

// writePeople finds or makes the vendor's channel managers and the partners with their people.
func (w *writer) writePeople(ctx context.Context) error {
	if err := w.writeManagers(ctx); err != nil {
		return err
	}
	known, err := interconnect.PartnersKnown(ctx, w.tx)
	if err != nil {
		return err
	}
	byRef, byName, numbers := map[string]interconnect.KnownPartner{}, map[string]interconnect.KnownPartner{}, map[string]bool{}
	ended := map[string]interconnect.KnownPartner{}
	for _, p := range known {
		numbers[p.PartnerNumber] = true
		switch {
		case p.Status != statusEnded && p.ExternalRef != "":
			byRef[p.ExternalRef] = p
			fallthrough
		case p.Status != statusEnded:
			byName[ident(p.Name)] = p
		case p.ExternalRef != "":
			ended[p.ExternalRef] = p
		default:
			ended[ident(p.Name)] = p
		}
	}
	var fresh []interconnect.NewPartner
	var places []int
	w.partners = make([]interconnect.KnownPartner, len(w.export.partners))
	for i, p := range w.export.partners {
		have, found := byRef[p.ref]
		if !found {
			have, found = byName[p.ref] // connected before, not by an import
		}
		if !found {
			have, found = ended[p.ref] // not connected any more: what the export says of it cannot be kept
		}
		if found {
			w.partners[i] = have
			w.summary.Partners.Unchanged++
			w.noteDifference(p, have)
			continue
		}
		fresh, places = append(fresh, w.newPartner(p, numbers)), append(places, i)
	}
	if err := interconnect.ProvisionPartners(ctx, w.tx, fresh); err != nil {
		return err
	}
	for n, i := range places {
		w.partners[i] = interconnect.KnownPartner{
			OrgID: fresh[n].OrgID, ConnectionID: fresh[n].ConnectionID, ContactID: fresh[n].ContactID, Name: fresh[n].Name, Status: statusActive,
		}
	}
	w.summary.Partners.Created = len(fresh)
	return nil
}

func (w *writer) newPartner(p partner, numbers map[string]bool) interconnect.NewPartner {
	n := interconnect.NewPartner{
		Name: p.name, Country: filled(p.country), PersonName: p.person, ExternalRef: p.ref, PartnerNumber: freeNumber(numbers),
		Tier: filled(p.tier), Region: filled(p.region), StartedAt: w.tx.Now,
	}
	if p.manager >= 0 {
		n.ChannelManagerID = &w.managers[p.manager]
	}
	for _, id := range []*uuid.UUID{&n.OrgID, &n.ConnectionID, &n.PersonID, &n.MembershipID, &n.ContactID} {
		*id = uuid.Must(uuid.NewV7())
	}
	return n
}

// freeNumber is the vendor's next number for a partner.
func freeNumber(taken map[string]bool) string {
	for n := len(taken) + 1; ; n++ {
		number := fmt.Sprintf("P-%04d", n)
		if !taken[number] {
			taken[number] = true
			return number
		}
	}
}

// noteDifference reports that an export has another region or tier than the connection: those are the vendor's to
// decide in this program, not an export's.
func (w *writer) noteDifference(p partner, have interconnect.KnownPartner) {
	for _, d := range []struct{ column, was, is string }{{"region", p.region, deref(have.Region)}, {"tier", p.tier, deref(have.Tier)}} {
		column, mapped := w.mapping.Files[fileTeams].Columns[d.column]
		if !mapped || d.was == d.is {
			continue
		}
		w.findings = append(w.findings, Finding{
			Position: len(w.findings) + 1, File: w.mapping.FileName(fileTeams), Line: p.line, Field: &column, Kept: true,
			Rule: ruleConnectionKept, Was: new(clip(d.was)), Became: new(d.is), Reason: "The connection has this value; an import does not change connections.",
		})
	}
}

func (w *writer) writeManagers(ctx context.Context) error {
	known, err := interconnect.StaffKnown(ctx, w.tx)
	if err != nil {
		return err
	}
	ids := map[string]uuid.UUID{}
	for _, s := range known {
		ids[s.ExternalRef] = s.MembershipID
	}
	var fresh []interconnect.NewStaff
	for _, name := range w.export.managers {
		ref := ident(name)
		if _, have := ids[ref]; !have {
			ids[ref] = uuid.Must(uuid.NewV7())
			fresh = append(fresh, interconnect.NewStaff{
				PersonID: uuid.Must(uuid.NewV7()), MembershipID: ids[ref], Name: name, Role: operational.RoleChannelManager, ExternalRef: ref,
			})
		}
		w.managers = append(w.managers, ids[ref])
	}
	w.summary.Staff = Tally{Created: len(fresh), Unchanged: len(w.export.managers) - len(fresh)}
	return interconnect.ProvisionStaff(ctx, w.tx, fresh)
}

func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
