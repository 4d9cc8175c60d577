package pipelines

import (
	"context"
	"log/slog"
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
	"github.com/sharepartner/sharepartner/warehouse"
)

// guard grades how near a slot is to being lost. Warning comes early enough to look into it the next morning, alarm
// while there is still something to rescue.
func guard(f pgsource.Figures) warehouse.Guard {
	switch {
	case f.Lost:
		return warehouse.GuardLost
	case !f.Limited:
		return warehouse.GuardUnlimited
	case f.Retained >= f.Limit/5*4:
		return warehouse.GuardAlarm
	case f.Retained >= f.Limit/2:
		return warehouse.GuardWarning
	}
	return warehouse.GuardOK
}

func figuresOf(name string, f pgsource.Figures, at time.Time) warehouse.SlotFigures {
	s := warehouse.SlotFigures{
		Name: name, At: at, Exists: f.Exists, Active: f.Active, LagBytes: f.Lag, RetainedBytes: f.Retained, SpillBytes: f.Spill,
	}
	if f.Exists {
		s.Guard = guard(f)
	}
	if f.Limited {
		s.LimitBytes, s.SafeBytes = &f.Limit, &f.Safe
	}
	return s
}

// guardWords say what to know of a grade, and what to do.
var guardWords = map[warehouse.Guard]struct {
	level slog.Level
	text  string
}{
	warehouse.GuardOK:      {slog.LevelInfo, "the slot keeps little of it again"},
	warehouse.GuardWarning: {slog.LevelWarn, "more than half of what may be kept; see what holds the pipeline up"},
	warehouse.GuardAlarm:   {slog.LevelError, "the slot will be lost: repair the pipeline, or raise max_slot_wal_keep_size if the disk has room"},
	warehouse.GuardLost:    {slog.LevelError, "the server has given up what the slot needed; all rows are compared again"},
}

// watch takes the slot's figures in, and tells when their grade changes.
func (p *Pipeline) watch(f pgsource.Figures) {
	now := figuresOf(p.source.Slot(), f, p.cfg.Clock().UTC())
	before := p.meter.watched(now)
	words, known := guardWords[now.Guard]
	if !known || before == now.Guard || now.Guard == warehouse.GuardOK && before != warehouse.GuardWarning && before != warehouse.GuardAlarm {
		return
	}
	p.cfg.Log.Log(context.Background(), words.level, "log kept for the slot", "grade", string(now.Guard), "note", words.text, "slot", now.Name, "retained_bytes", now.RetainedBytes, "limit_bytes", f.Limit)
}
