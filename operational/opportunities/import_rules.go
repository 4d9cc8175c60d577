package opportunities

import "time"

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
	end, _ := in.last()
	latest := latestOf(history)
	holds = latest.Imported || !end.EffectiveAt.Before(latest.EffectiveAt)
	final, since := end, later(end.EffectiveAt, latest.EffectiveAt)
	if !holds {
		final = latest.ImportedState
	}
	takenBack := holds && end.EffectiveAt.Before(latest.EffectiveAt) && !latest.sameBut(end)
	switch {
	case len(added) == 0:
		since = later(now, since)
	case !takenBack && added[len(added)-1].sameBut(final):
		return added, holds
	}
	return append(added, remembered{ImportedState: final.repeated(since, now), Imported: holds}), holds
}

// latestOf is the state that is true now: the last by time, and of those at one moment the last that was added.
func latestOf(history []remembered) remembered {
	var latest remembered
	for _, h := range history {
		if !h.EffectiveAt.Before(latest.EffectiveAt) {
			latest = h
		}
	}
	return latest
}

// compareWith says whether the source gave this state before, and whether it gave another one for the same moment.
func compareWith(history []remembered, s ImportedState) (known, corrects bool) {
	for _, h := range history {
		if h.Imported && h.EffectiveAt.Equal(s.EffectiveAt) {
			known, corrects = known || h.same(s), true
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
