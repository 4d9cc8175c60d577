package opportunities

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// Import makes the vendor of the transaction have these opportunities with their history, known by connection and
// external reference. What the source said last time is left alone; what it says anew becomes new versions.
// It writes no events of single opportunities: whoever follows them is told of the import.
func (s *Service) Import(ctx context.Context, tx *postgres.Tx, wanted []Imported) (Counts, error) {
	if tx.Actor.Side != operational.SideVendor {
		return Counts{}, operational.Fault(operational.KindForbidden, "vendor-only", "Only a vendor can import opportunities.")
	}
	if len(wanted) == 0 {
		return Counts{}, nil
	}
	wanted = column(wanted, Imported.normal)
	im := importing{tx: tx}
	for _, step := range []func(context.Context, []Imported) error{im.readPlaces, im.readProcesses, im.readKnown, im.plan, im.number} {
		if err := step(ctx, wanted); err != nil {
			return Counts{}, fmt.Errorf("import opportunities: %w", err)
		}
	}
	if err := im.write(ctx); err != nil {
		return Counts{}, fmt.Errorf("import opportunities: %w", err)
	}
	return Counts{Created: len(im.created), Changed: len(im.changed), Unchanged: len(wanted) - len(im.created) - len(im.changed)}, nil
}

// importing is one import on its way: what is there already, and what is to be written.
type importing struct {
	tx        *postgres.Tx
	partners  map[uuid.UUID]place
	processes map[uuid.UUID]catalog.SalesProcess
	known     map[sourceKey]knownRow
	remember  map[uuid.UUID][]remembered

	created, changed []importedRow
	history          []importedChange
	steps            map[uuid.UUID]int // versions that a changed opportunity goes up
	lines            []importedLineRow
}

type place struct {
	ID           uuid.UUID
	PartnerOrgID uuid.UUID
	Status       string
}

// sourceKey is what an opportunity is known by to its source.
type sourceKey struct {
	Scope uuid.UUID
	Ref   string
}

// knownRow is an opportunity that an earlier import made.
type knownRow struct {
	ID, ScopeID     uuid.UUID
	ExternalRef     string
	Version         int64
	Number          int64
	ImportDigest    []byte
	StageID         uuid.UUID
	StageType       catalog.StageType
	VendorNetAmount decimal.Decimal
	AmountSource    AmountSource
	CloseDate       *operational.Date
	ClosedAt        *time.Time
}

type importedLineRow struct {
	state
	ImportedLine
	LineID uuid.UUID
}

func (im *importing) key(in Imported) sourceKey {
	if in.ConnectionID != nil {
		return sourceKey{Scope: *in.ConnectionID, Ref: in.ExternalRef}
	}
	return sourceKey{Scope: im.tx.Actor.Org, Ref: in.ExternalRef}
}

func (im *importing) readPlaces(ctx context.Context, wanted []Imported) error {
	ids := map[uuid.UUID]bool{}
	for _, in := range wanted {
		if in.ConnectionID != nil {
			ids[*in.ConnectionID] = true
		}
	}
	rows, err := im.tx.Query(ctx, connectionsForImport, keys(ids))
	if err != nil {
		return fmt.Errorf("read connections: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[place])
	im.partners = make(map[uuid.UUID]place, len(found))
	for _, p := range found {
		im.partners[p.ID] = p
	}
	return err
}

func (im *importing) readProcesses(ctx context.Context, wanted []Imported) error {
	im.processes = map[uuid.UUID]catalog.SalesProcess{}
	for _, in := range wanted {
		if _, ok := im.processes[in.ProcessID]; ok {
			continue
		}
		process, err := catalog.ProcessTx(ctx, im.tx, im.tx.Actor.Org, &in.ProcessID)
		if err != nil {
			return fmt.Errorf("opportunity %.60q: %w", in.ExternalRef, err)
		}
		im.processes[in.ProcessID] = process
	}
	return nil
}

// readKnown finds what earlier imports made, and the history of those about which the source says something new.
func (im *importing) readKnown(ctx context.Context, wanted []Imported) error {
	scopes := column(wanted, func(in Imported) uuid.UUID { return im.key(in).Scope })
	refs := column(wanted, func(in Imported) string { return in.ExternalRef })
	rows, err := im.tx.Query(ctx, importedBefore, scopes, refs)
	if err != nil {
		return fmt.Errorf("read imported opportunities: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[knownRow])
	if err != nil {
		return fmt.Errorf("read imported opportunities: %w", err)
	}
	im.known = make(map[sourceKey]knownRow, len(found))
	for _, k := range found {
		im.known[sourceKey{Scope: k.ScopeID, Ref: k.ExternalRef}] = k
	}
	return im.readHistory(ctx, wanted)
}

func (im *importing) readHistory(ctx context.Context, wanted []Imported) error {
	im.remember = map[uuid.UUID][]remembered{}
	ids := map[uuid.UUID]bool{}
	for _, in := range wanted {
		old, found := im.known[im.key(in)]
		digest, err := in.digest()
		if err != nil {
			return err
		}
		if found && !slices.Equal(digest, old.ImportDigest) {
			ids[old.ID] = true
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := im.tx.Query(ctx, historyBefore, keys(ids))
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[knownChange])
	for _, h := range found {
		im.remember[h.OpportunityID] = append(im.remember[h.OpportunityID], h.remembered)
	}
	return err
}

type knownChange struct {
	OpportunityID uuid.UUID
	remembered
}

func keys(set map[uuid.UUID]bool) []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(set))
	for id := range set {
		ids = append(ids, id)
	}
	return ids
}
