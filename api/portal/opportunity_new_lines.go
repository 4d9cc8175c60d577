package portal

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/operational"
	"github.com/sharepartner/sharepartner/operational/catalog"
	"github.com/sharepartner/sharepartner/operational/opportunities"
)

// The products of a new opportunity: rows of the form, each with inputs of its own. To add and to take away rows asks
// for the form again and makes nothing, so that it needs no script.

const (
	linesBegin = "lines." // of the names of inputs: lines.0.product
	addLines   = "add_lines"
	dropLine   = "drop_line"
	usualLines = 2
)

var lineCells = []string{"product", "quantity", "unit_price"}

func lineInput(row int, cell string) string { return linesBegin + strconv.Itoa(row) + "." + cell }

// lineOf says which row and cell an input is of.
func lineOf(name string) (row int, cell string, is bool) {
	rest, is := strings.CutPrefix(name, linesBegin)
	number, cell, _ := strings.Cut(rest, ".")
	row, err := strconv.Atoi(number)
	return row, cell, is && err == nil && row >= 0 && row < opportunities.MaxLines && number == strconv.Itoa(row) && slices.Contains(lineCells, cell)
}

// takesLines says whether the form has rows for products: where the role sets them, sees products, and the layout of the
// type, if it has one, names them.
func (f *dealForm) takesLines() bool {
	if !f.sets("lines") || !f.actor.Allowed(operational.ProductsRead) {
		return false
	}
	if f.kind == nil || f.kind.Layout == nil {
		return true
	}
	texts := f.textsOf(f.draft())
	for _, s := range f.kind.Layout.Definition.Sections {
		for _, p := range s.Fields {
			if p.Name == "lines" && (p.Shown(texts) || f.lineRows() > 0 || f.faults()["lines"] != "") {
				return true
			}
		}
	}
	return false
}

// lineRows counts the rows that were sent.
func (f *dealForm) lineRows() int {
	rows := 0
	for name := range f.sent {
		if row, _, is := lineOf(name); is {
			rows = max(rows, row+1)
		}
	}
	return rows
}

// rearranged adds or takes away rows, and says whether that was asked for.
func (f *dealForm) rearranged() bool {
	drop, dropped := f.sent[dropLine]
	_, added := f.sent[addLines]
	if !dropped && !added {
		return false
	}
	rows, next := f.lineRows(), url.Values{}
	gone := -1
	if dropped {
		if row, _, is := lineOf(drop[0]); is {
			gone = row
		}
	}
	for name, values := range f.sent {
		row, cell, is := lineOf(name)
		switch {
		case name == dropLine || name == addLines || is && row == gone:
		case is && gone >= 0 && row > gone:
			next[lineInput(row-1, cell)] = values
		default:
			next[name] = values
		}
	}
	if added && rows < opportunities.MaxLines {
		next.Set(lineInput(rows, "product"), "")
	}
	f.sent = next
	return true
}

// products are those that can be sold here.
func (f *dealForm) products() ([]catalog.Product, error) {
	found, err := listed(func(q operational.Query) (operational.Listed[catalog.Product], error) {
		return f.deps.Catalog.Products(f.ctx, f.actor, q)
	}, is("organisation", f.at.part.Organisation.String()))
	found = slices.DeleteFunc(found, func(p catalog.Product) bool { return !p.OnSale() })
	slices.SortStableFunc(found, func(a, b catalog.Product) int { return byText(option{"", a.Name}, option{"", b.Name}) })
	return found, err
}

// fillLines puts the rows into the page; none where nothing is sold.
func (f *dealForm) fillLines(page *views.RecordForm) error {
	if !f.takesLines() {
		return nil
	}
	products, err := f.products()
	if err != nil || len(products) == 0 {
		return err
	}
	choices := []views.Option{{Text: "No product"}}
	for _, p := range products {
		text := p.Name
		if p.ListPrice.Currency != "" {
			text += ", " + f.money(p.ListPrice)
		}
		choices = append(choices, views.Option{Value: p.ID.String(), Text: text})
	}
	rows := f.lineRows()
	if rows == 0 && !f.sent.Has("with") {
		rows = usualLines
	}
	page.Lines = &views.FormLines{Title: f.labelOf("lines"), Text: "Without a price of its own a product has its list price. Rows without a product are left out.", Add: addLines, Fault: f.faults()["lines"]}
	for row := range rows {
		line := views.FormLine{Name: "Product " + strconv.Itoa(row+1), Drop: dropLine, Value: lineInput(row, "product")}
		for _, cell := range lineCells {
			name := lineInput(row, cell)
			in := views.Input{ID: "f-" + strings.ReplaceAll(name, ".", "-"), Name: name, Label: lineLabels[cell], Value: f.sent.Get(name), Fault: f.faults()[name], Mode: "decimal", Max: 20}
			if cell == "product" {
				in.Options, in.Mode, in.Max = choices, "", 0
			}
			line.Fields = append(line.Fields, in)
		}
		page.Lines.Rows = append(page.Lines.Rows, line)
	}
	return nil
}

var lineLabels = map[string]string{"product": "Product", "quantity": "Quantity", "unit_price": "Price for one (optional)"}

// lineLabel names an input of a row among the faults.
func lineLabel(member string) (string, bool) {
	row, cell, is := lineOf(member)
	label, _, _ := strings.Cut(lineLabels[cell], " (")
	return fmt.Sprintf("%s %d", label, row+1), is
}

// readLines takes the rows that name a product; a quantity left out is one.
func (f *dealForm) readLines(faults *operational.Faults) (lines []opportunities.NewLine) {
	f.rows = nil
	for row := range f.lineRows() {
		text := func(cell string) string { return strings.TrimSpace(f.sent.Get(lineInput(row, cell))) }
		if text("product") == "" {
			if text("quantity") != "" || text("unit_price") != "" {
				faults.Add(lineInput(row, "product"), "Choose a product, or empty the row.", nil)
			}
			continue
		}
		line, err := opportunities.NewLine{Quantity: decimal.NewFromInt(1)}, error(nil)
		if line.ProductID, err = uuid.Parse(text("product")); err != nil {
			faults.Add(lineInput(row, "product"), "Choose one from the list.", nil)
		}
		if quantity := text("quantity"); quantity != "" {
			if line.Quantity, err = decimal.NewFromString(quantity); err != nil || len(quantity) > 20 {
				faults.Add(lineInput(row, "quantity"), "Use digits with at most four decimals, as 2 or 1.5.", nil)
			}
		}
		if price := text("unit_price"); price != "" {
			amount, err := operational.ParseAmount(price)
			if line.UnitPrice = &amount; err != nil {
				faults.Add(lineInput(row, "unit_price"), "Use digits with at most two decimals, as 1234.50.", nil)
			}
		}
		f.rows, lines = append(f.rows, row), append(lines, line)
	}
	return lines
}

// inputOfLine is the input that a fault of the service is about: it counts the lines that it was given.
func (f *dealForm) inputOfLine(field string) string {
	rest, is := strings.CutPrefix(field, "lines[")
	number, cell, found := strings.Cut(rest, "].")
	i, err := strconv.Atoi(number)
	if !is || !found || err != nil || i < 0 || i >= len(f.rows) {
		return field
	}
	return lineInput(f.rows[i], strings.TrimSuffix(cell, "_id"))
}
