package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/audit"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/objects"
)

// ExportInput asks for all rows of a list as a file.
type ExportInput struct {
	Filter string `query:"filter" maxLength:"2000" doc:"Which rows, as in the list"`
	Sort   string `query:"sort" maxLength:"400" doc:"Order, as in the list; left out: by id, so that what changes meanwhile neither comes twice nor is left out"`
	Format string `query:"format" enum:"csv" default:"csv" doc:"Form of the file"`
}

const (
	exportPage  = 500              // rows read at once, and between two looks at whether the caller still may
	exportPause = 30 * time.Second // for one page, of the database and of the reader
)

// exported is a sort of records that can be taken along.
type exported[T any] struct {
	permission operational.Permission
	kind       string // of records that no role has fields of; "": the object that the permission is for
	plural     string // as in the address
	columns    []string
	half       []string // columns that a partner has of its own half of a record; there are none for a vendor
	listing    func(ctx context.Context, actor operational.Actor, asked ...string) (operational.Listing, error)
	read       func(context.Context, operational.Actor, operational.Query) (operational.Listed[T], error)
}

func (a *API) exports() {
	running := &exportsRunning{by: map[uuid.UUID]bool{}}
	export(a, running, exported[accounts.Account]{operational.AccountsExport, "", "accounts", accountColumns, nil, a.deps.Accounts.AccountListing, a.deps.Accounts.Accounts})
	export(a, running, exported[accounts.Contact]{operational.ContactsExport, "", "contacts", contactColumns, nil, a.deps.Accounts.ContactListing, a.deps.Accounts.Contacts})
	export(a, running, exported[catalog.Product]{operational.ProductsExport, "", "products", productColumns, nil, a.deps.Catalog.ProductListing, a.deps.Catalog.Products})
	export(a, running, exported[wholeOpportunity]{operational.OpportunitiesExport, "", "opportunities", opportunityColumns, privateColumns, a.deps.Opportunities.Listing, a.wholeOpportunities})
	a.exportAudit(running)
}

func export[T any](a *API, running *exportsRunning, e exported[T]) {
	register(a, e.permission, huma.Operation{
		OperationID: "export-" + e.plural, Method: http.MethodGet, Path: "/v1/" + e.plural + "/export", Tags: []string{"exports"},
		Summary: "Export " + e.plural, Description: "All rows that you see and may take along, with the fields that you read, as a CSV file in UTF-8. " +
			"A text that a spreadsheet would take for a formula begins with an apostrophe. When your right ends meanwhile the connection is cut: " +
			"a file that arrived whole is whole. One export at a time per credential, where several programs serve at each of them; each is noted in the audit.",
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}},
	}, func(ctx context.Context, actor operational.Actor, in *ExportInput) (*huma.StreamResponse, error) {
		if err := running.enter(actor.Credential); err != nil {
			return nil, err
		}
		x, err := begin(ctx, a, e, actor, *in)
		if err != nil {
			running.leave(actor.Credential)
			return nil, err
		}
		return &huma.StreamResponse{Body: func(out huma.Context) {
			defer running.leave(actor.Credential)
			x.send(out)
		}}, nil
	})
}

// exportRun is one export on its way.
type exportRun[T any] struct {
	exported[T]
	api     *API
	request *http.Request
	object  operational.Object
	actor   operational.Actor // as of the last page
	header  []string
	asked   []string // filter and sort, as written
	query   operational.Query
	page    operational.Listed[T]
	rows    int64
	filter  string // a name of what was asked for, not the filter itself, which holds values
}

// begin reads the first page, so that what cannot be is refused in words, and notes the export before anything is sent.
func begin[T any](ctx context.Context, a *API, e exported[T], actor operational.Actor, in ExportInput) (*exportRun[T], error) {
	x := &exportRun[T]{exported: e, api: a, request: requestOf(ctx).http, actor: actor, asked: []string{in.Filter, in.Sort}}
	if x.object, _ = e.permission.Object(); e.kind != "" {
		x.object = operational.Object(e.kind)
	}
	sum := sha256.Sum256([]byte(in.Filter + "\x00" + in.Sort))
	x.filter = hex.EncodeToString(sum[:16])
	known, err := e.listing(ctx, x.doing(), in.Filter, in.Sort)
	if err != nil {
		return nil, err
	}
	if x.query.Filter, err = operational.ParseFilter(in.Filter, known.Filters); err != nil {
		return nil, err
	}
	if x.query.Sort, err = operational.ParseSort(in.Sort, known.Sorts); err != nil {
		return nil, err
	}
	if len(x.query.Sort) == 0 {
		x.query.Sort = []operational.Sort{{Field: "id"}}
	}
	x.query.Limit = exportPage
	if x.header, err = x.columnsNow(ctx); err != nil {
		return nil, err
	}
	if x.page, err = e.read(ctx, x.doing(), x.query); err != nil {
		return nil, err
	}
	return x, x.note(ctx, "export_started", nil)
}

// doing is the actor with what it may take along, which may be less than it sees.
func (x *exportRun[T]) doing() operational.Actor {
	if x.kind != "" {
		return x.actor
	}
	return x.actor.Doing(operational.ActExport, x.object)
}

