package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

const sellingPath = "/settings/selling"

// processActs are what can be done with a company's own processes.
func (v *visit) processActs() []views.Act {
	if !v.actor.Allowed(operational.ProcessesCreate) {
		return nil
	}
	return []views.Act{{Text: "New process", Href: sellingPath + "/new", Icon: "plus", Key: "n", Primary: true}}
}

// stageKinds are what stages mean, in words.
var stageKinds = []views.Option{{Value: string(catalog.StageActive), Text: "Open"}, {Value: string(catalog.StageWon), Text: "Won"}, {Value: string(catalog.StageLost), Text: "Lost"}, {Value: string(catalog.StageDisqualified), Text: "Disqualified"}}

func meaningOf(t catalog.StageType) string {
	return shownText(views.Input{Options: stageKinds, Value: string(t)})
}

var stageTones = map[catalog.StageType]string{catalog.StageWon: "good", catalog.StageLost: "bad"}

// processBlock is a process of the own company with its stages.
func (v *visit) processBlock(i int, x catalog.SalesProcess) views.Block {
	t := &views.Table{Caption: "Stages of " + x.Name, Columns: []views.Column{{Title: "Stage"}, {Title: "What it means"}}}
	for _, s := range x.Stages {
		t.Rows = append(t.Rows, views.Row{Cells: []views.Cell{{Text: s.Name}, {Text: meaningOf(s.Type), Tone: stageTones[s.Type]}}})
	}
	b := views.Block{ID: "process-" + strconv.Itoa(i), Title: called(x.Name, "Process", x.ID), Table: t}
	switch {
	case x.Default:
		b.Aside = "New opportunities take it"
	case !x.Active:
		b.Aside = "Retired: no new opportunities"
	}
	if v.actor.Allowed(operational.ProcessesWrite) {
		b.Links = []views.Link{{Text: "Change", Href: sellingPath + "/" + x.ID.String()}}
	}
	return b
}

// Rows for new stages in a form.
const (
	newStages   = 3
	firstStages = 8
)

// askProcess asks for a new process; the usual ends are there.
func (p *Portal) askProcess(v *visit) error {
	values := url.Values{"new.0.type": {"active"}, "new.6.name": {"Won"}, "new.6.type": {"won"}, "new.7.name": {"Lost"}, "new.7.type": {"lost"}}
	return v.showProcess(catalog.SalesProcess{}, values, nil)
}

// makeProcess makes the process of a form.
func (p *Portal) makeProcess(v *visit) error {
	values := v.r.PostForm
	stages, err := stagesSent(catalog.SalesProcess{}, values)
	in := catalog.NewProcess{Name: strings.TrimSpace(values.Get("name")), Default: values.Get("default") == "true"}
	for _, s := range stages {
		in.Stages = append(in.Stages, catalog.NewStage{Name: s.Name, Type: s.Type})
	}
	if err == nil {
		_, err = p.deps.Catalog.CreateProcess(v.ctx, v.actor, in)
	}
	return v.processDone(catalog.SalesProcess{}, values, err)
}

// editProcess asks for other values of a process of the own company.
func (p *Portal) editProcess(v *visit) error {
	x, err := v.ownProcess()
	if err != nil {
		return err
	}
	return v.showProcess(x, nil, nil)
}

func (v *visit) ownProcess() (catalog.SalesProcess, error) {
	id, err := v.pathID("sales process")
	if err != nil {
		return catalog.SalesProcess{}, err
	}
	x, err := v.deps.Catalog.Process(v.ctx, v.actor, id)
	if err == nil && x.OrganisationID != v.actor.Org {
		err = operational.NotFound("sales process")
	}
	return x, err
}

// saveProcess changes what differs from the process.
func (p *Portal) saveProcess(v *visit) error {
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	x, err := v.ownProcess()
	if err != nil {
		return err
	}
	var patch catalog.UpdateProcess
	if name := strings.TrimSpace(values.Get("name")); values.Has("name") && name != x.Name {
		patch.Name = operational.Set(name)
	}
	if values.Get("default") == "true" {
		patch.Default = operational.Set(true)
	}
	if active := values.Get("active"); active != "" && (active == "true") != x.Active {
		patch.Active = operational.Set(active == "true")
	}
	stages, err := stagesSent(x, values)
	if !sameStages(x.Stages, stages) {
		patch.Stages = operational.Set(stages)
	}
	if err == nil {
		_, err = p.deps.Catalog.UpdateProcess(v.ctx, v.actor, x.ID, version, patch)
	}
	return v.processDone(x, values, err)
}

// processDone goes back to the list, or shows the form again with what was wrong.
func (v *visit) processDone(x catalog.SalesProcess, values url.Values, err error) error {
	if err != nil {
		return v.showProcess(x, values, err)
	}
	http.Redirect(v.w, v.r, sellingPath+"?saved=edit", http.StatusSeeOther)
	return nil
}

func sameStages(was []catalog.Stage, sent []catalog.StageChange) bool {
	return slices.EqualFunc(was, sent, func(a catalog.Stage, b catalog.StageChange) bool {
		return b.ID != nil && a.ID == *b.ID && a.Name == b.Name
	})
}

// placed is a stage of a form: the beginning of its inputs' names, and where it is to be.
type placed struct {
	catalog.StageChange
	key    string
	closed bool
	place  int
}

func stagesSent(x catalog.SalesProcess, values url.Values) ([]catalog.StageChange, error) {
	list, err := placesSent(x, values)
	out := make([]catalog.StageChange, 0, len(list))
	for _, p := range list {
		out = append(out, p.StageChange)
	}
	return out, err
}

