package imports

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/accounts"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

func (x *reader) readPipeline(t *table) {
	x.pipelineTable = t
	for _, r := range t.rows {
		e := x.entry(t, r)
		o := opportunity{ref: e.needed("opportunity_id", 200), line: r.line, account: -1}
		e.first("opportunity_id", o.ref, o.ref)
		o.partner = e.seller()
		o.product = e.product()
		customer := e.customer(&o)
		e.states(&o)
		if !e.kept() {
			continue
		}
		o.account = x.customer(customer, o.account)
		if o.account >= 0 && o.partner >= 0 {
			x.partners[o.partner].customers[o.account] = true
		}
		x.describe(e, &o)
		x.opportunities = append(x.opportunities, o)
	}
}

// seller finds the partner; -1 is direct business.
func (e *entry) seller() int {
	name := e.text("partner")
	if name == "" {
		if !e.x.m.DirectSales {
			e.fault("partner", ruleMissingValue, "", "No partner is named, and the mapping does not take such rows for direct sales.")
		}
		return -1
	}
	i, ok := e.find("partner", name, fileTeams, ruleUnknownPartner)
	if ok {
		e.spelledAs("partner", name, e.x.partners[i].name, fileTeams)
	}
	return i
}

func (e *entry) product() int {
	name := e.needed("product", 200)
	if name == "" {
		return -1
	}
	i, ok := e.find("product", name, fileProducts, ruleUnknownProduct)
	if ok {
		e.spelledAs("product", name, e.x.products[i].name, fileProducts)
	}
	return i
}

// customer finds the account. The name is given back when only the opportunity knows it.
func (e *entry) customer(o *opportunity) (added string) {
	name := e.optional("account", 200)
	if name == nil {
		e.note("account", ruleCustomerUnknown, "", "", "No account is named; the opportunity is kept, its customer is not known.")
		return ""
	}
	i, known := e.x.names[fileAccounts].find(*name)
	if !known || i < 0 {
		e.note("account", ruleAccountAdded, *name, *name, fmt.Sprintf("The account is not in %s; one of this name is added.", e.x.m.FileName(fileAccounts)))
		return *name
	}
	o.account = i
	e.spelledAs("account", *name, e.x.accounts[i].Name, fileAccounts)
	return ""
}

// customer adds an account that only an opportunity names.
func (x *reader) customer(added string, place int) int {
	if added == "" {
		return place
	}
	a := accounts.ImportedAccount{ExternalRef: ident(added)}
	a.Name = added
	x.accounts = append(x.accounts, a)
	x.names[fileAccounts].exact[a.ExternalRef] = len(x.accounts) - 1
	return len(x.accounts) - 1
}

// describe gives the opportunity its name and region.
func (x *reader) describe(e *entry, o *opportunity) {
	o.name, o.region = squeeze(e.t.get(e.r, "name")), squeeze(e.t.get(e.r, "region"))
	if o.name == "" {
		o.name = x.products[o.product].name
		if o.account >= 0 {
			o.name = x.accounts[o.account].Name + ": " + o.name
		}
	}
	if runes := []rune(o.name); len(runes) > 200 {
		o.name = string(runes[:200])
	}
	if o.region == "" && o.partner >= 0 {
		o.region = x.partners[o.partner].region
	}
	if len([]rune(o.region)) > 60 {
		o.region = string([]rune(o.region)[:60])
	}
}

// states works out what the opportunity went through: from its steps where the export has them, else from the two
// dates of its row.
func (e *entry) states(o *opportunity) {
	source := e.needed("stage", 200)
	stage := e.x.m.stage(source)
	if source != "" && stage < 0 {
		e.fault("stage", ruleUnknownStage, source, "The mapping has no such stage.")
	}
	engaged, closed := e.day("engage_date"), e.day("close_date")
	value := e.value()
	if stage < 0 || o.product < 0 || len(e.faults) > 0 {
		return // nothing more can be said about it
	}
	o.source = opportunities.AmountImported
	if steps, given := e.x.history[o.ref]; given {
		e.statesOfHistory(o, stage, value, steps)
		return
	}
	if e.x.m.Stages[stage].Type == string(catalog.StageActive) {
		e.open(o, stage, engaged, closed, value)
		return
	}
	e.closed(o, stage, engaged, closed, value)
}

