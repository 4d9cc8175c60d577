package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Provider is an identity provider of a company: it vouches for its people when they sign in. Its secret is never given
// back.
type Provider struct {
	ID        uuid.UUID `json:"id" doc:"Id of the provider; /sign-in/with/{id} is where people begin"`
	Name      string    `json:"name" doc:"What people know it by"`
	Issuer    string    `json:"issuer" doc:"Who it is: the issuer of its tokens; never changes"`
	ClientID  string    `json:"client_id" doc:"As what it knows this program; never changes"`
	Domains   []string  `json:"domains" doc:"Whoever has a verified mail address of these domains there joins your organisation by signing in; none: nobody does"`
	JoinRole  *string   `json:"join_role,omitempty" doc:"The role that they join with"`
	Version   int64     `json:"version" doc:"Grows by one with each change; also the ETag"`
	CreatedAt time.Time `json:"created_at" doc:"When it was added"`
	UpdatedAt time.Time `json:"updated_at" doc:"When it was last changed"`
}

const (
	providerColumns = `p.id, p.name, p.issuer, p.client_id, p.domains, p.join_role, p.version, p.created_at, p.updated_at`

	sqlProvider  = `select ` + providerColumns + ` from sec.identity_provider p where p.id = $1`
	sqlProviders = `select ` + providerColumns + `, {keys} as sort_keys from sec.identity_provider p where {where} order by {order} limit {limit}`

	sqlInsertProvider = `
insert into sec.identity_provider (id, org_id, name, issuer, client_id, client_secret, domains, join_role, created_at, updated_at)
values (@id, @org, @name, @issuer, @client, @secret, @domains, @role, @now, @now)`

	sqlUpdateProvider = `
update sec.identity_provider set name = @name, domains = @domains, join_role = @role, version = version + 1, updated_at = @now
where id = @id and version = @version`

	sqlSetProviderSecret = `update sec.identity_provider set client_secret = $2 where id = $1`

	sqlDeleteProvider = `delete from sec.identity_provider where id = $1 and version = $2`
)

var providerList = postgres.List{
	From: "sec.identity_provider p", ID: "p.id", Order: []operational.Sort{{Field: "name"}},
	Field: map[string]postgres.Column{
		"name":       {SQL: "p.name", Type: postgres.Text},
		"issuer":     {SQL: "p.issuer", Type: postgres.Text},
		"created_at": {SQL: "p.created_at", Type: postgres.Time},
		"updated_at": {SQL: "p.updated_at", Type: postgres.Time},
	},
}

type providerRow struct {
	postgres.Keyed
	Provider
}

// ProviderListing says by which fields providers can be listed.
func ProviderListing() operational.Listing { return providerList.Listing() }

// Providers lists the providers of the caller's company.
func (s *Service) Providers(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Provider], error) {
	return postgres.Page(ctx, s.db, actor, providerList, q, sqlProviders, func(r providerRow) Provider { return r.Provider })
}

// Provider reads one.
func (s *Service) Provider(ctx context.Context, actor operational.Actor, id uuid.UUID) (Provider, error) {
	return postgres.One[Provider](ctx, s.db, actor, "identity provider", sqlProvider, id)
}

// AddProvider adds a provider after asking it who it is. An API key does not: whom a provider vouches for comes in. Nor
// does anybody who may not do everything: it may vouch for whoever may.
func (s *Service) AddProvider(ctx context.Context, actor operational.Actor, in NewProvider) (Provider, error) {
	if err := signedIn(actor); err != nil {
		return Provider{}, err
	}
	if len(actor.Giving().Beyond(operational.RoleRights{}, operational.RoleRights{Everything: true})) > 0 {
		return Provider{}, operational.Fault(operational.KindForbidden, "beyond-own-rights", "An identity provider can vouch for people who may do more than you. Nothing was saved. Ask an administrator of your organisation.")
	}
	in = in.tidied()
	if err := in.check(s.private); err != nil {
		return Provider{}, err
	}
	if _, err := s.discover(ctx, in.Issuer); err != nil {
		return Provider{}, undiscovered(err)
	}
	id := uuid.Must(uuid.NewV7())
	var added Provider
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) (err error) {
		if err := joinable(ctx, tx, in.JoinRole); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(ctx, `select count(*) from sec.identity_provider`).Scan(&n); err != nil {
			return err
		}
		if n >= maxProviders {
			return operational.Fault(operational.KindConflict, "too-many-providers", "Your organisation has %d identity providers, and may have no more. Nothing was saved. End one first.", n)
		}
		_, err = tx.Exec(ctx, sqlInsertProvider, pgx.NamedArgs{
			"id": id, "org": actor.Org, "name": in.Name, "issuer": in.Issuer, "client": in.ClientID, "secret": s.secrets.Seal([]byte(in.ClientSecret)),
			"domains": in.Domains, "role": in.JoinRole, "now": tx.Now,
		})
		if err != nil {
			return err
		}
		if added, err = postgres.OneTx[Provider](ctx, tx, "identity provider", sqlProvider, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Record{Action: "identity_provider.created", ID: id, Details: Provider{Name: added.Name}.decided(added, nil)})
	})
	if err != nil {
		return Provider{}, fmt.Errorf("add an identity provider: %w", err)
	}
	return added, nil
}

