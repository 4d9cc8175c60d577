package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/imports"
)

// maxImport bounds the files of one import together.
const maxImport = 64 << 20

// importFiles are the files that an import may have, named by what they hold.
var importFiles = []string{"accounts", "products", "sales_teams", "sales_pipeline", "stage_history"}

type startImportInput struct {
	RawBody multipart.Form
}

type importStarted struct {
	Location string `header:"Location" doc:"Where to ask how far it is"`
	Body     imports.Import
}

type findingsInput struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the import"`
	ListInput
}

type csvOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *API) imports() {
	s := a.deps.Imports
	register(a, operational.ImportsRun, huma.Operation{
		OperationID: "start-crm-import", Method: http.MethodPost, Path: "/v1/imports/crm-export", Tags: []string{"imports"},
		DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxImport, RequestBody: importBody(),
		Summary: "Import a CRM export", Description: "Takes the CSV files of another CRM's export. The answer comes at once; the work goes on as a job that can be watched and cancelled. " +
			"Importing the same files again changes nothing.",
	}, a.startImport)
	register(a, operational.ImportsRead, huma.Operation{
		OperationID: "list-imports", Method: http.MethodGet, Path: "/v1/imports", Tags: []string{"imports"},
		Summary: "List imports", Description: "The imports that you have started, newest first; with the permission `imports.run` all of your organisation's.",
	}, listing(a, "list-imports", everybody(imports.Listing), s.List))
	register(a, operational.ImportsRead, huma.Operation{
		OperationID: "read-import", Method: http.MethodGet, Path: "/v1/imports/{id}", Tags: []string{"imports"},
		Summary: "Read an import", Description: "State, progress from 0 to 1, and in the end the summary.",
	}, func(ctx context.Context, actor operational.Actor, in *Reading) (*record[imports.Import], error) {
		x, err := s.Get(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asSeen(*in, x)
	})
	register(a, operational.ImportsRead, huma.Operation{
		OperationID: "cancel-import", Method: http.MethodPost, Path: "/v1/imports/{id}/cancel", Tags: []string{"imports"},
		Summary: "Cancel an import", Description: "Stops one that waits or runs. Nothing of it is kept.",
	}, func(ctx context.Context, actor operational.Actor, in *idInput) (*record[imports.Import], error) {
		x, err := s.Cancel(ctx, actor, parseID(in.ID))
		if err != nil {
			return nil, err
		}
		return asSeen(Reading{}, x)
	})
	a.recordImports()
	a.findings()
}

func (a *API) findings() {
	s := a.deps.Imports
	register(a, operational.ImportsRead, huma.Operation{
		OperationID: "list-import-findings", Method: http.MethodGet, Path: "/v1/imports/{id}/findings", Tags: []string{"imports"},
		Summary: "List findings", Description: "What cleansing changed and what could not be kept, in the order of the files, with line and reason.",
	}, func(ctx context.Context, actor operational.Actor, in *findingsInput) (*list[imports.Finding], error) {
		id := parseID(in.ID)
		q, name, err := in.query(a.cursors, actor, imports.FindingListing(), listID("list-import-findings", id.String()))
		if err != nil {
			return nil, err
		}
		found, err := s.Findings(ctx, actor, id, q)
		if err != nil {
			return nil, err
		}
		return asList(a.cursors, actor, name, found), nil
	})
	register(a, operational.ImportsRead, huma.Operation{
		OperationID: "download-import-findings", Method: http.MethodGet, Path: "/v1/imports/{id}/findings.csv", Tags: []string{"imports"},
		Summary: "Download findings", Description: "The same as CSV. A text that a spreadsheet would take for a formula begins with an apostrophe.",
		Responses: map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}},
	}, a.downloadFindings)
}

