package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func TestGovernanceIsNotThereForOthers(t *testing.T) {
	w := shared(t)
	for _, mail := range []string{analystMail, partnerMail} {
		v := w.as(t, mail)
		require.NotContains(t, v.get("/help").text(), "Roles & permissions", mail)
		for _, path := range []string{"/governance/roles", "/governance/new-role", "/governance/roles/dealer_personnel", "/governance/access", "/governance/tester", "/governance/audit"} {
			require.Equal(t, http.StatusNotFound, v.get(path).status, "%s %s", mail, path)
		}
		require.Equal(t, http.StatusNotFound, v.post("/governance/roles", url.Values{"do": {"apply"}}).status, mail)
	}
}

// A role is made, narrowed, reviewed and applied without script; it holds at once.
func TestRolesWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(t, leaderMail)
	p := v.get("/governance/new-role?audience=external&copy=dealer_personnel")
	p = v.post("/governance/new-role", p.inputs("/governance/new-role", url.Values{"name": {"Service Agent"}}))
	require.Equal(t, "/governance/roles/service_agent?saved=created", p.path, p.text())
	require.Equal(t, "Service Agent", p.title())

	p = v.get("/governance/roles?audience=external&role=service_agent")
	require.Equal(t, http.StatusOK, p.status, p.text())
	action := p.form("/governance/roles?")
	set := url.Values{"field.service_agent.vendor_net": {"hidden"}, "field.dealer_personnel.close_date": {"read"}, "reach.opportunity": {"private:read_write"}}
	p = v.post(action, p.inputs(action, set))
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.text(), "3 changes not applied")
	require.Regexp(t, `Affects [\d,]+ people in [\d,]+ partners`, p.text())
	before := w.as(t, partnerMail).get("/opportunities/" + w.opportunity.ID.String())
	require.Contains(t, before.text(), "486,000")

	sent := p.inputs(action, url.Values{"do": {"apply"}})
	require.Equal(t, "hidden", sent.Get("field.service_agent.vendor_net"), "the form keeps what was asked for")
	p = v.post(action, sent)
	require.Contains(t, p.path, "saved=changes", p.text())
	p = v.get("/governance/roles/service_agent?with=dealer_personnel")
	require.Contains(t, p.text(), "Opportunities: Vendor net amount Hidden Edit")

	stale := v.post(action, sent)
	require.Equal(t, http.StatusConflict, stale.status)
	require.Contains(t, stale.text(), "Somebody changed a role while you had it open")
}

// Two people change the same role: the second is told what the first did, and keeps both.
func TestRolesOfTwoEditors(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.as(t, leaderMail), w.as(t, leaderMail)
	path := "/governance/roles?audience=external&role=dealer_personnel"
	first, second := one.get(path), two.get(path)
	action := first.form("/governance/roles?")
	one.post(action, first.inputs(action, url.Values{"field.dealer_personnel.stage": {"read"}, "do": {"apply"}}))
	p := two.post(action, second.inputs(action, url.Values{"field.dealer_personnel.vendor_net": {"hidden"}, "do": {"apply"}}))
	require.Equal(t, http.StatusConflict, p.status)
	require.Contains(t, p.text(), "Dealer Personnel, Opportunities: Stage: was Edit, is Read.")
	require.Contains(t, p.text(), "last changed by Ingrid Solberg")
	require.Contains(t, p.text(), "1 change not applied")
	p = two.post(action, p.inputs(action, url.Values{"do": {"apply"}}))
	require.Contains(t, p.path, "saved=changes", p.text())
	last := one.get(path).inputs(action, nil)
	require.Equal(t, "read", last.Get("field.dealer_personnel.stage"))
	require.Equal(t, "hidden", last.Get("field.dealer_personnel.vendor_net"))
	require.NotContains(t, w.as(t, partnerMail).get("/opportunities/"+w.opportunity.ID.String()).text(), "486,000")
}

