package portal

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// attempt is a form that was sent and not carried out: its values are kept and its faults shown.
type attempt struct {
	form   string // move, reopen or edit
	values url.Values
	faults map[string]string
}

func (a attempt) value(form, field, usual string) string {
	if a.form == form && a.values.Has(field) {
		return a.values.Get(field)
	}
	return usual
}

func (a attempt) fault(form, field string) string {
	if a.form == form {
		return a.faults[field]
	}
	return ""
}

// forms are what the person can do with the opportunity: move it, or take it up again; and change its fields.
func (v *visit) forms(o record, a attempt) []views.Form {
	base := "/opportunities/" + o.ID.String()
	version := strconv.FormatInt(o.Version, 10)
	reason := func(form string) views.Input {
		return views.Input{ID: form + "-reason", Name: "reason", Label: "Why (optional)", Value: a.value(form, "reason", ""), Max: 500, Fault: a.fault(form, "reason")}
	}
	stage := func(form, label, usual string, options []views.Option) views.Input {
		return views.Input{ID: form + "-stage", Name: "stage_id", Label: label, Value: a.value(form, "stage_id", usual), Options: options, Fault: a.fault(form, "stage_id")}
	}
	var out []views.Form
	if o.Stage.Type == catalog.StageActive {
		out = append(out, views.Form{
			ID: "move", Title: "Move the stage", Action: base + "/move", Submit: "Move", Version: version, Primary: true,
			Fields: []views.Input{stage("move", "To", nextStage(o), stagesBut(o)), reason("move")},
		})
	} else {
		out = append(out, views.Form{
			ID: "reopen", Title: "Take it up again", Action: base + "/reopen", Submit: "Reopen", Version: version, Primary: true,
			Fields: []views.Input{stage("reopen", "In stage", firstStage(o), stagesOf(o, catalog.StageActive)), reason("reopen")},
		})
	}
	closing := ""
	if o.CloseDate != nil {
		closing = o.CloseDate.String()
	}
	return append(out, views.Form{
		ID: "edit", Title: "Change", Action: base + "/edit", Submit: "Save", Version: version,
		Fields: []views.Input{
			{ID: "edit-name", Name: "name", Label: "Name", Value: a.value("edit", "name", o.Name), Max: 200, Required: true, Fault: a.fault("edit", "name")},
			{
				ID: "edit-amount", Name: "vendor_net", Label: "Vendor net, " + o.VendorNet.Currency, Value: a.value("edit", "vendor_net", o.VendorNet.Amount.StringFixed(2)),
				Mode: "decimal", Max: 20, Required: true, Fault: a.fault("edit", "vendor_net"),
			},
			{ID: "edit-close", Name: "close_date", Label: "Close date", Kind: "date", Value: a.value("edit", "close_date", closing), Fault: a.fault("edit", "close_date")},
			reason("edit"),
		},
	})
}

func stagesBut(o record) []views.Option {
	var out []views.Option
	for _, s := range o.stages {
		if s.ID != o.Stage.ID {
			out = append(out, views.Option{Value: s.ID.String(), Text: s.Name})
		}
	}
	return out
}

func stagesOf(o record, t catalog.StageType) []views.Option {
	var out []views.Option
	for _, s := range o.stages {
		if s.Type == t {
			out = append(out, views.Option{Value: s.ID.String(), Text: s.Name})
		}
	}
	return out
}

func firstStage(o record) string {
	if list := stagesOf(o, catalog.StageActive); len(list) > 0 {
		return list[0].Value
	}
	return ""
}

// nextStage is the one that most moves go to: the next active one, else the first end.
func nextStage(o record) string {
	for _, s := range o.stages {
		if s.Position > o.Stage.Position {
			return s.ID.String()
		}
	}
	return ""
}

// change carries out a form and goes back to the page, or shows the page again with what was wrong.
func (v *visit) change(form string, do func(o record, version int64, values url.Values) (bool, error)) error {
	if err := v.r.ParseForm(); err != nil {
		return operational.Fault(operational.KindInvalid, "form", "The form could not be read. Nothing was saved.")
	}
	o, err := v.record()
	if err != nil {
		return err
	}
	values := v.r.PostForm
	version, err := strconv.ParseInt(values.Get("version"), 10, 64)
	if err != nil {
		return operational.Fault(operational.KindPreconditionNeeded, "version-missing", "The form does not say which version it changes. Nothing was saved. Open the page again.")
	}
	changed := false
	if version != o.Version {
		err = operational.Stale("opportunity")
	} else {
		changed, err = do(o, version, values)
	}
	switch operational.KindOf(err) {
	case "":
		if err != nil {
			return err
		}
		if !changed {
			form = "nothing"
		}
		http.Redirect(v.w, v.r, "/opportunities/"+o.ID.String()+"?saved="+form, http.StatusSeeOther)
		return nil
	case operational.KindStale:
		return v.conflict(form, values)
	case operational.KindInvalid, operational.KindConflict:
		return v.again(o, form, values, err)
	default:
		return err
	}
}

