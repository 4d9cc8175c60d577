package imports

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/sharepartner/sharepartner/operational"
)

const (
	smallAccounts = `account,sector,year_established,revenue,employees,office_location,subsidiary_of
Northwind Mills,technolgy,1996,1100.04,2822,Philipines,
Zażółć Sp. z o.o.,retail,2001,12.5,40,Poland,Northwind Mills
`
	smallProducts = `product,series,sales_price
Press 200,Press,2000
Valve A,Valve,150.50
`
	smallTeams = `sales_agent,manager,regional_office
Ada Osei,Mark Ebert,North
Bo Lindqvist,Mark Ebert,South
Cem Aydın,Eva Roth,South
`
	pipelineHeader = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"
	smallPipeline  = pipelineHeader + `A1,Ada Osei,Press200,Northwind Mills,Won,2017-01-10,2017-03-01,1900
A2,Ada Osei,Valve A,Northwind Mills,Lost,2017-01-11,2017-02-01,0
A3,Bo Lindqvist,Press 200,,Engaging,2017-02-11,,
A4,Bo Lindqvist,Valve A,Zażółć Sp. z o.o.,Engaging,2017-02-12,,140
`
)

// small is an export of our own, with the files given instead of its usual ones.
func small(replace ...string) map[string][]byte {
	files := map[string][]byte{
		"accounts.csv": []byte(smallAccounts), "products.csv": []byte(smallProducts),
		"sales_teams.csv": []byte(smallTeams), "sales_pipeline.csv": []byte(smallPipeline),
	}
	for i := 0; i < len(replace); i += 2 {
		files[replace[i]] = []byte(replace[i+1])
	}
	return files
}

// pipelineOf is a pipeline of these rows alone.
func pipelineOf(rows ...string) map[string][]byte {
	return small("sales_pipeline.csv", pipelineHeader+strings.Join(rows, "\n")+"\n")
}

func TestAnExportThatCannotBeReadIsRefusedWithEveryFault(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(smallAccounts)
	require.NoError(t, err)
	latin, err := charmap.Windows1250.NewEncoder().String(smallAccounts)
	require.NoError(t, err)
	missing := small()
	delete(missing, "accounts.csv")
	delete(missing, "products.csv")
	long := strings.Repeat("x", maxFieldSize) + "\nA9,"
	for name, c := range map[string]struct {
		files map[string][]byte
		says  []string
	}{
		"missing files": {missing, []string{"accounts.csv: the file is missing", "products.csv: the file is missing"}},
		"unknown file":  {small("orders.csv", "x"), []string{"orders.csv: the mapping has no such file"}},
		"missing columns in two files": {
			small("products.csv", "product,price\n", "sales_teams.csv", "sales_agent,manager,regional_office,manager\n"),
			[]string{"products.csv: the header lacks series, sales_price; it has product, price", `sales_teams.csv: the column "manager" is there twice`},
		},
		"no commas":      {small("products.csv", "product;series;sales_price\nA;B;1\n"), []string{`products.csv: the columns seem to be parted by ";"`}},
		"empty file":     {small("products.csv", ""), []string{"products.csv: the file is empty"}},
		"UTF-16":         {small("accounts.csv", utf16), []string{"accounts.csv: the file is in UTF-16"}},
		"not UTF-8":      {small("accounts.csv", latin), []string{"accounts.csv: line 3 holds the byte 0xBF, which is not UTF-8"}},
		"zero bytes":     {small("accounts.csv", "a\x00c"), []string{"line 1 holds a zero byte"}},
		"open quote":     {pipelineOf("A1,Ada Osei,Valve A,,Engaging,2017-01-01,,", `A2,"Ada Osei,Valve A,,Engaging,2017-01-01,,`, "A3,x"), []string{"sales_pipeline.csv: a quote opens on line 3 and never closes"}},
		"stray quote":    {pipelineOf(`A2,"` + long + `",b`), []string{"a quote opens on line 2 and closes only on line 3"}},
		"bare quote":     {pipelineOf(`A2,Ada "A" Osei,b`), []string{"line 2 cannot be read: a quote stands inside a field"}},
		"text after one": {pipelineOf(`A2,"Ada"Osei,b`), []string{"line 2 cannot be read: text stands after a closing quote"}},
		"days written another way": {
			pipelineOf(strings.Split(strings.Repeat("A1,Ada Osei,Valve A,,Engaging,28/02/2017,,\n", 20), "\n")...),
			[]string{"20 of 20 days in the column engage_date are not written YYYY-MM-DD, the first on line 2 (\"28/02/2017\")"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readExport(t, "", c.files)
			var fault *operational.Error
			require.ErrorAs(t, err, &fault)
			require.Equal(t, operational.KindInvalid, fault.Kind)
			require.Len(t, fault.Fields, len(c.says), err)
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
		})
	}
}

