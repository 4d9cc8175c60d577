package api

import (
	"context"
	"fmt"
	"mime/multipart"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/imports"
)

// recordImports are imports into the caller's own company, of whichever side: its customers and the people there.
func (a *API) recordImports() {
	for _, x := range []struct {
		kind       string
		permission operational.Permission
		columns    string
	}{
		{"accounts", operational.AccountsImport, "`external_ref` and `name` are needed; a parent is named by `parent_external_ref`."},
		{"opportunities", operational.OpportunitiesImport, "They are your own business: a vendor's direct sales, or what a partner sells without a vendor. `external_ref` and `name` are needed. " +
			"`account` names one of your accounts by its reference or its exact name; `sales_process`, `stage` and `record_type` are names, left out the usual process, its first stage and the usual type; " +
			"`owner_email` is the mail address of a colleague; besides `customer_name`, `amount`, `currency` and `close_date`. Another stage than before is a move in the history. " +
			"The columns of an export are understood too: what is shared with another company in it stays as it is, and so does what nobody writes by a file, such as numbers and notes."},
		{"contacts", operational.ContactsImport, "`external_ref` and `last_name` are needed; the account is named by `account_external_ref` or `account_id`."},
	} {
		register(a, x.permission, huma.Operation{
			OperationID: "import-" + x.kind, Method: http.MethodPost, Path: "/v1/imports/" + x.kind, Tags: []string{"imports"},
			DefaultStatus: http.StatusAccepted, MaxBodyBytes: maxImport, RequestBody: recordsBody(),
			Summary: "Import " + x.kind, Description: "Takes a CSV file in UTF-8 whose header names fields, as in a record or in an export; your organisation's own fields are `x_...`. " + x.columns +
				" Records are found again by `external_ref`: importing the same file twice changes nothing. An empty cell changes nothing. " +
				"Rows that cannot be kept are left out and told line by line; the others are written as if you had written them. The answer comes at once; the work goes on as a job.",
		}, func(ctx context.Context, actor operational.Actor, in *startImportInput) (*importStarted, error) {
			wanted, err := readRecordsForm(&in.RawBody)
			if err != nil {
				return nil, err
			}
			wanted.Kind = x.kind
			started, err := a.deps.Imports.StartRecords(ctx, actor, wanted)
			if err != nil {
				return nil, err
			}
			return &importStarted{Location: "/v1/imports/" + started.ID.String(), Body: started}, nil
		})
	}
}

func recordsBody() *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"}, AdditionalProperties: false,
		Properties: map[string]*huma.Schema{
			"file":    {Type: huma.TypeString, Format: "binary", Description: "The CSV file"},
			"dry_run": {Type: huma.TypeBoolean, Description: "true: try everything, keep nothing"},
		},
	}}}}
}

func readRecordsForm(form *multipart.Form) (in imports.NewRecords, err error) {
	var faults operational.Faults
	for name, parts := range form.File {
		switch {
		case name != "file":
			faults.Add("body."+cut(name), "there is no such file in an import", nil)
		case len(parts) != 1:
			faults.Add("body.file", "is given twice", nil)
		default:
			if in.File, err = readPart(parts[0]); err != nil {
				return in, fmt.Errorf("read file of the form: %w", err)
			}
		}
	}
	for name, values := range form.Value {
		if name != "dry_run" {
			faults.Add("body."+cut(name), "there is no such member in an import; files are sent as files", nil)
			continue
		}
		in.DryRun = readFlag(&faults, name, values)
	}
	if form.File["file"] == nil {
		faults.Add("body.file", "the file is missing", nil)
	}
	return in, faults.Err()
}
