package api_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/sharepartner/sharepartner/operational/imports"
)

// export is a small CRM export of our own: two spellings of a product, a misspelt sector, a row without agent.
func export() map[string]string {
	return map[string]string{
		"accounts":    "account,sector,year_established,revenue,employees,office_location,subsidiary_of\nNorthwind Mills,technolgy,1996,1100.04,2822,Philipines,\n",
		"products":    "product,series,sales_price\nPress 200,Press,2000\n=cmd,Press,10\n",
		"sales_teams": "sales_agent,manager,regional_office\nAda Osei,Mark Ebert,North\n",
		"sales_pipeline": "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n" +
			"A1,Ada Osei,Press200,Northwind Mills,Won,2017-01-10,2017-03-01,1900\n" +
			"A2,=1+1,Press 200,Northwind Mills,Lost,2017-01-11,2017-02-01,0\n" +
			"A3,Ada Osei,Press 200,,Engaging,2017-02-11,,\n",
	}
}

func TestImportOverTheAPI(t *testing.T) {
	w := newWorld(t)
	body, contentType := form(t, export(), nil)
	started := w.must(t, http.StatusAccepted, w.ada, "POST", "/v1/imports/crm-export", body, "Content-Type", contentType, "Idempotency-Key", "import-1")
	path := started.header.Get("Location")
	require.Equal(t, "/v1/imports/"+started.text(t, "id"), path)
	require.Equal(t, "queued", started.text(t, "state"))
	// Another client library chooses another boundary for the same files.
	again, otherType := form(t, export(), nil)
	require.NotEqual(t, contentType, otherType)
	repeated := w.must(t, http.StatusAccepted, w.ada, "POST", "/v1/imports/crm-export", again, "Content-Type", otherType, "Idempotency-Key", "import-1")
	require.Equal(t, started.body, repeated.body)
	id := uuid.MustParse(started.text(t, "id"))
	require.NoError(t, imports.NewRunner(w.Jobs).Run(t.Context(), w.ada.Actor, id, nil))
	done := w.must(t, 200, w.ada, "GET", path, nil)
	require.Equal(t, "done", done.text(t, "state"), done.body)
	require.EqualValues(t, 1, done.json(t)["progress"])
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/imports", nil).body, id.String())

	page := w.must(t, 200, w.ada, "GET", path+"/findings?limit=1&count=exact", nil).json(t)
	total := int(page["total"].(float64))
	require.Greater(t, total, 1)
	next := w.must(t, 200, w.ada, "GET", path+"/findings?limit=200&cursor="+page["next_cursor"].(string), nil).json(t)
	require.Len(t, next["items"], total-1)
	quarantined := w.must(t, 200, w.ada, "GET", path+"/findings?filter=kept+eq+false", nil)
	require.Contains(t, quarantined.body, `"line":3`)

	file := w.must(t, 200, w.ada, "GET", path+"/findings.csv", nil)
	require.Contains(t, file.header.Get("Content-Disposition"), "attachment")
	rows, err := csv.NewReader(strings.NewReader(file.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, total+1)
	require.Contains(t, file.body, "'=1+1", "a formula is taken for text")
	for _, row := range rows {
		for _, cell := range row {
			require.False(t, cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])), "%q would run in a spreadsheet", cell)
		}
	}
	w.must(t, 409, w.ada, "POST", path+"/cancel", nil)
	w.must(t, 404, w.bob, "GET", path+"/findings.csv", nil)
	w.must(t, 403, w.pia, "GET", path, nil)
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/opportunities?count=exact", nil).body, `"total":2`)
}

func TestImportsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	send := func(status int, change func(map[string]string), values map[string]string) answer {
		files := export()
		if change != nil {
			change(files)
		}
		body, contentType := form(t, files, values)
		return w.must(t, status, w.ada, "POST", "/v1/imports/crm-export", body, "Content-Type", contentType)
	}
	require.Contains(t, send(422, func(f map[string]string) { delete(f, "products") }, nil).body, "products")
	require.Contains(t, send(422, func(f map[string]string) { f["sales_teams"] = "a,b\n1,2\n" }, nil).body, "sales_agent")
	require.Contains(t, send(422, func(f map[string]string) { f["accounts"] += "\xff\xfe" }, nil).body, "UTF-8")
	send(422, func(f map[string]string) { f["accounts"] += `"open` }, nil)
	require.Contains(t, send(422, func(f map[string]string) { f["virus"] = "x" }, nil).body, "body.virus")
	require.Contains(t, send(422, nil, map[string]string{"dry_run": "perhaps"}).body, "body.dry_run")
	require.Contains(t, send(422, nil, map[string]string{"org_id": "x"}).body, "body.org_id")
	w.must(t, 422, w.ada, "POST", "/v1/imports/crm-export", []byte("--x\r\nnonsense"), "Content-Type", "multipart/form-data; boundary=x")
	w.must(t, 413, w.ada, "POST", "/v1/imports/crm-export", make([]byte, 65<<20), "Content-Type", "multipart/form-data; boundary=x")
	require.Contains(t, w.must(t, 200, w.ada, "GET", "/v1/imports?count=exact", nil).body, `"total":0`)

	waiting := send(202, nil, map[string]string{"dry_run": "true"})
	require.Equal(t, true, waiting.json(t)["dry_run"])
	cancelled := w.must(t, 200, w.ada, "POST", "/v1/imports/"+waiting.text(t, "id")+"/cancel", nil)
	require.Equal(t, "cancelled", cancelled.text(t, "state"))
	var n int
	require.NoError(t, w.Owner(t).QueryRow(t.Context(), `select count(*) from crm.opportunity`).Scan(&n))
	require.Zero(t, n)
}