// again shows the form with its faults; the summary takes the focus.
func (v *visit) again(o record, form string, values url.Values, err error) error {
	a := attempt{form: form, values: values, faults: map[string]string{}}
	note := views.Note{Tone: "bad", Title: messageOf(err), Focus: true}
	for field, message := range faultsOf(err) {
		field = strings.TrimSuffix(field, ".amount")
		a.faults[field] = message
		note.Lines = append(note.Lines, fieldName(field)+": "+message)
	}
	page := v.opportunityPage(o, a)
	page.Notes = append(page.Notes, note)
	status := http.StatusUnprocessableEntity
	if operational.KindOf(err) == operational.KindConflict {
		status = http.StatusConflict
	}
	return v.showOpportunity(status, o, page)
}

// conflict shows both versions: what it is now, and what this person wanted.
func (v *visit) conflict(form string, values url.Values) error {
	o, err := v.record()
	if err != nil {
		return err
	}
	page := v.opportunityPage(o, attempt{form: form, values: values})
	page.Notes = append(page.Notes, views.Note{
		Tone: "warn", Title: "Somebody changed it while you had it open, so nothing was saved", Focus: true,
		Text: "Below are both versions. Your values are still in the form: send it again to put them over the present ones.",
	})
	page.Conflict = v.compare(o, form, values)
	return v.showOpportunity(http.StatusConflict, o, page)
}

func (v *visit) compare(o record, form string, values url.Values) []views.Compared {
	now := map[string]string{"name": o.Name, "vendor_net": o.VendorNet.Amount.StringFixed(2), "close_date": "", "stage_id": o.Stage.Name}
	if o.CloseDate != nil {
		now["close_date"] = o.CloseDate.String()
	}
	var out []views.Compared
	for _, field := range []string{"stage_id", "name", "vendor_net", "close_date"} {
		if !values.Has(field) {
			continue
		}
		yours := values.Get(field)
		if field == "stage_id" {
			yours = stageNamed(o, yours)
		}
		out = append(out, views.Compared{Field: fieldName(field), Theirs: now[field], Yours: yours})
	}
	return out
}

func stageNamed(o record, id string) string {
	for _, s := range o.stages {
		if s.ID.String() == id {
			return s.Name
		}
	}
	return "unknown"
}

// move takes the opportunity to another stage.
func (p *Portal) move(v *visit) error {
	return v.change("move", func(o record, version int64, values url.Values) (bool, error) {
		stage, err := stageOf(values)
		if err != nil {
			return false, err
		}
		_, err = v.deps.Opportunities.MoveStage(v.ctx, v.actor, o.ID, version, opportunities.MoveStage{StageID: stage, Reason: strings.TrimSpace(values.Get("reason"))})
		return true, err
	})
}

// reopen takes a closed opportunity up again.
func (p *Portal) reopen(v *visit) error {
	return v.change("reopen", func(o record, version int64, values url.Values) (bool, error) {
		stage, err := stageOf(values)
		if err != nil {
			return false, err
		}
		_, err = v.deps.Opportunities.Reopen(v.ctx, v.actor, o.ID, version, opportunities.Reopen{StageID: &stage, Reason: strings.TrimSpace(values.Get("reason"))})
		return true, err
	})
}

func stageOf(values url.Values) (uuid.UUID, error) {
	id, err := uuid.Parse(values.Get("stage_id"))
	if err != nil {
		var faults operational.Faults
		faults.Add("stage_id", "choose a stage", nil)
		return id, faults.Err()
	}
	return id, nil
}

// edit changes plain fields; only those that differ are sent, so that an amount that follows its lines goes on doing so.
func (p *Portal) edit(v *visit) error {
	return v.change("edit", func(o record, version int64, values url.Values) (bool, error) {
		patch, changed, err := patchOf(o, values)
		if err != nil || !changed {
			return false, err
		}
		_, err = v.deps.Opportunities.Update(v.ctx, v.actor, o.ID, version, patch)
		return true, err
	})
}

func patchOf(o record, values url.Values) (patch opportunities.Update, changed bool, err error) {
	var faults operational.Faults
	patch.Reason = strings.TrimSpace(values.Get("reason"))
	if name := strings.TrimSpace(values.Get("name")); name != o.Name {
		patch.Name, changed = operational.Set(name), true
	}
	amount, err := operational.ParseAmount(strings.TrimSpace(values.Get("vendor_net")))
	switch {
	case err != nil:
		faults.Add("vendor_net", "use digits with at most two decimals, as 1234.50", values.Get("vendor_net"))
	case !amount.Equal(o.VendorNet.Amount):
		patch.VendorNet, changed = operational.Set(operational.Money{Amount: amount, Currency: o.VendorNet.Currency}), true
	}
	text := values.Get("close_date")
	date, err := operational.ParseDate(text)
	switch {
	case text == "" && o.CloseDate != nil:
		patch.CloseDate, changed = operational.Opt[operational.Date]{Given: true}, true
	case text == "":
	case err != nil:
		faults.Add("close_date", "write it as 2017-03-31", text)
	case o.CloseDate == nil || *o.CloseDate != date:
		patch.CloseDate, changed = operational.Set(date), true
	}
	return patch, changed, faults.Err()
}
