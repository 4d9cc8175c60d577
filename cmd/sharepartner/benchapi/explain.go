package benchapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/identity"
)

// asking are as many people as ask for explanations at once: an administrator looks into one case at a time.
const asking = 2

// Explain measures how soon the vendors learn why a partner's person may do something with an opportunity, or not.
func (t Target) Explain(ctx context.Context) (Load, error) {
	pool, err := pgxpool.New(ctx, t.OwnerURL)
	if err != nil {
		return Load{}, err
	}
	defer pool.Close()
	type question struct{ key, body string }
	var questions []question
	for _, vendor := range t.Channel.Vendors {
		key, err := t.governor(ctx, pool, vendor)
		if err != nil {
			return Load{}, err
		}
		// Half of the records belong to the contact's own connection, so that every rule is asked.
		rows, err := pool.Query(ctx, `select o.id, case when o.number % 2 = 0 then o.owner_contact_id else (select min(e.id::text)::uuid from crm.external_contact e where e.vendor_org_id = $1) end
			from (select * from crm.opportunity where vendor_org_id = $1 limit 200) o`, vendor)
		if err != nil {
			return Load{}, err
		}
		var record, contact uuid.UUID
		if _, err := pgx.ForEachRow(rows, []any{&record, &contact}, func() error {
			questions = append(questions, question{key, fmt.Sprintf(`{"contact_id":%q,"object":"opportunity","record_id":%q,"act":"edit","field":"close_date"}`, contact, record)})
			return nil
		}); err != nil {
			return Load{}, err
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: asking}}
	defer client.CloseIdleConnections()
	return drive(ctx, asking, stretch, func(ctx context.Context, c, i int) error {
		q := questions[(c*997+i*31)%len(questions)]
		return t.ask(ctx, client, q.key, q.body)
	})
}

func (t Target) ask(ctx context.Context, client *http.Client, key, body string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+t.Addr+"/v1/explain", strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("explain: %s: %s", answer.Status, text)
	}
	return err
}

// governor makes a key of one of a vendor's people that may govern its channel.
func (t Target) governor(ctx context.Context, pool *pgxpool.Pool, vendor uuid.UUID) (key string, err error) {
	actor, err := memberOf(ctx, pool, vendor, operational.SideVendor)
	if err != nil {
		return "", err
	}
	_, key, err = t.Identity.CreateKey(ctx, actor, identity.NewKey{Name: "explain", Scopes: []string{string(operational.ChannelGovern)}})
	return key, err
}

// memberOf is one of a company's people, with the rights of this moment.
func memberOf(ctx context.Context, pool *pgxpool.Pool, org uuid.UUID, side operational.Side) (operational.Actor, error) {
	actor := operational.Actor{Org: org, Side: side, Rights: &operational.Rights{}}
	var rights []byte
	err := pool.QueryRow(ctx, `select id, person_id, role, sec.rights_of(id, $2) from crm.membership where org_id = $1 limit 1`, org, side).Scan(&actor.Membership, &actor.Person, &actor.Role, &rights)
	if err != nil {
		return operational.Actor{}, err
	}
	return actor, json.Unmarshal(rights, actor.Rights)
}
