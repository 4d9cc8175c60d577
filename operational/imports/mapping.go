package imports

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/sharepartner/sharepartner/operational"
)

//go:embed crm_export.yaml
var defaultMapping []byte

// DefaultMapping is the mapping for the public "CRM Sales Opportunities" export, as a file to start from.
func DefaultMapping() []byte { return bytes.Clone(defaultMapping) }

// The files of an export, by what they hold.
const (
	fileAccounts = "accounts"
	fileProducts = "products"
	fileTeams    = "sales_teams"
	filePipeline = "sales_pipeline"
	fileHistory  = "stage_history"
)

// fileOrder is the order in which files are read and findings listed.
var fileOrder = []string{fileAccounts, fileProducts, fileTeams, filePipeline, fileHistory}

type columnSet struct{ needed, allowed []string }

// fileColumns is what each file may say; a mapping names the needed ones at least.
var fileColumns = map[string]columnSet{
	fileAccounts: {
		needed:  []string{"name"},
		allowed: []string{"industry", "year_established", "annual_revenue", "number_of_employees", "country", "parent", "website"},
	},
	fileProducts: {needed: []string{"name", "family", "list_price"}},
	fileTeams:    {needed: []string{"partner", "manager", "region"}, allowed: []string{"person", "tier", "country"}},
	filePipeline: {
		needed:  []string{"opportunity_id", "partner", "product", "account", "stage", "engage_date", "close_date", "close_value"},
		allowed: []string{"name", "region"},
	},
	fileHistory: {
		needed:  []string{"opportunity_id", "stage", "entered_at"},
		allowed: []string{"amount", "close_date", "recorded_at"},
	},
}

// Mapping says how an export's files and columns become records. It is stored with each import.
type Mapping struct {
	Process     string                 `yaml:"process" json:"process"`
	Currency    string                 `yaml:"currency" json:"currency,omitempty"`
	Dates       string                 `yaml:"dates" json:"dates"`
	Engaged     string                 `yaml:"engaged" json:"engaged"`
	DirectSales bool                   `yaml:"direct_sales" json:"direct_sales"`
	RevenueUnit int64                  `yaml:"revenue_unit" json:"revenue_unit"`
	Files       map[string]MappingFile `yaml:"files" json:"files"`
	Stages      []MappingStage         `yaml:"stages" json:"stages"`
	Spelling    []Spelling             `yaml:"spelling" json:"spelling,omitempty"`
}

// MappingFile names a file and, for each of our columns, the file's own.
type MappingFile struct {
	Name    string            `yaml:"name" json:"name"`
	Columns map[string]string `yaml:"columns" json:"columns"`
}

// MappingStage is a stage of the sales process and what the export calls it.
type MappingStage struct {
	Source string `yaml:"source" json:"source"`
	Name   string `yaml:"name" json:"name"`
	Type   string `yaml:"type" json:"type"`
}

// Spelling puts one whole value of one column right.
type Spelling struct {
	Field string `yaml:"field" json:"field"`
	From  string `yaml:"from" json:"from"`
	To    string `yaml:"to" json:"to"`
}

// ParseMapping reads and checks a mapping; empty text gives the default one. All faults are told at once.
func ParseMapping(text []byte) (Mapping, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		text = defaultMapping
	}
	var m Mapping
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&m); err != nil && !errors.Is(err, io.EOF) {
		return Mapping{}, operational.Fault(operational.KindInvalid, "mapping-unreadable",
			"The mapping cannot be read: %s. Nothing was imported.", strings.TrimPrefix(err.Error(), "yaml: ")).Because(err)
	}
	return m, m.Validate()
}

// Validate tells everything that is wrong with the mapping.
func (m Mapping) Validate() error {
	var faults operational.Faults
	faults.Text("mapping.process", m.Process, 1, 100)
	if m.Currency != "" && !operational.ValidCurrency(m.Currency) {
		faults.Add("mapping.currency", "a currency has three capital letters, as in USD", m.Currency)
	}
	if _, err := dateLayout(m.Dates); err != nil {
		faults.Add("mapping.dates", err.Error(), m.Dates)
	}
	if m.RevenueUnit < 0 {
		faults.Add("mapping.revenue_unit", "must not be negative", m.RevenueUnit)
	}
	m.checkFiles(&faults)
	m.checkStages(&faults)
	for i, s := range m.Spelling {
		if s.Field == "" || s.From == "" || s.To == "" {
			faults.Add(fmt.Sprintf("mapping.spelling[%d]", i), "give field, from and to", nil)
		}
	}
	return faults.Err()
}

