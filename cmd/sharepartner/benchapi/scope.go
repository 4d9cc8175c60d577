package benchapi

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// Scoped is a list that rights narrow, beside the same list without them.
type Scoped struct {
	Name  string
	Ratio float64 // of the 95th percentiles, the middle one of all rounds
	Load  Load
	Plain Load
}

// narrow is a sort of callers whose lists are measured.
type narrow struct {
	name  string
	side  operational.Side
	who   string // which members, in SQL over membership m and person p
	bound bool   // their keys work in one connection
}

// Roles that show two of twelve fields, with each data scope. Half of a vendor's people look after few partners, half
// after most.
const scopesSQL = `
insert into crm.role (org_id, key, audience, name, created_at, updated_at)
  select w.org_id, r.key, r.audience, r.key, now(), now() from crm.workspace w,
    (values ('scoped_all', 'internal'), ('scoped_managed', 'internal'), ('scoped_company', 'external'), ('scoped_private', 'external'), ('scoped_public', 'external')) r(key, audience)
  where w.governs;
insert into crm.role_object (org_id, role_key, audience, object, can_read, visibility, readable)
  select r.org_id, r.key, r.audience, 'opportunity', true,
    case r.key when 'scoped_managed' then 'private' when 'scoped_private' then 'private' when 'scoped_public' then 'public' else 'company' end, '{name,stage}'
  from crm.role r where r.key like 'scoped\_%';
insert into crm.person (id, display_name, created_at) select md5(k || v.org_id)::uuid, k, now() from crm.workspace v, unnest('{all,few,many}'::text[]) k where v.governs;
insert into crm.membership (id, org_id, person_id, role, created_at)
  select md5('member' || k || v.org_id)::uuid, v.org_id, md5(k || v.org_id)::uuid, case k when 'all' then 'scoped_all' else 'scoped_managed' end, now()
  from crm.workspace v, unnest('{all,few,many}'::text[]) k where v.governs;
update crm.connection c set region = case when x.place <= 4 then 'few' when x.place <= 100 then 'many' else c.region end
  from (select id, row_number() over (partition by vendor_org_id order by md5(id::text)) as place from crm.connection) x where x.id = c.id;
insert into crm.membership_region (org_id, membership_id, region)
  select v.org_id, md5('member' || k || v.org_id)::uuid, k from crm.workspace v, unnest('{few,many}'::text[]) k where v.governs;
update crm.external_contact e set external_role = case when p.display_name like 'Mate %' then 'scoped_private' when n % 50 = 1 then 'scoped_company' when n % 50 = 2 then 'scoped_public' end
  from crm.membership m join crm.person p on p.id = m.person_id cross join lateral (select split_part(p.display_name, ' ', 2)::int) x(n) where m.id = e.membership_id;
analyze`

var (
	allVendors  = narrow{side: operational.SideVendor, who: "m.role = 'channel_leader'"}
	allPartners = narrow{side: operational.SidePartner, who: person(0)}
)

func person(n int) string {
	return fmt.Sprintf("p.display_name like 'Person %%' and split_part(p.display_name, ' ', 2)::int %% 50 = %d and m.role = 'seller'", n)
}

var narrows = []struct {
	narrow
	beside *narrow
}{
	{narrow{name: "a vendor's whole channel", side: operational.SideVendor, who: "p.display_name = 'all'"}, &allVendors},
	{narrow{name: "a vendor's few partners", side: operational.SideVendor, who: "p.display_name = 'few'"}, &allVendors},
	{narrow{name: "a vendor's many partners", side: operational.SideVendor, who: "p.display_name = 'many'"}, &allVendors},
	{narrow{name: "a partner's company", side: operational.SidePartner, who: person(1)}, &allPartners},
	{narrow{name: "a partner's own records", side: operational.SidePartner, who: "p.display_name like 'Mate %0'"}, &allPartners},
	{narrow{name: "a partner in one connection", side: operational.SidePartner, who: person(1), bound: true}, &allPartners},
	{narrow{name: "the records of all partners", side: operational.SidePartner, who: person(2), bound: true}, &allVendors},
}

// MeasureScopes takes the lists of callers whom rights narrow, each beside the same list of somebody whom they do not,
// by turns.
func (t Target) MeasureScopes(ctx context.Context) ([]Scoped, error) {
	pool, err := pgxpool.New(ctx, t.OwnerURL)
	if err != nil {
		return nil, err
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, scopesSQL); err != nil {
		return nil, fmt.Errorf("make roles: %w", err)
	}
	plain := map[*narrow][]string{}
	for _, n := range []*narrow{&allVendors, &allPartners} {
		if plain[n], err = t.keys(ctx, pool, *n); err != nil {
			return nil, err
		}
	}
	var all []Scoped
	for _, n := range narrows {
		keys, err := t.keys(ctx, pool, n.narrow)
		if err != nil {
			return nil, fmt.Errorf("keys of %s: %w", n.name, err)
		}
		s, err := t.besides(ctx, n.name, keys, plain[n.beside])
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", n.name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

const keyHolders = `select m.id, m.org_id, m.person_id, m.role, sec.rights_of(m.id, $1), (select c.id from crm.connection c where c.partner_org_id = m.org_id order by c.id limit 1)
	from crm.membership m join crm.person p on p.id = m.person_id where `

// keys are of at most twenty such callers.
func (t Target) keys(ctx context.Context, pool *pgxpool.Pool, n narrow) ([]string, error) {
	rows, err := pool.Query(ctx, keyHolders+n.who+" order by m.id limit 20", n.side)
	if err != nil {
		return nil, err
	}
	type holder struct {
		actor      operational.Actor
		connection *uuid.UUID
	}
	holders, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (holder, error) {
		h := holder{actor: operational.Actor{Side: n.side, Rights: &operational.Rights{}}}
		var rights []byte
		a := &h.actor
		if err := r.Scan(&a.Membership, &a.Org, &a.Person, &a.Role, &rights, &h.connection); err != nil {
			return h, err
		}
		return h, json.Unmarshal(rights, a.Rights)
	})
	if err == nil && len(holders) == 0 {
		err = fmt.Errorf("nobody is like this: %s", n.who)
	}
	var keys []string
	for _, h := range holders {
		in := identity.NewKey{Name: "bench", Scopes: []string{string(operational.OpportunitiesRead)}}
		if n.bound {
			in.ConnectionID = h.connection
		}
		_, key, err := t.Identity.CreateKey(ctx, h.actor, in)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, err
}

func (t Target) besides(ctx context.Context, name string, scoped, plain []string) (Scoped, error) {
	s := Scoped{Name: name}
	var ratios []float64
	line := make([]client, clients)
	for c := range line {
		line[c].addr = t.Addr
		defer line[c].close()
	}
	list := func(keys []string) (Load, error) {
		return drive(ctx, clients, 2*time.Second, func(_ context.Context, c, i int) error {
			return line[c].get("/v1/opportunities?limit=50", keys[(c*7+i)%len(keys)])
		})
	}
	for _, keys := range [][]string{scoped, plain} { // what is asked for the first time is planned anew
		if _, err := list(keys); err != nil {
			return s, err
		}
	}
	for range rounds {
		var err error
		if s.Load, err = list(scoped); err != nil {
			return s, err
		}
		if s.Plain, err = list(plain); err != nil {
			return s, err
		}
		ratios = append(ratios, float64(s.Load.P95)/float64(s.Plain.P95))
	}
	s.Ratio = median(ratios)
	return s, nil
}
