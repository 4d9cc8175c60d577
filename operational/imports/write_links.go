package imports

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
)

// brought is a customer of a partner's that an import has brought.
type brought struct{ connection, account uuid.UUID }

// writeLinks gives each partner its own copies of the accounts that it sells to, linked with the vendor's, once: with the
// first business there. What the partner does with a copy, or that it takes the link back, is its own affair, which no
// import undoes or tells of. Copies are found again by connection, so that two vendors of one partner never touch the same row.
func (w *writer) writeLinks(ctx context.Context) error {
	before, err := w.brought(ctx)
	if err != nil {
		return err
	}
	for i, p := range w.export.partners {
		if w.partners[i].Status != statusActive {
			continue
		}
		connection := w.partners[i].ConnectionID
		var anew []int
		for at := range w.export.accounts {
			switch {
			case !p.customers[at]:
			case before[brought{connection, w.accounts[at]}]:
				w.summary.Links.Unchanged++
			default:
				anew = append(anew, at)
			}
		}
		if len(anew) == 0 {
			continue
		}
		if err := w.tx.Enter(ctx, w.actor.As(w.partners[i].OrgID, operational.SidePartner, system)); err != nil {
			return fmt.Errorf("enter the workspace of %s: %w", p.name, err)
		}
		if err := w.linkCustomers(ctx, anew, connection); err != nil {
			return fmt.Errorf("accounts of %s: %w", p.name, err)
		}
		w.progress(0.20+0.10*float64(i+1)/float64(len(w.export.partners)), "The partners' accounts")
	}
	return w.tx.Enter(ctx, w.actor)
}

// brought are the customers that earlier imports have brought, by what the vendor itself knows.
func (w *writer) brought(ctx context.Context) (map[brought]bool, error) {
	connections := make([]uuid.UUID, len(w.partners))
	for i, p := range w.partners {
		connections[i] = p.ConnectionID
	}
	rows, err := w.tx.Query(ctx, broughtSQL, connections)
	if err != nil {
		return nil, fmt.Errorf("look for customers that are there: %w", err)
	}
	known := map[brought]bool{}
	var one brought
	_, err = pgx.ForEachRow(rows, []any{&one.connection, &one.account}, func() error {
		known[one] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for customers that are there: %w", err)
	}
	return known, nil
}

// linkCustomers gives a partner copies of what it has no account of. One that it has linked itself takes the place of a
// copy; the vendor is told the same of both.
func (w *writer) linkCustomers(ctx context.Context, places []int, connection uuid.UUID) error {
	sold := make([]uuid.UUID, len(places))
	for i, at := range places {
		sold[i] = w.accounts[at]
	}
	rows, err := w.tx.Query(ctx, linkedSQL, connection, sold)
	if err != nil {
		return err
	}
	anew := map[uuid.UUID]bool{} // of those that the partner has
	var account uuid.UUID
	var news bool
	if _, err := pgx.ForEachRow(rows, []any{&account, &news}, func() error {
		anew[account] = news
		return nil
	}); err != nil {
		return err
	}
	var wanted []accounts.ImportedAccount
	var theirs []uuid.UUID
	created := 0
	for i, at := range places {
		news, has := anew[sold[i]]
		if has && !news {
			w.summary.Links.Unchanged++
			continue
		}
		created++
		if has {
			continue
		}
		copied := w.export.accounts[at]
		copied.ExternalRef, copied.ParentRef = connection.String()+"/"+copied.ExternalRef, ""
		wanted, theirs = append(wanted, copied), append(theirs, sold[i])
	}
	w.summary.Links.Created += created
	w.touched.add(connection, "links", int64(created))
	if len(wanted) == 0 {
		return nil
	}
	ids, _, err := w.Runner.accounts.ImportAccounts(ctx, w.tx, wanted)
	if err != nil {
		return err
	}
	links := make([]accounts.Link, len(ids))
	for i, id := range ids {
		links[i] = accounts.Link{ConnectionID: connection, VendorAccountID: theirs[i], PartnerAccountID: id}
	}
	return w.Runner.accounts.Link(ctx, w.tx, links)
}
