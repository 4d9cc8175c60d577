package interconnect

import (
	"context"

	"github.com/sharepartner/sharepartner/operational/identity"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// The audiences of roles.
const (
	ofOwnPeople = "internal"
	ofPartners  = "external"
)

// giveable checks that a role is there and holds nothing that the caller does not: an invitation is no way up.
func giveable(ctx context.Context, tx *postgres.Tx, field, key, audience string) error {
	return identity.Giveable(ctx, tx, field, key, audience)
}
