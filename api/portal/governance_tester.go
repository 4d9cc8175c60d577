package portal

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/governance"
	"github.com/sharepartner/sharepartner/operational/objects"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// Kinds of people that the tester asks about.
const (
	aContact = "contact:"
	aMember  = "member:"
)

// tester asks why somebody may do something, or not: the answer first, the rules below it.
func (p *Portal) tester(v *visit) error {
	q := v.r.URL.Query()
	people, err := v.testable(q.Get("who"))
	if err != nil {
		return err
	}
	page := v.testerPage(q, people)
	object := operational.Object(page.Fields[1].Value)
	id, name, err := v.wanted(&page, q, object)
	if err != nil {
		return err
	}
	if id == uuid.Nil || q.Get("person") == "" {
		return v.showTester(http.StatusOK, page)
	}
	question := governance.Question{Object: object, RecordID: id, Act: operational.Act(page.Fields[3].Value), Field: q.Get("field")}
	person := q.Get("person")
	if text, is := strings.CutPrefix(person, aContact); is {
		question.ContactID, _ = uuid.Parse(text)
	} else if text, is := strings.CutPrefix(person, aMember); is {
		question.MembershipID, _ = uuid.Parse(text)
	}
	e, err := v.rights().Explain(v.ctx, v.actor, question)
	if status, note, known := refused(err); known {
		page.Notes = append(page.Notes, note)
		return v.showTester(status, page)
	}
	if operational.KindOf(err) == operational.KindNotFound {
		page.Notes = append(page.Notes, views.Note{Tone: "warn", Focus: true, Title: "There is no such record or person", Text: "Or none that you may see yourself. Choose others."})
		return v.showTester(http.StatusNotFound, page)
	}
	if err != nil {
		return err
	}
	page.Answer = v.answer(q, question, e, textOf(people, person), name)
	for _, s := range e.Steps {
		page.Steps = append(page.Steps, views.TestStep{Rule: ruleNames[s.Rule], Outcome: string(s.Outcome), Text: s.Detail})
	}
	return v.showTester(http.StatusOK, page)
}

func (v *visit) showTester(status int, page views.Tester) error {
	return v.render(status, views.Shell{Title: "Access tester", Crumbs: governanceCrumbs(views.Link{Text: "Access tester"})}, views.TesterPage(page))
}

// testable are the people that this person may ask about.
func (v *visit) testable(search string) ([]option, error) {
	var out []option
	q := operational.Query{Page: operational.Page{Limit: 200}}
	named := func(field string) operational.Query {
		if search == "" {
			return q
		}
		return q.Also(operational.Filter{Field: field, Op: "contains", Values: []string{clip(search, 100)}})
	}
	if v.actor.Allowed(operational.ChannelGovern) {
		list, err := v.deps.Interconnect.Contacts(v.ctx, v.actor, named("display_name"))
		if err != nil {
			return nil, err
		}
		for _, c := range list.Items {
			out = append(out, option{aContact + c.ID.String(), c.DisplayName + ", " + c.PartnerName + " (" + c.RoleName + ")"})
		}
	}
	if v.actor.Allowed(operational.RolesManage) {
		list, err := v.deps.Interconnect.People(v.ctx, v.actor, named("name"))
		if err != nil {
			return nil, err
		}
		for _, m := range list.Items {
			out = append(out, option{aMember + m.ID.String(), m.Name + ", " + v.me.Organisation.Name + " (" + m.RoleName + ")"})
		}
	}
	return out, nil
}

var testedActs = []views.Option{
	{Value: "read", Text: "See it"},
	{Value: "edit", Text: "Change it"},
	{Value: "delete", Text: "Delete it"},
	{Value: "export", Text: "Take it out in a file"},
}

func (v *visit) testerPage(q url.Values, people []option) views.Tester {
	object := operational.Object(q.Get("object"))
	if o, known := objects.Of(object); !known || o.Name == operational.ObjectSalesProcess {
		object = operational.ObjectOpportunity
	}
	act := q.Get("act")
	if act == "" {
		act = "read"
	}
	person := views.Input{ID: "t-person", Name: "person", Label: "Person", Value: q.Get("person"), Options: []views.Option{{Text: "Choose a person"}}}
	for _, o := range people {
		person.Options = append(person.Options, views.Option{Value: o.value, Text: o.text})
	}
	of := views.Input{ID: "t-object", Name: "object", Label: "Kind of record", Value: string(object)}
	field := views.Input{ID: "t-field", Name: "field", Label: "Field", Value: q.Get("field"), Options: []views.Option{{Text: "The record as a whole"}}}
	for _, o := range objects.All {
		if o.Name != operational.ObjectSalesProcess {
			of.Options = append(of.Options, views.Option{Value: string(o.Name), Text: o.Label})
		}
		if o.Name == object {
			for _, f := range o.Fields {
				field.Options = append(field.Options, views.Option{Value: f.Name, Text: f.Label})
			}
		}
	}
	d := desk{}
	if v.definitions(&d) == nil {
		for name, label := range d.custom {
			if text, is := strings.CutPrefix(name, string(object)+"."); is {
				field.Options = append(field.Options, views.Option{Value: text, Text: label})
			}
		}
	}
	return views.Tester{Search: q.Get("who"), Fields: []views.Input{
		person, of,
		{ID: "t-record", Name: "record", Label: "Record", Hint: "Its number or a part of its name", Value: q.Get("record"), Max: 100},
		{ID: "t-act", Name: "act", Label: "What they would do", Value: act, Options: testedActs},
		field,
	}}
}

