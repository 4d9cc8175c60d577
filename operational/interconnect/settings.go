package interconnect

import (
	"context"
	"fmt"
	"strings"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// UpdateWorkspace is a merge patch of what a company says of itself and how it counts.
type UpdateWorkspace struct {
	Name        operational.Opt[string]
	CountryCode operational.Opt[string]
	TimeZone    operational.Opt[string]
	FiscalMonth operational.Opt[int]
	Currency    operational.Opt[string]
}

func (patch UpdateWorkspace) apply(w Workspace) (Workspace, []string, error) {
	var f operational.Faults
	before := w
	patch.Name.Required(&f, "name", &w.Name)
	patch.TimeZone.Required(&f, "time_zone", &w.TimeZone)
	patch.FiscalMonth.Required(&f, "fiscal_month", &w.FiscalMonth)
	patch.Currency.Required(&f, "currency", &w.Currency)
	patch.CountryCode.Into(&w.CountryCode)
	f.Text("name", w.Name, 1, 200)
	checkZone(&f, w.TimeZone)
	if w.FiscalMonth < 1 || w.FiscalMonth > 12 {
		f.Add("fiscal_month", "must be 1 to 12", w.FiscalMonth)
	}
	if !operational.ValidCurrency(w.Currency) {
		f.Add("currency", "must be a code of ISO 4217, for example EUR", w.Currency)
	}
	if w.CountryCode != nil && !validCountry(*w.CountryCode) {
		f.Add("country_code", "must be a code of two capital letters, for example DE", *w.CountryCode)
	}
	w.Name = strings.TrimSpace(w.Name)
	var changed []string
	for _, m := range []struct {
		name string
		same bool
	}{
		{"name", w.Name == before.Name},
		{"country_code", value(w.CountryCode) == value(before.CountryCode)},
		{"time_zone", w.TimeZone == before.TimeZone},
		{"fiscal_month", w.FiscalMonth == before.FiscalMonth},
		{"currency", w.Currency == before.Currency},
	} {
		if !m.same {
			changed = append(changed, m.name)
		}
	}
	return w, changed, f.Err()
}

const (
	sqlUpdateWorkspace = `
update crm.workspace set time_zone = $3, fiscal_year_start_month = $4, reporting_currency = $5, version = version + 1, updated_at = $6
where org_id = $1 and version = $2`

	sqlUpdateOrganisation = `update crm.organisation set name = $2, country_code = $3 where id = $1`
)

// UpdateWorkspace changes the caller's own company: what it is called, where it is, and how its days, years and money
// are counted. What is stored does not change by it; reports count anew.
func (s *Service) UpdateWorkspace(ctx context.Context, actor operational.Actor, version int64, patch UpdateWorkspace) (w Workspace, err error) {
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if w, err = postgres.OneTx[Workspace](ctx, tx, "workspace", sqlWorkspace, actor.Org); err != nil {
			return err
		}
		if w.Version != version {
			return operational.Stale("workspace")
		}
		next, changed, err := patch.apply(w)
		if err != nil || len(changed) == 0 {
			return err
		}
		tag, err := tx.Exec(ctx, sqlUpdateWorkspace, actor.Org, version, next.TimeZone, next.FiscalMonth, next.Currency, tx.Now)
		switch {
		case err != nil:
			return fmt.Errorf("change workspace: %w", err)
		case tag.RowsAffected() == 0:
			return operational.Stale("workspace")
		}
		if _, err := tx.Exec(ctx, sqlUpdateOrganisation, actor.Org, next.Name, next.CountryCode); err != nil {
			return fmt.Errorf("change organisation: %w", err)
		}
		w = next
		w.Version = version + 1
		return events.Append(ctx, tx, "workspace.edited", actor.Org, nil, changed...)
	})
	if err != nil {
		return Workspace{}, err
	}
	return w, nil
}
