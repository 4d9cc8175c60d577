package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/pgtest"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// world is a channel whose doings are audited.
type world struct {
	*pgtest.Database
	*pgtest.Channel
	chain *audit.Chain
}

func newWorld(t *testing.T) *world {
	t.Helper()
	d := pgtest.New(t)
	return &world{Database: d, Channel: d.Plant(t), chain: audit.NewChain(d.Jobs)}
}

// do notes an act; with a connection it is one of a shared record.
func (w *world) do(t testing.TB, actor operational.Actor, action string, connection uuid.UUID) {
	t.Helper()
	require.NoError(t, audit.New(w.API).Note(t.Context(), actor, audit.Record{Action: action, ID: uuid.New(), Connection: connection}))
}

func (w *world) extend(t testing.TB) {
	t.Helper()
	_, err := w.chain.Extend(t.Context())
	require.NoError(t, err)
}

// faults are the codes of what is broken, by organisation.
func (w *world) faults(t testing.TB, kept ...audit.Anchor) map[uuid.UUID]audit.Fault {
	t.Helper()
	found, err := w.chain.Verify(t.Context(), nil, kept...)
	require.NoError(t, err)
	faults := map[uuid.UUID]audit.Fault{}
	for _, v := range found {
		if v.Fault != nil {
			faults[v.Org] = *v.Fault
		}
	}
	return faults
}

// tamper does as the owner what the program cannot do: first it takes away what holds events in place.
func (w *world) tamper(t testing.TB, sql string, args ...any) {
	t.Helper()
	owner := w.Owner(t)
	_, err := owner.Exec(t.Context(), `alter table crm.audit_event disable trigger user`)
	require.NoError(t, err)
	tag, err := owner.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
	require.NotZero(t, tag.RowsAffected(), "nothing was tampered with")
}