// wanted finds the record that is asked about; when several fit, they are offered.
func (v *visit) wanted(page *views.Tester, q url.Values, object operational.Object) (uuid.UUID, string, error) {
	text := clip(strings.TrimSpace(q.Get("record")), 100)
	if text == "" {
		return uuid.Nil, "", nil
	}
	found, err := v.recordsLike(object, text)
	if err != nil {
		return uuid.Nil, "", err
	}
	switch len(found) {
	case 0:
		page.Notes = append(page.Notes, views.Note{Tone: "warn", Title: "No such record", Text: "There is none with this number or name, or none that you may see yourself."})
	case 1:
		id, err := uuid.Parse(found[0].value)
		page.Fields[2].Value = found[0].text
		return id, found[0].text, err
	default:
		note := views.Note{Title: "Several records fit: choose one"}
		for _, o := range found {
			same := url.Values{}
			for name, list := range q {
				same[name] = list
			}
			same.Set("record", o.value)
			note.Links = append(note.Links, views.Link{Text: o.text, Href: address("/governance/tester", same.Encode())})
		}
		page.Notes = append(page.Notes, note)
	}
	return uuid.Nil, "", nil
}

// recordsLike are a few records with this id, number or name, that the asker sees.
func (v *visit) recordsLike(object operational.Object, text string) ([]option, error) {
	first := func(any ...operational.Filter) operational.Query {
		q := operational.Query{Page: operational.Page{Limit: 8}}
		if _, err := uuid.Parse(text); err == nil {
			return q.Also(is("id", text))
		}
		return q.Also(operational.Filter{Or: any})
	}
	like := func(field string) operational.Filter {
		return operational.Filter{Field: field, Op: "contains", Values: []string{text}}
	}
	var out []option
	switch object {
	case operational.ObjectOpportunity:
		number, _, _ := strings.Cut(strings.ToUpper(text), " · ")
		q := first(like("name"))
		if digits, is := strings.CutPrefix(number, "OPP-"); is && digits != "" && len(digits) < 12 && strings.Trim(digits, "0123456789") == "" {
			q = first(operational.Filter{Field: "number", Op: "eq", Values: []string{number}})
		}
		list, err := v.deps.Opportunities.List(v.ctx, v.actor, q)
		if err != nil {
			return nil, err
		}
		for _, o := range list.Items {
			out = append(out, option{o.ID.String(), o.Number + " · " + o.Name})
		}
	case operational.ObjectAccount:
		list, err := v.deps.Accounts.Accounts(v.ctx, v.actor, first(like("name")))
		if err != nil {
			return nil, err
		}
		for _, a := range list.Items {
			out = append(out, option{a.ID.String(), a.Name})
		}
	case operational.ObjectContact:
		list, err := v.deps.Accounts.Contacts(v.ctx, v.actor, first(like("last_name"), like("first_name")))
		if err != nil {
			return nil, err
		}
		for _, c := range list.Items {
			out = append(out, option{c.ID.String(), contactNamed(c)})
		}
	case operational.ObjectProduct:
		list, err := v.deps.Catalog.Products(v.ctx, v.actor, first(like("name")))
		if err != nil {
			return nil, err
		}
		for _, p := range list.Items {
			out = append(out, option{p.ID.String(), p.Name})
		}
	}
	return out, nil
}

var actWords = map[operational.Act]string{operational.ActRead: "see", operational.ActEdit: "change", operational.ActDelete: "delete", operational.ActExport: "take out"}

var ruleNames = map[operational.Rule]string{
	operational.RuleMember: "Active member", operational.RuleCompany: "Company", operational.RuleConnection: "Connection", operational.RuleContact: "Contact", operational.RuleAccess: "Access scope",
	operational.RuleWorkplace: "Workplace", operational.RuleRole: "Role", operational.RuleOwnRole: "Role in the own company", operational.RuleRecordType: "Record type",
	operational.RuleDataScope: "Which records", operational.RuleFrozen: "Ended connection", operational.RuleField: "Field",
}

// answer says it in one sentence, with the reason.
func (v *visit) answer(q url.Values, asked governance.Question, e governance.Explanation, person, record string) views.Note {
	who, _, _ := strings.Cut(person, ", ")
	can, tone := " can ", "good"
	if !e.Allowed {
		can, tone = " cannot ", "bad"
	}
	what := record
	if asked.Field != "" {
		custom := desk{custom: map[string]string{}}
		_ = v.definitions(&custom) // without them the field has its own name
		what = labelOf(custom.custom, asked.Object, asked.Field) + " of " + record
	}
	n := views.Note{Tone: tone, Title: who + can + actWords[asked.Act] + " " + what + "."}
	for _, s := range e.Steps {
		if s.Rule == e.DecidedBy {
			n.Text = s.Detail
		}
	}
	if e.OwnCompanyUnsaid {
		n.Lines = append(n.Lines, "The person's own company may let it do less. What it says is its own affair.")
	}
	return n
}

func contactNamed(c accounts.Contact) string {
	if c.FirstName == nil {
		return c.LastName
	}
	return strings.TrimSpace(*c.FirstName + " " + c.LastName)
}

// why leads from a record to the question why somebody sees it.
func (v *visit) why(o opportunities.Opportunity) string {
	if !v.actor.Allowed(operational.RolesManage) && !v.actor.Allowed(operational.ChannelGovern) {
		return ""
	}
	return "/governance/tester?" + url.Values{"object": {string(operational.ObjectOpportunity)}, "record": {o.Number}}.Encode()
}