func (e *entry) value() *decimal.Decimal {
	text := e.text("close_value")
	if text == "" {
		return nil
	}
	amount, err := parseAmount(text)
	if err != nil {
		e.fault("close_value", ruleAmount, text, sentence(err))
		return nil
	}
	return &amount
}

func (e *entry) open(o *opportunity, stage int, engaged, expected *time.Time, value *decimal.Decimal) {
	undated := engaged == nil
	if undated {
		e.note("engage_date", ruleNoEngageDate, "", e.x.edge().Format(time.DateOnly), "No day is given; its history begins with the last day of the export that first had it.")
		engaged = new(e.x.edge())
	}
	e.checkHappened("engage_date", engaged)
	if expected != nil {
		if err := e.x.dates.expected(*expected); err != nil {
			e.fault("close_date", ruleDateRange, e.plain("close_date"), sentence(err))
		}
	}
	amount := e.x.products[o.product].price
	if value == nil {
		o.source = opportunities.AmountListPrice
		e.note("close_value", ruleListPrice, "", amount.String(), "An open opportunity without value takes the list price of its product.")
	} else {
		amount = *value
	}
	first := e.x.step(stage, *engaged, opportunities.ChangeCreated, amount, expected)
	first.derived, first.undated = value == nil, undated
	o.steps = []step{first}
}

func (e *entry) closed(o *opportunity, stage int, engaged, closed *time.Time, value *decimal.Decimal) {
	won := e.x.m.Stages[stage].Type == string(catalog.StageWon)
	switch {
	case closed == nil:
		e.fault("close_date", ruleMissingValue, "", "A closed opportunity needs the day on which it closed.")
		return
	case engaged != nil && closed.Before(*engaged):
		e.fault("close_date", ruleCloseBeforeEngage, e.plain("close_date"), "It closed before it was engaged ("+e.plain("engage_date")+").")
		return
	case value == nil && won:
		e.fault("close_value", ruleMissingValue, "", "A won opportunity needs its value.")
		return
	case value == nil:
		e.note("close_value", ruleLostValue, "", "0", "A lost opportunity without value counts as zero.")
		value = &decimal.Zero
	}
	e.checkHappened("engage_date", engaged)
	e.checkHappened("close_date", closed)
	end := e.x.step(stage, *closed, opportunities.ChangeStageMoved, *value, closed)
	if engaged == nil {
		e.note("engage_date", ruleNoEngageDate, "", e.plain("close_date"), "No day is given; its history begins with the day on which it closed.")
		end.Kind = opportunities.ChangeCreated
		o.steps = []step{end}
		return
	}
	first := e.x.step(e.x.m.stage(e.x.m.Engaged), *engaged, opportunities.ChangeCreated, e.x.products[o.product].price, nil)
	first.derived = true
	o.steps = []step{first, end}
}

// checkHappened refuses a day on which nothing can have happened.
func (e *entry) checkHappened(column string, at *time.Time) {
	if at == nil {
		return
	}
	if err := e.x.dates.happened(*at); err != nil {
		e.fault(column, ruleDateRange, e.plain(column), sentence(err))
	}
}

// step is a state known on the day itself: the best that an export with days only can say.
func (x *reader) step(stage int, at time.Time, kind opportunities.ChangeKind, amount decimal.Decimal, closeDate *time.Time) step {
	s := step{stage: stage, ImportedState: opportunities.ImportedState{EffectiveAt: at, RecordedAt: at, Kind: kind, Amount: amount}}
	if closeDate != nil {
		s.CloseDate = new(operational.DateOf(*closeDate))
	}
	return s
}
