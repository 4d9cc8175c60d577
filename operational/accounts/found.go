package accounts

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Found are accounts that texts name, as far as the actor sees them.
type Found struct {
	ByID   map[uuid.UUID]Account
	ByRef  map[string]Account   // by external reference
	ByName map[string][]Account // by exact name; several may have one
}

const accountsNamed = `select ` + accountColumns + ` from crm.account a where a.org_id = $1 and (a.external_ref = any($2) or a.name = any($2) or a.id = any($3))`

// FoundTx finds accounts of the actor's company by references, names and ids. What the actor does not see is not there, and
// nothing is found by a name or a reference that it does not read.
func (s *Service) FoundTx(ctx context.Context, tx *postgres.Tx, texts []string) (Found, error) {
	found := Found{ByID: map[uuid.UUID]Account{}, ByRef: map[string]Account{}, ByName: map[string][]Account{}}
	g, there := tx.Actor.GrantOf(operational.ObjectAccount, uuid.Nil)
	if !there {
		return found, nil
	}
	wanted := make(map[string]bool, len(texts))
	var asked []string
	var ids []uuid.UUID
	for _, text := range texts {
		if text != "" && !wanted[text] {
			wanted[text], asked = true, append(asked, text)
			if id, err := uuid.Parse(text); err == nil {
				ids = append(ids, id)
			}
		}
	}
	if len(asked) == 0 {
		return found, nil
	}
	rows, err := tx.Query(ctx, accountsNamed, tx.Actor.Org, asked, ids)
	if err != nil {
		return found, fmt.Errorf("find accounts: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Account])
	if err != nil {
		return found, fmt.Errorf("find accounts: %w", err)
	}
	for _, a := range all {
		if !a.in(g, tx.Actor) {
			continue
		}
		found.ByID[a.ID] = a.masked(g)
		if a.ExternalRef != nil && wanted[*a.ExternalRef] && g.Read.Has("external_ref") {
			found.ByRef[*a.ExternalRef] = a.masked(g)
		}
		if wanted[a.Name] && g.Read.Has("name") {
			found.ByName[a.Name] = append(found.ByName[a.Name], a.masked(g))
		}
	}
	return found, nil
}