// placesSent are the stages of a form in the order of their places; where a place is not said a new one comes last of
// its sort.
func placesSent(x catalog.SalesProcess, values url.Values) ([]placed, error) {
	var faults operational.Faults
	var list []placed
	read := func(key string, s catalog.StageChange) {
		s.Name = strings.TrimSpace(values.Get(key + ".name"))
		if s.Name == "" {
			return
		}
		p := placed{s, key, s.Type != catalog.StageActive, 1000}
		if text := strings.TrimSpace(values.Get(key + ".place")); text != "" {
			place, err := strconv.Atoi(text)
			if err != nil || place < 1 || place > 999 {
				faults.Add(key+".place", "Use a number such as 3.", nil)
			}
			p.place = place
		}
		list = append(list, p)
	}
	for _, s := range x.Stages {
		if key := "stage." + s.ID.String(); values.Has(key + ".name") {
			read(key, catalog.StageChange{ID: &s.ID, Type: s.Type})
		} else {
			list = append(list, placed{catalog.StageChange{ID: &s.ID, Name: s.Name, Type: s.Type}, key, s.Type != catalog.StageActive, s.Position})
		}
	}
	for i := range firstStages {
		key := fmt.Sprintf("new.%d", i)
		read(key, catalog.StageChange{Type: catalog.StageType(values.Get(key + ".type"))})
	}
	slices.SortStableFunc(list, func(a, b placed) int {
		if a.closed != b.closed { // a place is one among the open ones, or among the ends
			if b.closed {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.place, b.place)
	})
	return list, faults.Err()
}

// stageFaults are the messages of fields; those of stages by the names of their inputs.
func stageFaults(x catalog.SalesProcess, sent url.Values, fault error) map[string]string {
	faults := faultsOf(fault)
	list, _ := placesSent(x, sent)
	for i, p := range list {
		for _, part := range []string{"name", "type"} {
			if message := faults[fmt.Sprintf("stages[%d].%s", i, part)]; message != "" {
				faults[p.key+"."+part] = message
			}
		}
	}
	return faults
}

// showProcess writes the form of a process, or of a new one, with what was sent before and not carried out.
func (v *visit) showProcess(x catalog.SalesProcess, sent url.Values, fault error) error {
	fresh := x.ID == uuid.Nil
	page, status := views.ProcessForm{Title: "New sales process", Action: sellingPath + "/new", Submit: "Create", Back: sellingPath}, http.StatusOK
	if !fresh {
		page.Title, page.Action, page.Submit, page.Version = "Change "+x.Name, sellingPath+"/"+x.ID.String(), "Save", strconv.FormatInt(x.Version, 10)
		page.Text = "Stages that opportunities have been in stay, and open ones keep their place: history and figures count by it."
	}
	faults := stageFaults(x, sent, fault)
	if fault != nil {
		code, note, known := refused(fault)
		if !known {
			return fault
		}
		if operational.KindOf(fault) == operational.KindStale {
			note.Text = "Your values are still in the form. Send it again to put them over what is there now."
		}
		status, page.Notes = code, []views.Note{note}
	}
	value := func(name, usual string) string {
		if sent.Has(name) {
			return sent.Get(name)
		}
		return usual
	}
	page.Fields = []views.Input{{ID: "name", Name: "name", Label: "Name (required)", Value: value("name", x.Name), Max: 100, Required: true, Fault: faults["name"]}}
	if !x.Default {
		page.Fields = append(page.Fields, views.Input{ID: "default", Name: "default", Label: "New opportunities take it", Value: value("default", "false"), Fault: faults["default"], Options: []views.Option{{Value: "false", Text: "When it is chosen"}, {Value: "true", Text: "Unless another one is chosen"}}})
	}
	if !fresh && !x.Default {
		page.Fields = append(page.Fields, views.Input{ID: "active", Name: "active", Label: "State", Value: value("active", strconv.FormatBool(x.Active)), Fault: faults["active"], Options: []views.Option{{Value: "true", Text: "In use"}, {Value: "false", Text: "Retired: no new opportunities"}}})
	}
	page.Stages = stageRows(x, value, faults)
	crumbs := []views.Link{{Text: v.me.Organisation.Name}, {Text: "Settings", Href: "/settings"}, {Text: "Selling", Href: sellingPath}, {Text: page.Title}}
	return v.render(status, views.Shell{Title: page.Title, Section: "Settings", Crumbs: crumbs}, views.ProcessFormPage(page))
}

// stageRows are the stages that there are, and rows for new ones.
func stageRows(x catalog.SalesProcess, value func(name, usual string) string, faults map[string]string) []views.StageRow {
	var rows []views.StageRow
	input := func(key, part, label, usual string, most int) views.Input {
		name := key + "." + part
		return views.Input{ID: strings.ReplaceAll(name, ".", "-"), Name: name, Label: label, Value: value(name, usual), Max: most, Fault: faults[name]}
	}
	for _, s := range x.Stages {
		key := "stage." + s.ID.String()
		row := views.StageRow{Name: input(key, "name", "Name of "+s.Name, s.Name, 60), Place: input(key, "place", "Place of "+s.Name, strconv.Itoa(s.Position), 3), Meaning: meaningOf(s.Type)}
		row.Place.Mode = "numeric"
		rows = append(rows, row)
	}
	count := newStages
	if len(x.Stages) == 0 {
		count = firstStages
	}
	for i := range count {
		key, label := fmt.Sprintf("new.%d", i), fmt.Sprintf(" of new stage %d", i+1)
		row := views.StageRow{Name: input(key, "name", "Name"+label, "", 60), Place: input(key, "place", "Place"+label, "", 3), Type: input(key, "type", "Meaning"+label, "active", 0)}
		row.Place.Mode, row.Type.Options = "numeric", stageKinds
		rows = append(rows, row)
	}
	return rows
}
