package warehouse

import (
	"context"

	"github.com/google/uuid"
)

// Viewer shows the data as it is at one moment.
type Viewer interface {
	// View opens a view. It ends with Close or with the context, whichever comes first, and waits for neither a load
	// nor a question: so open it when all else is known, and ask without delay.
	View(ctx context.Context) (View, error)
}

// View is the data at one moment: all its questions see the same state and carry the same watermark, whatever is
// loaded meanwhile. A view keeps what a load replaces, so it is for one request, never longer. Questions from several
// goroutines are answered one after another. A question that was interrupted or went wrong may end the view.
type View interface {
	Metrics
	// Watermark says up to where the view is complete; zero before the first snapshot is.
	Watermark() Watermark
	// Scan gives the rows of a table as they are now (the latest state, or the history that stands) within a range of
	// keys and in the order of the keys: values and RecordLSN are filled. A row that is there twice comes twice. The batch
	// belongs to the view again when each returns. The table is one of those that the store was opened with.
	Scan(ctx context.Context, t *Table, span KeySpan, each func(*Batch) error) error
	// Recent lists keys (the first column of the key) of rows of a table that the stream changed last, up to so many changes back.
	Recent(ctx context.Context, t *Table, changes int) ([]uuid.UUID, error)
	// Misderived lists the opportunities of a range that the store derives otherwise than their history says now: a row
	// of what is derived was changed behind its back. An engine that derives nothing ahead has none.
	Misderived(ctx context.Context, span KeySpan) ([]uuid.UUID, error)
	// Close ends the view; again, or after the end of its context, it does nothing.
	Close() error
}

// OneByOne answers each question in a view of its own.
type OneByOne struct{ Viewer Viewer }

var _ Metrics = OneByOne{}

func alone[T any](ctx context.Context, o OneByOne, ask func(View) (Answer[T], error)) (Answer[T], error) {
	v, err := o.Viewer.View(ctx)
	if err != nil {
		return Answer[T]{}, err
	}
	defer func() { _ = v.Close() }() // nothing was written
	return ask(v)
}

// Won asks for what was won in a period.
func (o OneByOne) Won(ctx context.Context, s Scope, a Ask) (Answer[Tally], error) {
	return alone(ctx, o, func(v View) (Answer[Tally], error) { return v.Won(ctx, s, a) })
}

// Lost asks for what was lost in a period.
func (o OneByOne) Lost(ctx context.Context, s Scope, a Ask) (Answer[Tally], error) {
	return alone(ctx, o, func(v View) (Answer[Tally], error) { return v.Lost(ctx, s, a) })
}

// AmountOpen asks for what was open at an instant.
func (o OneByOne) AmountOpen(ctx context.Context, s Scope, a Ask) (Answer[Tally], error) {
	return alone(ctx, o, func(v View) (Answer[Tally], error) { return v.AmountOpen(ctx, s, a) })
}

// WinRate asks for what a win rate is made of.
func (o OneByOne) WinRate(ctx context.Context, s Scope, a Ask) (Answer[WonLost], error) {
	return alone(ctx, o, func(v View) (Answer[WonLost], error) { return v.WinRate(ctx, s, a) })
}

// Funnel asks how far the opportunities of a cohort came.
func (o OneByOne) Funnel(ctx context.Context, s Scope, a Ask) (Answer[FunnelStage], error) {
	return alone(ctx, o, func(v View) (Answer[FunnelStage], error) { return v.Funnel(ctx, s, a) })
}

// Briefing asks what happened in a period.
func (o OneByOne) Briefing(ctx context.Context, s Scope, a Ask) (Answer[BriefingRow], error) {
	return alone(ctx, o, func(v View) (Answer[BriefingRow], error) { return v.Briefing(ctx, s, a) })
}

// Rows asks for the events behind a cell.
func (o OneByOne) Rows(ctx context.Context, s Scope, a Ask, c Cell, limit, offset int) (Answer[RowRef], error) {
	return alone(ctx, o, func(v View) (Answer[RowRef], error) { return v.Rows(ctx, s, a, c, limit, offset) })
}