func TestAnExportMayBeTooLarge(t *testing.T) {
	_, err := byRole(Mapping{}, map[string][]byte{"accounts": make([]byte, MaxBytes+1)})
	require.Equal(t, operational.KindLimited, operational.KindOf(err))
	require.ErrorContains(t, err, "64 MB")
	_, err = readExport(t, "", small("accounts.csv", smallAccounts+strings.Repeat(",,,,,,\n", MaxRows)))
	require.ErrorContains(t, err, "accounts.csv: the file has more than 500000 rows")
}

func TestAMarkInFrontAndNamesByContentAreTaken(t *testing.T) {
	files := small("accounts.csv", "\xEF\xBB\xBF"+smallAccounts)
	byContent := map[string][]byte{}
	for name, content := range files {
		byContent[strings.TrimSuffix(name, ".csv")] = content
	}
	for _, files := range []map[string][]byte{files, byContent} {
		x, err := readExport(t, "", files)
		require.NoError(t, err)
		require.Len(t, x.accounts, 2)
		require.Len(t, x.opportunities, 4)
	}
}

func TestAMappingTellsAllItsFaults(t *testing.T) {
	_, err := ParseMapping([]byte("process: ''\ndates: YY\nstages: [{source: A, name: A, type: open}]\nfiles: {orders: {name: x}, products: {name: p.csv, columns: {name: n, colour: c}}}"))
	var fault *operational.Error
	require.ErrorAs(t, err, &fault)
	got := map[string]bool{}
	for _, f := range fault.Fields {
		got[f.Field] = true
	}
	want := map[string]bool{}
	for _, f := range []string{
		"process", "dates", "stages", "stages[0]", "engaged", "files.orders", "files.accounts", "files.sales_teams", "files.sales_pipeline",
		"files.products.columns.family", "files.products.columns.list_price", "files.products.columns.colour",
	} {
		want["mapping."+f] = true
	}
	require.Equal(t, want, got)

	_, err = ParseMapping([]byte("colour: red"))
	require.ErrorContains(t, err, "colour")
	_, err = ParseMapping([]byte("{"))
	require.ErrorContains(t, err, "The mapping cannot be read")
}

// finding is a Finding without what does not matter to a rule.
type finding struct {
	line             int
	field, rule      string
	was, became, how string
}

func brief(f Finding) finding {
	return finding{line: f.Line, field: deref(f.Field), rule: f.Rule, was: deref(f.Was), became: deref(f.Became), how: map[bool]string{true: "kept", false: "left out"}[f.Kept]}
}

