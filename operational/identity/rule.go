package identity

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// SignInRule is what a company asks of its people when they sign in. API keys are not asked.
type SignInRule struct {
	SecondFactor bool       `json:"second_factor" doc:"Who signs in by password needs a second factor"`
	ProviderID   *uuid.UUID `json:"provider_id,omitempty" doc:"The identity provider that all must sign in by; absent: a password will do"`
}

const (
	sqlSignInRule = `select second_factor, provider_id from sec.sign_in_rule where org_id = $1`

	sqlSetSignInRule = `
insert into sec.sign_in_rule as r (org_id, second_factor, provider_id, changed_at) values ($1, $2, $3, $4)
on conflict (org_id) do update set second_factor = excluded.second_factor, provider_id = excluded.provider_id, changed_at = excluded.changed_at
where (r.second_factor, r.provider_id) is distinct from (excluded.second_factor, excluded.provider_id)`
)

// SignInRule says what the caller's company asks for.
func (s *Service) SignInRule(ctx context.Context, actor operational.Actor) (rule SignInRule, err error) {
	err = s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(sqlSignInRule, actor.Org).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&rule.SecondFactor, &rule.ProviderID}, func() error { return nil })
			return err
		})
	})
	if err != nil {
		return SignInRule{}, fmt.Errorf("read the rule of signing in: %w", err)
	}
	return rule, nil
}

// SetSignInRule changes it. Sessions that do not have what it asks for end, so whoever asks for it has it: nobody locks
// a company out by a wish that nobody there can fulfil.
func (s *Service) SetSignInRule(ctx context.Context, actor operational.Actor, rule SignInRule) (SignInRule, error) {
	if err := signedIn(actor); err != nil {
		return SignInRule{}, err
	}
	factor, provider, err := s.shows(ctx, actor)
	if err != nil {
		return SignInRule{}, err
	}
	switch {
	case rule.ProviderID != nil && (provider == nil || *provider != *rule.ProviderID):
		return SignInRule{}, operational.Fault(operational.KindConflict, "not-yours-yet", "Sign in by this provider yourself first; then everybody can be asked to. Nothing was saved.")
	case rule.SecondFactor && !factor && provider == nil:
		return SignInRule{}, operational.Fault(operational.KindConflict, "not-yours-yet", "Set up your own second factor first; then everybody can be asked for one. Nothing was saved.")
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		var was SignInRule
		err := tx.QueryRow(ctx, sqlSignInRule+` for update`, actor.Org).Scan(&was.SecondFactor, &was.ProviderID)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		tag, err := tx.Exec(ctx, sqlSetSignInRule, actor.Org, rule.SecondFactor, rule.ProviderID, tx.Now)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Append(ctx, tx, audit.Record{Action: "sign_in_rule.edited", Object: "organisation", ID: actor.Org, Details: was.decided(rule)})
	})
	if err != nil {
		return SignInRule{}, fmt.Errorf("change the rule of signing in: %w", err)
	}
	return rule, nil
}

// shows is what a session has shown of its person; of one that has just ended nothing.
func (s *Service) shows(ctx context.Context, actor operational.Actor) (factor bool, provider *uuid.UUID, err error) {
	err = s.db.AsProgram(ctx, postgres.PurposeSignIn, func(b *pgx.Batch) {
		b.Queue(`select second_factor, provider_id from sec.session_shows($1)`, actor.Credential).Query(func(rows pgx.Rows) error {
			_, err := pgx.ForEachRow(rows, []any{&factor, &provider}, func() error { return nil })
			return err
		})
	})
	if err != nil {
		return false, nil, fmt.Errorf("look what the session has shown: %w", err)
	}
	return factor, provider, nil
}

func (r SignInRule) decided(next SignInRule) (d audit.Details) {
	asked := map[bool]string{false: "optional", true: "required"}
	d.Moved("second_factor", asked[r.SecondFactor], asked[next.SecondFactor])
	d.Moved("provider", asked[r.ProviderID != nil], asked[next.ProviderID != nil])
	d.MovedID("identity_provider", r.ProviderID, next.ProviderID)
	return d
}