func (w *world) one(t testing.TB, sql string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func TestAnActIsNotedWithItsChangeOrNotAtAll(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	record, other, request := uuid.New(), uuid.New(), uuid.New()
	ctx = operational.WithRequest(ctx, request)
	require.NoError(t, w.API.InTx(ctx, w.P1, func(tx *postgres.Tx) error {
		return events.Append(ctx, tx, "deal.edited", record, map[string]any{"connection_id": w.AP1, "stage_id": other, "note": "Ada Lovelace", "amount": 12}, "name", "close_date")
	}))
	require.Error(t, w.API.InTx(ctx, w.P1, func(tx *postgres.Tx) error {
		require.NoError(t, audit.Append(ctx, tx, audit.Record{Action: "deal.lost", ID: record}))
		return errors.New("no")
	}))
	var action, object, side string
	var org, member, id, connection, by uuid.UUID
	var details []byte
	require.NoError(t, w.Owner(t).QueryRow(ctx, `select action, object, side, org_id, membership_id, record_id, connection_id, request_id, details from crm.audit_event`).
		Scan(&action, &object, &side, &org, &member, &id, &connection, &by, &details))
	require.Equal(t, []any{"deal.edited", "deal", "partner", w.P1.Org, w.P1.Membership, record, w.AP1, request}, []any{action, object, side, org, member, id, connection, by})
	require.JSONEq(t, fmt.Sprintf(`{"fields":["name","close_date"],"ids":{"stage_id":%q}}`, other), string(details), "ids and names of fields only")
}

func TestWhatSomebodyTypedGetsIntoNoEvent(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	s := audit.New(w.API)
	for _, r := range []audit.Record{
		{Action: "Deal edited"},
		{Action: "deal.edited", Details: audit.Details{Codes: map[string]string{"owner": "Ada Lovelace"}}},
		{Action: "deal.edited", Details: audit.Details{Codes: map[string]string{"mail": "ada@example.com"}}},
		{Action: "deal.edited", Details: audit.Details{Fields: []string{"Last name"}}},
	} {
		require.Error(t, s.Note(ctx, w.A, r), "%+v", r)
	}
	require.Zero(t, w.one(t, `select count(*) from crm.audit_event`))
}

func TestNobodyWritesInAnothersNameNorRewrites(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.do(t, w.A, "deal.edited", uuid.Nil)
	w.extend(t)
	w.do(t, w.A, "deal.edited", uuid.Nil)
	insert := `insert into crm.audit_event (id, org_id, at, side, membership_id, action, object) values (gen_random_uuid(), $1, now(), 'vendor', $2, 'a.b', 'a')`
	as := func(db *postgres.DB, sql string, args ...any) error {
		return db.InTx(ctx, w.A, func(tx *postgres.Tx) error {
			_, err := tx.Exec(ctx, sql, args...)
			return err
		})
	}
	require.NoError(t, as(w.API, insert, w.A.Org, w.A.Membership))
	for _, db := range []*postgres.DB{w.API, w.Jobs} {
		require.Error(t, as(db, insert, w.B.Org, w.A.Membership), "another company's audit")
		require.Error(t, as(db, insert, w.A.Org, w.B.Membership), "in another's name")
		for _, sql := range []string{
			`update crm.audit_event set action = 'x.y'`, `update crm.audit_event set hash = null`, `delete from crm.audit_event`,
			`truncate crm.audit_event`, `update crm.audit_chain set seq = 0`, `update crm.audit_event set seq = 7, prev_hash = sha256('a'), hash = sha256('b')`,
		} {
			require.Error(t, as(db, sql), sql)
		}
	}
	// The jobs login links events, once, and can do no more; neither can the owner without taking the guard away.
	for _, sql := range []string{
		`update crm.audit_event set seq = seq + 100, hash = sha256('b') where hash is not null`, `update crm.audit_event set seq = null, prev_hash = null, hash = null`,
		`update crm.audit_event set action = 'x.y'`, `delete from crm.audit_event`, `truncate crm.audit_event`,
	} {
		_, err := w.Jobs.Login().Exec(ctx, sql)
		require.Error(t, err, sql)
		_, err = w.Owner(t).Exec(ctx, sql)
		require.ErrorContains(t, err, "only ever added to", sql)
	}
	require.Empty(t, w.faults(t))
}

func TestTheOtherCompanyKeepsTheHashAndNoMore(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.do(t, w.P1, "deal.edited", w.AP1)
	w.do(t, w.P1, "deal.edited", uuid.Nil) // its own affair
	w.do(t, w.B, "deal.edited", w.AP1)     // not B's connection: no word of it to anybody
	w.do(t, w.P1, "deal.edited", w.BP1)
	w.extend(t)
	require.Empty(t, w.faults(t))
	require.Equal(t, 3, w.one(t, `select count(*) from crm.audit_event where org_id = $1`, w.P1.Org))
	require.Equal(t, 1, w.one(t, `select count(*) from crm.audit_event where org_id = $1`, w.A.Org))
	require.Zero(t, w.one(t, `select count(*) from crm.audit_event where org_id = $1`, w.P2.Org))
	var same bool
	var details string
	require.NoError(t, w.Owner(t).QueryRow(ctx, `
		select a.anchor_of = e.hash and a.at = e.at and a.side = 'vendor' and a.record_id = e.connection_id and a.membership_id is null, a.details::text
		from crm.audit_event a join crm.audit_event e on e.org_id = $2 and e.connection_id = a.connection_id where a.org_id = $1`, w.A.Org, w.P1.Org).Scan(&same, &details))
	require.True(t, same)
	require.Equal(t, "{}", details)
	require.Zero(t, w.one(t, `select count(*) from crm.audit_event where hash is null`), "anchors are linked as well")
}

func TestTamperingIsFoundAndNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		sql  string
		code string
		seq  int64
	}{
		"another action":     {`update crm.audit_event set action = 'deal.deleted' where org_id = $1 and seq = 3`, audit.FaultChanged, 3},
		"another time":       {`update crm.audit_event set at = at + interval '1 microsecond' where org_id = $1 and seq = 2`, audit.FaultChanged, 2},
		"another person":     {`update crm.audit_event set membership_id = gen_random_uuid() where org_id = $1 and seq = 1`, audit.FaultChanged, 1},
		"details":            {`update crm.audit_event set details = '{"counts": {"rows": 1}}' where org_id = $1 and seq = 4`, audit.FaultChanged, 4},
		"unknown details":    {`update crm.audit_event set details = '{"more": 1.50}' where org_id = $1 and seq = 4`, audit.FaultChanged, 4},
		"no connection":      {`update crm.audit_event set connection_id = null where org_id = $1 and seq = 6`, audit.FaultChanged, 6},
		"one left out":       {`delete from crm.audit_event where org_id = $1 and seq = 3`, audit.FaultMissing, 3},
		"the first left out": {`delete from crm.audit_event where org_id = $1 and seq = 1`, audit.FaultMissing, 1},
		"the last left out":  {`delete from crm.audit_event where org_id = $1 and seq = 6`, audit.FaultHead, 6},
		"two exchanged":      {`update crm.audit_event set seq = case seq when 2 then 1003 else 1002 end where org_id = $1 and seq in (2, 3)`, audit.FaultMissing, 2},
		"another hash":       {`update crm.audit_event set hash = sha256('x') where org_id = $1 and seq = 2`, audit.FaultChanged, 2},
		"another link":       {`update crm.audit_event set prev_hash = sha256('x') where org_id = $1 and seq = 2`, audit.FaultMoved, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			for range 5 {
				w.do(t, w.A, "deal.edited", uuid.Nil)
			}
			w.do(t, w.A, "deal.edited", w.AP1)
			w.do(t, w.B, "deal.edited", uuid.Nil)
			w.extend(t)
			require.Empty(t, w.faults(t))
			w.tamper(t, tc.sql, w.A.Org)
			faults := w.faults(t)
			require.Equal(t, tc.code, faults[w.A.Org].Code, "%v", faults)
			require.Equal(t, tc.seq, faults[w.A.Org].Seq)
			require.NotContains(t, faults, w.B.Org)
			found, err := w.chain.Verify(t.Context(), &w.A.Org)
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, tc.code, found[0].Fault.Code)
			require.Equal(t, 1, w.one(t, `select count(*) from crm.audit_chain where org_id = $1 and fault is not null and verified_at is not null`, w.A.Org))
			require.Zero(t, w.one(t, `select count(*) from crm.audit_chain where org_id = $1 and fault is not null`, w.B.Org))
		})
	}
}