// columnsNow are the columns that the caller reads somewhere; where it does not, the cell is empty.
func (x *exportRun[T]) columnsNow(ctx context.Context) ([]string, error) {
	if x.kind != "" {
		return x.columns, nil
	}
	described, err := objects.New(x.api.deps.DB).Get(ctx, x.doing(), x.object)
	if err != nil {
		return nil, err
	}
	var members, custom []string
	for _, p := range described.Parts {
		for _, f := range p.Fields {
			if f.Custom {
				custom = append(custom, f.Members...)
			} else {
				members = append(members, f.Members...)
			}
		}
	}
	object, _ := objects.Of(x.object)
	columns := slices.DeleteFunc(slices.Clone(x.columns), func(column string) bool {
		member, _, _ := strings.Cut(column, ".")
		return object.FieldOf(member) != "" && !slices.Contains(members, member)
	})
	slices.Sort(custom)
	half, err := x.halfColumns(ctx)
	return slices.Concat(columns, slices.Compact(custom), half), err
}

// send writes page after page. Each one is read with the rights of its moment; a fault cuts the connection, because a
// file that simply ended would look whole.
func (x *exportRun[T]) send(out huma.Context) {
	_, w := humago.Unwrap(out)
	control := http.NewResponseController(w)
	out.SetHeader("Content-Type", "text/csv; charset=utf-8")
	out.SetHeader("Content-Disposition", `attachment; filename="`+x.plural+`.csv"`)
	out.SetStatus(http.StatusOK)
	err := x.write(newTable(out.BodyWriter(), x.header), control)
	_ = control.SetWriteDeadline(time.Time{})
	done, cancel := context.WithTimeout(context.WithoutCancel(x.request.Context()), exportPause)
	defer cancel()
	outcome := "whole"
	if err != nil {
		outcome = "cut"
	}
	if noted := x.note(done, "exported", map[string]string{"outcome": outcome}); err == nil {
		err = noted
	}
	if err != nil {
		requestOf(x.request.Context()).fault = fmt.Errorf("export of %s cut after %d rows: %w", x.plural, x.rows, err)
		panic(http.ErrAbortHandler)
	}
}

func (x *exportRun[T]) write(t *table, control *http.ResponseController) error {
	for {
		_ = control.SetWriteDeadline(time.Now().Add(exportPause)) // where the connection knows no deadlines there is none to set
		for _, item := range x.page.Items {
			if err := t.row(item); err != nil {
				return err
			}
			x.rows++
		}
		if err := t.flush(); err != nil {
			return err
		}
		if x.page.Next == nil {
			return nil
		}
		_ = control.Flush()
		if err := x.next(); err != nil {
			return err
		}
	}
}

// next proves the credential and the right anew and reads the next page.
func (x *exportRun[T]) next() error {
	ctx, cancel := context.WithTimeout(x.request.Context(), exportPause)
	defer cancel()
	actor, err := x.api.Authenticate(x.request)
	if err != nil {
		return err
	}
	if actor.Org != x.actor.Org || actor.Side != x.actor.Side || actor.Membership != x.actor.Membership || actor.Connection != x.actor.Connection {
		return fmt.Errorf("the credential has come to work elsewhere")
	}
	if err := actor.OnlyLooks(); err != nil {
		return err
	}
	if err := actor.Require(x.permission); err != nil {
		return err
	}
	reached := x.doing()
	x.actor = actor
	if !x.doing().Reaches(reached, x.object) {
		return fmt.Errorf("the records that may be taken along have become fewer")
	}
	known, err := x.listing(ctx, x.doing(), x.asked...)
	if err == nil {
		err = known.Require(x.query)
	}
	if err != nil {
		return err
	}
	header, err := x.columnsNow(ctx)
	if err != nil {
		return err
	}
	if !slices.Equal(header, x.header) {
		return fmt.Errorf("the fields that may be read have changed")
	}
	x.query.After = x.page.Next
	x.page, err = x.read(ctx, x.doing(), x.query)
	return err
}

func (x *exportRun[T]) note(ctx context.Context, did string, codes map[string]string) error {
	r := audit.Record{Action: string(x.object) + "." + did, Object: string(x.object)}
	r.Codes, r.Counts = map[string]string{"filter": x.filter}, nil
	for name, code := range codes {
		r.Codes[name] = code
		r.Counts = map[string]int64{"rows": x.rows}
	}
	return audit.New(x.api.deps.DB).Note(ctx, x.actor, r)
}

// exportsRunning lets each credential export one thing at a time. It is of this program alone: over all of them each export would
// keep a connection of the database for as long as its reader takes.
type exportsRunning struct {
	mu sync.Mutex
	by map[uuid.UUID]bool
}

func (e *exportsRunning) enter(credential uuid.UUID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.by[credential] {
		return operational.Fault(operational.KindLimited, "export-running", "An export by this credential is still running. Wait for its end, then try again.").In(10 * time.Second)
	}
	e.by[credential] = true
	return nil
}

func (e *exportsRunning) leave(credential uuid.UUID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.by, credential)
}