// joinable checks a role that people get by themselves: whoever offers it could give it, and it is not everything.
func joinable(ctx context.Context, tx *postgres.Tx, role *string) error {
	if role == nil {
		return nil
	}
	if err := Giveable(ctx, tx, "join_role", *role, "internal"); err != nil {
		return err
	}
	var everything bool
	if err := tx.QueryRow(ctx, `select everything from crm.role where org_id = $1 and key = $2`, tx.Actor.Org, *role).Scan(&everything); err != nil {
		return fmt.Errorf("read role %s: %w", *role, err)
	}
	if everything {
		var f operational.Faults
		f.Add("join_role", "may do everything; nobody gets it by themselves", *role)
		return f.Err()
	}
	return nil
}

// ChangeProvider changes what may change: not who it is. A secret that is given takes the place of the one that was.
func (s *Service) ChangeProvider(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64, in UpdateProvider) (changed Provider, err error) {
	if err := signedIn(actor); err != nil {
		return Provider{}, err
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		was, err := postgres.OneTx[Provider](ctx, tx, "identity provider", sqlProvider, id)
		if err != nil {
			return err
		}
		next, secret, err := in.apply(was)
		if err != nil {
			return err
		}
		if in.JoinRole.Given || in.Domains.Given {
			if err := joinable(ctx, tx, next.JoinRole); err != nil {
				return err
			}
		}
		d := was.decided(next, secret)
		if len(d.Fields)+len(d.Changes) == 0 && version == was.Version {
			changed = was
			return nil
		}
		if err := s.change(ctx, tx, next, version, secret); err != nil {
			return err
		}
		if changed, err = postgres.OneTx[Provider](ctx, tx, "identity provider", sqlProvider, id); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Record{Action: "identity_provider.edited", ID: id, Details: d})
	})
	if err != nil {
		return Provider{}, fmt.Errorf("change identity provider %s: %w", id, err)
	}
	return changed, nil
}

func (s *Service) change(ctx context.Context, tx *postgres.Tx, p Provider, version int64, secret *string) error {
	tag, err := tx.Exec(ctx, sqlUpdateProvider, pgx.NamedArgs{"id": p.ID, "version": version, "name": p.Name, "domains": p.Domains, "role": p.JoinRole, "now": tx.Now})
	if err == nil && tag.RowsAffected() == 0 {
		err = operational.Stale("identity provider")
	}
	if err == nil && secret != nil {
		_, err = tx.Exec(ctx, sqlSetProviderSecret, p.ID, s.secrets.Seal([]byte(*secret)))
	}
	return err
}

// decided is what a change leaves in the audit: whom it lets join by themselves, as what.
func (p Provider) decided(next Provider, secret *string) (d audit.Details) {
	if secret != nil {
		d.Fields = append(d.Fields, "client_secret")
	}
	if p.Name != next.Name {
		d.Fields = append(d.Fields, "name")
	}
	role := func(p Provider) string {
		if p.JoinRole == nil {
			return ""
		}
		return *p.JoinRole
	}
	d.Moved("join_role", role(p), role(next))
	d.Listed("domain", codesOf(p.Domains), codesOf(next.Domains))
	return d
}

func codesOf(domains []string) []string {
	codes := make([]string, len(domains))
	for i, d := range domains {
		codes[i] = audit.CodeOf(d)
	}
	return codes
}

// EndProvider ends a provider with all that it vouched for: links of people and sessions.
func (s *Service) EndProvider(ctx context.Context, actor operational.Actor, id uuid.UUID, version int64) error {
	if err := signedIn(actor); err != nil {
		return err
	}
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if _, err := postgres.OneTx[Provider](ctx, tx, "identity provider", sqlProvider, id); err != nil {
			return err
		}
		if err := audit.Append(ctx, tx, audit.Record{Action: "identity_provider.ended", ID: id}); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlDeleteProvider, id, version)
		switch {
		case postgres.Violated(err) == "sign_in_rule_provider":
			return operational.Fault(operational.KindConflict, "provider-demanded", "Your people must sign in by this provider, so it stays. Nothing was changed. Let them sign in in another way first.").Because(err)
		case err == nil && tag.RowsAffected() == 0:
			return operational.Stale("identity provider")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("end identity provider %s: %w", id, err)
	}
	return nil
}
