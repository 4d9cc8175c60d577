package portal

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
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
	form   string // move, reopen, edit, private or link
	values url.Values
	faults map[string]string
	fits   map[string][]views.Option // accounts that a typed name may mean
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

// forms are what the person may do with the opportunity: move it, or take it up again; and change its fields.
func (v *visit) forms(o record, a attempt) []views.Form {
	g := v.grantOf(o.Opportunity)
	if !g.May(operational.ActEdit) || !v.actor.Allowed(operational.OpportunitiesWrite) {
		return nil
	}
	version := strconv.FormatInt(o.Version, 10)
	base := "/opportunities/" + o.ID.String()
	reason := func(form string) views.Input {
		return views.Input{ID: form + "-reason", Name: "reason", Label: "Why (optional)", Value: a.value(form, "reason", ""), Max: 500, Fault: a.fault(form, "reason")}
	}
	var out []views.Form
	if g.Read.Has("stage") && g.Edit.Has("stage") && len(o.stages) > 0 {
		form := views.Form{ID: "move", Title: "Move the stage", Submit: "Move", Text: mistaken(o)}
		stage := views.Input{Label: "To", Value: nextStage(o), Options: stagesBut(o)}
		if o.Stage.Type != catalog.StageActive {
			form = views.Form{ID: "reopen", Title: "Take it up again", Submit: "Reopen"}
			stage = views.Input{Label: "In stage", Value: firstStage(o), Options: stagesOf(o, catalog.StageActive)}
		}
		stage.ID, stage.Name = form.ID+"-stage", "stage_id"
		stage.Value, stage.Fault = a.value(form.ID, "stage_id", stage.Value), a.fault(form.ID, "stage_id")
		form.Action, form.Version, form.Primary, form.Fields = base+"/"+form.ID, version, true, []views.Input{stage, reason(form.ID)}
		out = append(out, form)
	}
	if inputs, shown := v.editFields(o, a); len(inputs) > 0 {
		out = append(out, views.Form{
			ID: "edit", Title: "Change", Action: base + "/edit", Submit: "Save", Version: version, Shown: shown, Fields: append(inputs, reason("edit")),
		})
	}
	return out
}

// mistaken says what to do with an opportunity that should not be there: it cannot be deleted.
func mistaken(o record) string {
	for _, end := range []catalog.StageType{catalog.StageDisqualified, catalog.StageLost} {
		if to := stagesOf(o, end); len(to) > 0 && o.Stage.Type == catalog.StageActive {
			return "Entered by mistake, or twice? Opportunities are not deleted, because figures and history count them. Move it to " + to[0].Text + " and say why."
		}
	}
	return ""
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
	o, err := v.record()
	if err != nil {
		return err
	}
	values, version, err := v.posted()
	if err != nil {
		return err
	}
	changed := false
	if form == "edit" {
		err = v.onlyEdited(o, values)
	}
	if err == nil && version != o.Version {
		err = operational.Stale("opportunity")
	} else if err == nil {
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
	return v.againFor(o, attempt{form: form, values: values}, err)
}

func (v *visit) againFor(o record, a attempt, err error) error {
	a.faults = map[string]string{}
	note := views.Note{Tone: "bad", Title: messageOf(err), Focus: true}
	for field, message := range faultsOf(err) {
		field = strings.TrimPrefix(strings.TrimSuffix(field, ".amount"), "body.")
		if field == "owner_contact_id" || field == "owner_membership_id" {
			field = "owner"
		}
		a.faults[field] = message
	}
	labels := map[string]string{}
	inputs, unread := v.inputsOf(o, a)
	if unread != nil {
		return unread
	}
	for _, in := range inputs {
		labels[in.Name] = in.Label
	}
	for _, field := range slices.Sorted(maps.Keys(a.faults)) {
		name := labels[field]
		if name == "" {
			name = fieldName(field)
		}
		note.Lines = append(note.Lines, name+": "+a.faults[field])
	}
	page, unread := v.opportunityPage(o, a)
	if unread != nil {
		return unread
	}
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
	page, err := v.opportunityPage(o, attempt{form: form, values: values})
	if err != nil {
		return err
	}
	page.Notes = append(page.Notes, views.Note{
		Tone: "warn", Title: "Somebody changed it while you had it open, so nothing was saved", Focus: true,
		Text: "Below are both versions. Your values are still in the form: send it again to put them over the present ones.",
	})
	if page.Conflict, err = v.compare(o, form, values); err != nil {
		return err
	}
	return v.showOpportunity(http.StatusConflict, o, page)
}

// inputsOf are the inputs of the form that was sent.
func (v *visit) inputsOf(o record, a attempt) ([]views.Input, error) {
	if a.form == "private" {
		return v.halfInputs(o, a)
	}
	inputs, _ := v.editFields(o, a)
	return inputs, nil
}

func (v *visit) compare(o record, form string, values url.Values) ([]views.Compared, error) {
	var out []views.Compared
	if values.Has("stage_id") && o.Stage.Name != "" {
		out = append(out, views.Compared{Field: fieldName("stage_id"), Theirs: o.Stage.Name, Yours: stageNamed(o, values.Get("stage_id"))})
	}
	inputs, err := v.inputsOf(o, attempt{form: form})
	for _, in := range inputs {
		if (form == "edit" || form == "private") && values.Has(in.Name) {
			theirs := shownText(in)
			in.Value = values.Get(in.Name)
			out = append(out, views.Compared{Field: in.Label, Theirs: theirs, Yours: shownText(in)})
		}
	}
	return out, err
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
