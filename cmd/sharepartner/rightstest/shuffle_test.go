package rightstest

import (
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
)

// shuffle lets chance say anew who may do what: roles, who has them, connections, contacts, scopes.
func (w *world) shuffle() {
	w.exec(`update crm.external_contact e set external_role = null, status = 'active' from crm.connection c where c.id = e.connection_id and c.status <> 'ended'; update crm.connection set external_role = null, channel_manager_id = null; delete from crm.access_member;
		update crm.membership set role = 'administrator'; delete from crm.membership_region; delete from crm.role where not built_in and not is_default`)
	keys := map[string][]string{} // by company and audience
	for i := 0; i < len(w.people); i += peopleEach {
		p := w.people[i]
		for n := range 3 {
			keys[p.Org.String()+"internal"] = append(keys[p.Org.String()+"internal"], w.role(p.Org, "internal", n))
			if p.Side == operational.SideVendor {
				keys[p.Org.String()+"external"] = append(keys[p.Org.String()+"external"], w.role(p.Org, "external", n))
			}
		}
		w.exec(`delete from crm.role_object where org_id = $1 and role_key = 'dealer_personnel' and audience = 'external'`, p.Org)
		if p.Side == operational.SideVendor {
			w.rights(p.Org, "dealer_personnel", "external")
			w.exec(`update crm.access_scope set mode = $2 where vendor_org_id = $1`, p.Org, []string{"all", "all", "companies", "contacts"}[w.chance.IntN(4)])
		}
	}
	for _, l := range w.links {
		w.shuffleLink(l, keys[l.Vendor.String()+"external"])
	}
	for i := range w.people {
		p := &w.people[i]
		if i%peopleEach > 0 { // the first of each company stays its administrator
			w.exec(`update crm.membership set role = $2 where id = $1`, p.Membership, one(w, keys[p.Org.String()+"internal"]))
		}
		if p.Side == operational.SideVendor && w.maybe(0.5) {
			w.exec(`insert into crm.membership_region (org_id, membership_id, region) values ($1, $2, $3)`, p.Org, p.Membership, one(w, []string{"West", "East", "North"}))
		}
	}
}

func (w *world) shuffleLink(l link, roles []string) {
	if w.maybe(0.6) {
		w.exec(`update crm.connection set external_role = $2 where id = $1`, l.ID, one(w, roles))
	}
	var managers []uuid.UUID
	for _, p := range w.people {
		if p.Org == l.Vendor {
			managers = append(managers, p.Membership)
		}
	}
	if w.maybe(0.5) {
		w.exec(`update crm.connection set channel_manager_id = $2 where id = $1`, l.ID, one(w, managers))
	}
	if l != w.links[3] {
		w.exec(`update crm.connection set status = $2 where id = $1 and status <> $2`, l.ID, []string{"active", "active", "active", "suspended"}[w.chance.IntN(4)])
	}
	if w.maybe(0.6) {
		w.exec(`insert into crm.access_member (vendor_org_id, connection_id) values ($1, $2)`, l.Vendor, l.ID)
	}
	for _, p := range w.people {
		contact, known := p.contacts[l.ID]
		if !known || l == w.links[3] { // what has ended stays as it was
			continue
		}
		if w.maybe(0.4) {
			w.exec(`update crm.external_contact set external_role = $2 where id = $1`, contact, one(w, roles))
		}
		if w.maybe(0.1) {
			w.exec(`update crm.external_contact set status = 'suspended' where id = $1`, contact)
		}
		if w.maybe(0.6) {
			w.exec(`insert into crm.access_member (vendor_org_id, connection_id, contact_id) values ($1, $2, $3)`, l.Vendor, l.ID, contact)
		}
	}
}

func (w *world) role(org uuid.UUID, audience string, n int) string {
	key := fmt.Sprintf("%s_%d", audience, n)
	w.exec(`insert into crm.role (org_id, key, audience, name, created_at, updated_at) values ($1, $2, $3, $2, now(), now())`, org, key, audience)
	w.rights(org, key, audience)
	return key
}

// rights are what a role may do with opportunities, by chance.
func (w *world) rights(org uuid.UUID, key, audience string) {
	visibilities := []string{"private", "company"}
	given := slices.DeleteFunc(slices.Clone(fields), func(f string) bool { return f == "vendor_account_id" && audience == "external" })
	if audience == "external" {
		visibilities = append(visibilities, "public", "public")
	}
	readable := some(w, given, 0.65)
	editable := slices.DeleteFunc(some(w, readable, 0.6), func(f string) bool { return f == "region" || f == "tier" })
	var types []uuid.UUID
	if w.maybe(0.5) {
		types = some(w, w.types[org], 0.5)
	}
	read := w.maybe(0.9)
	w.exec(`insert into crm.role_object (org_id, role_key, audience, object, can_read, can_edit, can_export, visibility, access, record_types, readable, editable) values ($1, $2, $3, 'opportunity', $4, $5, $6, $7, $8, $9, $10, $11)`,
		org, key, audience, read, read && w.maybe(0.7), read && w.maybe(0.5), one(w, visibilities), one(w, []string{"read", "read_write", "read_write"}), types, readable, editable)
}
