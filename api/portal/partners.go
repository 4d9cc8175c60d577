package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/interconnect"
)

// partners are a vendor's pages on its channel.
func (p *Portal) partners(mux *http.ServeMux) {
	read, manage, govern := operational.ConnectionsRead, operational.ConnectionsManage, operational.ChannelGovern
	vendor := operational.SideVendor
	mux.HandleFunc("GET /partners", p.ofSide(vendor, p.partnerList, read))
	mux.HandleFunc("GET /partners/{id}", p.ofSide(vendor, p.partner, read))
	mux.HandleFunc("POST /partners/{id}/edit", p.ofSide(vendor, p.editPartner, manage))
	mux.HandleFunc("POST /partners/{id}/assign", p.ofSide(vendor, p.assignPartner, govern))
	mux.HandleFunc("POST /partners/{id}/suspend", p.ofSide(vendor, p.stepPartner, manage))
	mux.HandleFunc("POST /partners/{id}/resume", p.ofSide(vendor, p.stepPartner, manage))
	mux.HandleFunc("GET /partners/{id}/end", p.ofSide(vendor, p.askEnd, manage))
	mux.HandleFunc("POST /partners/{id}/end", p.ofSide(vendor, p.endConnection, manage))
	mux.HandleFunc("GET /partner-people/{id}", p.ofSide(vendor, p.contact, read))
	mux.HandleFunc("POST /partner-people/{id}/{act}", p.ofSide(vendor, p.changeContact, govern))
}

var connectionStates = []option{{"active", "Active"}, {"suspended", "Suspended"}, {"ended", "Ended"}}

func connectionTone(status string) string {
	return map[string]string{"active": "good", "suspended": "warn", "ended": "bad"}[status]
}

// opened is what a partner has open now, in words: an amount for each currency.
type opened struct{ text, count string }

func (o opened) words() string { return strings.TrimSuffix(o.text+", "+o.count, ", ") }

// openByPartner asks for all partners of a page at once. Without figures the page is still of use.
func (v *visit) openByPartner(list []interconnect.Connection) map[uuid.UUID]opened {
	in := api.AnalyticsInput{By: "partner"}
	for _, x := range list {
		if id := x.PartnerOrgID.String(); !slices.Contains(in.Partners, id) {
			in.Partners = append(in.Partners, id)
		}
	}
	return v.openBy(in)
}

// openBy asks what is open with each of the companies on the other side.
func (v *visit) openBy(in api.AnalyticsInput) map[uuid.UUID]opened {
	if !v.actor.Allowed(operational.AnalyticsRead) {
		return nil
	}
	view, err := v.api.Analytics().View(v.ctx, v.actor)
	if err != nil {
		v.log.WarnContext(v.ctx, "open amounts not readable", "error", err)
		return nil
	}
	defer view.Close()
	return v.openedOf(view, v.ctx, in)
}

func (v *visit) openedOf(view *api.AnalyticsView, ctx context.Context, in api.AnalyticsInput) map[uuid.UUID]opened {
	answer, err := view.AmountOpen(ctx, in)
	if err != nil {
		v.log.WarnContext(ctx, "open amounts not readable", "error", err)
		return nil
	}
	if answer.Partial != nil {
		return nil // nothing rather than a part
	}
	amounts, counts, out := map[uuid.UUID][]string{}, map[uuid.UUID]int64{}, map[uuid.UUID]opened{}
	for _, r := range answer.Rows {
		id, err := uuid.Parse(r.Key)
		if err != nil {
			continue // business without another company
		}
		counts[id] += r.Count
		if r.Amount.Currency != "" {
			amounts[id] = append(amounts[id], v.short(r.Amount))
		}
		o := opened{strings.Join(amounts[id], " · "), v.counted(counts[id], "opportunity", "opportunities")}
		if o.text == "" {
			o = opened{text: o.count}
		}
		out[id] = o
	}
	return out
}

// memberNames are the own people's names, by membership.
func (v *visit) memberNames() (map[uuid.UUID]string, error) {
	people, err := listed(func(q operational.Query) (operational.Listed[interconnect.Person], error) {
		return v.deps.Interconnect.People(v.ctx, v.actor, q)
	})
	names := map[uuid.UUID]string{}
	for _, x := range people {
		names[x.ID] = x.Name
	}
	return names, err
}
