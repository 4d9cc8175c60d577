package opportunities

import (
	"slices"
	"time"
)

// remembered is a row of history, as far as a repeated import compares it.
type remembered struct {
	ImportedState
	Imported bool
}

// same compares two states, with the moment from which they were true.
func (s ImportedState) same(o ImportedState) bool {
	return s.EffectiveAt.Equal(o.EffectiveAt) && s.sameBut(o)
}

// sameBut compares two states whenever they were true.
func (s ImportedState) sameBut(o ImportedState) bool {
	return s.StageID == o.StageID && s.Amount.Equal(o.Amount) && same(s.CloseDate, o.CloseDate)
}

// news are the rows to add to a history when a source says something new. holds says whether the opportunity is then
// as the source says: not so if somebody here changed it later.
//
// A state of the source that is known is left alone; a new one is recorded when the source knew it, or now where it
// corrects a known moment. The last row added always says how the opportunity is now: where it would not (the past was
// corrected, the source took its latest state back, only names or lines are new), that state is repeated as an edit.
func (in Imported) news(history []remembered, now time.Time) (added []remembered, holds bool) {
	for _, s := range in.States {
		known, corrects := compareWith(history, s)
		if known {
			continue
		}
		if corrects {
			s.RecordedAt = now
		}
		added = append(added, remembered{ImportedState: s, Imported: true})
	}
	final, _ := in.last()
	latest := latestOf(slices.Concat(history, added))
	if holds = latest.Imported; !holds {
		final = latest.ImportedState
	}
	since := latest.EffectiveAt
	switch {
	case len(added) == 0:
		since = later(now, since)
	case latest.sameBut(final) && added[len(added)-1].sameBut(final):
		return added, holds
	}
	return append(added, remembered{ImportedState: final.repeated(since, now), Imported: holds}), holds
}

// latestOf is the state that is true now: the last by the moment from which it is true, then by when it was known, then
// by version. Figures choose it in the same way.
func latestOf(history []remembered) remembered {
	var latest remembered
	for _, h := range history {
		if !h.before(latest) {
			latest = h
		}
	}
	return latest
}

func (s remembered) before(o remembered) bool {
	if s.EffectiveAt.Equal(o.EffectiveAt) {
		return s.RecordedAt.Before(o.RecordedAt)
	}
	return s.EffectiveAt.Before(o.EffectiveAt)
}

// compareWith says whether the source gave this state before, and whether there is another one for the same moment.
func compareWith(history []remembered, s ImportedState) (known, corrects bool) {
	for _, h := range history {
		if h.EffectiveAt.Equal(s.EffectiveAt) {
			known, corrects = known || h.Imported && h.same(s), true
		}
	}
	return known, corrects
}

func (s ImportedState) repeated(effective, recorded time.Time) ImportedState {
	s.Kind, s.EffectiveAt, s.RecordedAt = ChangeEdited, effective, recorded
	return s
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
