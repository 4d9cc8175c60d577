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
	im := importing{tx: tx, steps: map[uuid.UUID]int{}}
	for _, in := range wanted {
		s, err := in.sourced(tx.Actor.Org)
		if err != nil {
			return Counts{}, fmt.Errorf("import opportunity %.60q: %w", in.ExternalRef, err)
		}
		im.wanted = append(im.wanted, s)
	}
	for _, step := range []func(context.Context) error{im.readPlaces, im.readProcesses, im.readKnown, im.readHistory, im.plan, im.number, im.write} {
		if err := step(ctx); err != nil {
			return Counts{}, fmt.Errorf("import opportunities: %w", err)
		}
	}
	return Counts{
		Created: len(im.created), Changed: len(im.changed), Unchanged: len(wanted) - len(im.created) - len(im.changed) - len(im.frozen), Frozen: im.frozen,
		Touched: im.touched(),
	}, nil
}

// touched counts what was written, by connection.
func (im *importing) touched() map[uuid.UUID]int64 {
	counts := map[uuid.UUID]int64{}
	for _, o := range slices.Concat(im.created, im.changed) {
		if o.ConnectionID != nil {
			counts[*o.ConnectionID]++
		}
	}
	return counts
}

// importing is one import on its way: what is there already, and what is to be written.
type importing struct {
	tx        *postgres.Tx
	wanted    []sourced
	partners  map[uuid.UUID]place
	processes map[uuid.UUID]catalog.SalesProcess
	known     map[sourceKey]knownRow
	remember  map[uuid.UUID][]remembered
	linesOf   map[uuid.UUID][]ImportedLine

	created, changed []importedRow
	history          []importedChange
	steps            map[uuid.UUID]int // versions that a changed opportunity goes up
	lines            []importedLineRow
	frozen           []int // places in wanted
}

type place struct {
	ID           uuid.UUID
	PartnerOrgID uuid.UUID
	Status       string
}

// knownRow is an opportunity that an earlier import made.
type knownRow struct {
	ID, ScopeID     uuid.UUID
	ExternalRef     string
	Version         int64
	Number          int64
	ProcessID       uuid.UUID
	Currency        string
	ImportDigest    []byte
	StageID         uuid.UUID
	StageType       catalog.StageType
	VendorNetAmount decimal.Decimal
	AmountSource    AmountSource
	CloseDate       *operational.Date
	ClosedAt        *time.Time
	Name            string
	CustomerName    *string
	VendorAccountID *uuid.UUID
	OwnerContactID  *uuid.UUID
	Region, Tier    *string
	Touched         operational.Touched
	UpdatedAt       time.Time
}

// state is what an import can change of it.
func (k knownRow) state() state {
	return state{
		Name: k.Name, CustomerName: k.CustomerName, VendorAccountID: k.VendorAccountID, OwnerContactID: k.OwnerContactID, StageID: k.StageID,
		VendorNetAmount: k.VendorNetAmount, AmountSource: k.AmountSource, CloseDate: k.CloseDate, Region: k.Region, Tier: k.Tier,
	}
}

// says: the source said the same last time.
func (k knownRow) says(in sourced) bool { return slices.Equal(in.Digest, k.ImportDigest) }

// fits: what an opportunity is counted in, and the process it goes through, never change.
func (k knownRow) fits(in Imported) error {
	var faults operational.Faults
	checkNone(&faults, in.Currency != k.Currency, "currency", "The opportunity is in "+k.Currency+" already.")
	checkNone(&faults, in.ProcessID != k.ProcessID, "process_id", "The opportunity goes through another sales process already.")
	return faults.Err()
}

type importedLineRow struct {
	state
	ImportedLine
	LineID uuid.UUID
}

func (im *importing) readPlaces(ctx context.Context) error {
	ids := map[uuid.UUID]bool{}
	for _, in := range im.wanted {
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

func (im *importing) readProcesses(ctx context.Context) error {
	im.processes = map[uuid.UUID]catalog.SalesProcess{}
	for _, in := range im.wanted {
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

// readKnown finds what earlier imports made.
func (im *importing) readKnown(ctx context.Context) error {
	scopes := column(im.wanted, func(in sourced) uuid.UUID { return in.Key.Scope })
	refs := column(im.wanted, func(in sourced) string { return in.Key.Ref })
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
	return nil
}

// readHistory reads the history of those about which the source says something new.
func (im *importing) readHistory(ctx context.Context) error {
	im.remember = map[uuid.UUID][]remembered{}
	ids := map[uuid.UUID]bool{}
	for _, in := range im.wanted {
		if old, found := im.known[in.Key]; found && !old.says(in) {
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
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	return im.readLines(ctx, keys(ids))
}

// readLines reads what is on these opportunities: lines are written anew with each change, and history keeps none.
func (im *importing) readLines(ctx context.Context, ids []uuid.UUID) error {
	rows, err := im.tx.Query(ctx, linesBefore, ids)
	if err != nil {
		return fmt.Errorf("read lines: %w", err)
	}
	im.linesOf = map[uuid.UUID][]ImportedLine{}
	var id uuid.UUID
	var l ImportedLine
	_, err = pgx.ForEachRow(rows, []any{&id, &l.ProductID, &l.Quantity, &l.UnitPrice}, func() error {
		im.linesOf[id] = append(im.linesOf[id], l)
		return nil
	})
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
