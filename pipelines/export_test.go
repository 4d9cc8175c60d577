package pipelines

import "github.com/sharepartner/sharepartner/pipelines/pgsource"

// Tune changes what tests need smaller or quicker.
func (p *Pipeline) Tune(change func(o *pgsource.Options, rows, hardRows *int)) {
	o := pgsource.Options{URL: p.cfg.SourceURL, Slot: p.cfg.Slot, Publication: p.cfg.Publication, Log: p.cfg.Log}
	change(&o, &p.limits.rows, &p.limits.hardRows)
	p.source, p.sourceErr = pgsource.New(o)
}
