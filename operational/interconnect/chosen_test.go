package interconnect_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func chosen(members ...uuid.UUID) interconnect.UpdateConnectionPeople {
	return interconnect.UpdateConnectionPeople{Mode: operational.Set(interconnect.ChosenPeople), MembershipIDs: operational.Set(append([]uuid.UUID{}, members...))}
}

// joins brings somebody into a partner's company.
func (w *life) joins(t *testing.T, name, mail string) operational.Actor {
	t.Helper()
	issued, err := w.InviteMember(t.Context(), w.P1, interconnect.NewMemberInvitation{Email: &mail, Role: "seller"})
	require.NoError(t, err)
	joining := newcomer(mail)
	joining.Name, joining.Company = name, nil
	session, err := w.Join(t.Context(), tokenOf(t, issued.Link), joining)
	require.NoError(t, err)
	return session.Actor
}

// known are the names and states of the partner's people in the connection, as the vendor reads them.
func (w *life) known(t *testing.T, vendor operational.Actor, connection uuid.UUID) map[string]string {
	t.Helper()
	found, err := w.Contacts(t.Context(), vendor, operational.Query{Filter: &operational.Filter{Field: "connection_id", Op: "eq", Values: []string{connection.String()}}})
	require.NoError(t, err)
	names := map[string]string{}
	for _, c := range found.Items {
		names[c.DisplayName] = c.Status
		if c.SuspendedBy != nil {
			names[c.DisplayName] += " by " + *c.SuspendedBy
		}
	}
	return names
}

func (w *life) choose(t *testing.T, connection uuid.UUID, in interconnect.UpdateConnectionPeople) interconnect.ConnectionPeople {
	t.Helper()
	now, err := w.ConnectionPeople(t.Context(), w.P1, connection)
	require.NoError(t, err)
	changed, err := w.ChoosePeople(t.Context(), w.P1, connection, now.Version, in)
	require.NoError(t, err)
	return changed
}

