package interconnect_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/interconnect"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// noted are the events of a company's audit with this action: by whom and with which details.
func (w *life) noted(t *testing.T, org uuid.UUID, action string) (list []string) {
	t.Helper()
	rows, err := w.Owner(t).Query(t.Context(), `select coalesce(system, 'member') || ' ' || (connection_id is not null) || ' ' || details from crm.audit_event where org_id = $1 and action = $2 order by n`, org, action)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		require.NoError(t, rows.Scan(&line))
		list = append(list, line)
	}
	require.NoError(t, rows.Err())
	return list
}

// anchored says that every shared event has its anchor with the other company, and that all chains are whole.
func (w *life) anchored(t *testing.T) {
	t.Helper()
	chain := audit.NewChain(w.Jobs)
	_, err := chain.Extend(t.Context())
	require.NoError(t, err)
	found, err := chain.Verify(t.Context(), nil)
	require.NoError(t, err)
	for _, v := range found {
		require.Nil(t, v.Fault, "%v", v.Fault)
	}
}

func (w *life) anchors(t *testing.T, org, connection uuid.UUID) (n int) {
	t.Helper()
	w.scan(t, `select count(*) from crm.audit_event where org_id = $1 and connection_id = $2 and action = 'anchor.kept'`, []any{org, connection}, &n)
	return n
}

// key makes an API key for somebody of a partner, bound to a connection or not.
func (w *life) key(t *testing.T, actor operational.Actor, connection *uuid.UUID) (uuid.UUID, string) {
	t.Helper()
	key, secret, err := w.people.CreateKey(t.Context(), w.as(t, actor), identity.NewKey{Name: "erp", Scopes: []string{"opportunities.read"}, ConnectionID: connection})
	require.NoError(t, err)
	return key.ID, secret
}

// Both companies have the end of their connection in their audit, each with what it may know of it, and keep the
// other's anchor.
func TestTheEndIsInBothAudits(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "goes on", VendorNet: ptr(money("1"))})
	w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "too", VendorNet: ptr(money("1"))})
	key, _ := w.key(t, w.P1, &w.AP1)
	_, err := w.Suspend(ctx, w.A, w.AP1, 1, "audit")
	require.NoError(t, err)
	require.Equal(t, []string{`member true {"fields": ["status"]}`}, w.noted(t, w.A.Org, "connection.suspended"))
	require.Equal(t, []string{`connection true {"codes": {"by": "vendor"}, "fields": ["status"]}`}, w.noted(t, w.P1.Org, "connection.suspended"))
	_, err = w.End(ctx, w.A, w.AP1, 2, "contract over")
	require.NoError(t, err)
	require.Equal(t, []string{`member true {"counts": {"frozen": 2}, "fields": ["status"]}`}, w.noted(t, w.A.Org, "connection.ended"), "what goes on is the partner's affair")
	require.Equal(t, []string{`connection true {"codes": {"by": "vendor"}, "counts": {"frozen": 2, "api_keys": 1, "going_on": 2, "sessions": 0}, "fields": ["status"]}`}, w.noted(t, w.P1.Org, "connection.ended"))
	var keys, clones int
	w.scan(t, `select count(*) filter (where action = 'api_key.revoked' and record_id = $2), count(*) filter (where action = 'opportunity.created' and system = 'connection' and connection_id is null)
		from crm.audit_event where org_id = $1`, []any{w.P1.Org, key}, &keys, &clones)
	require.Equal(t, []int{1, 2}, []int{keys, clones})
	w.anchored(t)
	require.Equal(t, 2, w.anchors(t, w.P1.Org, w.AP1), "the suspension and the end")
	require.Equal(t, 4, w.anchors(t, w.A.Org, w.AP1), "what the partner has of them, and its two records before")
	require.Zero(t, w.anchors(t, w.B.Org, w.AP1))
}

func TestTheEndByThePartnerIsInBothAudits(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	w.deal(t, w.P1, w.AP1, opportunities.NewOpportunity{Name: "goes on", VendorNet: ptr(money("1"))})
	w.key(t, w.P1, &w.AP1)
	_, err := w.End(ctx, w.P1, w.AP1, 1, "we leave")
	require.NoError(t, err)
	require.Equal(t, []string{`connection true {"codes": {"by": "partner"}, "counts": {"frozen": 1}, "fields": ["status"]}`}, w.noted(t, w.A.Org, "connection.ended"))
	require.Equal(t, []string{`member true {"counts": {"frozen": 1, "api_keys": 1, "going_on": 1, "sessions": 0}, "fields": ["status"]}`}, w.noted(t, w.P1.Org, "connection.ended"))
	w.anchored(t)
	require.Equal(t, 2, w.anchors(t, w.A.Org, w.AP1), "the record and the end")
	require.Equal(t, 1, w.anchors(t, w.P1.Org, w.AP1), "what the vendor has of the end")
}

// Whoever was suspended comes back to their work, not to what lies in programs: keys stay revoked, and the vendors that
// their company has won meanwhile know them.
func TestWhoIsLetInAgain(t *testing.T) {
	ctx := context.Background()
	w := newLife(t)
	issued, err := w.InviteMember(ctx, w.P2, interconnect.NewMemberInvitation{Email: ptr("nia@two.example"), Role: "seller"})
	require.NoError(t, err)
	joining := newcomer("nia@two.example")
	joining.Company = nil
	session, err := w.Join(ctx, tokenOf(t, issued.Link), joining)
	require.NoError(t, err)
	nia := session.Actor
	_, secret := w.key(t, nia, nil)
	_, err = w.people.ActorOfKey(ctx, secret)
	require.NoError(t, err)
	person, err := w.Person(ctx, w.P2, nia.Membership)
	require.NoError(t, err)
	person, err = w.SuspendPerson(ctx, w.P2, nia.Membership, person.Version)
	require.NoError(t, err)
	require.Equal(t, []string{`member false {"counts": {"api_keys": 1, "sessions": 1}, "fields": ["status"]}`}, w.noted(t, w.P2.Org, "member.suspended"))
	require.Len(t, w.noted(t, w.P2.Org, "api_key.revoked"), 1)

	w.now = w.now.Add(time.Hour)
	invited, err := w.InvitePartner(ctx, w.B, interconnect.NewPartnerInvitation{Email: ptr("two@two.example"), PartnerName: "Two"})
	require.NoError(t, err)
	got, err := w.Accept(ctx, w.as(t, w.P2), tokenOf(t, invited.Link))
	require.NoError(t, err)
	contacts := func() (n int) {
		w.scan(t, `select count(*) from crm.external_contact where connection_id = $1 and membership_id = $2 and status = 'active'`, []any{*got.ConnectionID, nia.Membership}, &n)
		return n
	}
	require.Zero(t, contacts())
	_, err = w.ReactivatePerson(ctx, w.P2, nia.Membership, person.Version)
	require.NoError(t, err)
	require.Equal(t, 1, contacts(), "a connection that was made meanwhile")
	require.Len(t, w.as(t, nia).Rights.Links, 2)
	_, err = w.people.ActorOfKey(ctx, secret)
	requireKind(t, operational.KindUnauthenticated, err)
}
