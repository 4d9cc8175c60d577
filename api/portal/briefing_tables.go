package portal

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/sharepartner/sharepartner/api"
	"github.com/sharepartner/sharepartner/api/portal/views"
	"github.com/sharepartner/sharepartner/warehouse"
)

// line is one row of a table by a dimension: a key in one currency.
type line struct {
	key, name, code string
	won, lost, open api.TallyRow
	rate            *api.WinRateRow
	number          int64 // of lines, when several are put together
}

// lines lays won, lost, open and win rate side by side: by what was won in the main currency, largest first.
func lines(s *split) []line {
	index := map[[2]string]int{}
	var out []line
	find := func(key, name, code string) *line {
		k := [2]string{key, code}
		if _, ok := index[k]; !ok {
			index[k] = len(out)
			out = append(out, line{key: key, name: name, code: code})
		}
		return &out[index[k]]
	}
	for _, r := range s.won.Rows {
		find(r.Key, r.Name, r.Amount.Currency).won = r
	}
	for _, r := range s.lost.Rows {
		find(r.Key, r.Name, r.Amount.Currency).lost = r
	}
	for _, r := range s.open.Rows {
		find(r.Key, r.Name, r.Amount.Currency).open = r
	}
	for i := range out {
		for j := range s.rate.Rows {
			if s.rate.Rows[j].Key == out[i].key {
				out[i].rate = &s.rate.Rows[j]
			}
		}
	}
	slices.SortStableFunc(out, func(a, b line) int {
		return cmp.Or(b.won.Amount.Amount.Cmp(a.won.Amount.Amount), b.open.Amount.Amount.Cmp(a.open.Amount.Amount), cmp.Compare(a.name, b.name))
	})
	return out
}

// Rows of a table before the rest is put together in one.
const mostLines = 10

// tables are the parts of the briefing that are read, not looked at.
func (b *briefingPage) tables() []views.Sized[views.Card] {
	events := views.Sized[views.Card]{Width: "w5", Of: b.eventsCard()}
	var cards []views.Sized[views.Card]
	for _, s := range []struct {
		width, id, title, by string
		of                   *split
	}{{"w12", "partners", "Partners", "partner", b.d.byPartner}, {"w7", "regions", "Regions", "region", b.d.byRegion}, {"w7", "vendors", "Your vendors", "vendor", b.d.byVendor}} {
		if s.of != nil {
			cards = append(cards, views.Sized[views.Card]{Width: s.width, Of: b.splitCard(s.id, s.title, s.by, s.of)})
		}
	}
	return append(cards, events)
}

func splitReceipts(s *split) []views.Link {
	return []views.Link{
		{Text: "Receipt of won", Href: receiptOf(s.won.Receipt.ID)},
		{Text: "lost", Href: receiptOf(s.lost.Receipt.ID)},
		{Text: "open", Href: receiptOf(s.open.Receipt.ID)},
		{Text: "win rate", Href: receiptOf(s.rate.Receipt.ID)},
	}
}

// splitCard is won, lost, open and win rate by partner, region or vendor; its totals are the key figures.
func (b *briefingPage) splitCard(id, title, dimension string, s *split) views.Card {
	all := lines(s)
	c := views.Card{ID: id, Title: title, Receipts: splitReceipts(s), Table: views.Table{Caption: title + " in " + b.d.period.Label + ", table", Sticky: true, Columns: b.splitColumns(dimension)}}
	if len(all) == 0 {
		c.Empty = &views.Empty{Icon: "list", Title: "Nothing was won, lost or open", Text: "There is nothing to show for " + b.d.period.Label + "."}
		return c
	}
	shown := all
	whole := b.r.URL.Query().Get("all") == id
	if len(all) > mostLines+2 && !whole {
		shown = all[:mostLines]
	}
	for _, l := range shown {
		c.Table.Rows = append(c.Table.Rows, b.splitRow(dimension, s, l))
	}
	if len(shown) < len(all) {
		c.Table.Rows = append(c.Table.Rows, b.fitting(dimension, b.tailRow(id, title, all[len(shown):])))
	}
	for _, r := range b.totalRows(all) {
		c.Table.Foot = append(c.Table.Foot, b.fitting(dimension, r))
	}
	return c
}

func (b *briefingPage) splitColumns(dimension string) []views.Column {
	cols := []views.Column{
		{Title: words(dimension)},
		{Title: "Won", Num: true},
		{Title: "Amount won", Num: true},
		{Title: "Lost", Num: true},
		{Title: "Amount lost", Num: true},
		{Title: b.openName(), Num: true},
		{Title: "Amount open", Num: true},
		{Title: "Win rate (90%)", Num: true},
	}
	return drop(cols, b.left(dimension)...)
}

// The columns of amounts. The narrow tables, by region and by vendor, go without that of what was lost.
const (
	amountWon  = 2
	amountLost = 4
	amountOpen = 6
)

// left are the columns that a table does without.
func (b *briefingPage) left(dimension string) []int {
	switch {
	case !b.priced:
		return []int{amountWon, amountLost, amountOpen}
	case dimension != "partner":
		return []int{amountLost}
	}
	return nil
}