func TestARoleIsDeletedWhenNobodyHasIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(t, leaderMail)
	v.post("/governance/new-role", url.Values{"name": {"Nobody"}, "audience": {"internal"}})
	p := v.get("/governance/roles/nobody")
	p = v.post("/governance/roles/nobody/edit", p.inputs("/governance/roles/nobody/edit", url.Values{"name": {""}}))
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	p = v.post("/governance/roles/nobody/delete", v.get("/governance/roles/nobody").inputs("/governance/roles/nobody/delete", nil))
	require.Contains(t, p.path, "saved=deleted", p.text())
	require.Equal(t, http.StatusNotFound, v.get("/governance/roles/nobody").status)
	p = v.post("/governance/new-role", url.Values{"name": {"Analyst"}, "audience": {"internal"}})
	require.Equal(t, http.StatusConflict, p.status)
	require.Contains(t, p.text(), "name or key already")
}

// A narrowed scope names who is shut out before it holds, and shuts them out at once.
func TestAccessScopeWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v, theirs := w.as(t, leaderMail), "/opportunities/"+w.opportunity.ID.String()
	require.Equal(t, http.StatusOK, w.as(t, partnerMail).get(theirs).status)
	p := v.get("/governance/access?q=Meridian")
	action := p.form("/governance/access")
	first := p.inputs(action, url.Values{"mode": {"companies"}})
	first["company"] = first["shown.company"]
	require.Len(t, first["company"], 1, "the search finds one company")
	p = v.post(action, first)
	require.Contains(t, p.text(), "would be shut out at once")
	require.Contains(t, p.text(), "Tomasz Wrona")
	p = v.post(action, p.inputs(action, url.Values{"do": {"apply"}}))
	require.Contains(t, p.path, "saved=1", p.text())
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).get(theirs).status)
	p = v.post(action, first) // of the first version
	require.Equal(t, http.StatusOK, p.status, "a review changes nothing")
	first["do"] = []string{"apply"}
	p = v.post(action, first)
	require.Equal(t, http.StatusConflict, p.status)
	require.Contains(t, p.text(), "Only the people of the ticked companies come in.")
	p = v.get("/governance/access?ticked=1")
	require.Contains(t, p.text(), "Meridian")
	require.NotContains(t, p.text(), "Kestrel Automation", "only who is ticked")
	require.Contains(t, p.text(), "None is ticked", "of the people")
	p = v.get("/governance/access")
	require.Contains(t, p.text(), "Kestrel Automation")
	p = v.post("/governance/access", p.inputs("/governance/access", url.Values{"mode": {"all"}, "do": {"apply"}}))
	require.Contains(t, p.path, "saved=1", p.text())
	require.Equal(t, http.StatusOK, w.as(t, partnerMail).get(theirs).status)
}

func TestAccessTester(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	v := w.as(t, leaderMail)
	why := ""
	for _, n := range v.get("/opportunities/" + w.opportunity.ID.String()).all(func(n *html.Node) bool { return n.Data == "a" && text(n) == "Why can somebody see this?" }) {
		why = attr(n, "href")
	}
	require.NotEmpty(t, why)
	person := v.tomasz()
	p := v.get(why + "&person=" + person + "&act=edit&field=stage&who=Tomasz")
	require.Equal(t, http.StatusOK, p.status)
	require.Contains(t, p.text(), "Tomasz Wrona cannot change Stage of "+w.opportunity.Number)
	require.Contains(t, p.text(), "The field may not be written.")
	p = v.get(why + "&person=" + person + "&act=read&who=Tomasz")
	require.Contains(t, p.text(), "Tomasz Wrona can see "+w.opportunity.Number)
	p = v.get("/governance/tester?object=opportunity&record=no+such+thing&person=" + person)
	require.Contains(t, p.text(), "No such record")
	p = v.get("/governance/tester?object=opportunity&record=crane&person=" + person)
	require.Contains(t, p.text(), "Several records fit")
	require.NotContains(t, w.as(t, partnerMail).get("/opportunities/"+w.opportunity.ID.String()).text(), "Why can somebody see this?")
	require.Contains(t, v.get(v.get("/settings/people?name=Mirela").first("/settings/people/0")).text(), "Your partners are in: ")
}

func TestAuditLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	v := w.as(t, leaderMail)
	p := v.get("/governance/audit?object=role&action=created")
	require.Equal(t, http.StatusOK, p.status, p.text())
	require.Contains(t, p.text(), "3 events")
	require.Contains(t, p.text(), "Ingrid Solberg")
	file := v.get(p.first("/exports/audit-events"))
	require.Equal(t, http.StatusOK, file.status, file.raw)
	require.Equal(t, 1+3, strings.Count(file.raw, "\n"), "the file has what the filter shows")
	require.Contains(t, v.get("/governance/audit?object=audit_event").text(), "2 events")
	here, err := time.LoadLocation("Europe/Oslo") // the company's days, which begin before those of the machine
	require.NoError(t, err)
	today := time.Now().In(here).Format(time.DateOnly)
	require.Contains(t, v.get(v.get("/governance/audit?from="+today+"&to="+today+"&action=created").first("/exports/audit-events")).raw, "role.created")
	require.Contains(t, v.get("/governance/audit?object=role").text(), "Opportunities, Stage: edit → read")
	require.Contains(t, v.get("/governance/audit?from=2001-01-01&to=2001-01-02").text(), "No event fits")
	require.Equal(t, http.StatusUnprocessableEntity, v.get("/governance/audit?from=yesterday").status)
	require.Contains(t, v.get("/governance/audit?record=no+such+thing").text(), "No event fits")
	require.Contains(t, v.get("/governance/audit?who=nobody").text(), "No event fits")
	require.Contains(t, v.get("/governance/audit?object=role&action=created&who=ingrid").text(), "3 events")
	require.Contains(t, v.get("/governance/audit?member="+w.leader.Membership.String()+"&object=role&action=created").text(), "3 events")
	all := v.get("/governance/audit?object=opportunity&record=" + w.opportunity.ID.String()).text()
	for _, text := range []string{w.opportunity.Number, "Gdynia+Port+crane+telemetry"} {
		p = v.get("/governance/audit?object=opportunity&action=created&record=" + text)
		require.Contains(t, p.text(), w.opportunity.Number, all)
		require.Equal(t, "/opportunities/"+w.opportunity.ID.String(), p.first("/opportunities/"+w.opportunity.ID.String()), "it opens the record")
	}
	p = v.get("/governance/audit?object=opportunity&with=Kestrel")
	require.Contains(t, p.text(), w.opportunity.Number)
	require.Contains(t, v.get(p.first("/exports/audit-events")).raw, w.opportunity.ID.String(), "the file has what the page shows")
	require.Contains(t, v.get("/governance/audit?object=opportunity&with=Brightwater").text(), "No event fits")
}

