package pipelines

import (
	"time"

	"github.com/sharepartner/sharepartner/pipelines/pgsource"
)

// Limits are what a test may set.
type Limits struct {
	Rows, HardRows int
	IdleEvery      time.Duration
}

// Tune changes what tests need smaller or quicker.
func (p *Pipeline) Tune(change func(o *pgsource.Options, l *Limits)) {
	o := pgsource.Options{URL: p.cfg.SourceURL, Slot: p.cfg.Slot, Publication: p.cfg.Publication, Tables: p.cfg.Tables, Log: p.cfg.Log, Version: p.cfg.Version}
	l := Limits{Rows: p.limits.rows, HardRows: p.limits.hardRows, IdleEvery: p.limits.idleEvery}
	change(&o, &l)
	p.limits.rows, p.limits.hardRows, p.limits.idleEvery = l.Rows, l.HardRows, l.IdleEvery
	p.source, p.sourceErr = pgsource.New(o)
}
