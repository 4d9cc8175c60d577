package opportunities

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
)

const numberPrefix = "OPP-"

// act is a way to change the stage.
type act string

const (
	move   act = "move"
	reopen act = "reopen"
)

// moves is the whole status machine: the act by which an opportunity gets from a stage of one type to one of another.
// Between active stages it may go forward, back and jump. What is not here cannot happen; a closed opportunity that
// ended in the wrong way is reopened first, so that history shows it.
var moves = map[catalog.StageType]map[catalog.StageType]act{
	catalog.StageActive: {
		catalog.StageActive: move, catalog.StageWon: move, catalog.StageLost: move, catalog.StageDisqualified: move,
	},
	catalog.StageWon:          {catalog.StageActive: reopen},
	catalog.StageLost:         {catalog.StageActive: reopen},
	catalog.StageDisqualified: {catalog.StageActive: reopen},
}

// permit says why an act cannot lead from one type of stage to another.
func permit(a act, from, to catalog.StageType) error {
	switch {
	case moves[from][to] == a:
		return nil
	case a == move:
		return operational.Fault(operational.KindConflict, "opportunity-closed", "The opportunity is closed (%s). Reopen it before you move it on.", from)
	case from == catalog.StageActive:
		return operational.Fault(operational.KindConflict, "opportunity-open", "The opportunity is open already.")
	default:
		return fieldFault("stage_id", "Reopening leads to an active stage.", nil)
	}
}

// enter puts the opportunity into a stage; the moment becomes its end if the stage is one.
func (s state) enter(stage catalog.Stage, at time.Time) state {
	s.StageID, s.StageType, s.StagePosition = stage.ID, stage.Type, stage.Position
	s.ClosedAt = nil
	if stage.Type != catalog.StageActive {
		s.ClosedAt = &at
	}
	return s
}

// effective says since when a change is true: now, unless an earlier moment is asked for. Changes follow each other in
// time: a state that began before the last one would be hidden by it, in figures though not in the list.
func effective(asked *time.Time, last, now time.Time) (time.Time, error) {
	switch {
	case asked == nil && last.After(now):
		return last, nil
	case asked == nil:
		return now, nil
	case asked.After(now):
		return now, fieldFault("effective_at", "It lies in the future.", asked.UTC())
	case asked.Before(last):
		return now, fieldFault("effective_at", "It lies before the last change, of "+last.UTC().Format(time.RFC3339Nano)+".", asked.UTC())
	}
	return asked.UTC().Truncate(time.Microsecond), nil
}

// earliest is the first moment at which an opportunity can have begun.
var earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// writable: what lies on a connection that is not active is frozen for both sides; they keep reading what they may.
func writable(status *string, frozen bool) error {
	if status != nil && *status != "active" {
		return operational.Fault(operational.KindConflict, "connection-not-active", "The connection with the other company is %s. Its opportunities can be read, not changed.", *status)
	}
	if frozen {
		return operational.Fault(operational.KindConflict, "connection-not-active", "The connection with the other company has ended. The opportunity stays as it was; it can be read, not changed.")
	}
	return nil
}

// pricedLine is a line with its product and the price that holds for it.
type pricedLine struct {
	NewLine
	Product catalog.Product
	Price   decimal.Decimal
}

// price finds the price of each line: its own, or the list price. Lines are in the currency of the opportunity.
func price(lines []NewLine, products map[productID]catalog.Product, currency string) ([]pricedLine, error) {
	var faults operational.Faults
	priced := make([]pricedLine, 0, len(lines))
	for i, line := range lines {
		at := fmt.Sprintf("lines[%d].product_id", i)
		product, found := products[line.ProductID]
		switch {
		case !found:
			faults.Add(at, "There is no such product, or it is not the vendor's.", line.ProductID.String())
		case !product.OnSale():
			faults.Add(at, product.Name+" is not sold any more.", line.ProductID.String())
		case product.ListPrice.Currency != currency:
			faults.Add(at, fmt.Sprintf("%s is priced in %s, the opportunity in %s.", product.Name, product.ListPrice.Currency, currency), line.ProductID.String())
		}
		p := pricedLine{NewLine: line, Product: product, Price: product.ListPrice.Amount}
		if line.UnitPrice != nil {
			p.Price = *line.UnitPrice
		}
		priced = append(priced, p)
	}
	if total, _ := sum(priced); total.GreaterThan(operational.MaxAmount) {
		faults.Add("lines", "Their sum is larger than "+operational.MaxAmount.StringFixed(2)+".", nil)
	}
	return priced, faults.Err()
}

// sum adds lines up, each rounded to cents, and says what kind of amount that is.
func sum(lines []pricedLine) (decimal.Decimal, AmountSource) {
	total, source := decimal.Zero, AmountListPrice
	for _, l := range lines {
		total = total.Add(l.Quantity.Mul(l.Price).Round(2))
		if !l.Price.Equal(l.Product.ListPrice.Amount) {
			source = AmountLines
		}
	}
	return total, source
}

// amount decides what an opportunity is worth. Whoever gives an amount is believed; else the lines are added up, and
// that is a list price as long as no line has a price of its own; without either it is worth nothing yet.
func amount(given *decimal.Decimal, lines []pricedLine) (decimal.Decimal, AmountSource) {
	switch {
	case given != nil:
		return *given, AmountEntered
	case len(lines) > 0:
		return sum(lines)
	default:
		return decimal.Zero, AmountEntered
	}
}

func fieldFault(field, message string, value any) error {
	var faults operational.Faults
	faults.Add(field, message, value)
	return faults.Err()
}