func TestEveryChangeAndEveryRowLeftOutIsReported(t *testing.T) {
	ok := "Z9,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,1900"
	row := func(format string, args ...any) map[string][]byte {
		return pipelineOf(ok, fmt.Sprintf(format, args...))
	}
	huge := strings.Repeat("y", 1_000_000)
	for name, c := range map[string]struct {
		files map[string][]byte
		want  []finding // of the pipeline, or of the file that was replaced
		file  string
	}{
		"blanks":                 {files: row("B1,  Ada  Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "sales_agent", ruleWhitespace, "  Ada  Osei", "Ada Osei", "kept"}}},
		"product spelled":        {files: row("B1,Ada Osei,VALVE-A,Northwind Mills,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "product", ruleNameMatch, "VALVE-A", "Valve A", "kept"}}},
		"account spelled":        {files: row("B1,Ada Osei,Valve A,ZAZOŁC sp z oo,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "account", ruleNameMatch, "ZAZOŁC sp z oo", "Zażółć Sp. z o.o.", "kept"}}},
		"no account":             {files: row("B1,Ada Osei,Valve A,,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "account", ruleCustomerUnknown, "", "", "kept"}}},
		"account nowhere else":   {files: row("B1,Ada Osei,Valve A,New One,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "account", ruleAccountAdded, "New One", "New One", "kept"}}},
		"open without value":     {files: row("B1,Ada Osei,Valve A,Northwind Mills,Engaging,2017-01-10,,"), want: []finding{{3, "close_value", ruleListPrice, "", "150.5", "kept"}}},
		"open without day":       {files: row("B1,Ada Osei,Valve A,Northwind Mills,Prospecting,,,10"), want: []finding{{3, "engage_date", ruleNoEngageDate, "", "2017-03-01", "kept"}}},
		"closed without engaged": {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,,2017-03-01,5"), want: []finding{{3, "engage_date", ruleNoEngageDate, "", "2017-03-01", "kept"}}},
		"lost without value":     {files: row("B1,Ada Osei,Valve A,Northwind Mills,Lost,2017-01-10,2017-03-01,"), want: []finding{{3, "close_value", ruleLostValue, "", "0", "kept"}}},

		"unknown partner":   {files: row("B1,Nobody,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "sales_agent", ruleUnknownPartner, "Nobody", "", "left out"}}},
		"no partner":        {files: row("B1,,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "sales_agent", ruleMissingValue, "", "", "left out"}}},
		"unknown product":   {files: row("B1,Ada Osei,Gear,Northwind Mills,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "product", ruleUnknownProduct, "Gear", "", "left out"}}},
		"unknown stage":     {files: row("B1,Ada Osei,Valve A,Northwind Mills,Dreaming,2017-01-10,2017-03-01,5"), want: []finding{{3, "deal_stage", ruleUnknownStage, "Dreaming", "", "left out"}}},
		"same id again":     {files: row("%s", ok), want: []finding{{3, "opportunity_id", ruleDuplicate, "Z9", "", "left out"}}},
		"no id":             {files: row(",Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,5"), want: []finding{{3, "opportunity_id", ruleMissingValue, "", "", "left out"}}},
		"closed too early":  {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-03-10,2017-03-01,5"), want: []finding{{3, "close_date", ruleCloseBeforeEngage, "2017-03-01", "", "left out"}}},
		"closed, no day":    {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-03-10,,5"), want: []finding{{3, "close_date", ruleMissingValue, "", "", "left out"}}},
		"won, no value":     {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,"), want: []finding{{3, "close_value", ruleMissingValue, "", "", "left out"}}},
		"two ways of days":  {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,10.01.2017,2017-03-01,5"), want: []finding{{3, "engage_date", ruleDateFormat, "10.01.2017", "", "left out"}}},
		"no such day":       {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-02-30,5"), want: []finding{{3, "close_date", ruleDateFormat, "2017-02-30", "", "left out"}}},
		"day of the future": {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2107-03-01,5"), want: []finding{{3, "close_date", ruleDateRange, "2107-03-01", "", "left out"}}},
		"negative":          {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,-5"), want: []finding{{3, "close_value", ruleAmount, "-5", "", "left out"}}},
		"exponent":          {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,1e400"), want: []finding{{3, "close_value", ruleAmount, "1e400", "", "left out"}}},
		"not a number":      {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,NaN"), want: []finding{{3, "close_value", ruleAmount, "NaN", "", "left out"}}},
		"beyond all":        {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,10000000000000000"), want: []finding{{3, "close_value", ruleAmount, "10000000000000000", "", "left out"}}},
		"three decimals":    {files: row("B1,Ada Osei,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,1.005"), want: []finding{{3, "close_value", ruleAmount, "1.005", "", "left out"}}},
		"all at once": {files: row("B1,Nobody,Gear,,Won,2017-13-10,2017-03-01,-5"), want: []finding{
			{3, "sales_agent", ruleUnknownPartner, "Nobody", "", "left out"},
			{3, "product", ruleUnknownProduct, "Gear", "", "left out"},
			{3, "engage_date", ruleDateFormat, "2017-13-10", "", "left out"},
			{3, "close_value", ruleAmount, "-5", "", "left out"},
		}},
		"fields missing":     {files: row("B1,Ada Osei"), want: []finding{{3, "", ruleFieldCount, "B1,Ada Osei", "", "left out"}}},
		"a million letters":  {files: row("B1,Ada Osei,Valve A,%s,Won,2017-01-10,2017-03-01,5", huge), want: []finding{{3, "account", ruleFieldTooLong, clip(huge), "", "left out"}}},
		"lines inside quote": {files: row("\n\"B1\n\",Nobody,Valve A,Northwind Mills,Won,2017-01-10,2017-03-01,5"), want: []finding{{4, "sales_agent", ruleUnknownPartner, "Nobody", "", "left out"}}},

		"product without price": {
			files: small("products.csv", "product,series,sales_price\nPress 200,,free\nValve A,,150.50\n"), file: "products.csv",
			want: []finding{{2, "sales_price", ruleAmount, "free", "", "left out"}, {3, "series", ruleNoFamily, "", "Other", "kept"}},
		},
		"account with odd values": {
			files: small("accounts.csv", "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"+
				"Northwind Mills,technolgy,19,x,-1,Peru,Nobody\nnorthwind  mills,,,,,,\nLoop,,,,,,Loop\n"), file: "accounts.csv",
			want: []finding{
				{2, "sector", ruleSpelling, "technolgy", "technology", "kept"},
				{2, "year_established", ruleValueDropped, "19", "", "kept"},
				{2, "employees", ruleValueDropped, "-1", "", "kept"},
				{2, "revenue", ruleValueDropped, "x", "", "kept"},
				{2, "subsidiary_of", ruleUnknownParent, "Nobody", "", "kept"},
				{3, "account", ruleDuplicate, "northwind mills", "", "left out"},
				{4, "subsidiary_of", ruleValueDropped, "Loop", "", "kept"},
			},
		},
		"partner twice, no manager": {
			files: small("sales_teams.csv", "sales_agent,manager,regional_office\nAda Osei,,North\nADA OSEI,x,South\nBo Lindqvist,y,South\n"), file: "sales_teams.csv",
			want: []finding{{2, "manager", ruleValueDropped, "", "", "kept"}, {3, "sales_agent", ruleDuplicate, "ADA OSEI", "", "left out"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := readExport(t, "", c.files)
			require.NoError(t, err)
			file := c.file
			if file == "" {
				file = "sales_pipeline.csv"
			}
			var got []finding
			leftOut := map[int]bool{}
			for i, f := range x.findings {
				require.Equal(t, i+1, f.Position)
				require.NotEmpty(t, f.Reason)
				if f.File == file {
					got = append(got, brief(f))
					if !f.Kept {
						leftOut[f.Line] = true
					}
				}
			}
			require.Equal(t, c.want, got)
			if c.file == "" {
				require.Len(t, x.opportunities, 2-len(leftOut), "the other rows are kept")
				require.Equal(t, len(leftOut), x.quarantined[filePipeline])
			}
		})
	}
}

func TestWhatRefersToARowInQuarantineGoesThereToo(t *testing.T) {
	x, err := readExport(t, "", small("products.csv", "product,series,sales_price\nPress 200,Press,-1\nValve A,Valve,150.50\n"))
	require.NoError(t, err)
	require.Len(t, x.opportunities, 2)
	var reasons []string
	for _, f := range x.findings {
		if f.Rule == ruleUnknownProduct {
			reasons = append(reasons, f.Reason)
		}
	}
	require.Equal(t, []string{"Its row in products.csv is in quarantine.", "Its row in products.csv is in quarantine."}, reasons)
}

func TestDaysThatReadTwoWaysAreNotTrustedWhereBothAreUsed(t *testing.T) {
	mapping := strings.Replace(string(DefaultMapping()), "dates: YYYY-MM-DD", "dates: DD/MM/YYYY", 1)
	one := "B%d,Ada Osei,Valve A,Northwind Mills,Engaging,%s,,5"
	x, err := readExport(t, mapping, pipelineOf(fmt.Sprintf(one, 1, "05/04/2017"), fmt.Sprintf(one, 2, "28/04/2017")))
	require.NoError(t, err)
	require.Len(t, x.opportunities, 2)
	require.Equal(t, "2017-04-05", x.opportunities[0].steps[0].EffectiveAt.Format("2006-01-02"))

	x, err = readExport(t, mapping, pipelineOf(fmt.Sprintf(one, 1, "05/04/2017"), fmt.Sprintf(one, 2, "28/04/2017"), fmt.Sprintf(one, 3, "04/28/2017"), fmt.Sprintf(one, 4, "06/06/2017")))
	require.NoError(t, err)
	kept := []string{}
	for _, o := range x.opportunities {
		kept = append(kept, o.ref)
	}
	require.Equal(t, []string{"B2", "B4"}, kept)
}

func TestNamesAreTheSameWithoutCaseSpacesAndMarks(t *testing.T) {
	for a, b := range map[string]string{"GTX Pro": "GTXPro", "Zażółć": "ZAZOLC", "Cem Aydın": "cem aydin", "Weiß & Söhne": "Weiss Sohne", "ＡＢＣ": "abc", "Société Générale": "societe generale", "!!": "!!", "株式会社 東京": "株式会社東京"} {
		require.Equal(t, nameKey(a), nameKey(b))
	}
	require.NotEqual(t, nameKey("GTX Pro"), nameKey("GTX Plus Pro"))
	require.NotEqual(t, nameKey("!!"), nameKey("??"))
}

func TestNamesThatDifferInASignOnlyStayApart(t *testing.T) {
	x, err := readExport(t, "", small(
		"products.csv", "product,series,sales_price\nModel X,M,10\nModel X+,M,20\nValve A,V,1\n",
		"sales_pipeline.csv", pipelineHeader+"1,Ada Osei,Model X+,,Engaging,2017-01-01,,\n2,Ada Osei,Model-X,,Engaging,2017-01-01,,\n3,Ada Osei,VALVE-A,,Engaging,2017-01-01,,\n"))
	require.NoError(t, err)
	require.Len(t, x.products, 3)
	require.Len(t, x.opportunities, 2)
	require.Equal(t, "Model X+", x.products[x.opportunities[0].product].name)
	require.Equal(t, finding{3, "product", ruleUnknownProduct, "Model-X", "", "left out"}, brief(x.findings[len(x.findings)-4]), "two products may be meant")
}

func TestCharactersThatNobodySeesAreTakenOut(t *testing.T) {
	require.Equal(t, "Ada Osei", squeeze("\ufeff Ada\u200b\u00a0 \x01Osei\n"))
	require.Equal(t, "é", squeeze("e\u0301"))
}

func FuzzAnyExportIsReadOrRefusedInWords(f *testing.F) {
	for _, s := range []string{smallPipeline, "\xEF\xBB\xBF\"", "a\x00", pipelineHeader + "\"x", pipelineHeader + ",,,,,,,\n\n,", "\xff\xfeA"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		files := small()
		maps.Copy(files, map[string][]byte{"sales_pipeline.csv": content})
		x, err := readExport(t, "", files)
		if err != nil {
			var fault *operational.Error
			require.True(t, errors.As(err, &fault), err)
			return
		}
		for _, o := range x.opportunities {
			require.NotEmpty(t, o.steps)
			require.NotEmpty(t, o.ref)
		}
	})
}