func (b *briefingPage) splitRow(dimension string, s *split, l line) views.Row {
	first := views.Cell{Text: l.name}
	q := b.f
	switch {
	case dimension == "partner" && l.key == "":
		q.Partners = []string{"direct"}
	case dimension == "partner":
		q.Partners = []string{l.key}
	default:
		q.Regions = []string{l.key}
	}
	if dimension == "partner" || dimension == "region" && l.key != "" {
		first.Href = address("/briefing", q.query().Encode())
		first.Label = "Sales briefing of " + l.name
	}
	if dimension == "partner" {
		first.Sub = b.whereOf(l.key)
	}
	return b.fitting(dimension, views.Row{Cells: []views.Cell{
		first,
		b.countCell(l.won.Count, keyed(s.won.Receipt.ID, l.key), "won", l.name),
		{Text: b.amount(l.won.Amount.Amount, l.code)},
		b.countCell(l.lost.Count, keyed(s.lost.Receipt.ID, l.key), "lost", l.name),
		{Text: b.amount(l.lost.Amount.Amount, l.code)},
		b.countCell(l.open.Count, keyed(s.open.Receipt.ID, l.key), "open", l.name),
		{Text: b.amount(l.open.Amount.Amount, l.code)},
		b.rateCell(s, l),
	}})
}

// fitting takes the cells out whose columns the table does not have.
func (b *briefingPage) fitting(dimension string, r views.Row) views.Row {
	r.Cells = drop(r.Cells, b.left(dimension)...)
	return r
}

// whereOf is the tier and region of a partner today.
func (b *briefingPage) whereOf(org string) string {
	for _, c := range b.c.connections {
		if c.PartnerOrgID.String() != org {
			continue
		}
		text := ""
		for _, part := range []*string{c.Tier, c.Region} {
			if part != nil && *part != "" {
				if text != "" {
					text += ", "
				}
				text += *part
			}
		}
		return text
	}
	return ""
}

func (f format) countCell(n int64, href, what, name string) views.Cell {
	c := views.Cell{Text: f.count(n)}
	if n != 0 {
		c.Href, c.Label = href, f.count(n)+" "+what+", "+name
	}
	return c
}

func (b *briefingPage) rateCell(s *split, l line) views.Cell {
	if l.rate == nil || l.rate.N == 0 {
		return views.Cell{Text: "—"}
	}
	return views.Cell{
		Text: b.rate(l.rate.Rate, l.rate.Low, l.rate.High), Href: keyed(s.rate.Receipt.ID, l.key),
		Label: b.rate(l.rate.Rate, l.rate.Low, l.rate.High) + " of " + b.count(l.rate.N) + " closed, " + l.name,
	}
}

func (f format) rateText(won, lost int64) string {
	rate, low, high, ok := warehouse.Wilson(won, lost)
	if !ok {
		return "—"
	}
	return f.rate(&rate, &low, &high)
}

// gathered adds up lines of one currency.
func gathered(list []line, code string) line {
	sum := line{code: code}
	for _, l := range list {
		if l.code != code {
			continue
		}
		sum.number++
		sum.won.Count += l.won.Count
		sum.lost.Count += l.lost.Count
		sum.open.Count += l.open.Count
		for _, x := range []struct {
			into *decimal.Decimal
			add  decimal.Decimal
		}{{&sum.won.Amount.Amount, l.won.Amount.Amount}, {&sum.lost.Amount.Amount, l.lost.Amount.Amount}, {&sum.open.Amount.Amount, l.open.Amount.Amount}} {
			*x.into = x.into.Add(x.add)
		}
	}
	return sum
}

// rateOf is the win rate of lines together, each key once.
func (b *briefingPage) rateOf(list []line) string {
	var won, lost int64
	seen := map[string]bool{}
	for _, l := range list {
		if l.rate != nil && !seen[l.key] {
			seen[l.key] = true
			won, lost = won+l.rate.Won, lost+l.rate.Lost
		}
	}
	return b.rateText(won, lost)
}

func (b *briefingPage) sumCells(name views.Cell, s line, rate string) views.Row {
	return views.Row{Cells: []views.Cell{
		name,
		{Text: b.count(s.won.Count)},
		{Text: b.amount(s.won.Amount.Amount, s.code)},
		{Text: b.count(s.lost.Count)},
		{Text: b.amount(s.lost.Amount.Amount, s.code)},
		{Text: b.count(s.open.Count)},
		{Text: b.amount(s.open.Amount.Amount, s.code)},
		{Text: rate},
	}}
}

// tailRow is the rest, with a way to see it.
func (b *briefingPage) tailRow(id, title string, rest []line) views.Row {
	q := b.f.query()
	q.Set("all", id)
	name := views.Cell{Text: b.count(int64(len(rest))) + " more", Href: address("/briefing", q.Encode()) + "#" + id + "-t", Label: b.count(int64(len(rest))) + " more: show all, " + title}
	return b.sumCells(name, gathered(rest, b.codes[0]), b.rateOf(rest))
}

// totalRows has one row for each currency.
func (b *briefingPage) totalRows(all []line) []views.Row {
	var rows []views.Row
	for i, code := range b.codes {
		rate := ""
		if i == 0 {
			rate = b.rateOf(all)
		}
		s := gathered(all, code)
		name := b.count(s.number) + " in all"
		if len(b.codes) > 1 {
			name += ", " + code
		}
		rows = append(rows, b.sumCells(views.Cell{Text: name}, s, rate))
	}
	return rows
}