// cut removes the last event and makes the head agree, as somebody would who knows how the chain is kept.
func (w *world) cut(t testing.TB, org uuid.UUID) {
	t.Helper()
	w.tamper(t, `delete from crm.audit_event e using crm.audit_chain c where c.org_id = $1 and e.org_id = $1 and e.seq = c.seq`, org)
	w.tamper(t, `update crm.audit_chain c set (seq, head) = (select e.seq, e.hash from crm.audit_event e where e.org_id = $1 and e.seq = c.seq - 1) where c.org_id = $1`, org)
}

func TestTheLastEventIsMissedByTheOtherCompany(t *testing.T) {
	w := newWorld(t)
	w.do(t, w.P1, "deal.created", w.AP1)
	w.do(t, w.P1, "deal.edited", w.AP1)
	w.extend(t)
	w.cut(t, w.P1.Org)
	faults := w.faults(t)
	require.Len(t, faults, 1)
	require.Equal(t, audit.FaultNoEvent, faults[w.P1.Org].Code)
	require.Contains(t, faults[w.P1.Org].Text, w.A.Org.String(), "names who keeps the anchor")
}

func TestAnAnchorThatIsTakenAwayIsMissed(t *testing.T) {
	w := newWorld(t)
	w.do(t, w.A, "deal.edited", uuid.Nil)
	w.do(t, w.P1, "deal.edited", w.AP1)
	w.extend(t)
	w.cut(t, w.A.Org)
	faults := w.faults(t)
	require.Equal(t, audit.FaultNoAnchor, faults[w.A.Org].Code)
	require.NotContains(t, faults, w.P1.Org)
}

