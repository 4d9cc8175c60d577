package portal

import (
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/imports"
)

const (
	importsPath = "/imports"
	maxFile     = imports.MaxBytes + 64<<10 // with the rest of its form
	uploadTime  = 5 * time.Minute
)

// takesFiles says whether the form of a request brings files: that of one address does.
func takesFiles(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == importsPath
}

// mostOf is how large the body of a request may be.
func mostOf(r *http.Request) int64 {
	if takesFiles(r) {
		return maxFile
	}
	return maxForm
}

// importKind is a sort of records that a company brings by a page.
type importKind struct {
	kind, text string
	needs      operational.Permission
}

var importKinds = []importKind{
	{imports.KindAccounts, "Accounts", operational.AccountsImport},
	{imports.KindContacts, "Contacts", operational.ContactsImport},
	{imports.KindOpportunities, "Opportunities", operational.OpportunitiesImport},
}

var importStates = []option{{"queued", "Waiting"}, {"running", "At work"}, {"done", "Done"}, {"failed", "Failed"}, {"cancelled", "Cancelled"}}

// imports are the pages by which somebody brings records from a file, and looks at what became of it.
func (p *Portal) imports(mux *http.ServeMux) {
	needs := operational.ImportsRead
	mux.HandleFunc("GET "+importsPath, p.governed(func(v *visit) error { return v.showImports(tried{}) }, needs))
	mux.HandleFunc("POST "+importsPath, p.governed(p.startImport, needs))
	mux.HandleFunc("GET "+importsPath+"/{id}", p.governed(p.showImport, needs))
	mux.HandleFunc("POST "+importsPath+"/{id}/cancel", p.governed(p.cancelImport, needs))
}

func (v *visit) importNav() []views.NavItem {
	if !v.actor.Allowed(operational.ImportsRead) {
		return nil
	}
	return []views.NavItem{{Title: "Import", Icon: "import", Href: importsPath, Group: "Your company"}}
}

// showImports asks for a file and lists the imports that there were.
func (v *visit) showImports(t tried) error {
	q := operational.Query{Page: operational.Page{Limit: pageLength, Count: true}}
	var err error
	if q.After, err = decodeCursor(v.r.URL.Query().Get("cursor")); err != nil {
		return err
	}
	found, err := v.deps.Imports.List(v.ctx, v.actor, q)
	if err != nil {
		return err
	}
	page := views.Sheet{Title: "Import", Text: "Bring records of your own company from a file. Importing the same file again changes nothing."}
	if page.Side, err = v.importForm(t); err != nil {
		return err
	}
	block := views.Block{ID: "imports", Title: "Imports"}
	v.paged(&block, importsPath, len(found.Items), found.Next, found.Total, "import", "imports")
	block.Table = &views.Table{Caption: "Imports", Sticky: true, Columns: []views.Column{{Title: "Import"}, {Title: "State"}, {Title: "Kept"}, {Title: "Left out", Num: true}}}
	for _, x := range found.Items {
		kept, left := v.outcomeOf(x)
		block.Table.Rows = append(block.Table.Rows, views.Row{Go: true, Cells: []views.Cell{{Text: importNamed(x), Sub: v.time(x.CreatedAt), Href: importsPath + "/" + x.ID.String()}, importState(x), {Text: kept}, {Text: left}}})
	}
	if len(found.Items) == 0 {
		block.Empty = &views.Empty{Icon: "import", Title: "Nothing was imported yet", Text: "Try a file first: then everything is read and told, and nothing is kept."}
	}
	page.Main = []views.Block{block}
	status := http.StatusOK
	if t.note != nil {
		page.Notes, status = append(page.Notes, *t.note), t.status
	}
	return v.sheet(status, "Import", page, views.Link{Text: "Import"})
}

// importForm asks for a file of records that the person may import, and says what can be in it.
func (v *visit) importForm(t tried) ([]views.Block, error) {
	kind := views.Input{Name: "kind", Label: "What the file holds", Value: v.r.URL.Query().Get("kind")}
	columns := views.Block{ID: "columns", Title: "Columns of a file", Text: "The header of the file names its columns. An empty cell changes nothing."}
	for _, k := range importKinds {
		if !v.actor.Allowed(k.needs) {
			continue
		}
		names, err := v.deps.Imports.Columns(v.ctx, v.actor, k.kind)
		if operational.KindOf(err) == operational.KindNotFound {
			continue // it may import records of a vendor's, not of its own company
		}
		if err != nil {
			return nil, err
		}
		kind.Options = append(kind.Options, views.Option{Value: k.kind, Text: k.text})
		columns.Facts = append(columns.Facts, views.Fact{Name: k.text, Value: strings.Join(names, ", ")})
	}
	if len(kind.Options) == 0 {
		return nil, nil
	}
	columns.Foot = "Records are found again by external_ref: the name that the system has for them where they come from."
	return []views.Block{{ID: "start", Title: "Import a file", Form: &views.Sent{Action: importsPath, Submit: "Send the file", Files: true, Fields: []views.Input{
		t.input("start", kind),
		t.input("start", views.Input{Name: "file", Label: "CSV file", Kind: "file", Hint: "In UTF-8, at most " + strconv.Itoa(imports.MaxBytes>>20) + " MB and " + v.count(imports.MaxRecords) + " rows", Required: true}),
		t.input("start", views.Input{Name: "dry_run", Label: "What to do", Options: []views.Option{{Value: "true", Text: "Try it, keep nothing"}, {Value: "false", Text: "Import it"}}}),
	}}}, columns}, nil
}

// startImport takes a file in and shows what becomes of it.
func (p *Portal) startImport(v *visit) error {
	leave, err := p.api.Upload(v.actor)
	if err != nil {
		return err
	}
	defer leave()
	// Where the connection knows no deadlines (in tests) there is none to set.
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Now().Add(uploadTime))
	if err := readForm(v.r); faultsOf(err)["file"] != "" {
		return v.notStarted(url.Values{}, err)
	} else if err != nil {
		return err
	}
	if v.r.MultipartForm == nil {
		return errForm()
	}
	defer func() { _ = v.r.MultipartForm.RemoveAll() }()
	values := v.r.PostForm
	wanted := imports.NewRecords{Kind: values.Get("kind"), DryRun: values.Get("dry_run") != "false"}
	i := slices.IndexFunc(importKinds, func(k importKind) bool { return k.kind == wanted.Kind })
	if i < 0 {
		return operational.NotFound("import")
	}
	if err := v.actor.Require(importKinds[i].needs); err != nil {
		return err
	}
	if wanted.File, err = fileOf(v.r.MultipartForm); err != nil {
		return v.notStarted(values, err)
	}
	started, err := p.deps.Imports.StartRecords(v.ctx, v.actor, wanted)
	if err != nil {
		return v.notStarted(values, err)
	}
	http.Redirect(v.w, v.r, importsPath+"/"+started.ID.String(), http.StatusSeeOther)
	return nil
}

func (v *visit) notStarted(values url.Values, err error) error {
	t, known := notDone("start", values, err)
	if !known {
		return err
	}
	t.note.Title = "The file was not taken"
	for kind := range t.faults { // a fault of a file is named by what it holds
		t.faults["file"] = t.faults[kind]
	}
	return v.showImports(t)
}

func fileFault(message string) error {
	var faults operational.Faults
	faults.Add("file", message, nil)
	return faults.Err()
}

func fileOf(form *multipart.Form) ([]byte, error) {
	parts := form.File["file"]
	if len(parts) != 1 || parts[0].Size == 0 {
		return nil, fileFault("Choose a file that is not empty.")
	}
	f, err := parts[0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