// importBody describes the form: Huma knows the parts of a raw form only from here.
func importBody() *huma.RequestBody {
	properties := map[string]*huma.Schema{
		"mapping": {Type: huma.TypeString, Format: "binary", Description: "Which column means what (YAML); left out: the mapping of the public CRM Sales Opportunities export"},
		"dry_run": {Type: huma.TypeBoolean, Description: "true: try everything, keep nothing"},
	}
	for _, name := range importFiles {
		properties[name] = &huma.Schema{Type: huma.TypeString, Format: "binary", Description: "CSV file " + name + ".csv"}
	}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Properties: properties, Required: []string{"accounts", "products", "sales_teams", "sales_pipeline"}, AdditionalProperties: false,
	}}}}
}

func (a *API) startImport(ctx context.Context, actor operational.Actor, in *startImportInput) (*importStarted, error) {
	wanted, err := readImportForm(&in.RawBody)
	if err != nil {
		return nil, err
	}
	x, err := a.deps.Imports.Start(ctx, actor, wanted)
	if err != nil {
		return nil, err
	}
	return &importStarted{Location: "/v1/imports/" + x.ID.String(), Body: x}, nil
}

func readImportForm(form *multipart.Form) (imports.NewImport, error) {
	in := imports.NewImport{Files: map[string][]byte{}}
	var faults operational.Faults
	for name, parts := range form.File {
		if !slices.Contains(importFiles, name) && name != "mapping" {
			faults.Add("body."+cut(name), "there is no such file in an import", nil)
			continue
		}
		if len(parts) != 1 {
			faults.Add("body."+name, "is given twice", nil)
			continue
		}
		content, err := readPart(parts[0])
		if err != nil {
			return in, fmt.Errorf("read file %s of the form: %w", name, err)
		}
		if name == "mapping" {
			in.Mapping = content
			continue
		}
		in.Files[name] = content
	}
	for name, values := range form.Value {
		switch {
		case name == "mapping" && len(values) == 1 && form.File["mapping"] == nil:
			in.Mapping = []byte(values[0])
		case name == "dry_run":
			in.DryRun = readFlag(&faults, name, values)
		default:
			faults.Add("body."+cut(name), "there is no such member in an import; files are sent as files", nil)
		}
	}
	return in, faults.Err()
}

// readFlag reads yes or no in a form; empty is no.
func readFlag(faults *operational.Faults, name string, values []string) bool {
	if len(values) != 1 || values[0] != "true" && values[0] != "false" && values[0] != "" {
		faults.Add("body."+name, "must be true or false, once", nil)
		return false
	}
	return values[0] == "true"
}

func readPart(part *multipart.FileHeader) ([]byte, error) {
	f, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func (a *API) downloadFindings(ctx context.Context, actor operational.Actor, in *idInput) (*csvOutput, error) {
	id := parseID(in.ID)
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	rows := [][]string{{"file", "line", "field", "kept", "rule", "was", "became", "reason"}}
	page := operational.Page{Limit: 200}
	for {
		found, err := a.deps.Imports.Findings(ctx, actor, id, operational.Query{Page: page})
		if err != nil {
			return nil, err
		}
		for _, f := range found.Items {
			rows = append(rows, []string{safeCell(f.File), strconv.Itoa(f.Line), safeCell(text(f.Field)), strconv.FormatBool(f.Kept), safeCell(f.Rule), safeCell(text(f.Was)), safeCell(text(f.Became)), safeCell(f.Reason)})
		}
		if err := w.WriteAll(rows); err != nil {
			return nil, fmt.Errorf("write findings: %w", err)
		}
		rows = rows[:0]
		if found.Next == nil {
			break
		}
		page.After = found.Next
	}
	return &csvOutput{ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="findings-` + id.String() + `.csv"`, Body: buf.Bytes()}, nil
}

// safeCell keeps spreadsheets from running what somebody wrote into a file.
func safeCell(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); s != "" && strings.ContainsRune("=+-@＝＋－＠\t\r\n", first) {
		return "'" + s
	}
	return s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