// A type, a field and a layout are made, arranged, given to a role and previewed, all without script.
func TestTypesAndLayoutsWithoutScript(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(t, leaderMail)
	object := url.Values{"object": {"opportunity"}}
	add := func(path string, values url.Values) *answer {
		values["object"] = object["object"]
		return v.post(path, values)
	}
	require.Contains(t, add("/governance/types", url.Values{"name": {"Renewal"}}).path, "saved=1")
	require.Contains(t, add("/governance/fields", url.Values{"label": {"Asked discount"}, "type": {"number"}}).path, "saved=1")
	p := add("/governance/fields", url.Values{"label": {"Reason"}, "type": {"choice"}, "choices": {""}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)
	require.Contains(t, p.text(), "A choice needs at least one.")
	require.Equal(t, "Reason", p.inputs("/governance/fields", nil).Get("label"), "values are kept")
	require.Contains(t, add("/governance/fields", url.Values{"label": {"Reason"}, "type": {"choice"}, "choices": {"Price; Time"}}).path, "saved=1")

	p = add("/governance/layouts", url.Values{"name": {"Short form"}})
	editor, _, _ := strings.Cut(p.path, "?")
	do := func(values url.Values) { p = v.post(editor, p.inputs(editor, values)) }
	do(url.Values{"do": {"section"}})
	for _, field := range []string{"name", "stage", "x_asked_discount"} {
		do(url.Values{"do": {"add.0"}, "add.0": {field}})
	}
	do(url.Values{"do": {"up.0.1"}, "title.0": {"The deal"}})
	do(url.Values{"do": {"save"}, "required.0.1": {"on"}, "if.0.2": {"stage"}, "in.0.2": {"Proposal; Won"}})
	require.Contains(t, p.path, "saved=1", p.text())
	require.Equal(t, "stage", p.inputs(editor, nil).Get("name.0.0"))
	seen := v.get(editor + "?as=dealer_personnel").text()
	require.Contains(t, seen, "Name must be filled in")
	require.NotContains(t, seen, "when Stage is Proposal or Won", "the role does not read the new field")
	w.previewed(t, v, editor)
	do(url.Values{"do": {"save"}, "if.0.0": {"name"}, "in.0.0": {"x"}})
	require.Equal(t, http.StatusUnprocessableEntity, p.status)

	kind := ""
	for _, n := range v.get("/governance/types").all(func(n *html.Node) bool { return n.Data == "a" && text(n) == "Renewal" }) {
		kind = attr(n, "href")
	}
	layout := strings.TrimPrefix(editor, "/governance/layouts/")
	p = v.get(kind)
	sent := p.inputs(kind, url.Values{"layout.dealer_personnel": {layout}, "name": {"Renewals"}})
	require.Contains(t, v.post(kind, sent).path, "saved=1")
	p = v.post(kind, sent)
	require.Equal(t, http.StatusConflict, p.status)
	p = v.post(editor+"/delete", v.get(editor).inputs(editor+"/delete", nil))
	require.Equal(t, http.StatusConflict, p.status)
	require.Contains(t, p.text(), "Renewals")
	require.Equal(t, http.StatusNotFound, w.as(t, partnerMail).get(kind).status)
}

// Fields that the company added stand on the page of an opportunity as the layout of its type has them.
func TestOwnFieldsOnTheOpportunity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.govern(t)
	ctx, leader := t.Context(), w.db.WithRights(t, w.leader)
	path := "/opportunities/" + w.opportunity.ID.String()
	o, err := w.deps.Opportunities.Update(ctx, leader, w.opportunity.ID, w.opportunity.Version, opportunities.Update{Custom: map[string]any{"x_asked_discount": "12.5"}})
	require.NoError(t, err)
	require.Contains(t, w.as(t, leaderMail).get(path).text(), "Asked discount 12.5")
	require.NotContains(t, w.as(t, partnerMail).get(path).text(), "Asked discount", "the role does not read it")

	s := governance.New(w.db.API)
	made, err := s.CreateLayout(ctx, leader, governance.NewLayout{Object: operational.ObjectOpportunity, Name: "Asking", Definition: objects.FormDefinition{Sections: []objects.FormSection{{Title: "The deal", Fields: []objects.Place{
		{Name: "stage"}, {Name: "close_date", Required: true}, {Name: "x_asked_discount", ShowIf: &objects.Condition{Field: "stage", In: []string{"Won"}}},
	}}}}})
	require.NoError(t, err)
	kind, err := s.CreateRecordType(ctx, leader, governance.NewRecordType{Object: operational.ObjectOpportunity, Name: "Service"})
	require.NoError(t, err)
	_, err = w.deps.Opportunities.Update(ctx, leader, o.ID, o.Version, opportunities.Update{RecordTypeID: operational.Set(kind.ID)})
	require.NoError(t, err)
	_, err = s.UpdateRecordType(ctx, leader, kind.ID, kind.Version, governance.UpdateRecordType{Layouts: operational.Set(map[string]uuid.UUID{"channel_leader": made.ID})})
	require.NoError(t, err)
	page := w.as(t, leaderMail).get(path).text()
	require.Contains(t, page, "Close date Missing: it must be filled in")
	require.NotContains(t, page, "Asked discount 12.5", "it is for what is won")
}

// A right that would do nothing cannot be ticked, and says why.
func TestTicksThatDoNothingAreLocked(t *testing.T) {
	w := newWorld(t)
	v := w.as(t, leaderMail)
	locked := func(page, name string) []string {
		var out []string
		for _, n := range v.get(page).all(func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") == name }) {
			if _, off := attribute(n, "disabled"); off {
				require.NotEmpty(t, attr(n.Parent, "title"))
				out = append(out, attr(n, "value"))
			}
		}
		return out
	}
	internal, external := "/governance/roles?audience=internal&role=channel_manager", "/governance/roles?audience=external"
	require.Equal(t, []string{"delete"}, locked(internal, "act.opportunity"))
	require.Empty(t, locked(internal, "act.account"))
	require.Equal(t, []string{"delete", "import"}, locked(internal, "act.product"))
	require.Equal(t, []string{"delete", "import", "export"}, locked(internal, "act.sales_process"))
	require.Equal(t, []string{"delete", "import"}, locked(external, "act.opportunity"))
	require.Equal(t, []string{"create", "edit", "delete", "import"}, locked(external, "act.product"))
}
