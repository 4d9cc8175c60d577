package imports

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/events"
	"github.com/sharepartner/sharepartner/operational/postgres"
)

// What happens to imports. The worker of EventRequested runs the import; EventDone stands for everything that it wrote.
const (
	EventRequested = "import.requested"
	EventDone      = "import.done"
)

// Service takes imports in and answers for them, on the api login.
type Service struct{ db *postgres.DB }

// New makes the service.
func New(db *postgres.DB) *Service { return &Service{db: db} }

var importList = postgres.List{
	From: "crm.import i", ID: "i.id", Order: []operational.Sort{{Field: "created_at", Desc: true}},
	Field: map[string]postgres.Column{
		"state":      {SQL: "i.state", Type: postgres.Text, Enum: []string{"queued", "running", "done", "failed", "cancelled"}},
		"dry_run":    {SQL: "i.dry_run", Type: postgres.Bool},
		"created_at": {SQL: "i.created_at", Type: postgres.Time},
		"kind":       {SQL: "i.kind", Type: postgres.Text, Enum: []string{KindCRMExport, KindAccounts, KindContacts, KindOpportunities}},
		startedBy:    {SQL: "i.started_by", Type: postgres.UUID, Nullable: true},
	},
}

// startedBy is how the list is narrowed to one's own imports; nobody else can name it.
const startedBy = "started.by"

var findingList = postgres.List{
	From: "crm.import_finding f", ID: "f.import_id",
	Field: map[string]postgres.Column{
		"file": {SQL: "f.file", Type: postgres.Text},
		"rule": {SQL: "f.rule", Type: postgres.Text},
		"kept": {SQL: "f.kept", Type: postgres.Bool},
	},
}

// Listing names the fields by which imports are filtered and sorted.
func Listing() operational.Listing {
	return importList.Listing().Only(operational.FieldSet{}, func(name string) string {
		if name == startedBy {
			return name
		}
		return ""
	})
}

// sees says whether the import is in sight: findings repeat values of the file, so it is who started it, and who may
// import for the whole company.
func sees(actor operational.Actor, i storedImport) bool {
	return actor.Role == operational.RoleSystem || actor.Allowed(operational.ImportsRun) || i.StartedBy != nil && *i.StartedBy == actor.Membership
}

// FindingListing names the fields by which findings are filtered; their order is that of the files.
func FindingListing() operational.Listing {
	return operational.Listing{Filters: []string{"file", "kept", "rule"}}
}

// Start stores the files and queues the import; a job does the work. What cannot be read at all is refused here,
// with every fault of every file at once.
func (s *Service) Start(ctx context.Context, actor operational.Actor, in NewImport) (Import, error) {
	m, files, err := check(in, s.db.Now())
	if err != nil {
		return Import{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Import{}, fmt.Errorf("make an id: %w", err)
	}
	err = s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		if err := insert(ctx, tx, id, KindCRMExport, m, files, in.DryRun); err != nil {
			return err
		}
		return events.Append(ctx, tx, EventRequested, id, map[string]uuid.UUID{"membership": actor.Membership})
	})
	if err != nil {
		return Import{}, err
	}
	return s.Get(ctx, actor, id)
}

// check reads mapping and files as far as that goes without knowing the vendor.
func check(in NewImport, now time.Time) (Mapping, map[string][]byte, error) {
	m, err := ParseMapping(in.Mapping)
	if err != nil {
		return m, nil, err
	}
	files, err := byRole(m, in.Files)
	if err != nil {
		return m, nil, err
	}
	_, err = readTables(m, files, newDates(m, operational.Calendar{Location: time.UTC}, now))
	return m, files, err
}

// Get reads one import.
func (s *Service) Get(ctx context.Context, actor operational.Actor, id uuid.UUID) (Import, error) {
	var found storedImport
	err := s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(getSQL, id).Query(func(rows pgx.Rows) (err error) {
			found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[storedImport])
			return err
		})
	})
	if operational.KindOf(err) == operational.KindNotFound || err == nil && !sees(actor, found) {
		return Import{}, operational.NotFound("import")
	}
	return found.domain(), err
}

// List reads the workspace's imports, the newest first.
func (s *Service) List(ctx context.Context, actor operational.Actor, q operational.Query) (operational.Listed[Import], error) {
	if !sees(actor, storedImport{}) {
		q = q.Also(operational.Filter{Field: startedBy, Op: "eq", Values: []string{actor.Membership.String()}})
	}
	return postgres.Page(ctx, s.db, actor, importList, q, listSQL, func(r importRow) Import { return r.domain() })
}

// Findings lists what an import changed or could not keep, in the order of the files.
func (s *Service) Findings(ctx context.Context, actor operational.Actor, id uuid.UUID, q operational.Query) (operational.Listed[Finding], error) {
	var listed operational.Listed[Finding]
	if _, err := s.Get(ctx, actor, id); err != nil {
		return listed, err
	}
	slice, err := findingList.Slice(operational.Query{Page: operational.Page{Limit: q.Limit}, Filter: q.Filter})
	if err != nil {
		return listed, err
	}
	after, err := afterPosition(q.After)
	if err != nil {
		return listed, err
	}
	n := len(slice.Args)
	err = s.db.Read(ctx, actor, func(b *pgx.Batch) {
		b.Queue(fmt.Sprintf(findingsSQL, slice.Match, n+1, n+2, n+3), append(slice.Args[:n:n], id, after, slice.Limit)...).Query(func(rows pgx.Rows) (err error) {
			listed.Items, err = pgx.CollectRows(rows, pgx.RowToStructByName[Finding])
			return err
		})
		if q.Count {
			listed.Total = new(int64)
			b.Queue(fmt.Sprintf(countFindingsSQL, slice.Match, n+1), append(slice.Args[:n:n], id)...).QueryRow(func(r pgx.Row) error {
				return r.Scan(listed.Total)
			})
		}
	})
	if len(listed.Items) == slice.Limit {
		listed.Items = listed.Items[:slice.Limit-1]
		listed.Next = []string{strconv.Itoa(listed.Items[len(listed.Items)-1].Position)}
	}
	return listed, err
}

func afterPosition(after []string) (int, error) {
	if len(after) == 0 {
		return 0, nil
	}
	n, err := strconv.Atoi(after[0])
	if err != nil || len(after) != 1 {
		var faults operational.Faults
		faults.Add("cursor", "The cursor belongs to another list.", nil)
		return 0, faults.Err()
	}
	return n, nil
}

// Cancel stops an import that waits or runs; nothing of it is kept. Once it has ended there is nothing to stop.
func (s *Service) Cancel(ctx context.Context, actor operational.Actor, id uuid.UUID) (Import, error) {
	if _, err := s.Get(ctx, actor, id); err != nil {
		return Import{}, err
	}
	var cancelled *storedImport
	err := s.db.InTx(ctx, actor, func(tx *postgres.Tx) error {
		rows, err := tx.Query(ctx, cancelSQL, pgx.NamedArgs{"id": id, "now": tx.Now})
		if err != nil {
			return fmt.Errorf("cancel import %s: %w", id, err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByName[storedImport])
		if err == nil && len(found) == 1 {
			cancelled = &found[0]
		}
		return err
	})
	if err != nil {
		return Import{}, err
	}
	if cancelled != nil {
		return cancelled.domain(), nil
	}
	ended, err := s.Get(ctx, actor, id)
	if err != nil {
		return Import{}, err
	}
	return Import{}, operational.Fault(operational.KindConflict, "import-ended", "The import has ended already (%s); there is nothing to cancel.", ended.State)
}
