package imports

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// sells is whoever sells for a partner that an import has made.
func (c *channel) sells(t testing.TB, partner string) operational.Actor {
	t.Helper()
	actor := operational.Actor{Side: operational.SidePartner}
	conn := c.Owner(t)
	defer conn.Close(t.Context())
	require.NoError(t, conn.QueryRow(t.Context(), `select m.person_id, m.id, m.org_id, m.role from crm.membership m join crm.organisation o on o.id = m.org_id where o.name = $1`, partner).
		Scan(&actor.Person, &actor.Membership, &actor.Org, &actor.Role))
	return c.WithRights(t, actor)
}

// links makes an account of the partner's own, and says that it is the customer of a deal that it shares.
func (c *channel) links(t testing.TB, actor operational.Actor, name, deal string) uuid.UUID {
	t.Helper()
	made, err := accounts.New(c.API).CreateAccount(t.Context(), actor, accounts.NewAccount{Name: name})
	require.NoError(t, err)
	_, err = opportunities.New(c.API).LinkAccount(t.Context(), actor, made.ID, one[uuid.UUID](t, c, `select id from crm.opportunity where external_ref = $1 and vendor_org_id = $2`, deal, c.vendor.Org))
	require.NoError(t, err)
	return made.ID
}

const linkedTo = `select count(*) from crm.account_link l join crm.account v on v.id = l.vendor_account_id where l.partner_account_id = $1 and v.name = $2`

// What a partner has linked before the vendor kept an account of that customer is that customer: the vendor's import makes no
// second account of it, and tells the vendor of both partners the same.
func TestALinkedAccountTakesThePlaceOfACopy(t *testing.T) {
	c := newChannel(t)
	c.run(t, NewImport{Files: small()})
	ada, bo := c.sells(t, "Ada Osei"), c.sells(t, "Bo Lindqvist")
	kept := c.links(t, bo, "SOLAR-WORKS Inc.", "A3")
	for range 2 { // of two that are called the same nobody knows which one it is
		c.links(t, bo, "Twin Peaks", "A3")
	}
	c.links(t, bo, "Northwind Mills", "A3")
	solar := one[string](t, c, `select a::text from crm.account a where id = $1`, kept)

	files := func(more string) map[string][]byte {
		return small("accounts.csv", smallAccounts+"Solar Works,retail,2001,12.5,40,Poland,\nTwin Peaks,retail,2001,12.5,40,Poland,\n", "sales_pipeline.csv", smallPipeline+more)
	}
	newer := "B1,Ada Osei,Valve A,Solar Works,Engaging,2017-02-12,,140\nB2,Bo Lindqvist,Valve A,Solar Works,Engaging,2017-02-12,,140\n"
	c.run(t, NewImport{Files: files(newer), DryRun: true})
	require.Zero(t, one[int](t, c, linkedTo, kept, "Solar Works"), "a trial does nothing")
	done := c.run(t, NewImport{Files: files(newer)})
	require.Equal(t, Tally{Created: 2, Unchanged: 2}, done.Summary.Links)
	require.Equal(t, 1, one[int](t, c, linkedTo, kept, "Solar Works"))
	require.Equal(t, solar, one[string](t, c, `select a::text from crm.account a where id = $1`, kept), "what the partner wrote stays")
	require.Equal(t, 1, one[int](t, c, `select count(*) from crm.account where org_id = $1 and name_key = 'solar works'`, bo.Org))
	require.Equal(t, 1, one[int](t, c, `select count(*) from crm.account where org_id = $1 and name_key = 'solar works'`, ada.Org), "who has linked none has a copy")
	require.Equal(t, `{"links": 1, "opportunities": 1}`, one[string](t, c, `select string_agg(distinct details ->> 'counts', ' and ') from crm.audit_event
		where action = 'connection.imported' and details -> 'ids' ->> 'import_id' = $1`, done.ID.String()), "the vendor sees no difference")

	more := newer + "B3,Bo Lindqvist,Valve A,Twin Peaks,Engaging,2017-02-12,,140\nB4,Bo Lindqvist,Valve A,Northwind Mills,Engaging,2017-02-12,,140\n"
	done = c.run(t, NewImport{Files: files(more)})
	require.Equal(t, Tally{Created: 2, Unchanged: 4}, done.Summary.Links, "also of one that the partner had linked with the vendor's")
	require.Equal(t, 3, one[int](t, c, `select count(*) from crm.account where org_id = $1 and name_key = 'twin peaks'`, bo.Org))
	require.Equal(t, 1, one[int](t, c, `select count(*) from crm.account where org_id = $1 and name_key = 'northwind mills'`, bo.Org))
	before := one[string](t, c, everything)
	require.Equal(t, Tally{Unchanged: 6}, c.run(t, NewImport{Files: files(more)}).Summary.Links)
	require.Equal(t, before, one[string](t, c, everything))
}

// What the partner does with its copy no import undoes, and none tells the vendor of it.
func TestAnImportBringsACustomerOnce(t *testing.T) {
	c := newChannel(t)
	done := c.run(t, NewImport{Files: small()})
	require.Equal(t, Tally{Created: 2}, done.Summary.Links)
	bo, book := c.sells(t, "Bo Lindqvist"), accounts.New(c.API)
	connection := one[uuid.UUID](t, c, `select id from crm.connection where partner_org_id = $1`, bo.Org)
	copied := one[uuid.UUID](t, c, `select partner_account_id from crm.account_link where connection_id = $1`, connection)
	same := func(why string) {
		before := one[string](t, c, everything)
		events := one[int](t, c, `select count(*) from crm.audit_event where action = 'connection.imported'`)
		require.Equal(t, Tally{Unchanged: 2}, c.run(t, NewImport{Files: small()}).Summary.Links, why)
		require.Equal(t, before, one[string](t, c, everything), why)
		require.Equal(t, events, one[int](t, c, `select count(*) from crm.audit_event where action = 'connection.imported'`), why)
	}
	require.NoError(t, book.Unlink(t.Context(), bo, copied, connection))
	same("the link was taken back")
	conn := c.Owner(t)
	_, err := conn.Exec(t.Context(), `delete from crm.account where id = $1`, copied)
	require.NoError(t, err)
	same("the copy was deleted")
}