func TestAChainThatIsWrittenAnewIsFoundByAHeadKeptElsewhere(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.do(t, w.A, "deal.edited", uuid.Nil)
	w.do(t, w.A, "deal.deleted", uuid.Nil)
	w.extend(t)
	kept, err := w.chain.Heads(ctx, nil)
	require.NoError(t, err)
	text, err := json.Marshal(kept) // as it is kept in a file
	require.NoError(t, err)
	kept = nil
	require.NoError(t, json.Unmarshal(text, &kept))
	w.do(t, w.A, "deal.edited", uuid.Nil)
	w.extend(t)
	require.Empty(t, w.faults(t, kept...), "what came later changes nothing")

	w.tamper(t, `delete from crm.audit_event where org_id = $1 and seq >= 2`, w.A.Org)
	w.tamper(t, `update crm.audit_chain c set (seq, head) = (select e.seq, e.hash from crm.audit_event e where e.org_id = $1 and e.seq = 1) where c.org_id = $1`, w.A.Org)
	require.Empty(t, w.faults(t), "by itself a chain that is cut is whole")
	require.Equal(t, audit.FaultKeptHead, w.faults(t, kept...)[w.A.Org].Code)
	unknown := audit.Anchor{Org: uuid.New(), Events: 4}
	require.Equal(t, audit.FaultForgotten, w.faults(t, unknown)[unknown.Org].Code)
}

func TestOneChainUnderManyWritersAndChainers(t *testing.T) {
	const writers, each, chainers = 8, 40, 3
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	var writing, chaining sync.WaitGroup
	for range chainers {
		chaining.Go(func() {
			for ctx.Err() == nil {
				if _, err := audit.NewChain(w.Jobs).Extend(ctx); err != nil && ctx.Err() == nil {
					t.Errorf("extend: %v", err)
					return
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	actors := []operational.Actor{w.A, w.P1, w.A, w.P1, w.B, w.P2, w.A, w.P1}
	connections := []uuid.UUID{w.AP1, w.AP1, uuid.Nil, w.BP1, w.BP1, w.AP2, w.AP2, uuid.Nil}
	for i := range writers {
		writing.Go(func() {
			for range each {
				w.do(t, actors[i], "deal.edited", connections[i])
			}
		})
	}
	writing.Wait()
	stop()
	chaining.Wait()
	require.Eventually(t, func() bool { // what was stopped may hold a chain a little longer, and is passed over
		w.extend(t)
		return w.one(t, `select count(*) from crm.audit_event where hash is null`) == 0
	}, 20*time.Second, 10*time.Millisecond)
	require.Empty(t, w.faults(t))
	require.Equal(t, writers*each, w.one(t, `select count(*) from crm.audit_event where anchor_of is null`))
	require.Equal(t, (writers-2)*each, w.one(t, `select count(*) from crm.audit_event where anchor_of is not null`))
}

func TestEachChainIsCheckedOnceADay(t *testing.T) {
	now := time.Now()
	d := pgtest.NewAt(t, func() time.Time { return now })
	w := &world{Database: d, Channel: d.Plant(t), chain: audit.NewChain(d.Jobs)}
	w.do(t, w.A, "deal.edited", uuid.Nil)
	w.do(t, w.B, "deal.edited", uuid.Nil)
	w.extend(t)
	require.NoError(t, w.chain.Check(t.Context()))
	w.tamper(t, `update crm.audit_event set action = 'deal.deleted' where org_id = $1`, w.B.Org)
	require.NoError(t, w.chain.Check(t.Context()), "not before the next day")
	now = now.Add(24 * time.Hour)
	require.ErrorContains(t, w.chain.Check(t.Context()), w.B.Org.String())
	require.Equal(t, 1, w.one(t, `select count(*) from crm.audit_chain where fault is not null`))
}