func TestAPartnerChoosesWhoWorksForAVendor(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	nia := w.joins(t, "Nia", "nia@one.example")
	require.Equal(t, "active", w.known(t, w.A, w.AP1)["Nia"])
	deal := w.deal(t, nia, w.AP1, opportunities.NewOpportunity{Name: "Crane", CustomerName: "Port"})
	linked := func(actor operational.Actor, status string) (n int) {
		for _, l := range w.as(t, actor).Rights.Links {
			if l.ContactStatus == status {
				n++
			}
		}
		return n
	}
	require.Equal(t, 2, linked(nia, "active"))
	key, _, err := w.people.CreateKey(ctx, boundTo(w.as(t, nia), w.AP1), identity.NewKey{Name: "script", Scopes: []string{"opportunities.read"}})
	require.NoError(t, err)

	now, err := w.ConnectionPeople(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.Equal(t, interconnect.AllPeople, now.Mode)
	require.Empty(t, now.MembershipIDs)
	preview, err := w.PreviewPeople(ctx, w.P1, w.AP1, chosen(w.P1.Membership))
	require.NoError(t, err)
	require.EqualValues(t, []int64{1, 0}, []int64{preview.People, preview.Gaining})
	require.EqualValues(t, preview.Losing, len(preview.Leaving))
	require.Contains(t, preview.Leaving, interconnect.LeavingPerson{MembershipID: nia.Membership, Name: "Nia"})
	before, err := w.Connection(ctx, w.A, w.AP1)
	require.NoError(t, err)

	changed := w.choose(t, w.AP1, chosen(w.P1.Membership))
	require.Equal(t, now.Version+1, changed.Version)
	require.EqualValues(t, 1, changed.People)
	require.Equal(t, []uuid.UUID{w.P1.Membership}, changed.MembershipIDs)
	require.Equal(t, "suspended by partner", w.known(t, w.A, w.AP1)["Nia"])
	require.Equal(t, "active", w.known(t, w.B, w.BP1)["Nia"], "each connection by itself")
	require.Equal(t, []int{1, 1}, []int{linked(nia, "active"), linked(nia, "suspended")}, "with the next request")
	after, err := w.Connection(ctx, w.A, w.AP1)
	require.NoError(t, err)
	require.Equal(t, before, after, "the choice itself is nothing that the vendor learns of")
	var revoked bool
	w.scan(t, `select revoked_at is not null from sec.api_key where id = $1`, []any{key.ID}, &revoked)
	require.True(t, revoked, "a key that works there alone ends")
	_, err = w.deals.Get(ctx, w.as(t, nia), deal.ID)
	requireKind(t, operational.KindNotFound, err)
	seen, err := w.deals.Get(ctx, w.as(t, w.A), deal.ID)
	require.NoError(t, err)
	require.Equal(t, "Nia", seen.Owner.Name, "what somebody owns stays as it is")

	contact := w.contactOf(t, w.AP1, nia.Membership)
	_, err = w.ReactivateContact(ctx, w.A, contact.ID, contact.Version)
	require.Equal(t, "suspended-by-partner", code(t, err))

	// Who joins later is nobody to the vendor, and to the other one somebody as ever.
	zoe := w.joins(t, "Zoe Later", "zoe@one.example")
	require.NotContains(t, w.known(t, w.A, w.AP1), "Zoe Later")
	require.Equal(t, "active", w.known(t, w.B, w.BP1)["Zoe Later"])
	require.Len(t, w.as(t, zoe).Rights.Links, 1)
	told, err := w.Disclosure(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	require.Equal(t, interconnect.ChosenPeople, told.People)
	for _, c := range told.Contacts {
		require.NotEqual(t, "Zoe Later", c.DisplayName)
	}

	// Whoever is suspended and let in again comes back where they are chosen only.
	person, err := w.Person(ctx, w.P1, nia.Membership)
	require.NoError(t, err)
	person, err = w.SuspendPerson(ctx, w.P1, nia.Membership, person.Version)
	require.NoError(t, err)
	_, err = w.ReactivatePerson(ctx, w.P1, nia.Membership, person.Version)
	require.NoError(t, err)
	require.Equal(t, "suspended by partner", w.known(t, w.A, w.AP1)["Nia"])
	require.Equal(t, "active", w.known(t, w.B, w.BP1)["Nia"])

	w.exec(t, `update crm.person set display_name = 'Nia Now' where display_name = 'Nia'`)
	w.choose(t, w.AP1, chosen(w.P1.Membership, nia.Membership))
	require.Equal(t, "active", w.known(t, w.A, w.AP1)["Nia Now"], "somebody who comes back is called what they are called now")
	require.Equal(t, contact.ID, w.contactOf(t, w.AP1, nia.Membership).ID, "and is who they were")
	_, err = w.deals.Get(ctx, w.as(t, nia), deal.ID)
	require.NoError(t, err)
	w.choose(t, w.AP1, interconnect.UpdateConnectionPeople{Mode: operational.Set(interconnect.AllPeople)})
	require.Equal(t, "active", w.known(t, w.A, w.AP1)["Zoe Later"])
}

func TestWhoMayChooseAndHow(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	for name, ask := range map[string]struct {
		actor      operational.Actor
		connection uuid.UUID
		version    int64
		in         interconnect.UpdateConnectionPeople
		code       string
	}{
		"the vendor":           {w.A, w.AP1, 1, chosen(), "not-found"},
		"another partner":      {w.P2, w.AP1, 1, chosen(), "not-found"},
		"bound to another":     {boundTo(w.P1, w.BP1), w.AP1, 1, chosen(), "not-found"},
		"of before":            {w.P1, w.AP1, 7, chosen(), "stale"},
		"no such mode":         {w.P1, w.AP1, 1, interconnect.UpdateConnectionPeople{Mode: operational.Set("some")}, "invalid-input"},
		"somebody else's":      {w.P1, w.AP1, 1, chosen(w.P2.Membership), "invalid-input"},
		"somebody of a vendor": {w.P1, w.AP1, 1, chosen(w.A.Membership), "invalid-input"},
	} {
		_, err := w.ChoosePeople(ctx, ask.actor, ask.connection, ask.version, ask.in)
		require.Equal(t, ask.code, code(t, err), name)
	}
	same, err := w.ChoosePeople(ctx, w.P1, w.AP1, 1, interconnect.UpdateConnectionPeople{Mode: operational.Set(interconnect.AllPeople)})
	require.NoError(t, err)
	require.EqualValues(t, 1, same.Version, "nothing changes")
	var told int
	w.choose(t, w.AP1, chosen())
	require.Empty(t, active(w.known(t, w.A, w.AP1)), "nobody may be chosen too")
	w.scan(t, `select count(*) from crm.audit_event where action = 'connection.people_chosen' and org_id = $1`, []any{w.P1.Org}, &told)
	require.Equal(t, 1, told)
	require.Contains(t, w.noted(t, w.P1.Org, "connection.people_chosen")[0], `"changes": [{"is": "chosen", "was": "all", "subject": "mode"}]`)
	w.scan(t, `select count(*) from crm.audit_event where action = 'connection.people_chosen' and org_id <> $1 or action = 'connection.people_chosen' and connection_id is not null`, []any{w.P1.Org}, &told)
	require.Zero(t, told, "the vendor's audit has nothing of it")

	// The database holds it as well: nobody becomes a contact beside the choice.
	_, err = w.Owner(t).Exec(ctx, `insert into crm.external_contact (id, connection_id, vendor_org_id, partner_org_id, membership_id, display_name)
		select gen_random_uuid(), $1, $2, $3, m.id, 'Slipped' from crm.membership m where m.org_id = $3 limit 1`, w.AP1, w.A.Org, w.P1.Org)
	require.ErrorContains(t, err, "the partner has chosen other people")
	w.exec(t, `update crm.external_contact set status = 'active', suspended_by = null where connection_id = $1`, w.AP1)
	require.Empty(t, active(w.known(t, w.A, w.AP1)))

	c, err := w.Connection(ctx, w.P1, w.AP1)
	require.NoError(t, err)
	_, err = w.End(ctx, w.as(t, w.P1), w.AP1, c.Version, "Enough.")
	require.NoError(t, err)
	_, err = w.ChoosePeople(ctx, w.P1, w.AP1, 2, chosen(w.P1.Membership))
	require.Equal(t, "connection-ended", code(t, err))
}

// Somebody joins at the moment at which the partner takes everybody else out: they are no contact, whoever comes first.
func TestNobodySlipsInBesideAChoice(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	tx, err := w.Owner(t).Begin(ctx)
	require.NoError(t, err)
	_, err = tx.Exec(ctx, `update crm.connection_people set mode = 'chosen' where connection_id = $1`, w.AP1)
	require.NoError(t, err)
	joined := make(chan error, 1)
	w.exec(t, `insert into crm.person (id, display_name, created_at) values ('00000000-0000-7000-8000-000000000001', 'Late', now())`)
	owner := w.Owner(t)
	go func() {
		_, err := owner.Exec(ctx, `insert into crm.membership (id, org_id, person_id, role, created_at) values (gen_random_uuid(), $1, '00000000-0000-7000-8000-000000000001', 'seller', now())`, w.P1.Org)
		joined <- err
	}()
	select {
	case err := <-joined:
		t.Fatalf("it did not wait for the choice: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	require.NoError(t, tx.Commit(ctx))
	require.NoError(t, <-joined)
	require.NotContains(t, w.known(t, w.A, w.AP1), "Late")
	require.Contains(t, w.known(t, w.B, w.BP1), "Late")
}

func active(known map[string]string) (names []string) {
	for name, state := range known {
		if state == "active" {
			names = append(names, name)
		}
	}
	return names
}

func boundTo(actor operational.Actor, connection uuid.UUID) operational.Actor {
	actor.Connection = connection
	return actor
}

func (w *life) contactOf(t *testing.T, connection, member uuid.UUID) interconnect.PartnerContact {
	t.Helper()
	var id uuid.UUID
	w.scan(t, `select id from crm.external_contact where connection_id = $1 and membership_id = $2`, []any{connection, member}, &id)
	c, err := w.Contact(t.Context(), w.A, id)
	require.NoError(t, err)
	return c
}