func (m Mapping) checkFiles(faults *operational.Faults) {
	for role := range m.Files {
		if _, known := fileColumns[role]; !known {
			faults.Add("mapping.files."+role, "there is no such file in an export; known are "+strings.Join(fileOrder, ", "), nil)
		}
	}
	for _, role := range fileOrder {
		file, given := m.Files[role]
		if !given {
			if role != fileHistory {
				faults.Add("mapping.files."+role, "is needed", nil)
			}
			continue
		}
		if file.Name == "" {
			faults.Add("mapping.files."+role+".name", "name the file", nil)
		}
		set := fileColumns[role]
		for _, column := range set.needed {
			if file.Columns[column] == "" {
				faults.Add("mapping.files."+role+".columns."+column, "is needed", nil)
			}
		}
		for column := range file.Columns {
			if !slices.Contains(set.needed, column) && !slices.Contains(set.allowed, column) {
				faults.Add("mapping.files."+role+".columns."+column, "there is no such column; known are "+
					strings.Join(slices.Concat(set.needed, set.allowed), ", "), nil)
			}
		}
	}
}

func (m Mapping) checkStages(faults *operational.Faults) {
	seen, names, closed := map[string]bool{}, map[string]bool{}, false
	kinds := map[string]int{}
	for i, s := range m.Stages {
		field := fmt.Sprintf("mapping.stages[%d]", i)
		faults.Text(field+".name", s.Name, 1, 60)
		switch {
		case s.Source == "" || s.Name == "" || !slices.Contains([]string{"active", "won", "lost", "disqualified"}, s.Type):
			faults.Add(field, "give source, name and a type of active, won, lost or disqualified", nil)
		case seen[nameKey(s.Source)] || names[s.Name]:
			faults.Add(field, "this stage is there twice", s.Source)
		case s.Type == "active" && closed:
			faults.Add(field, "active stages come before closed ones", s.Source)
		}
		seen[nameKey(s.Source)], names[s.Name] = true, true
		closed = closed || s.Type != "active"
		kinds[s.Type]++
	}
	if kinds["active"] == 0 || kinds["won"] == 0 || kinds["lost"] == 0 {
		faults.Add("mapping.stages", "a process needs at least one active, one won and one lost stage", nil)
	}
	if i := m.stage(m.Engaged); i < 0 || m.Stages[i].Type != "active" {
		faults.Add("mapping.engaged", "name the active stage that engage_date begins, as the export calls it", m.Engaged)
	}
	if len(m.Stages) > 20 {
		faults.Add("mapping.stages", "a process has at most 20 stages", len(m.Stages))
	}
}

// stage is the place of a stage by the export's name for it, or -1.
func (m Mapping) stage(source string) int {
	key := nameKey(source)
	return slices.IndexFunc(m.Stages, func(s MappingStage) bool { return nameKey(s.Source) == key })
}

// FileName is the export's own name for a file, or its role where the mapping has none.
func (m Mapping) FileName(role string) string {
	if f, ok := m.Files[role]; ok && f.Name != "" {
		return f.Name
	}
	return role
}

// dateLayout turns YYYY-MM-DD and its like into Go's form.
func dateLayout(form string) (string, error) {
	if strings.Count(form, "YYYY") != 1 || strings.Count(form, "MM") != 1 || strings.Count(form, "DD") != 1 || len(form) > 20 {
		return "", fmt.Errorf("say how days are written with YYYY, MM and DD, as in YYYY-MM-DD or DD.MM.YYYY")
	}
	layout := strings.NewReplacer("YYYY", "2006", "MM", "01", "DD", "02").Replace(form)
	if strings.ContainsAny(strings.NewReplacer("YYYY", "", "MM", "", "DD", "").Replace(form), "0123456789YMDabcdefghijklmnopqrstuvwxyz") {
		return "", fmt.Errorf("between YYYY, MM and DD only signs such as - / . may stand")
	}
	return layout, nil
}
